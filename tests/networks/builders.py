"""Tiny generators with random weights, for tests that need a real network and no file."""

from dataclasses import replace
from typing import Any

import torch

from benchmarks.design_stylegan3 import Design, generator
from explorer.networks import Generator, stylegan1
from explorer.networks.stylegan2 import Config, StyleGAN2
from explorer.networks.stylegan3 import StyleGAN3

TINY = Config(z_dim=8, w_dim=6, channels=(8, 6, 4), mapping=(7, 6))
TINY1 = stylegan1.Config(z_dim=8, w_dim=6, channels=(8, 6, 4), mapping=(7, 6))
TINY3 = Design(resolution=32, channel_base=128, channel_max=12, latents=16)
XL: dict[str, Any] = {"c_dim": 3, "embed": 16, "embedding": (5, 7), "class_means": True}


def tiny_generator(seed: int = 0, **changes: Any) -> StyleGAN2:
    """A 16-pixel StyleGAN2 whose config is `TINY` with `changes`; equal seeds, equal weights."""
    generator = StyleGAN2(replace(TINY, **changes))
    generator.fill(_random_weights(generator.tensors(), seed))
    return generator


def tiny_stylegan1(seed: int = 0, **changes: Any) -> stylegan1.StyleGAN1:
    """A 16-pixel StyleGAN1 whose config is `TINY1` with `changes`."""
    generator = stylegan1.StyleGAN1(replace(TINY1, **changes))
    generator.fill(_random_weights(generator.tensors(), seed))
    return generator


def tiny_stylegan3(seed: int = 0, **changes: Any) -> StyleGAN3:
    """A 32-pixel StyleGAN3 of the design `TINY3`, its config with `changes`."""
    return generator(TINY3, seed, **changes)


def some_w(generator: Generator) -> torch.Tensor:
    """Three w of `generator`, [3, L, D]."""
    z = torch.randn(3, generator.z_dim, generator=torch.Generator().manual_seed(7))
    return generator.mapping(z)


def _random_weights(tensors: dict[str, torch.Tensor], seed: int) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {name: _weights(name, tensor, random) for name, tensor in tensors.items()}


def _weights(name: str, like: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    if name.endswith("resample_filter"):
        taps = torch.tensor(_binomial(like.shape[-1]))
        kernel = taps if like.ndim == 1 else torch.outer(taps, taps)
        return kernel / kernel.sum()
    values = torch.randn(like.shape, generator=random)
    if name.startswith("mapping.fc"):
        return values * 100 if name.endswith("weight") else values  # learning rate 0.01
    return values + 1 if name.endswith("affine.bias") else values


def _binomial(taps: int) -> list[float]:
    """A row of Pascal's triangle: a low-pass filter of any length.

    >>> _binomial(4)
    [1.0, 3.0, 3.0, 1.0]
    """
    row = [1.0]
    for _ in range(taps - 1):
        row = [a + b for a, b in zip([0.0, *row], [*row, 0.0], strict=True)]
    return row
