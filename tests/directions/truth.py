"""Latents with a boundary that is known."""

import numpy as np


def plane(count, dims, *, offset=0.0, flips=0.05, seed=0):
    """Latents [N, D] off centre and of unequal scales, labels by a plane, its normal.

    Args:
        offset: How far the plane lies above the mean, in standard deviations across it.
        flips: Share of wrong labels.
    """
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, dims)) * np.linspace(0.5, 2, dims) + random.normal(size=dims)
    normal = random.normal(size=dims)
    normal /= np.linalg.norm(normal)
    across = x @ normal
    labels = across > across.mean() + offset * across.std()
    return x, labels ^ (random.random(count) < flips), normal
