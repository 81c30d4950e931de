"""State dicts, as a pickle, a torch file or safetensors: where they lie, and NVIDIA's own.

Sizes come from the shapes; what shapes cannot tell is assumed, and the notes say so.
"""

from collections.abc import Callable, Iterator

from torch import Tensor

from explorer.formats import stylegan2, stylegan3
from explorer.formats.blueprint import Blueprint, Family
from explorer.formats.container import Content
from explorer.formats.records import mapping
from explorer.formats.renaming import State

# Where people put the generator, the averaged one first.
PLACES = (
    "G_ema",
    "g_ema",
    "generator_smooth",
    "g_running",
    "params_ema",
    "generator",
    "G",
    "g",
    "params",
)
WRAPPERS = ("models", "model", "state_dict", "GAN")
DECODER = "decoder."  # what encoders (pSp, e4e, ReStyle) call the generator they were trained for
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
            state = {name.removeprefix("module."): value for name, value in state.items()}
            decoder = {
                name.removeprefix(DECODER): value
                for name, value in state.items()
                if name.startswith(DECODER)
            }
            yield from (decoder, state) if decoder else (state,)


def family(name: str, mark: str, read: Callable[[State], Blueprint]) -> Family:
    """A family of state dicts that have a tensor called `mark`, as nothing else has."""

    def find(content: Content) -> State | None:
        for records in dictionaries(content.root):
            if mark in records:
                return State(records, content.tensors, mapping(content.root) or {})
        return None

    def read_content(content: Content) -> Blueprint:
        state = find(content)
        assert state is not None, "recognised before"
        return read(state)

    return Family(name, lambda content: find(content) is not None, read_content)


def _tensors(state: State) -> dict[str, Tensor]:
    return {
        name: state.reader.tensor(value, name)
        for name, value in state.records.items()
        if name.startswith(("mapping.", "synthesis."))
    }


def _read2(state: State) -> Blueprint:
    tensors = _tensors(state)
    note = (
        "Its activation (lrelu), learning-rate multiplier (0.01) and clamp (none) are not in the "
        "file and were assumed."
    )
    return Blueprint(stylegan2.config_of(tensors, stylegan2.Hints()), tensors, (note,))


def _read3(state: State) -> Blueprint:
    note = (
        "Its margins (10 pixels), bandwidth (2), learning-rate multiplier (0.01), clamp (256) and "
        "output scale (0.25) are not in the file and were assumed."
    )
    return stylegan3.blueprint_of(_tensors(state), stylegan3.Hints(), note)


FAMILIES = (
    family("StyleGAN2 state dict", stylegan2.MARK, _read2),
    family("StyleGAN3 state dict", stylegan3.MARK, _read3),
)
