"""The configuration of a StyleGAN1 from its own tensors, under our names.

What several families need to bring their tensors there is here too: which layers double by a
transposed convolution, and how far a network that was still growing has come.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.shapes import PUBLISHED, block_count, mapping_sizes, shape
from explorer.networks.mapping import LabelMode
from explorer.networks.stylegan1 import Config

MARK = "synthesis.b4.const"
FUSED_FROM = 128  # pixels


@dataclass(frozen=True)
class Hints:
    """What shapes cannot tell; the defaults are those of NVIDIA's TensorFlow code."""

    activation: str = "lrelu"
    mapping_activation: str = "lrelu"
    lr_multiplier: float = 0.01
    eps: float = 1e-8
    blur: bool = True
    bias_before_blur: bool = False
    label_mode: LabelMode = "concat_then_norm"


def config_of(tensors: Mapping[str, Tensor], hints: Hints) -> Config:
    """Read the configuration off `tensors` and complete it by `hints`."""
    blocks = block_count(tensors)
    const = shape(tensors, MARK, 3)
    sizes = mapping_sizes(tensors)
    return Config(
        z_dim=sizes.z_dim,
        w_dim=shape(tensors, "synthesis.b4.conv0.style.weight", 2)[1],
        channels=tuple(
            shape(tensors, f"synthesis.b{4 << i}.conv1.weight", 4)[0] for i in range(blocks)
        ),
        mapping=sizes.mapping,
        c_dim=sizes.c_dim,
        embed=sizes.embed,
        image_channels=shape(tensors, f"synthesis.b{4 << max(blocks - 1, 0)}.torgb.weight", 4)[0],
        base=(const[1], const[2]),
        noise=any(name.endswith(".noise_weight") for name in tensors),
        activation=hints.activation,
        mapping_activation=hints.mapping_activation,
        lr_multiplier=hints.lr_multiplier,
        eps=hints.eps,
        blur=hints.blur,
        bias_before_blur=hints.bias_before_blur,
        label_mode=hints.label_mode,
    )


def layer_name(index: int) -> str:
    """The name of the `index`-th layer, whose w and noise map have the same index.

    >>> [layer_name(index) for index in range(3)]
    ['synthesis.b4.conv0', 'synthesis.b4.conv1', 'synthesis.b8.conv0']
    """
    return f"synthesis.b{4 << index // 2}.conv{index % 2}"


def is_fused(index: int, base: Sequence[int]) -> bool:
    """Whether the `index`-th layer of a network with a constant of the size `base` is fused.

    NVIDIA's code doubles by a transposed convolution once the shorter side reaches 128 pixels,
    which takes the kernel the other way round.
    """
    return index > 0 and index % 2 == 0 and min(base, default=0) << index // 2 >= FUSED_FROM


def grown(blocks: int, lod: float) -> tuple[int, tuple[str, ...]]:
    """How many of the blocks are done in a network that grew while it was trained, and a note.

    Args:
        lod: How many doublings were still to come, 0 when all are there; a fraction while the
            next one was being faded in.
    """
    if not blocks:
        raise CheckpointError("it has no complete resolution.", fix=PUBLISHED)
    if not 0 <= lod <= blocks - 1:  # also false for NaN
        raise CheckpointError(f"its level of detail is {lod:g}, which cannot be.", fix=PUBLISHED)
    done = blocks - math.ceil(lod)
    if done == blocks:
        return done, ()
    note = (
        f"The network was still growing (level of detail {lod:g}): only its first {done} of "
        f"{blocks} resolutions, the ones that were complete, are used."
    )
    return done, (note,)
