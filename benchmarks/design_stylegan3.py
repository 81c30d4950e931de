"""Untrained StyleGAN3 generators by the design formulas (Karras 2021, Section 3 and Appendix C).

For benchmarks and tests, which need networks of the published sizes without published weights. The
explorer never designs a filter: it takes those in the checkpoint.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.signal import firwin
from scipy.special import j1
from torch import Tensor

from explorer.networks.filtered import Resampling
from explorer.networks.fourier import Waves
from explorer.networks.stylegan3 import PLAIN, Config, Stage, StyleGAN3

FILTER_SIZE = 6
MARGIN = 10
CRITICAL = 2  # last layers, whose cutoff is all that their rate can carry


@dataclass(frozen=True)
class Band:
    """What the signal behind a layer holds: frequencies in cycles per image."""

    cutoff: float
    rate: int
    half_width: float
    size: int
    channels: int


@dataclass(frozen=True)
class Design:
    """The hyper-parameters of a StyleGAN3; the defaults are those of configuration T."""

    resolution: int = 256
    channel_base: int = 16384
    channel_max: int = 512
    layers: int = 14
    radial: bool = False  # configuration R
    latents: int = 512

    def bands(self) -> list[Band]:
        """One for each layer, image layer included."""
        half = self.resolution / 2
        found = []
        for index in range(self.layers + 1):
            progress = min(index / (self.layers - CRITICAL), 1)
            cutoff = 2 * (half / 2) ** progress
            stop = 2**2.1 * (half * 2**0.3 / 2**2.1) ** progress
            rate = 2 ** math.ceil(math.log2(min(2 * stop, self.resolution)))
            size = self.resolution if index >= self.layers - 1 else rate + 2 * MARGIN
            channels = round(min(self.channel_base / 2 / cutoff, self.channel_max))
            image = index == self.layers
            found.append(
                Band(cutoff, rate, max(stop, rate / 2) - cutoff, size, 3 if image else channels)
            )
        return found


def config(design: Design, **changes: Any) -> Config:
    """The config of `design`, with `changes`."""
    bands = design.bands()
    stages = [_stage(design, bands[max(i - 1, 0)], band) for i, band in enumerate(bands[:-1])]
    first, last = bands[0], bands[-1]
    values: dict[str, Any] = {
        "z_dim": design.latents,
        "w_dim": design.latents,
        "mapping": (design.latents,) * 2,
        "input": Waves(first.channels, first.size, float(first.rate), first.cutoff),
        "stages": (*stages, Stage(last.size, last.channels, 1, PLAIN)),
    }
    return Config(**values | changes)


def generator(design: Design, seed: int = 0, **changes: Any) -> StyleGAN3:
    """An untrained generator of `config(design, **changes)`; equal seeds, equal weights."""
    network = StyleGAN3(config(design, **changes))
    bands = design.bands()
    filters: dict[str, Tensor] = {}
    for index, stage in enumerate(network.config.stages[:-1]):
        before, band = bands[max(index - 1, 0)], bands[index]
        radial = len(stage.resampling.down_filter) == 2
        filters |= _filters(f"synthesis.{network.config.names[index]}", before, band, radial=radial)
    network.fill(_weights(network, filters, bands[0].cutoff, seed))
    return network


def _high(before: Band, band: Band) -> int:
    return 2 * max(before.rate, band.rate)


def _stage(design: Design, before: Band, band: Band) -> Stage:
    """The layer between two bands."""
    kernel = 1 if design.radial else 3
    up, down = (_high(before, band) // rate for rate in (before.rate, band.rate))
    total = (band.size - 1) * down + 1 - (before.size + kernel - 1) * up
    total += FILTER_SIZE * (up + down) - 2
    start = (total + up) // 2
    radial = design.radial and band.cutoff * 2 < band.rate
    taps = (FILTER_SIZE * down,) * (2 if radial else 1)
    resampling = Resampling(up, down, (FILTER_SIZE * up,), taps, (start, total - start))
    return Stage(band.size, band.channels, kernel, resampling)


def _filters(name: str, before: Band, band: Band, *, radial: bool) -> dict[str, Tensor]:
    high = _high(before, band)
    found = {}
    for which, at in (("up", before), ("down", band)):
        taps = FILTER_SIZE * (high // at.rate)
        make = _jinc if radial and which == "down" else _kaiser
        found[f"{name}.{which}_filter"] = torch.from_numpy(make(taps, at, high)).float()
    return found


def _kaiser(taps: int, band: Band, rate: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """A windowed sinc [taps]."""
    taps_: np.ndarray[Any, np.dtype[np.float64]] = firwin(
        taps, band.cutoff, width=2 * band.half_width, fs=rate
    )
    return taps_


def _jinc(taps: int, band: Band, rate: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Its counterpart [taps, taps] that treats all directions alike."""
    at = (np.arange(taps) - (taps - 1) / 2) / rate
    radius = np.hypot(*np.meshgrid(at, at))
    kernel = j1(2 * band.cutoff * np.pi * radius) / (np.pi * radius)
    ripple = 2.285 * (taps - 1) * np.pi * (2 * band.half_width) / (rate / 2) + 7.95
    window = np.kaiser(taps, _beta(ripple))
    kernel = kernel * np.outer(window, window)
    return kernel / kernel.sum()


def _beta(attenuation: float) -> float:
    """Kaiser's own formula for the shape of his window."""
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    over = max(attenuation - 21, 0.0)
    return 0.5842 * over**0.4 + 0.07886 * over


def _weights(
    network: StyleGAN3, filters: dict[str, Tensor], cutoff: float, seed: int
) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(seed)
    found = {}
    for name, like in network.tensors().items():
        values = torch.randn(like.shape, generator=random)
        if name.startswith("mapping.fc") and name.endswith("weight"):
            values = values / network.config.lr_multiplier
        elif name == "synthesis.input.affine.bias":
            values = torch.tensor([1.0, 0.0, 0.0, 0.0])
        elif name.endswith("affine.bias"):
            values = values * 0.1 + 1
        elif name.endswith("affine.weight"):
            values = values * 0.1
        elif name.endswith("magnitude_ema"):
            values = values * 0.1 + 1
        elif name == "synthesis.input.freqs":
            values = values * cutoff / 2
        found[name] = filters.get(name, values)
    return found
