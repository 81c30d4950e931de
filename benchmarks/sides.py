"""What is timed of StyleGAN2, each in a process of its own: ours, the reference, a convolution.

    python -m benchmarks.sides ours --resolution 1024 --image PATH

The explorer's side and the plain convolution keep their memory as the program does at its start;
the reference has the allocator as it comes. Speaks the language of `turns.take_turns`.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.design_stylegan2 import generator, some_w
from benchmarks.reference_stylegan2 import draw
from benchmarks.turns import take_turns
from explorer.errors import CheckpointError
from explorer.formats import load
from explorer.memory import keep_memory
from explorer.networks import Memory, Precision
from explorer.networks.stylegan2 import StyleGAN2

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
SIDES = ("ours", "reference", "convolution")
# Channels and side of plain convolutions: the shapes that most of a picture's arithmetic has.
CONVOLUTIONS = ((512, 64), (256, 128))
LAYOUTS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}

Action = Callable[[], Tensor]


def network_of(resolution: int, checkpoint: Path | None) -> StyleGAN2:
    """The StyleGAN2 at `checkpoint`, or without one a random configuration F.

    Raises:
        CheckpointError: The checkpoint cannot be read, or the reference does not know its kind.
    """
    if checkpoint is None:
        return generator(resolution)
    found = load(checkpoint)
    if isinstance(found, StyleGAN2) and found.config.architecture == "skip" and found.config.noise:
        return found
    raise CheckpointError(
        f"{checkpoint} is no StyleGAN2 of the skip architecture with noise.",
        fix="Choose one that is, or leave --checkpoint out.",
    )


def drawing(
    network: StyleGAN2, w: Tensor, precision: Precision | None, memory: Memory | None = None
) -> Action:
    """Draws w [N, L, D].

    Args:
        precision: None is what the model chooses by itself.
        memory: What the network may start from, and adds to.
    """
    return lambda: network.synthesis(w, precision=precision, memory=memory)


def convolution(channels: int, side: int, layout: str, precision: Precision) -> Action:
    """A plain 3x3 convolution that keeps `channels` and `side`, batch 1."""
    dtype, memory = getattr(torch, precision), LAYOUTS[layout]
    random = torch.Generator().manual_seed(0)
    x, weight = (
        torch.randn(shape, generator=random).to(dtype=dtype, memory_format=memory)
        for shape in ((1, channels, side, side), (channels, channels, 3, 3))
    )
    return lambda: F.conv2d(x, weight, padding=1)


def convolution_gflop(channels: int, side: int) -> float:
    """The arithmetic of `convolution` in GFLOP."""
    return 2 * 9 * channels**2 * side**2 / 1e9


def actions_of(options: argparse.Namespace) -> dict[str, Action]:
    """What the side of `options` is to do; a picture is also left at the path `image`."""
    if options.side == "convolution":
        return {
            f"{channels} {side} {layout}": convolution(channels, side, layout, options.precision)
            for channels, side in CONVOLUTIONS
            for layout in LAYOUTS
        }
    network = network_of(options.resolution, options.checkpoint)
    w = some_w(network, seed=0)
    if options.side == "ours":
        action = drawing(network, w, options.precision)
    else:
        action = lambda: draw(network, w)  # noqa: E731
    torch.save(action(), options.image)
    return {"ms": action}


@torch.no_grad()
def main() -> None:
    """Take part in the comparison as one side."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sides", description=__doc__)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--image", type=Path)
    options = parser.parse_args()
    if options.side != "reference":
        keep_memory()
    take_turns(actions_of(options), sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
