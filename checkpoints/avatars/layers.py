"""The layers that both networks are trained with: equalised, modulated, resampled.

Their twins in `explorer.networks.ops` only draw; these learn. What makes them fast on a CPU: the
modulation scales activations instead of one weight per sample, convolutions run in the number
format of their input, and resampling is done in one of two ways. In float32 the FIR filter is a
step of its own, one axis after the other: a quarter of the products. In bfloat16 products cost
little and that step's backward pass a lot, so the filter is folded into the convolution's weight.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SQRT2 = math.sqrt(2.0)
TAPS = (1.0, 3.0, 3.0, 1.0)  # of the resampling filter, along each axis


def fir_filter() -> Tensor:
    """The resampling filter [4, 4], of sum 1 (Karras 2020, Section 3.2)."""
    taps = torch.tensor(TAPS)
    kernel = torch.outer(taps, taps)
    return kernel / kernel.sum()


def folding(gain: float) -> Tensor:
    """The matrix [6, 3] that convolves three taps with the filter's four, times `gain`."""
    matrix = torch.zeros(6, 3)
    for column in range(3):
        matrix[column : column + 4, column] = torch.tensor(TAPS) / sum(TAPS) * gain
    return matrix


def blur(x: Tensor, pad: int, gain: float = 1.0) -> Tensor:
    """Filter x [N, C, H, W] along both axes with `pad` zeros around it; `gain` is of each axis."""
    channels = x.shape[1]
    taps = (x.new_tensor(TAPS) / sum(TAPS) * gain).expand(channels, 1, 1, -1)
    x = F.conv2d(x, taps.mT, padding=(pad, 0), groups=channels)
    return F.conv2d(x, taps, padding=(0, pad), groups=channels)


def activate(x: Tensor, gain: float = SQRT2) -> Tensor:
    """The leaky ReLU of slope 0.2, scaled so that the variance is kept."""
    return F.leaky_relu(x, 0.2) * gain


class Dense(nn.Module):
    """A fully connected layer with equalised learning rate (Karras 2018, Section 4.1).

    Args:
        bias: What the bias starts from; 1 for styles.
        lr_multiplier: How much slower than the rest it learns; 0.01 in mapping networks.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        random: torch.Generator,
        *,
        bias: float = 0.0,
        lr_multiplier: float = 1.0,
    ):
        super().__init__()
        weight = torch.randn(outputs, inputs, generator=random) / lr_multiplier
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.full([outputs], bias / lr_multiplier))
        self.weight_gain = lr_multiplier / math.sqrt(inputs)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """Map x [N, I] to [N, O]."""
        return F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)


class Conv(nn.Module):
    """A convolution with equalised learning rate, of the discriminator.

    Args:
        kernel: 1 or 3 pixels.
        down: Halve the resolution, after the FIR filter.
        bias: Whether it has a bias, and an activation after it.
    """

    fold: Tensor
    fir: Tensor

    def __init__(
        self,
        channels: tuple[int, int],
        kernel: int,
        random: torch.Generator,
        *,
        down: bool = False,
        bias: bool = True,
    ):
        super().__init__()
        inputs, outputs = channels
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel, generator=random))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.weight_gain = 1.0 / math.sqrt(inputs * kernel * kernel)
        self.down = down
        self.register_buffer("fold", folding(1.0), persistent=False)
        self.register_buffer("fir", fir_filter(), persistent=False)

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """Convolve x [N, I, H, W]: [N, O, H, W], or half as high and wide."""
        y = self._convolve(x, (self.weight * self.weight_gain).to(x.dtype))
        if self.bias is None:
            return y * gain
        return activate(y + self.bias[:, None, None].to(x.dtype), SQRT2 * gain)

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        if not self.down:
            return F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        if weight.shape[-1] == 1:
            # Filtering 3 to 64 planes costs less than sixteen times the products of a 4x4 kernel.
            taps = self.fir.to(x.dtype).expand(x.shape[1], 1, -1, -1)
            return F.conv2d(F.conv2d(x, taps, stride=2, padding=1, groups=x.shape[1]), weight)
        if x.dtype == torch.float32:
            return F.conv2d(blur(x, pad=2), weight, stride=2)
        fold = self.fold.to(x.dtype)
        return F.conv2d(x, fold @ weight @ fold.T, stride=2, padding=2)  # [O, I, 6, 6]


class ModulatedConv(nn.Module):
    """A convolution whose input channels are scaled by a style (Karras 2020, Section 2.2).

    Args:
        up: Double the resolution: transposed convolution, then the FIR filter.
        demodulate: Divide by the expected standard deviation; toRGB layers do not.
    """

    fold: Tensor

    def __init__(
        self,
        channels: tuple[int, int],
        w_dim: int,
        random: torch.Generator,
        *,
        kernel: int = 3,
        up: bool = False,
        demodulate: bool = True,
    ):
        super().__init__()
        inputs, outputs = channels
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel, generator=random))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.affine = Dense(w_dim, inputs, random, bias=1.0)
        self.up = up
        self.demodulate = demodulate
        self.style_gain = 1.0 if demodulate else 1.0 / math.sqrt(inputs * kernel * kernel)
        self.register_buffer("fold", folding(2.0), persistent=False)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Convolve x [N, I, H, W] under w [N, D]: [N, O, H, W], or double, without bias."""
        style = self.affine(w) * self.style_gain  # [N, I]
        y = self._convolve(x * style[:, :, None, None].to(x.dtype), self.weight.to(x.dtype))
        if not self.demodulate:
            return y
        energy = self.weight.square().sum((2, 3))  # [O, I]
        sigma = (F.linear(style.square(), energy) + 1e-8).rsqrt()  # [N, O]
        return y * sigma[:, :, None, None].to(x.dtype)

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        if not self.up:
            return F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        if x.dtype == torch.float32:
            # A zero between all samples takes three quarters of the brightness: 2 on each axis.
            return blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), 1, gain=2.0)
        fold = self.fold.to(x.dtype)
        kernel = (fold @ weight @ fold.T).transpose(0, 1)  # [I, O, 6, 6]
        return F.conv_transpose2d(x, kernel, stride=2, padding=2)


def double(image: Tensor, fir: Tensor) -> Tensor:
    """Double image [N, C, H, W] with `fir` [4, 4], brightness kept."""
    channels = image.shape[1]
    taps = (fir * 4.0).to(image.dtype).expand(channels, 1, -1, -1)
    return F.conv_transpose2d(image, taps, stride=2, padding=1, groups=channels)
