"""Noise maps that are the same on every device, in every process and in every batch."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from explorer.errors import LatentError
from explorer.networks import Noise
from explorer.transfer import sent


def noise_map(seed: int, index: int, resolution: tuple[int, int]) -> Tensor:
    """The map [H, W] of the `index`-th noisy layer under `seed`: unit Gaussian, on the CPU.

    NumPy froze the stream of this generator; torch promises none across versions and devices.

    >>> torch.equal(noise_map(7, 0, (2, 2)), noise_map(7, 0, (2, 2)))
    True
    """
    values = np.random.RandomState([seed, index]).standard_normal(resolution)
    return torch.from_numpy(values).to(torch.float32)


class NoiseMaps:
    """The maps of the seed used last, so that only a change of seed draws them anew."""

    def __init__(self) -> None:
        self._maps: OrderedDict[tuple[int, int, tuple[int, int], torch.device], Tensor] = (
            OrderedDict()
        )

    def get(
        self, seed: int, index: int, resolution: tuple[int, int], device: torch.device
    ) -> Tensor:
        """The map [H, W] of `noise_map` on `device`."""
        key = (seed, index, resolution, device)
        if key not in self._maps:
            if len(self._maps) and next(iter(self._maps))[0] != seed:
                self._maps.clear()
            self._maps[key] = sent(noise_map(seed, index, resolution), device)
        return self._maps[key]


def factors(noise: Noise, noisy_layers: int) -> tuple[float, ...]:
    """The factor on the trained strength of each noisy layer, coarse first."""
    if noise.strength is None:
        return (1.0,) * noisy_layers
    if isinstance(noise.strength, int | float):
        return (float(noise.strength),) * noisy_layers
    if len(noise.strength) != noisy_layers:
        raise LatentError(
            f"The noise has {len(noise.strength)} strengths, this model has {noisy_layers} "
            "noisy layers.",
            fix="Give one strength, or one for each noisy layer.",
        )
    return noise.strength


class NoisyLayer(Protocol):
    """A layer that adds noise: the `noise_index`-th, with its stored map [H, W]."""

    noise_index: int
    noise_const: Tensor
    resolution: tuple[int, int]


@dataclass(frozen=True)
class NoiseSource:
    """The noise of one picture: which map a layer adds, and how much of it."""

    noise: Noise
    factors: tuple[float, ...]
    maps: NoiseMaps

    def add(self, x: Tensor, layer: NoisyLayer, strength: Tensor, gain: float = 1.0) -> Tensor:
        """Add the noise of `layer` to x [N, C, H, W] in place.

        Args:
            strength: As trained, [] for all channels or [C, 1, 1].
            gain: Scales the noise.
        """
        factor = self.factors[layer.noise_index]
        if self.noise.mode == "none" or factor == 0.0:
            return x
        if self.noise.mode == "const":
            values = layer.noise_const
        else:
            values = self.maps.get(self.noise.seed, layer.noise_index, layer.resolution, x.device)
        scale = strength * (factor * gain)
        if scale.ndim:
            return x.addcmul_(values.to(x.dtype), scale.to(x.dtype))
        # One addition over channels that lie innermost; a fused multiplication walks them badly.
        return x.add_((values * scale).to(x.dtype))
