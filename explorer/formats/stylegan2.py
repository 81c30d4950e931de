"""The configuration of a StyleGAN2 from its own tensors, under NVIDIA's names.

A checkpoint describes itself: sizes, counts and the architecture are in the names and shapes. What
they cannot tell comes as `Hints`. Other families rename their tensors first and then come here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from explorer.formats.shapes import count, mapping_sizes, shape
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
    blocks = count(tensors, "synthesis.b{}.conv1.weight", [4 << index for index in range(12)])
    last = f"synthesis.b{4 << max(blocks - 1, 0)}"
    const = shape(tensors, MARK, 3)
    sizes = mapping_sizes(tensors)
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
        noise="synthesis.b4.conv1.noise_strength" in tensors,
        filter_shape=shape(tensors, f"{last}.resample_filter"),
        activation=hints.activation,
        mapping_activation=hints.mapping_activation,
        lr_multiplier=hints.lr_multiplier,
        clamp=hints.clamp,
        fp16_blocks=min(hints.fp16_blocks, blocks),
        label_mode=hints.label_mode,
    )


def _architecture(tensors: Mapping[str, Tensor]) -> Architecture:
    if "synthesis.b8.skip.weight" in tensors:
        return "resnet"
    return "skip" if "synthesis.b4.torgb.weight" in tensors else "orig"
