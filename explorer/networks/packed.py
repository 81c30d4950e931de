"""Convolutions of bfloat16 on processors that multiply matrices by themselves (Intel's AMX).

There oneDNN wants kernels in an order of its own, which it makes anew for every call unless it is
kept, and reaches with its transposed convolution a third of the speed of its plain one. So kernels
that do not change are put into that order once, and the doubling is four plain convolutions.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Size = tuple[int, int]
ONE = [1, 1]
# Of a transposed convolution with stride 2 and three taps, output 2i is tap 0 of input i and tap 2
# of input i - 1, output 2i + 1 is tap 1 of input i: the taps of each phase, and its zeros outside.
PHASES = (([2, 0], 1), ([1], 0))


def packs(x: Tensor) -> bool:
    """Whether x is convolved faster here than as torch does it."""
    return x.dtype == torch.bfloat16 and x.device.type == "cpu" and _has_matrices()


def _has_matrices() -> bool:
    found: bool = torch.cpu._is_amx_tile_supported()
    return found


def plain(kernel: Tensor, size: Size) -> Callable[[Tensor], Tensor]:
    """The convolution of x [N, I, *size] with `kernel` [O, I, 3, 3], zeros around it."""
    return _packed(kernel, (1, 1), size)


def doubling(kernel: Tensor, size: Size) -> Callable[[Tensor], Tensor]:
    """The transposed convolution of x [N, I, H, W] with `kernel` [I, O, 3, 3] and stride 2.

    Gives [N, O, 2H + 1, 2W + 1], channels innermost.
    """
    outputs, turned = kernel.shape[1], kernel.transpose(0, 1)
    phases = [
        (row, column, _packed(turned[:, :, down][..., across], (above, left), size))
        for row, (down, above) in enumerate(PHASES)
        for column, (across, left) in enumerate(PHASES)
    ]

    def doubled(x: Tensor) -> Tensor:
        height, width = (2 * side + 1 for side in x.shape[2:])
        order: Any = {"dtype": x.dtype, "memory_format": torch.channels_last}
        y = torch.empty((len(x), outputs, height, width), **order)
        for row, column, convolved in phases:
            y[:, :, row::2, column::2] = convolved(x)
        return y

    return doubled


def _packed(kernel: Tensor, padding: Size, size: Size) -> Callable[[Tensor], Tensor]:
    zeros, shape = list(padding), [1, kernel.shape[1], *size]
    reorder = torch.ops.mkldnn._reorder_convolution_weight
    weight = reorder(kernel.contiguous(), zeros, ONE, ONE, 1, shape)

    def convolved(x: Tensor) -> Tensor:
        y: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, weight, None, zeros, ONE, ONE, 1, "none", [], ""
        )
        return y

    return convolved
