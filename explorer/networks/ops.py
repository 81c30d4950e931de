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

# name -> (function that may write over its argument, gain that keeps the variance). A family's
# `lrelu` has slope 0.2.
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "linear": (lambda x: x, 1.0),
    "relu": (F.relu_, SQRT2),
    "lrelu": (lambda x: F.leaky_relu_(x, 0.2), SQRT2),
    "tanh": (torch.tanh, 1.0),
    "sigmoid": (torch.sigmoid, 1.0),
    "elu": (F.elu, 1.0),
    "selu": (F.selu, 1.0),
    "softplus": (F.softplus, 1.0),
    "swish": (F.silu, SQRT2),
}
HOMOGENEOUS = {"linear", "relu", "lrelu"}  # f(a x) = a f(x) for a > 0: a gain may come before


def normalize_2nd_moment(x: Tensor) -> Tensor:
    """Scale the rows of x [N, C] to mean square 1 (Karras 2018, Section 4.2)."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def scaled(x: Tensor, gain: float) -> Tensor:
    """x times `gain`; many gains are 1, and a GPU is slower to be told than to scale a vector."""
    return x if gain == 1.0 else x * gain


def separable(kernel: Tensor) -> bool:
    """Whether `kernel` is one-dimensional and stands for its outer product with itself."""
    return kernel.ndim == 1


def filter_2d(
    x: Tensor,
    kernel: Tensor,
    pad: tuple[int, int],
    gain: float = 1.0,
    bias: Tensor | None = None,
) -> Tensor:
    """Convolve every channel of x [N, C, H, W] with `kernel`, [F] (both axes in turn) or [Fh, Fw].

    Args:
        pad: Zeros (before, after) on each axis; negative numbers crop.
        gain: Scales the result.
        bias: [C], added to the scaled result.
    """
    channels = x.shape[1]
    kernel = kernel.to(x.dtype)
    before, after = pad
    inside = before if before == after and before >= 0 else 0
    if not inside:
        x = F.pad(x, (*pad, *pad))
    if separable(kernel):
        taps = (kernel.flip(0) * math.sqrt(gain)).expand(channels, 1, 1, -1)
        x = F.conv2d(x, taps, padding=(0, inside), groups=channels)
        return F.conv2d(x, taps.mT, bias, padding=(inside, 0), groups=channels)
    taps = (kernel.flip((0, 1)) * gain).expand(channels, 1, -1, -1)
    return F.conv2d(x, taps, bias, padding=inside, groups=channels)


def taps_of(kernel: Tensor) -> Tensor:
    """The taps [F] whose outer product with themselves `kernel`, [F] or [F, F], is; or none, [0].

    Files of NVIDIA hold the product.
    """
    if separable(kernel):
        return kernel
    taps = kernel.sum(0) * kernel.sum().clamp_min(1e-12).rsqrt()
    return taps if torch.allclose(torch.outer(taps, taps), kernel, atol=1e-6) else taps[:0]


def filter_in_sums(x: Tensor, taps: Tensor) -> Tensor:
    """Convolve every channel of x [N, C, H, W] with `taps` [F] on both axes, nothing around it.

    The sum of shifted images. It moves more memory than one pass would, but depthwise convolutions
    of cuDNN take four times as long over channels that lie innermost (float16, 32 of 1025x1025).
    """
    for axis in (3, 2):
        size = x.shape[axis] - len(taps) + 1
        y = x.narrow(axis, 0, size) * taps[-1]
        for shift in range(1, len(taps)):
            y.addcmul_(x.narrow(axis, shift, size), taps[-1 - shift])
        x = y
    return x


def upsample_2d(x: Tensor, kernel: Tensor) -> Tensor:
    """Double x [N, C, H, W]: a zero after every sample, then `kernel`, brightness kept."""
    channels, height, width = x.shape[1:]
    taps = torch.outer(kernel, kernel) if separable(kernel) else kernel
    taps = (taps * 4.0).to(x.dtype).expand(channels, 1, -1, -1)
    # The transposed convolution writes the zeros of nobody; an odd filter leaves one row over.
    crop = (taps.shape[-1] - 2) // 2
    doubled = F.conv_transpose2d(x, taps, stride=2, padding=crop, groups=channels)
    return doubled[..., : 2 * height, : 2 * width]


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
        bias = scaled(self.bias, self.bias_gain)
        y = F.linear(scaled(x, self.weight_gain), self.weight, bias)
        return scaled(self.activation(y), self.gain)


class Prepared(nn.Module):
    """A layer that computes something from its tensors, once they are there."""

    def prepare(self) -> None:
        """Compute what depends on the tensors alone; to be called whenever they are new."""
        raise NotImplementedError
