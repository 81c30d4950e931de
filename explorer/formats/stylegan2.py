"""The configuration of a StyleGAN2 from its own tensors, under NVIDIA's names.

A checkpoint describes itself: sizes, counts and the architecture are in the names and shapes. What
they cannot tell comes as `Hints`. Other families rename their tensors first and then come here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.formats.shapes import block_count, mapping_sizes, shape
from explorer.networks.mapping import LabelMode
from explorer.networks.stylegan2 import Architecture, Config

MARK = "synthesis.b4.const"  # every StyleGAN2 has it, nothing else does


@dataclass(frozen=True)
class Hints:
    """What shapes cannot tell; the defaults are those of a bare state dict."""

    activation: str = "lrelu"
    mapping_activation: str = "lrelu"
    lr_multiplier: float = 0.01
    clamp: float | None = None
    fp16_blocks: int = 0
    label_mode: LabelMode = "norm_then_concat"


def config_of(tensors: Mapping[str, Tensor], hints: Hints) -> Config:
    """Read the configuration off `tensors` and complete it by `hints`."""
    blocks = block_count(tensors)
    last = f"synthesis.b{4 << max(blocks - 1, 0)}"
    sizes = mapping_sizes(tensors)
    const = shape(tensors, MARK, 3)
    return Config(
        z_dim=sizes.z_dim,
        w_dim=shape(tensors, "synthesis.b4.conv1.affine.weight", 2)[1],
        channels=tuple(
            shape(tensors, f"synthesis.b{4 << i}.conv1.weight", 4)[0] for i in range(blocks)
        ),
        mapping=sizes.mapping,
        c_dim=sizes.c_dim,
        embed=sizes.embed,
        image_channels=shape(tensors, f"{last}.torgb.weight", 4)[0],
        base=(const[1], const[2]),
        architecture=_architecture(tensors),
        noise=any(name.endswith(".noise_strength") for name in tensors),
        filter_shape=shape(tensors, f"{last}.resample_filter"),
        activation=hints.activation,
        mapping_activation=hints.mapping_activation,
        lr_multiplier=hints.lr_multiplier,
        clamp=hints.clamp,
        fp16_blocks=min(hints.fp16_blocks, blocks),
        label_mode=hints.label_mode,
    )


def label_mode(*, is_matrix: bool) -> LabelMode:
    """How label and z are joined: the first StyleGAN2 embeds labels by a plain matrix, ADA not."""
    return "concat_then_norm" if is_matrix else "norm_then_concat"


def _architecture(tensors: Mapping[str, Tensor]) -> Architecture:
    # By any tensor of the part, so that one that is missing gets named.
    if any(name.startswith("synthesis.b8.skip.") for name in tensors):
        return "resnet"
    is_skip = any(name.startswith("synthesis.b4.torgb.") for name in tensors)
    return "skip" if is_skip else "orig"


def layer_name(index: int) -> str:
    """The name of the `index`-th convolution, whose noise map has the same index.

    >>> [layer_name(index) for index in range(3)]
    ['synthesis.b4.conv1', 'synthesis.b8.conv0', 'synthesis.b8.conv1']
    """
    return f"synthesis.b{4 << (index + 1) // 2}.conv{1 - index % 2}"


def resampling(blocks: int, kernel: Tensor) -> dict[str, Tensor]:
    """The filters that every block and layer keeps, all of them `kernel` [F, F] of sum 1."""
    owners = [
        *(f"synthesis.b{4 << index}" for index in range(blocks)),
        *(layer_name(index) for index in range(2 * blocks - 1)),
    ]
    return {f"{owner}.resample_filter": kernel.clone() for owner in owners}


def binomial_filter() -> Tensor:
    """The filter that every StyleGAN2 has unless its file says otherwise, [4, 4]."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return torch.outer(taps, taps)
