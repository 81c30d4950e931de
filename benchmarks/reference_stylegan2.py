"""StyleGAN2's synthesis as its paper describes it, as plainly as possible and without any trick.

What the explorer's is measured against, in speed and in result: the weights are modulated and
demodulated anew for every sample (Karras 2020, Equations 1 and 3) and convolve all samples as
groups of one convolution (Section 2.2), upwards by a transposed one and the FIR filter after it.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.networks.stylegan2 import StyleGAN2

Tensors = dict[str, Tensor]


@torch.no_grad()
def draw(network: StyleGAN2, w: Tensor) -> Tensor:
    """Draw w [N, L, D] with the tensors of `network`: image [N, C, H, W], constant noise.

    The network is of the skip architecture, with leaky ReLU and filters [F, F].
    """
    tensors, blocks = network.tensors(), len(network.config.channels)
    x = tensors["synthesis.b4.const"].repeat(len(w), 1, 1, 1)
    image = None
    for index in range(blocks):
        block = _under(tensors, f"synthesis.b{4 << index}.")
        if index:
            x = _styled(x, w[:, 2 * index - 1], _under(block, "conv0."), up=True)
        x = _styled(x, w[:, 2 * index], _under(block, "conv1."), up=False)
        # toRGB is under the w of the next block's first convolution; the last has one of its own.
        rgb = _rgb(x, w[:, 2 * index + 1], _under(block, "torgb."))
        image = rgb if image is None else _upsample(image, block["resample_filter"]) + rgb
    assert image is not None, "there is a block"
    return image


def _under(tensors: Tensors, prefix: str) -> Tensors:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _styled(x: Tensor, w: Tensor, layer: Tensors, *, up: bool) -> Tensor:
    """A 3x3 convolution of x [N, I, H, W] under w [N, D], then noise, bias, leaky ReLU."""
    style = _style(w, layer)
    weights = layer["weight"] * style[:, None, :, None, None]  # [N, O, I, 3, 3]
    weights = weights * (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    x = _grouped_up(x, weights, layer["resample_filter"]) if up else _grouped(x, weights)
    x = x + layer["noise_const"] * layer["noise_strength"]
    x = x + layer["bias"][:, None, None]
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def _rgb(x: Tensor, w: Tensor, layer: Tensors) -> Tensor:
    """A 1x1 convolution of x [N, I, H, W] to image channels, without demodulation."""
    style = _style(w, layer) / math.sqrt(x.shape[1])
    weights = layer["weight"] * style[:, None, :, None, None]  # [N, O, I, 1, 1]
    return _grouped(x, weights) + layer["bias"][:, None, None]


def _style(w: Tensor, layer: Tensors) -> Tensor:
    """The factors [N, I] of the input channels under w [N, D]."""
    return F.linear(w, layer["affine.weight"] / math.sqrt(w.shape[1]), layer["affine.bias"])


def _grouped(x: Tensor, weights: Tensor) -> Tensor:
    """Convolve every sample of x [N, I, H, W] with its own of `weights` [N, O, I, K, K]."""
    n, inputs, height, width = x.shape
    x = x.reshape(1, n * inputs, height, width)
    x = F.conv2d(x, weights.flatten(0, 1), padding=weights.shape[-1] // 2, groups=n)
    return x.reshape(n, -1, height, width)


def _grouped_up(x: Tensor, weights: Tensor, kernel: Tensor) -> Tensor:
    """The same to twice the size: a transposed convolution, then `kernel` [F, F]."""
    n, inputs, height, width = x.shape
    x = x.reshape(1, n * inputs, height, width)
    x = F.conv_transpose2d(x, weights.transpose(1, 2).flatten(0, 1), stride=2, groups=n)
    x = x.reshape(n, -1, 2 * height + 1, 2 * width + 1)
    # The transposed convolution reaches one sample further than the zeros between the samples do.
    taps = kernel.shape[-1]
    return _filter(F.pad(x, ((taps - 1) // 2, (taps - 2) // 2) * 2), kernel * 4)


def _upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Fill zeros into x [N, C, H, W] up to twice its size, then filter with `kernel` [F, F]."""
    n, c, height, width = x.shape
    stuffed = x.new_zeros(n, c, height, 2, width, 2)
    stuffed[:, :, :, 0, :, 0] = x
    x = stuffed.reshape(n, c, 2 * height, 2 * width)
    taps = kernel.shape[-1]
    return _filter(F.pad(x, ((taps + 1) // 2, (taps - 2) // 2) * 2), kernel * 4)


def _filter(x: Tensor, kernel: Tensor) -> Tensor:
    """Convolve every channel of x [N, C, H, W] with `kernel` [F, F]."""
    channels = x.shape[1]
    return F.conv2d(x, kernel.flip((0, 1)).expand(channels, 1, -1, -1), groups=channels)
