"""Untrained StyleGAN2 generators of configuration F (Karras 2020), and what they compute.

For benchmarks and tests, which need a network of the published size without published weights.
"""

import math
from typing import Any

import torch
from torch import Tensor

from explorer.networks.stylegan2 import Config, StyleGAN2

CHANNEL_BASE, CHANNEL_MAX = 32768, 512
LATENTS = 512
FILTER = (1.0, 3.0, 3.0, 1.0)
NOISE_STRENGTH = 0.1
BIAS = 0.1


def config(resolution: int, **changes: Any) -> Config:
    """Configuration F at `resolution`, a power of two from 4 up, with `changes`."""
    sides = [4 << index for index in range(int(math.log2(resolution)) - 1)]
    channels = tuple(min(CHANNEL_BASE // side, CHANNEL_MAX) for side in sides)
    values: dict[str, Any] = {
        "z_dim": LATENTS,
        "w_dim": LATENTS,
        "channels": channels,
        "mapping": (LATENTS,) * 8,
    }
    return Config(**values | changes)


def generator(resolution: int, seed: int = 0, **changes: Any) -> StyleGAN2:
    """An untrained generator of `config(resolution, **changes)`; equal seeds, equal weights.

    Weights, the constant and the noise maps are standard normal, as training starts; noise and
    biases are there, so that a drawing without them differs.
    """
    network = StyleGAN2(config(resolution, **changes))
    random = torch.Generator().manual_seed(seed)
    network.fill({name: _values(name, t, random) for name, t in network.tensors().items()})
    return network


def some_w(network: StyleGAN2, seed: int, count: int = 1) -> Tensor:
    """The w [N, L, D] of `count` pictures; equal seeds, equal w."""
    random = torch.Generator().manual_seed(seed)
    return network.mapping(torch.randn(count, network.z_dim, generator=random))


def gflop(config: Config) -> float:
    """The arithmetic of a picture in GFLOP: two for each multiplication of a convolution.

    An up-convolution counts as the transposed convolution that it is: every sample of its input
    meets every weight once. The 4x4 filters after it and all that works on single values are left
    out; toRGB is in.

    >>> [round(gflop(config(side))) for side in (128, 256, 512, 1024)]
    [61, 90, 119, 149]
    """
    total, before = 0, 0
    for index, channels in enumerate(config.channels):
        area = config.base[0] * config.base[1] << 2 * index
        total += 9 * before * channels * area // 4  # conv0, from half the resolution
        total += 9 * channels * channels * area  # conv1
        total += channels * config.image_channels * area  # torgb
        before = channels
    return 2 * total / 1e9


def _values(name: str, like: Tensor, random: torch.Generator) -> Tensor:
    if name.endswith("resample_filter"):
        kernel = torch.outer(torch.tensor(FILTER), torch.tensor(FILTER))
        return kernel / kernel.sum()
    if name.endswith("w_avg"):
        return torch.zeros(like.shape)
    if name.endswith("noise_strength"):
        return torch.full(like.shape, NOISE_STRENGTH)
    if name.endswith("affine.bias"):
        return torch.ones(like.shape)
    values = torch.randn(like.shape, generator=random)
    if name.startswith("mapping."):  # its learning rate was 0.01
        return values * (100.0 if name.endswith("weight") else 0.0)
    return values * BIAS if name.endswith("bias") else values
