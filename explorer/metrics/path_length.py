"""Perceptual path length (Karras 2019, Section 4.1): how fast a picture changes along a path.

A generator is smooth where a small step in its latent space is a small step in what is seen. The
step is measured in the features of some network, which the caller has to name: published numbers
used one VGG16 with LPIPS weights, and compare with nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer import latents
from explorer.errors import ExplorerError
from explorer.metrics.held_out import INSIDE, means_of_draws

Space = Literal["z", "w"]
Lengths = NDArray[np.float64]
Map = Callable[[Tensor], Tensor]

EPSILON = 1e-4
KEPT = (1, 99)  # percentiles between which lengths count


@dataclass(frozen=True)
class PathLength:
    """The mean of path lengths with its 95 % bootstrap interval.

    Args:
        samples: Paths drawn; the longest and shortest hundredth of them do not count.
    """

    mean: float
    low: float
    high: float
    samples: int


def steps(
    mapping: Map, ends: tuple[Tensor, Tensor], t: Tensor, space: Space, epsilon: float = EPSILON
) -> tuple[Tensor, Tensor]:
    """The w [N, L, D] at `t` and at `t + epsilon` between two z [N, Z] each.

    In z the path is the great arc, in w the straight line, as in the paper.

    Args:
        mapping: z [N, Z] to w [N, L, D].
        t: [N], 0 to 1.
    """
    if space == "z":
        # In double precision: the two ends of a step differ in the last digits of a float.
        a, b = (z.double() for z in ends)
        place = t.double()[:, None]
        near, far = (latents.slerp(a, b, place + step) for step in (0.0, epsilon))
        return mapping(near.to(ends[0])), mapping(far.to(ends[0]))
    start, end = (mapping(z) for z in ends)
    share = t.to(start)[:, None, None]
    return torch.lerp(start, end, share), torch.lerp(start, end, share + epsilon)


def speeds(near: Tensor, far: Tensor, epsilon: float = EPSILON) -> Lengths:
    """|near - far|^2 / epsilon^2 of features [N, ...]: [N]."""
    gap = (near.double() - far.double()).flatten(1)
    return (gap.square().sum(1) / epsilon**2).cpu().numpy()


def path_length(lengths: Lengths, seed: int = 0) -> PathLength:
    """The mean of `lengths` [N] between two percentiles, which are taken as the official code does.

    Raises:
        ExplorerError: There are fewer than 2.
    """
    if len(lengths) < 2:
        raise ExplorerError(
            f"{len(lengths)} paths have no mean to speak of.", fix="Draw at least a hundred."
        )
    low = np.percentile(lengths, KEPT[0], method="lower")
    high = np.percentile(lengths, KEPT[1], method="higher")
    kept = lengths[(lengths >= low) & (lengths <= high)]
    ends = np.percentile(means_of_draws(kept, np.random.default_rng(seed)), INSIDE)
    return PathLength(float(kept.mean()), float(ends[0]), float(ends[1]), len(lengths))
