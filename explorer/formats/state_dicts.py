"""Bare state dicts of StyleGAN2 under NVIDIA's names, as a pickle, a torch file or safetensors.

Sizes come from the shapes; what shapes cannot tell is assumed, and the notes say so.
"""

from collections.abc import Iterator

from explorer.formats import stylegan2
from explorer.formats.blueprint import Blueprint, Family
from explorer.formats.container import Content
from explorer.formats.records import mapping

# Where people put the generator, the averaged one first.
PLACES = ("G_ema", "g_ema", "generator_smooth", "g_running", "params_ema", "generator", "G", "g")
WRAPPERS = ("models", "model", "state_dict", "GAN")
MOST_TENSORS = 4096  # a whole StyleGAN-XL has some 700


def dictionaries(root: object) -> Iterator[dict[str, object]]:
    """The dictionaries of `root` that may be a generator's state, likeliest first."""
    entries = mapping(root)
    if entries is None:
        return
    for wrapper in WRAPPERS:
        inner = mapping(entries.get(wrapper))
        if inner is not None:
            yield from _places(inner)
    yield from _places(entries)


def _places(entries: dict[str, object]) -> Iterator[dict[str, object]]:
    found = (mapping(entries.get(place)) for place in PLACES)
    for state in (*found, entries):
        if state is not None and len(state) <= MOST_TENSORS:
            yield {name.removeprefix("module."): value for name, value in state.items()}


def _state(content: Content) -> dict[str, object] | None:
    states = dictionaries(content.root)
    return next((state for state in states if stylegan2.MARK in state), None)


def _recognises(content: Content) -> bool:
    return _state(content) is not None


def _read(content: Content) -> Blueprint:
    state = _state(content) or {}
    tensors = {
        name: content.tensors.tensor(value, name)
        for name, value in state.items()
        if name.startswith(("mapping.", "synthesis."))
    }
    note = (
        "Its activation (lrelu), learning-rate multiplier (0.01) and clamp (none) are not in the "
        "file and were assumed."
    )
    return Blueprint(stylegan2.config_of(tensors, stylegan2.Hints()), tensors, (note,))


FAMILY = Family("StyleGAN2 state dict", _recognises, _read)
