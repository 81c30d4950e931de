"""The layers that StyleGAN generators are made of: equalised, modulated, resampled.

Written from the papers (Karras 2018, 2019, 2020), in plain PyTorch: no custom kernel, no compile
step. Shapes are `x [N, C, H, W]`, `w [N, D]`. Weights are buffers: this package never trains here.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SQRT2 = math.sqrt(2.0)

# name -> (function, gain that keeps the variance). A family's `lrelu` has slope 0.2.
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "linear": (lambda x: x, 1.0),
    "relu": (F.relu, SQRT2),
    "lrelu": (lambda x: F.leaky_relu(x, 0.2), SQRT2),
    "tanh": (torch.tanh, 1.0),
    "sigmoid": (torch.sigmoid, 1.0),
    "elu": (F.elu, 1.0),
    "selu": (F.selu, 1.0),
    "softplus": (F.softplus, 1.0),
    "swish": (F.silu, SQRT2),
}


def normalize_2nd_moment(x: Tensor) -> Tensor:
    """Scale the rows of x [N, C] to mean square 1 (Karras 2018, Section 4.2)."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def separable(kernel: Tensor) -> bool:
    """Whether `kernel` is one-dimensional and stands for its outer product with itself."""
    return kernel.ndim == 1


def filter_2d(x: Tensor, kernel: Tensor, pad: tuple[int, int], gain: float = 1.0) -> Tensor:
    """Convolve every channel of x [N, C, H, W] with `kernel`, [F] (both axes in turn) or [Fh, Fw].

    Args:
        pad: Zeros (before, after) on each axis; negative numbers crop.
        gain: Scales the result.
    """
    x = F.pad(x, (*pad, *pad))
    channels = x.shape[1]
    kernel = kernel.to(x.dtype)
    if separable(kernel):
        taps = (kernel.flip(0) * math.sqrt(gain)).expand(channels, 1, 1, -1)
        return F.conv2d(F.conv2d(x, taps, groups=channels), taps.mT, groups=channels)
    taps = (kernel.flip((0, 1)) * gain).expand(channels, 1, -1, -1)
    return F.conv2d(x, taps, groups=channels)


def upsample_2d(x: Tensor, kernel: Tensor) -> Tensor:
    """Double x [N, C, H, W]: a zero after every sample, then `kernel`, brightness kept."""
    n, c, h, w = x.shape
    spread = x.new_zeros(n, c, h, 2, w, 2)
    spread[:, :, :, 0, :, 0] = x
    width = kernel.shape[-1]
    return filter_2d(
        spread.view(n, c, 2 * h, 2 * w), kernel, ((width + 1) // 2, (width - 2) // 2), gain=4.0
    )


def blur_2d(x: Tensor) -> Tensor:
    """Blur x [N, C, H, W] by [1, 2, 1] / 4 on each axis, zeros around it (Karras 2019, App. C)."""
    # [1, 2, 1] is [1, 1] twice; two means of 2x2 are faster than a depthwise convolution.
    return F.avg_pool2d(F.avg_pool2d(x, 2, stride=1, padding=1), 2, stride=1)


class Dense(nn.Module):
    """A fully connected layer with equalised learning rate (Karras 2018, Section 4.1).

    Args:
        lr_multiplier: The factor that training put on weight and bias; 0.01 in mapping networks.
        gain_in_weights: Whether the activation's gain is part of the weight's, as in StyleGAN1,
            so that it does not scale the bias.
    """

    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        activation: str = "linear",
        lr_multiplier: float = 1.0,
        *,
        gain_in_weights: bool = False,
    ):
        super().__init__()
        self.register_buffer("weight", torch.zeros(outputs, inputs))
        self.register_buffer("bias", torch.zeros(outputs))
        self.activation, gain = ACTIVATIONS[activation]
        self.gain = 1.0 if gain_in_weights else gain
        self.weight_gain = lr_multiplier / math.sqrt(inputs) * (gain if gain_in_weights else 1.0)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """Map x [N, inputs] to [N, outputs]."""
        # The gain goes onto the input, which is smaller than the weight.
        y = F.linear(x * self.weight_gain, self.weight, self.bias * self.bias_gain)
        return self.activation(y) * self.gain


class Prepared(nn.Module):
    """A layer that computes something from its tensors, once they are there."""

    def prepare(self) -> None:
        """Compute what depends on the tensors alone; to be called whenever they are new."""
        raise NotImplementedError


class ModulatedConv(Prepared):
    """A convolution whose input channels are scaled by a style (Karras 2020, Section 2.2).

    Scales the activation before the shared convolution and demodulates after it, which equals
    scaling the weight per sample and spares writing it anew for every picture.

    Args:
        up: Double the resolution: transposed convolution, then the FIR filter.
        demodulate: Divide by the expected standard deviation; toRGB layers do not.
        filter_shape: The shape of the FIR filter's buffer, () for none.
    """

    weight: Tensor
    bias: Tensor
    resample_filter: Tensor
    energy: Tensor

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
        self.affine = Dense(w_dim, inputs)
        self.up = up
        self.demodulate = demodulate
        self.style_gain = 1.0 if demodulate else 1.0 / math.sqrt(inputs * kernel * kernel)

    def prepare(self) -> None:
        self.energy = self.weight.square().sum((2, 3))  # [O, I]

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Convolve x [N, I, H, W] under w [N, D]: [N, O, H, W] or [N, O, 2H, 2W], without bias."""
        style = self.affine(w) * self.style_gain  # [N, I]
        if not self.demodulate:
            return self._convolve(x * style[:, :, None, None].to(x.dtype), self.weight.to(x.dtype))
        sigma = (F.linear(style.square(), self.energy) + 1e-8).rsqrt()  # [N, O]
        weight = self.weight
        if x.dtype == torch.float16:
            # Half precision ends at 65504: the largest factors go into sigma, which is not half.
            peak_style = style.abs().amax(1, keepdim=True)  # [N, 1]
            peak_weight = weight.abs().amax((1, 2, 3)) * weight[0].numel() ** 0.5  # [O]
            sigma = sigma * peak_style * peak_weight
            style = style / peak_style
            weight = weight / peak_weight[:, None, None, None]
        y = self._convolve(x * style[:, :, None, None].to(x.dtype), weight.to(x.dtype))
        return y.mul_(sigma[:, :, None, None].to(y.dtype))

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        kernel = weight.shape[-1]
        if not self.up:
            return F.conv2d(x, weight, padding=kernel // 2)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        width = self.resample_filter.shape[-1]
        before = (width + 1) // 2 + kernel // 2 - (kernel - 1)
        after = (width - 2) // 2 + kernel // 2 - (kernel - 2)
        return filter_2d(x, self.resample_filter, (before, after), gain=4.0)
