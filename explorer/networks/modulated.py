"""The modulated convolution of StyleGAN2 (Karras 2020, Section 2.2), in the faster of two orders.

Scaling the weight by the style before the convolution, or the activation before it and the result
after it, is the same sum. The first writes the weight once a picture, the second the activation
twice: which is less depends on the layer. Shapes are `x [N, C, H, W]`, `w [N, D]`.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.networks.ops import Dense, Prepared, filter_2d, filter_in_sums, scaled, taps_of
from explorer.networks.packed import doubling, packs, plain

MANY = 1 << 22  # numbers, from which on a GPU works longer on them than it is told what to do


class ModulatedConv(Prepared):
    """A convolution whose input channels are scaled by a style.

    Args:
        up: Double the resolution: transposed convolution, then the FIR filter.
        demodulate: Divide by the expected standard deviation; toRGB layers do not.
        filter_shape: The shape of the FIR filter's buffer, () for none.
    """

    weight: Tensor
    bias: Tensor
    resample_filter: Tensor
    energy: Tensor
    taps: Tensor

    def __init__(
        self,
        channels: tuple[int, int],
        w_dim: int,
        kernel: int = 3,
        *,
        up: bool = False,
        demodulate: bool = True,
        filter_shape: tuple[int, ...] = (),
    ):
        super().__init__()
        inputs, outputs = channels
        self.register_buffer("weight", torch.zeros(outputs, inputs, kernel, kernel))
        self.register_buffer("bias", torch.zeros(outputs))
        self.register_buffer("energy", torch.zeros(outputs, inputs), persistent=False)
        if filter_shape:
            self.register_buffer("resample_filter", torch.zeros(filter_shape))
        if up:
            self.register_buffer("taps", torch.zeros(0), persistent=False)
        self.affine = Dense(w_dim, inputs)
        self.up = up
        self.demodulate = demodulate
        self.style_gain = 1.0 if demodulate else 1.0 / math.sqrt(inputs * kernel * kernel)
        self._rounded: dict[tuple[torch.dtype | str, torch.device], Any] = {}

    def prepare(self) -> None:
        # In memory as the convolution reads it, channels innermost; the shape stays as it is, and
        # so does the hash. Sums depend on that order, so they are taken after it.
        kernel = self._kernel(self.weight).contiguous(memory_format=torch.channels_last)
        self.weight = self._kernel(kernel)
        self.energy = self.weight.square().sum((2, 3))  # [O, I]
        if self.up:
            self.taps = taps_of(self.resample_filter)
        self._rounded.clear()

    def forward(self, x: Tensor, w: Tensor, gain: float = 1.0) -> Tensor:
        """Convolve x [N, I, H, W] under w [N, D] and add the bias: [N, O, H, W], or doubled.

        Args:
            gain: Scales the result, bias included.
        """
        style = scaled(self.affine(w), self.style_gain)  # [N, I]
        if self.demodulate:
            scale = scaled((F.linear(style.square(), self.energy) + 1e-8).rsqrt(), gain)  # [N, O]
        else:
            scale = style.new_full((1, len(self.weight)), gain)
        if x.dtype == torch.float16:
            return self._in_half(x, style, scale, gain)
        bias = scaled(self.bias, gain)
        is_packed = self.weight.shape[2] == 3 and packs(x)
        if self._scales_weight(x) and not (is_packed and self.up):
            # [O, I], or [I, O] where the kernel of a transposed convolution is
            grid = scale.T * style if not self.up else style.T * scale
            kernel = (self._kernel(self.weight) * grid[:, :, None, None]).to(x.dtype)
            return self._convolve(x, kernel, bias)
        x = x * style[:, :, None, None].to(x.dtype)
        if not is_packed:
            x = self._convolve(x, self._kernel(self._weight_in(x)), None)
        elif self.up:
            x = self._filtered(self._packed_for(x)(x), None)
        else:
            x = self._packed_for(x)(x)
        return x.mul_(_of_channels(scale, x)).add_(_of_channels(bias[None], x))

    def _kernel(self, weight: Tensor) -> Tensor:
        """The kernel of a weight, and the weight of a kernel: transposed ones count I first."""
        return weight.transpose(0, 1) if self.up else weight

    def _scales_weight(self, x: Tensor) -> bool:
        """Whether writing the weight once is less than writing the activation twice."""
        if len(x) > 1 or x.is_cuda:
            return False
        outputs, inputs = self.weight.shape[:2]
        pixels = x.shape[2] * x.shape[3]
        return pixels * (inputs + outputs * (4 if self.up else 1)) > self.weight.numel()

    def _weight_in(self, x: Tensor) -> Tensor:
        """The weight in the number format and on the device of x, rounded once."""
        if x.dtype == self.weight.dtype:
            return self.weight
        key = (x.dtype, x.device)
        if key not in self._rounded:
            self._rounded[key] = (self.weight.to(x.dtype),)
        return self._rounded[key][0]

    def _packed_for(self, x: Tensor) -> Callable[[Tensor], Tensor]:
        """The convolution of x with the weight as it is, made ready once."""
        key = ("packed", x.device)
        if key not in self._rounded:
            make, size = doubling if self.up else plain, (x.shape[2], x.shape[3])
            self._rounded[key] = make(self._kernel(self.weight).to(x.dtype), size)
        return self._rounded[key]

    def _half_weight(self) -> tuple[Tensor, Tensor]:
        """The weight in float16, divided by the largest factor of each output, and those, once."""
        key = (torch.float16, self.weight.device)
        if key not in self._rounded:
            peak = self.weight.abs().amax((1, 2, 3)) * self.weight[0].numel() ** 0.5  # [O]
            if not self.demodulate:
                peak = torch.ones_like(peak)
            self._rounded[key] = (self.weight / peak[:, None, None, None]).to(torch.float16), peak
        return self._rounded[key]

    def _in_half(self, x: Tensor, style: Tensor, scale: Tensor, gain: float) -> Tensor:
        """In float16, which ends at 65504: the largest factors go to `scale`, which is float32."""
        weight, peak_weight = self._half_weight()
        if self.demodulate:
            peak_style = style.abs().amax(1, keepdim=True)  # [N, 1]
            scale = scale * peak_style * peak_weight
            style = style / peak_style
        x = x * style[:, :, None, None].to(x.dtype)
        x = self._convolve(x, self._kernel(weight), None)
        return x.mul_(_of_channels(scale, x)).add_(_of_channels(self.bias[None] * gain, x))

    def _convolve(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        side = kernel.shape[-1]
        bias = None if bias is None else bias.to(x.dtype)
        if not self.up:
            return F.conv2d(x, kernel, bias, padding=side // 2)
        return self._filtered(F.conv_transpose2d(x, kernel, stride=2), bias)

    def _filtered(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """What a transposed convolution has doubled, [N, O, 2H + 1, 2W + 1], filtered: one less."""
        side = self.weight.shape[-1]
        width = self.resample_filter.shape[-1]
        before = (width + 1) // 2 + side // 2 - (side - 1)
        after = (width - 2) // 2 + side // 2 - (side - 2)
        if x.is_cuda and x.numel() >= MANY and len(self.taps):
            x = F.pad(x, (before, after, before, after))
            x = filter_in_sums(x, (self.taps * 2.0).to(x.dtype))  # a gain of 4 on both axes
            return x if bias is None else x.add_(_of_channels(bias[None], x))
        return filter_2d(x, self.resample_filter, (before, after), gain=4.0, bias=bias)


def _of_channels(values: Tensor, x: Tensor) -> Tensor:
    """values [N, C] so that they broadcast over x [N, C, H, W], in its number format."""
    return values[:, :, None, None].to(x.dtype)
