"""Bare state dicts of StyleGAN2 and 3 under NVIDIA's names: pickles, torch files, safetensors.

Sizes come from the shapes; what shapes cannot tell is assumed, and the notes say so.
"""

from collections.abc import Callable, Iterator

from torch import Tensor

from explorer.formats import stylegan2, stylegan3
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


def _state(content: Content, mark: str) -> dict[str, object] | None:
    states = dictionaries(content.root)
    return next((state for state in states if mark in state), None)


def _tensors(content: Content, mark: str) -> dict[str, Tensor]:
    return {
        name: content.tensors.tensor(value, name)
        for name, value in (_state(content, mark) or {}).items()
        if name.startswith(("mapping.", "synthesis."))
    }


def _read2(content: Content) -> Blueprint:
    tensors = _tensors(content, stylegan2.MARK)
    note = (
        "Its activation (lrelu), learning-rate multiplier (0.01) and clamp (none) are not in the "
        "file and were assumed."
    )
    return Blueprint(stylegan2.config_of(tensors, stylegan2.Hints()), tensors, (note,))


def _read3(content: Content) -> Blueprint:
    note = (
        "Its margins (10 pixels), bandwidth (2), learning-rate multiplier (0.01), clamp (256) and "
        "output scale (0.25) are not in the file and were assumed."
    )
    return stylegan3.blueprint_of(_tensors(content, stylegan3.MARK), stylegan3.Hints(), note)


def _family(name: str, mark: str, read: Callable[[Content], Blueprint]) -> Family:
    return Family(name, lambda content: _state(content, mark) is not None, read)


FAMILIES = (
    _family("StyleGAN2 state dict", stylegan2.MARK, _read2),
    _family("StyleGAN3 state dict", stylegan3.MARK, _read3),
)
