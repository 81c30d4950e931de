"""The filtered nonlinearity of StyleGAN3: up-sample, activate, down-sample, without aliasing.

Resampling along one axis is a product with a matrix that is zero away from a diagonal: one matrix
does the zero-stuffing, the padding or cropping, the filter and the gain. It is kept as dense
blocks and multiplied block by block, so no product meets a stuffed zero, a sample that is thrown
away is hardly ever computed, and all of it runs at the speed of matrix products. Along the first
axis the blocks of a batched product read overlapping rows in place: three times as fast as one
product after the other. Along the last, where its results would lie scattered, they are multiplied
in turn. Measured against depthwise convolutions of the phases: faster at factor 2, several times
as fast at factor 4. Radial filters have two dimensions and are strided depthwise convolutions.
"""

from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.networks.ops import SQRT2, separable

TILE = 16  # outputs of a block along the first axis
LAST_TILE = 64  # along the last axis, where a product's rows are many and its columns few
CPU_CHUNK = 1 << 21  # numbers at the high rate held at a time: what the cores' caches hold
GPU_CHUNK = 1 << 28
SLOPE = 0.2


@dataclass(frozen=True)
class Resampling:
    """How a layer of StyleGAN3 gets from the side of its input to the side of its output.

    Args:
        up: Factor from the input's rate to the high rate.
        down: Factor from the high rate to the output's.
        up_filter: Shape of the stored filter: [F], or () for none.
        down_filter: [F], [F, F] for a radial one, or () for none.
        padding: Zeros (before, after) at the high rate; negative numbers crop.
    """

    up: int
    down: int
    up_filter: tuple[int, ...]
    down_filter: tuple[int, ...]
    padding: tuple[int, int]

    def high(self, inputs: int) -> int:
        """The side at the high rate, from that of the convolution's output."""
        return inputs * self.up + sum(self.padding) - (taps(self.up_filter) - 1)

    def side(self, inputs: int) -> int:
        """The side of the output."""
        return (self.high(inputs) - taps(self.down_filter)) // self.down + 1


def taps(shape: tuple[int, ...]) -> int:
    """The number of taps along an axis of a filter of `shape`; no filter is one tap."""
    return shape[0] if shape else 1


class Banded(nn.Module):
    """A linear map of one axis, [outputs, inputs], in dense blocks beside its diagonal."""

    blocks: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("blocks", torch.empty(0, device="cpu"), persistent=False)
        self.inputs, self.outputs = 0, 0
        self.start, self.step = 0, 0

    def fill(
        self, kernel: Tensor, sides: tuple[int, int], tile: int, *, up: int, down: int, pad: int
    ) -> None:
        """Make it the convolution with `kernel` [F] from sides[0] to sides[1] samples.

        Output o meets input i at tap `up * i + pad - down * o` of the flipped kernel. Block b has
        the outputs from `b * tile` on, and meets inputs from `start + b * step` on, which may lie
        outside. A tile that is no multiple of `up` is made one, so that every block meets as many.
        """
        self.inputs, self.outputs = sides
        tile = -(-tile // up) * up
        blocks = -(-self.outputs // tile)
        self.start, self.step = (up - 1 - pad) // up, down * tile // up
        span = (down * (tile - 1) + len(kernel) - 1) // up + 1  # inputs that a block can meet
        outs = torch.arange(blocks)[:, None, None] * tile + torch.arange(tile)[:, None]
        ins = torch.arange(blocks)[:, None, None] * self.step + self.start + torch.arange(span)
        tap = up * ins + pad - down * outs  # [B, tile, span]
        met = (tap >= 0) & (tap < len(kernel)) & (ins >= 0) & (ins < self.inputs)
        self.blocks = kernel.flip(0)[tap.clamp(0, len(kernel) - 1)] * met

    @property
    def lead(self) -> int:
        """Rows that a canvas has before the first input."""
        return max(0, -self.start)

    def canvas(self, like: Tensor, size: tuple[int, int], rows: int) -> Tensor:
        """Room [R, *size] for the inputs of `first`: zeros, and `rows` unset ones from `lead` on.

        Zeros, because what lies outside is multiplied by 0, and 0 times not-a-number is not 0.
        """
        count, _, span = self.blocks.shape
        reach = max(0, self.start) + (count - 1) * self.step + span
        canvas = like.new_empty(max(self.lead + rows, reach), *size)
        canvas[: self.lead].zero_()
        canvas[self.lead + rows :].zero_()
        return canvas

    def first(self, canvas: Tensor, out: Tensor) -> None:
        """Map the first axis of canvas [R, M, W] into out [blocks * tile, M, W]."""
        count, tile, span = self.blocks.shape
        width = canvas[0].numel()
        windows = canvas.as_strided(
            (count, span, width),
            (self.step * width, width, 1),
            canvas.storage_offset() + max(0, self.start) * width,
        )
        torch.bmm(self.blocks, windows, out=out.view(count, tile, width))

    @property
    def rows(self) -> int:
        """Rows that `first` makes: the outputs, and what fills up the last block."""
        return self.blocks.shape[0] * self.blocks.shape[1]

    def last(self, x: Tensor, out: Tensor) -> None:
        """Map the last axis of x [H, M, inputs] into out [H, M, outputs]."""
        flat_x, flat_out = x.flatten(0, 1), out.flatten(0, 1)
        tile, span = self.blocks.shape[1:]
        for index, block in enumerate(self.blocks):
            start = self.start + index * self.step
            met = slice(min(max(0, start), self.inputs), max(0, min(start + span, self.inputs)))
            into = slice(index * tile, min(index * tile + tile, self.outputs))
            part = block[: into.stop - into.start, met.start - start : met.stop - start]
            torch.mm(flat_x[:, met], part.mT, out=flat_out[:, into])


class FilteredActivation(nn.Module):
    """Leaky ReLU and clamp at a high rate, between the stored filters (Karras 2021, Section 2.2).

    Args:
        clamp: Largest magnitude after the activation, None for no limit.
    """

    radial: Tensor

    def __init__(self, resampling: Resampling, clamp: float | None):
        super().__init__()
        self.resampling, self.clamp = resampling, clamp
        self.up_rows, self.up_columns = Banded(), Banded()
        self.down_rows, self.down_columns = Banded(), Banded()
        self.register_buffer("radial", torch.empty(0, device="cpu"), persistent=False)

    def fill(self, side: int, up_filter: Tensor | None, down_filter: Tensor | None) -> None:
        """Prepare for inputs of `side` pixels: filters [F] or, the second, [F, F]."""
        shape = self.resampling
        high, one = shape.high(side), torch.ones(1)
        # Filling in zeros takes away what each axis' gain gives back. The activation's own gain
        # may come before it, as it is positive, and is split among the axes too.
        gain = shape.up * sqrt(SQRT2)
        kernel = (one if up_filter is None else up_filter) * gain
        for part, tile in ((self.up_rows, TILE), (self.up_columns, LAST_TILE)):
            part.fill(kernel, (side, high), tile, up=shape.up, down=1, pad=shape.padding[0])
        kernel = one if down_filter is None else down_filter
        if separable(kernel):
            for part, tile in ((self.down_rows, TILE), (self.down_columns, LAST_TILE)):
                sides = (high, shape.side(side))
                part.fill(kernel, sides, tile // shape.down, up=1, down=shape.down, pad=0)
        else:
            self.radial = kernel.flip((0, 1))[None, None]

    def forward(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        """Filter x * gain + bias, of x [N, C, H, H], gain and bias [N, C]: [N, C, side, side]."""
        n, c, high, _ = x.shape
        side = self.resampling.side(high)
        planes, gain, bias = x.flatten(0, 1), gain.flatten(), bias.flatten()
        chunk = GPU_CHUNK if x.is_cuda else CPU_CHUNK
        count = max(1, chunk // self.resampling.high(high) ** 2)
        y = x.new_empty(n * c, side, side)
        for start in range(0, n * c, count):
            some = slice(start, start + count)
            # The rows of all planes lie side by side, so that either axis takes one product.
            stacked = planes[some].transpose(0, 1).contiguous()  # [H, M, H]
            stacked.mul_(gain[some, None]).add_(bias[some, None])
            y[some] = self._planes(stacked).transpose(0, 1)
        return y.view(n, c, side, side)

    def _planes(self, x: Tensor) -> Tensor:
        """Filter planes x [H, M, H] to [side, M, side]."""
        size = (x.shape[1], self.up_rows.outputs)
        wide = self.up_rows.canvas(x, size, len(x))
        self.up_columns.last(x, wide[self.up_rows.lead :][: len(x)])
        if self.radial.numel():
            high = x.new_empty(self.up_rows.rows, *size)
            self._activate(wide, high)
            return self._radially(high[: self.up_rows.outputs])
        high = self.down_rows.canvas(x, size, self.up_rows.rows)
        self._activate(wide, high[: self.up_rows.rows])
        tall = x.new_empty(self.down_rows.rows, *size)
        self.down_rows.first(high, tall)
        side = self.down_rows.outputs
        y = x.new_empty(side, x.shape[1], side)
        self.down_columns.last(tall[:side], y)
        return y

    def _activate(self, wide: Tensor, out: Tensor) -> None:
        """Up-sample the rows of `wide` into `out`, and apply the nonlinearity there."""
        self.up_rows.first(wide, out)
        F.leaky_relu_(out, SLOPE)
        if self.clamp is not None:
            out.clamp_(-self.clamp, self.clamp)

    def _radially(self, x: Tensor) -> Tensor:
        """Filter and thin out x [high, M, high] in both dimensions at once: [side, M, side]."""
        # As channels of one picture: five times as fast as pictures of one channel.
        channels = x.transpose(0, 1).unsqueeze(0)  # [1, M, high, high]
        kernel = self.radial.expand(x.shape[1], -1, -1, -1)
        stride = self.resampling.down
        return F.conv2d(channels, kernel, stride=stride, groups=x.shape[1])[0].transpose(0, 1)
