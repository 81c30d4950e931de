"""rosinality's two repositories: stylegan2-pytorch, and StyleGAN1 in style-based-gan-pytorch.

The first writes `g_ema` and perhaps `latent_avg` beside it, the second `g_running` or a bare state
dict. Names and maths: sections 6.1 and 6.2 of the notes on formats.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from explorer.formats import state_dicts, stylegan1, stylegan2
from explorer.formats.architectures import check
from explorer.formats.blueprint import Blueprint
from explorer.formats.renaming import (
    LAYERS,
    Move,
    State,
    first,
    flat,
    flipped,
    layer,
    picture,
    scalar,
    unchanged,
)
from explorer.networks.noise import noise_map

AFFINE = (
    ("affine.weight", ".conv.modulation.weight", unchanged),
    ("affine.bias", ".conv.modulation.bias", unchanged),
)
CONV = (
    ("weight", ".conv.weight", first),
    ("bias", ".activate.bias", flat),
    ("noise_strength", ".noise.weight", scalar),
    *AFFINE,
)
TO_RGB = (("weight", ".conv.weight", first), ("bias", ".bias", flat), *AFFINE)
DENSE = (("weight", ".weight", unchanged), ("bias", ".bias", unchanged))


def read_stylegan2(state: State) -> Blueprint:
    """The blueprint of a StyleGAN2 under rosinality's names."""
    blocks = 1 + (state.count("convs.") + 1) // 2
    tensors = state.moved(_stylegan2(blocks))
    tensors |= state.moved_beside(Move("mapping.w_avg", "latent_avg", _one_mean))
    # All their layers have one kernel; it includes the gain of doubling, 4.
    kernels = [name for name in state.records if name.endswith(".kernel")]
    kernel = state.tensor(kernels[0]) / 4 if kernels else stylegan2.binomial_filter()
    tensors |= stylegan2.resampling(blocks, kernel)
    config = stylegan2.config_of(tensors, stylegan2.Hints())
    if config.z_dim != 2 * config.w_dim:
        return Blueprint(config, tensors)
    note = (
        "Its z is twice as wide as its w: perhaps it was converted from a conditional network, "
        "whose labels are lost; then its pictures are not what they were."
    )
    return Blueprint(config, tensors, (note,))


def _stylegan2(blocks: int) -> Iterator[Move]:
    for index in LAYERS:  # style.0 is the normalisation
        yield from layer(f"mapping.fc{index}", f"style.{index + 1}", DENSE)
    yield Move("synthesis.b4.const", "input.input", first)
    for index in range(2 * blocks - 1):
        name = stylegan2.layer_name(index)
        yield from layer(name, f"convs.{index - 1}" if index else "conv1", CONV)
        yield Move(f"{name}.noise_const", f"noises.noise_{index}", picture)
    for index in range(blocks):
        source = f"to_rgbs.{index - 1}" if index else "to_rgb1"
        yield from layer(f"synthesis.b{4 << index}.torgb", source, TO_RGB)


def _one_mean(latent_avg: Tensor) -> Tensor:
    """Encoders keep the mean once for each layer: [L, D] to [D]."""
    return latent_avg if latent_avg.ndim == 1 else latent_avg[0]


def _root2(tensor: Tensor) -> Tensor:
    """A weight whose equalised gain has a factor sqrt(2) here and none in NVIDIA's code."""
    return tensor * math.sqrt(2.0)


def _no_bias(const: Tensor) -> Tensor:
    """[1, C, H, W] to [C]: the constant has no bias there."""
    return torch.zeros(const.shape[1])


def _noise_weight(weight: Tensor) -> Tensor:
    """[1, C, 1, 1] to [C]; its noise has an equalised learning rate too."""
    return weight.reshape(-1) * math.sqrt(2.0 / weight.numel())


def _style_bias(bias: Tensor) -> Tensor:
    """[2C]; its factors hold the 1 that NVIDIA's code adds."""
    factors, shifts = bias.chunk(2)
    return torch.cat([factors - 1, shifts])


def _fused(weight: Tensor) -> Tensor:
    """[in, out, 3, 3], flipped, of a layer that averages where NVIDIA's adds."""
    return flipped(weight.transpose(0, 1)) / 4


LINEAR = (("weight", ".linear.weight_orig", unchanged), ("bias", ".linear.bias", unchanged))
PLAIN = (("weight", ".conv.weight_orig", unchanged), ("bias", ".conv.bias", unchanged))
FUSED = (("weight", ".weight", _fused), ("bias", ".bias", unchanged))
STYLE = (
    ("style.weight", ".style.linear.weight_orig", _root2),
    ("style.bias", ".style.linear.bias", _style_bias),
)
STYLEGAN1 = stylegan1.Hints(lr_multiplier=1.0, eps=1e-5, bias_before_blur=True)


def read_stylegan1(state: State) -> Blueprint:
    """The blueprint of a StyleGAN1 under rosinality's names.

    The file always has nine resolutions. Noise weights start at 0 and only train where pictures
    were drawn, so they tell how far the network has grown.
    """
    levels = state.count("generator.progression.")
    trained = [
        index
        for index in range(levels)
        if state.tensor(f"generator.progression.{index}.noise1.weight_orig").any()
    ]
    blocks = 1 + (trained[-1] if trained else max(levels - 1, 0))
    tensors = state.moved(_stylegan1(blocks))
    config = stylegan1.config_of(tensors, STYLEGAN1)
    check(config)  # before maps of its size are drawn
    for index in range(2 * len(config.channels)):
        size = (config.base[0] << index // 2, config.base[1] << index // 2)
        tensors[f"{stylegan1.layer_name(index)}.noise_const"] = noise_map(0, index // 2, size)
    found = "its noise weights" if trained else "its layers, as no noise weight was trained"
    notes = (
        f"The number of resolutions, {blocks} of {levels}, was inferred from {found}.",
        "Noise maps are not in the file and were drawn from seed 0, one for both layers of a "
        "resolution, as its code does.",
    )
    return Blueprint(config, tensors, notes)


def _stylegan1(blocks: int) -> Iterator[Move]:
    for index in LAYERS:  # style.0 is the normalisation, and activations lie between
        yield from layer(f"mapping.fc{index}", f"style.{2 * index + 1}", LINEAR)
    for block in range(blocks):
        source = f"generator.progression.{block}"
        conv0, conv1 = (stylegan1.layer_name(2 * block + half) for half in (0, 1))
        if block == 0:
            yield Move("synthesis.b4.const", f"{source}.conv1.input", first)
            yield Move(f"{conv0}.bias", f"{source}.conv1.input", _no_bias)
        else:
            yield from layer(conv0, f"{source}.conv1.1", PLAIN)
            yield from layer(conv0, f"{source}.conv1.0", FUSED)
        yield from layer(conv1, f"{source}.conv2", PLAIN)
        for half, name in enumerate((conv0, conv1), 1):
            yield Move(f"{name}.noise_weight", f"{source}.noise{half}.weight_orig", _noise_weight)
            yield from layer(name, f"{source}.adain{half}", STYLE)
    torgb = f"synthesis.b{4 << blocks - 1}.torgb"
    yield Move(f"{torgb}.weight", f"generator.to_rgb.{blocks - 1}.conv.weight_orig", _root2)
    yield Move(f"{torgb}.bias", f"generator.to_rgb.{blocks - 1}.conv.bias", unchanged)


FAMILIES = (
    state_dicts.family("rosinality StyleGAN2", "convs.0.conv.weight", read_stylegan2),
    state_dicts.family(
        "rosinality StyleGAN1", "generator.progression.0.conv1.input", read_stylegan1
    ),
)
