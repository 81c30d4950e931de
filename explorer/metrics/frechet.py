"""How far generated pictures are from real ones, in the features of some network.

All take features [N, F], one row a picture, from whatever network; what the numbers mean depends on
it, so the caller has to name it. A published FID is `frechet_distance` in the 2048 features of one
particular Inception network over 50,000 pictures, and compares with nothing else.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.errors import ExplorerError

Features = NDArray[np.float32] | NDArray[np.float64]  # [N, F]
ROWS = 1000  # rows of a distance matrix held at a time
SURE = 1.96  # standard errors on each side of a 95 % interval


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


def frechet_distance(real: Features, generated: Features) -> float:
    """The Frechet distance of two Gaussians fitted to features (Heusel 2017, Equation 6).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). The trace of the root is the sum of the roots of
    the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric: stable also where a covariance is
    singular. Biased upwards for few pictures, so compare equal counts only.

    Raises:
        ExplorerError: Fewer than 2 pictures, or unequal numbers of features.
    """
    _require_pair(real, generated)
    a, b = (np.asarray(x, np.float64) for x in (real, generated))
    gap = a.mean(0) - b.mean(0)
    cov_a, cov_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    root = _root(cov_a)
    cross = np.linalg.eigvalsh(root @ cov_b @ root).clip(0)
    return float(gap @ gap + np.trace(cov_a) + np.trace(cov_b) - 2 * np.sqrt(cross).sum())


def kernel_distance(
    real: Features, generated: Features, *, subsets: int = 100, size: int = 1000, seed: int = 0
) -> Estimate:
    """The squared maximum mean discrepancy of the cubic kernel (Binkowski 2018, Section 4).

    The mean over `subsets` draws of `size` pictures of each side, or a quarter of the pictures if
    that is less. Unbiased, so it may come out below 0. The interval counts only as many draws as
    can be had without a picture twice.

    Raises:
        ExplorerError: Fewer than 8 pictures, or unequal numbers of features.
    """
    _require_pair(real, generated, least=8)
    random = np.random.default_rng(seed)
    fewest = min(len(real), len(generated))
    size = min(size, fewest // 4)
    found = [
        discrepancy(
            real[random.choice(len(real), size, replace=False)],
            generated[random.choice(len(generated), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    error = SURE * np.std(found, ddof=1) / np.sqrt(min(subsets, fewest // size))
    mean = float(np.mean(found))
    return Estimate(mean, float(mean - error), float(mean + error))


def discrepancy(a: Features, b: Features) -> float:
    """The unbiased estimate of the squared discrepancy (Gretton 2012, Equation 3), cubic kernel."""
    x, y = (np.asarray(rows, np.float64) for rows in (a, b))
    inside = sum(_without_diagonal(_cubic(rows, rows)) for rows in (x, y))
    return float(inside - 2 * _cubic(x, y).mean())


def precision_recall(real: Features, generated: Features, k: int = 3) -> tuple[Estimate, Estimate]:
    """Improved precision and recall (Kynkaanniemi 2019, Equations 1 and 2).

    A set covers the union of balls around its pictures, each reaching to the k-th nearest other.
    Precision is the share of generated pictures that the real ones cover, recall the reverse. The
    Wilson intervals hold for these balls: they say nothing of how many more pictures move them.

    Raises:
        ExplorerError: Not more than k pictures, or unequal numbers of features.
    """
    _require_pair(real, generated, least=k + 1)
    # Distances of large numbers are differences of their squares: measured from the middle.
    middle = np.asarray(real, np.float64).mean(0)
    a, b = (torch.from_numpy(np.asarray(x - middle, np.float32)) for x in (real, generated))
    return _covered(b, a, _reach(a, k)), _covered(a, b, _reach(b, k))


@dataclass(frozen=True)
class ClassEntropy:
    """What class probabilities say of a set of pictures, in nats (Salimans 2016).

    Args:
        marginal: Entropy of the mean probabilities: large where all classes occur.
        conditional: Mean entropy of a picture's probabilities: small where each shows one class.
        score: exp(marginal - conditional), which is exp of the mean KL divergence between a
            picture's probabilities and the mean ones; from 1 to the number of classes.
    """

    marginal: float
    conditional: float
    score: float


def class_entropy(probabilities: Features) -> ClassEntropy:
    """The entropies behind the Inception Score, of probabilities [N, C] whose rows sum to 1.

    Raises:
        ExplorerError: Rows that are no probabilities.
    """
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 2 or not len(p) or (p < 0).any() or not np.allclose(p.sum(1), 1, atol=1e-3):
        raise ExplorerError(
            "The network's probabilities are not between 0 and 1 with a sum of 1.",
            fix="Give a network whose output `probabilities` comes from a softmax.",
        )
    marginal = _entropy(p.mean(0, keepdims=True))
    conditional = _entropy(p)
    return ClassEntropy(marginal, conditional, float(np.exp(marginal - conditional)))


def _entropy(p: NDArray[np.float64]) -> float:
    terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)
    return float(-terms.sum(1).mean())


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric square root of a covariance; rounding below 0 counts as 0."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def _cubic(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _without_diagonal(kernel: NDArray[np.float64]) -> float:
    """The mean of all entries [N, N] off the diagonal."""
    count = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))


def _reach(points: torch.Tensor, k: int) -> torch.Tensor:
    """The distance [N] of each point to its k-th nearest other."""
    return torch.cat(
        [
            torch.cdist(rows, points).kthvalue(k + 1, dim=1).values  # the nearest is the point
            for rows in torch.split(points, ROWS)
        ]
    )


def _covered(points: torch.Tensor, centres: torch.Tensor, reach: torch.Tensor) -> Estimate:
    inside = [(torch.cdist(rows, centres) <= reach).any(1) for rows in torch.split(points, ROWS)]
    return wilson(int(torch.cat(inside).sum()), len(points))


def wilson(hits: int, count: int) -> Estimate:
    """A share with its 95 % interval (Wilson 1927), which stays within 0 and 1."""
    share, z2 = hits / count, SURE**2 / count
    centre = (share + z2 / 2) / (1 + z2)
    half = np.sqrt(z2 * (share * (1 - share) + z2 / 4)) / (1 + z2)
    return Estimate(share, float(centre - half), float(centre + half))


def _require_pair(real: Features, generated: Features, least: int = 2) -> None:
    if min(len(real), len(generated)) < least:
        raise ExplorerError(
            f"There are {len(real)} real and {len(generated)} generated pictures.",
            fix=f"Give at least {least} of each; thousands make the numbers mean something.",
        )
    if real.shape[1] != generated.shape[1]:
        raise ExplorerError(
            f"Features of {real.shape[1]} and of {generated.shape[1]} numbers do not compare.",
            fix="Take both from the same network.",
        )
