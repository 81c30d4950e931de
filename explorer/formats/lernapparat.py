"""lernapparat's StyleGAN1, and huangzh13's, which grew out of it.

Bare state dicts with the values of TensorFlow's network; instance normalisation is PyTorch's.
Sections 6.4 and 6.5 of the format notes.
"""

import re
from collections.abc import Iterator, Sequence

from explorer.formats import state_dicts, stylegan1
from explorer.formats.blueprint import Blueprint
from explorer.formats.renaming import (
    LAYERS,
    Move,
    State,
    first,
    flipped,
    layer,
    transposed,
    unchanged,
)

DENSE = (("weight", ".weight", unchanged), ("bias", ".bias", unchanged))
EPILOGUE = (
    ("noise_weight", ".noise.weight", unchanged),  # the older of two ways
    ("noise_weight", ".top_epi.noise.weight", unchanged),
    ("style.weight", ".style_mod.lin.weight", unchanged),
    ("style.bias", ".style_mod.lin.bias", unchanged),
)
EPS = 1e-5


def _blocks(sources: Sequence[str], base: Sequence[int]) -> Iterator[Move]:
    """The moves of the blocks called `sources`, coarse first."""
    for block, source in enumerate(sources):
        conv0, conv1 = (stylegan1.layer_name(2 * block + half) for half in (0, 1))
        if block == 0:
            yield Move(f"{conv0}.bias", f"{source}.bias", unchanged)
            yield from layer(conv1, f"{source}.conv", DENSE)
        else:
            fused = stylegan1.is_fused(2 * block, base)
            change = flipped if fused else unchanged
            yield Move(f"{conv0}.weight", f"{source}.conv0_up.weight", change)
            yield Move(f"{conv0}.bias", f"{source}.conv0_up.bias", unchanged)
            yield from layer(conv1, f"{source}.conv1", DENSE)
        yield from layer(conv0, f"{source}.epi1", EPILOGUE)
        yield from layer(conv1, f"{source}.epi2", EPILOGUE)


def _mapping(source: str) -> Iterator[Move]:
    for index in LAYERS:
        yield from layer(f"mapping.fc{index}", f"{source}.dense{index}", DENSE)


LERNAPPARAT = "g_synthesis.blocks.4x4.const"


def _read_lernapparat(state: State) -> Blueprint:
    sides = {
        int(found[1])
        for found in (re.match(r"g_synthesis\.blocks\.(\d{1,4})x\1\.", n) for n in state.records)
        if found
    }
    sources = [f"g_synthesis.blocks.{side}x{side}" for side in sorted(sides)]
    base = state.tensor(LERNAPPARAT).shape[2:]
    torgb = f"synthesis.b{2 << len(sources)}.torgb"
    tensors = state.moved(
        [
            *_mapping("g_mapping"),
            Move("synthesis.b4.const", LERNAPPARAT, first),
            *_blocks(sources, base),
            *layer(torgb, "g_synthesis.torgb", DENSE),
        ]
    )
    return Blueprint(stylegan1.config_of(tensors, stylegan1.Hints(eps=EPS)), tensors)


HUANGZH13 = "g_synthesis.init_block.const"


def _read_huangzh13(state: State) -> Blueprint:
    sources, notes = _trained(state)
    base = state.tensor(HUANGZH13).shape[2:]
    depth = len(sources) - 1
    tensors = state.moved(
        [
            *_mapping("g_mapping.map"),
            Move("mapping.w_avg", "truncation.avg_latent", unchanged),
            Move("mapping.embed.weight", "class_embedding.weight", transposed),
            Move("synthesis.b4.const", HUANGZH13, first),
            *_blocks(sources, base),
            *layer(f"synthesis.b{4 << depth}.torgb", f"g_synthesis.to_rgb.{depth}", DENSE),
        ]
    )
    blur = "g_synthesis.blocks.0.conv0_up.intermediate.kernel" in state
    hints = stylegan1.Hints(eps=EPS, blur=blur)
    return Blueprint(stylegan1.config_of(tensors, hints), tensors, notes)


def _trained(state: State) -> tuple[list[str], tuple[str, ...]]:
    """The blocks that were trained, and a note if not all were.

    The depth is in the name of a file, which nobody trusts; but noise weights start at 0, and only
    train where pictures were drawn.
    """
    count = state.count("g_synthesis.blocks.")
    sources = ["g_synthesis.init_block", *(f"g_synthesis.blocks.{i}" for i in range(count))]
    weights = [f"{source}.epi1.top_epi.noise.weight" for source in sources]
    trained = [i for i, name in enumerate(weights) if name in state and state.tensor(name).any()]
    blocks = 1 + trained[-1] if trained else len(sources)
    if blocks == len(sources):
        return sources, ()
    note = (
        f"The network was still growing: only the first {blocks} of its {len(sources)} resolutions "
        "are used, as the noise weights of the others were never trained."
    )
    return sources[:blocks], (note,)


FAMILIES = (
    state_dicts.family("lernapparat StyleGAN1", LERNAPPARAT, _read_lernapparat),
    state_dicts.family("huangzh13 StyleGAN1", HUANGZH13, _read_huangzh13),
)
