"""StyleGAN3's synthesis as its paper describes it, as plainly as possible and without any trick.

What the explorer's is measured against, in speed and in result: weights modulated anew for every
sample, zeros really filled in, every filter run over all samples at the high rate.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.networks.stylegan3 import Stage, StyleGAN3

Activation = Callable[[Tensor, Stage, dict[str, Tensor], float | None], Tensor]


def draw(network: StyleGAN3, w: Tensor, activation: Activation | None = None) -> Tensor:
    """Draw w [N, L, D] with the tensors of `network`: image [N, C, H, H]."""
    config, tensors = network.config, network.tensors()
    x = _waves(network, w[:, 0])
    for index, (name, stage) in enumerate(zip(config.names, config.stages, strict=True), 1):
        prefix = f"synthesis.{name}."
        layer = {
            key.removeprefix(prefix): t for key, t in tensors.items() if key.startswith(prefix)
        }
        rgb = index == len(config.stages)
        x = _convolve(x, w[:, index], layer, rgb=rgb) + layer["bias"][:, None, None]
        if not rgb:
            x = (activation or filtered_lrelu)(x, stage, layer, config.clamp)
        elif config.clamp is not None:
            x = x.clamp(-config.clamp, config.clamp)
    return x * config.output_scale


def filtered_lrelu(
    x: Tensor, stage: Stage, layer: dict[str, Tensor], clamp: float | None
) -> Tensor:
    """Fill zeros into x [N, C, H, H], filter, activate, filter, and throw samples away."""
    n, c, side, _ = x.shape
    up, down = stage.resampling.up, stage.resampling.down
    stuffed = x.new_zeros(n, c, side, up, side, up)
    stuffed[:, :, :, 0, :, 0] = x
    x = F.pad(stuffed.view(n, c, side * up, side * up), stage.resampling.padding * 2)
    x = _filter(x, layer["up_filter"]) * up**2
    x = F.leaky_relu(x, 0.2) * math.sqrt(2)
    if clamp is not None:
        x = x.clamp(-clamp, clamp)
    return _filter(x, layer["down_filter"])[:, :, ::down, ::down]


def _filter(x: Tensor, kernel: Tensor) -> Tensor:
    """Convolve every channel of x [N, C, H, W] with `kernel`, [F] on both axes or [F, F]."""
    c = x.shape[1]
    if kernel.ndim == 2:
        return F.conv2d(x, kernel.flip((0, 1)).expand(c, 1, -1, -1), groups=c)
    taps = kernel.flip(0).expand(c, 1, 1, -1)
    return F.conv2d(F.conv2d(x, taps, groups=c), taps.mT, groups=c)


def _convolve(x: Tensor, w: Tensor, layer: dict[str, Tensor], *, rgb: bool) -> Tensor:
    """Convolve x [N, I, H, H] with the weight that w [N, D] modulates."""
    weight = layer["weight"]
    outputs, inputs, kernel, _ = weight.shape
    gain = 1 / math.sqrt(w.shape[1])
    style = F.linear(w, layer["affine.weight"] * gain, layer["affine.bias"])  # [N, I]
    if rgb:
        style = style / math.sqrt(inputs * kernel * kernel)
    else:
        weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
        style = style * style.square().mean().rsqrt()
    weights = weight * style[:, None, :, None, None]  # [N, O, I, K, K]
    if not rgb:
        weights = weights * (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    weights = weights * layer["magnitude_ema"].rsqrt()
    n, _, side, _ = x.shape
    y = F.conv2d(
        x.reshape(1, n * inputs, side, side), weights.flatten(0, 1), padding=kernel - 1, groups=n
    )
    return y.view(n, outputs, *y.shape[2:])


def _waves(network: StyleGAN3, w: Tensor) -> Tensor:
    """The Fourier features [N, C, H, H], by rotating and moving the grid."""
    shape, tensors = network.config.input, network.tensors()
    source = {
        name: tensors[f"synthesis.input.{name}"]
        for name in ("freqs", "phases", "weight", "affine.weight", "affine.bias")
    }
    t = F.linear(w, source["affine.weight"] / math.sqrt(w.shape[1]), source["affine.bias"])
    cos, sin, x0, y0 = (t / t[:, :2].norm(dim=1, keepdim=True)).T[:, :, None, None]
    at = ((torch.arange(shape.size) + 0.5) / shape.size * 2 - 1) * 0.5 * shape.size / shape.rate
    y, x = torch.meshgrid(at, at, indexing="ij")
    moved = torch.stack([x - x0, y - y0], dim=-1)  # [N, H, H, 2]
    turned = torch.stack(
        [cos * moved[..., 0] - sin * moved[..., 1], sin * moved[..., 0] + cos * moved[..., 1]], -1
    )
    waves = torch.sin(2 * math.pi * (turned @ source["freqs"].T + source["phases"]))
    excess = source["freqs"].norm(dim=1) - shape.bandwidth  # turning changes no frequency
    waves = waves * (1 - excess / (shape.rate / 2 - shape.bandwidth)).clamp(0, 1)
    channels = math.sqrt(shape.channels)
    return F.linear(waves, source["weight"] / channels).permute(0, 3, 1, 2).contiguous()
