"""genforce's StyleGAN1 and 2, and the StyleGAN1 of its forerunners, InterFaceGAN and HiGAN.

All keep TensorFlow's conventions in PyTorch's order of axes: up-convolutions of StyleGAN2 the
other way round, style biases without their 1. Section 6.3 of the format notes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from explorer.formats import state_dicts, stylegan1, stylegan2
from explorer.formats.blueprint import Blueprint
from explorer.formats.renaming import (
    LAYERS,
    Move,
    State,
    Table,
    first,
    flipped,
    from_fused,
    layer,
    picture,
    plus_one,
    scalar,
    transposed,
    unchanged,
)

DENSE = (("weight", ".weight", unchanged), ("bias", ".bias", unchanged))
AFFINE = (("affine.weight", ".style.weight", unchanged), ("affine.bias", ".style.bias", plus_one))
NOISY = (
    ("bias", ".bias", unchanged),
    ("noise_strength", ".noise_strength", scalar),
    ("noise_const", ".noise", picture),
    *AFFINE,
)
EPILOGUE = (
    ("bias", ".bias", unchanged),
    ("noise_weight", ".apply_noise.weight", unchanged),
    ("noise_const", ".apply_noise.noise", picture),
    ("style.weight", ".style.weight", unchanged),
    ("style.bias", ".style.bias", unchanged),
)


def _mapping(table: Table) -> Iterator[Move]:
    for index in LAYERS:
        yield from layer(f"mapping.fc{index}", f"mapping.dense{index}", table)
    yield Move("mapping.w_avg", "truncation.w_avg", unchanged)
    yield Move("mapping.embed.weight", "mapping.label_weight", transposed)
    yield from layer("mapping.embed", "mapping.LabelEmbed", DENSE)


def _read_stylegan2(state: State) -> Blueprint:
    blocks = 1 + state.count("synthesis.layer") // 2
    tensors = state.moved([*_mapping(DENSE), *_stylegan2(blocks)])
    kernel = stylegan2.binomial_filter()
    if "synthesis.layer1.filter.kernel" in state:  # with the gain of doubling, 4
        tensors |= state.moved([Move("kernel", "synthesis.layer1.filter.kernel", picture)])
        kernel = tensors.pop("kernel") / 4
    tensors |= stylegan2.resampling(blocks, kernel)
    label_mode = stylegan2.label_mode(is_matrix="mapping.label_weight" in state)
    hints = stylegan2.Hints(label_mode=label_mode)
    return Blueprint(stylegan2.config_of(tensors, hints), tensors)


def _stylegan2(blocks: int) -> Iterator[Move]:
    yield Move("synthesis.b4.const", "synthesis.early_layer.const", first)
    for index in range(2 * blocks - 1):
        name, source = stylegan2.layer_name(index), f"synthesis.layer{index}"
        is_up = index % 2 == 1
        yield Move(f"{name}.weight", f"{source}.weight", flipped if is_up else unchanged)
        yield from layer(name, source, NOISY)
    for index in range(blocks):
        torgb = f"synthesis.b{4 << index}.torgb"
        yield from layer(torgb, f"synthesis.output{index}", (*DENSE, *AFFINE))


def _grown(state: State, dense: Table, synthesis: Callable[[int], Iterator[Move]]) -> Blueprint:
    """The StyleGAN1 of as many blocks as are done, whose moves `synthesis` gives."""
    every = (state.count("synthesis.layer") + 1) // 2
    blocks, notes = stylegan1.grown(every, state.value("synthesis.lod"))
    tensors = state.moved([*_mapping(dense), *synthesis(blocks)])
    return Blueprint(stylegan1.config_of(tensors, stylegan1.Hints()), tensors, notes)


def _read_stylegan1(state: State) -> Blueprint:
    base = state.tensor("synthesis.layer0.const").shape[2:]
    return _grown(state, DENSE, partial(_stylegan1, base=base))


def _stylegan1(blocks: int, base: Sequence[int]) -> Iterator[Move]:
    yield Move("synthesis.b4.const", "synthesis.layer0.const", first)
    for index in range(2 * blocks):
        name, source = stylegan1.layer_name(index), f"synthesis.layer{index}"
        fused = stylegan1.is_fused(index, base)
        yield Move(f"{name}.weight", f"{source}.weight", flipped if fused else unchanged)
        yield from layer(name, source, EPILOGUE)
    torgb = f"synthesis.b{4 << blocks - 1}.torgb"
    yield from layer(torgb, f"synthesis.output{blocks - 1}", DENSE)


OLD_DENSE = (("weight", ".linear.weight", unchanged), ("bias", ".wscale.bias", unchanged))
OLD_EPILOGUE = (
    ("bias", ".epilogue.bias", unchanged),
    ("noise_weight", ".epilogue.apply_noise.weight", unchanged),
    ("noise_const", ".epilogue.apply_noise.noise", picture),
    ("style.weight", ".epilogue.style_mod.dense.linear.weight", unchanged),
    ("style.bias", ".epilogue.style_mod.dense.wscale.bias", unchanged),
)
OLD_TO_RGB = (("weight", ".conv.weight", unchanged), ("bias", ".bias", unchanged))


def _read_interfacegan(state: State) -> Blueprint:
    return _grown(state, OLD_DENSE, _interfacegan)


def _interfacegan(blocks: int) -> Iterator[Move]:
    yield Move("synthesis.b4.const", "synthesis.layer0.first_layer", first)
    for index in range(2 * blocks):
        name, source = stylegan1.layer_name(index), f"synthesis.layer{index}"
        yield Move(f"{name}.weight", f"{source}.conv.weight", unchanged)
        # A fused layer keeps TensorFlow's kernel as it was.
        yield Move(f"{name}.weight", f"{source}.weight", from_fused)
        yield from layer(name, source, OLD_EPILOGUE)
    torgb = f"synthesis.b{4 << blocks - 1}.torgb"
    yield from layer(torgb, "synthesis.output", OLD_TO_RGB)  # the oldest have one alone
    yield from layer(torgb, f"synthesis.output{blocks - 1}", OLD_TO_RGB)


FAMILIES = (
    state_dicts.family("genforce StyleGAN2", "synthesis.early_layer.const", _read_stylegan2),
    state_dicts.family("genforce StyleGAN1", "synthesis.layer0.const", _read_stylegan1),
    state_dicts.family(
        "InterFaceGAN StyleGAN1", "synthesis.layer0.first_layer", _read_interfacegan
    ),
)
