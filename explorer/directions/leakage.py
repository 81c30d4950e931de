"""What a direction changes besides what it is meant for, and how to take it out.

An angle between two normals says what they share in latent space; what it does to pictures has to
be measured. Scores come from whoever can draw and judge pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.directions.direction import Step, other_size, step_of
from explorer.directions.sigma import SigmaOf
from explorer.directions.svm import Vector
from explorer.errors import AnalysisError, DirectionError

# Vectors are rounded to half precision: what is shorter than this, of 1, is rounding or nearly so.
ROUNDING = 1e-3  # of one among others: it adds nothing to their span
LEFT = 1e-2  # of a direction without its others
RESAMPLES = 2000
AT_ONCE = 200  # resamples, so that many pictures do not fill the memory
INSIDE = (2.5, 97.5)  # percent: the ends of an interval
Scores = NDArray[np.float64] | NDArray[np.float32]


@dataclass(frozen=True)
class Change:
    """What a shift did to K attributes of N pictures.

    Args:
        mean: Change of the score for each sigma, [K].
        low, high: Its 95 % bootstrap interval, [K].
        negatives: Pictures without the attribute before, [K].
        flipped: The share of them that has it after the whole shift, [K]; NaN where there are none.
    """

    mean: Vector
    low: Vector
    high: Vector
    negatives: NDArray[np.int64]
    flipped: Vector


def cosines(steps: Sequence[Step]) -> Vector:
    """The cosine of each pair of steps, [M, M]; NaN between z and w, whose angle means nothing.

    A step [D] in w counts as the same in every layer.

    Raises:
        DirectionError: Two of one space have different sizes: they are of different models.
    """
    table = np.full((len(steps), len(steps)), np.nan)
    for i, one in enumerate(steps):
        for j, other in enumerate(steps[: i + 1]):
            if one.space == other.space:
                a, b = _units(_alike([one, other]))
                table[i, j] = table[j, i] = np.clip(a @ b, -1, 1)
    np.fill_diagonal(table, 1.0)
    return table


def conditioned(normal: Vector, others: Vector) -> Vector:
    """The unit vector [D] that is left of `normal` [D] without its part in the span of others.

    `others` [M, D] need be neither unit nor independent. For one or two of them this is the
    conditional boundary of InterFaceGAN (Shen 2020, Section 3.3).

    Raises:
        DirectionError: Nothing is left.
    """
    unit = normal / max(float(np.linalg.norm(normal)), 1e-300)
    _, sizes, axes = np.linalg.svd(_units(others), full_matrices=False)
    span = axes[sizes > ROUNDING]  # [R, D], orthonormal
    rest = unit - (unit @ span.T) @ span
    rest = rest - (rest @ span.T) @ span  # once more, for what rounding left of the first time
    length = float(np.linalg.norm(rest))
    if length < LEFT:
        raise DirectionError(
            "Nothing is left of the direction without the others.", fix="Choose fewer of them."
        )
    return rest / length


def orthogonalised(step: Step, others: Sequence[Step], sigma_of: SigmaOf) -> Step:
    """The step of one sigma that is left of `step` at right angles to all `others`.

    Args:
        sigma_of: Of a step [L, D] it is asked in each layer, and their root mean square is taken.

    Raises:
        DirectionError: They are of another space or size, or nothing is left.
    """
    if not others:
        return step
    strange = [other.space for other in others if other.space != step.space]
    if strange:
        raise DirectionError(
            f"A direction in {step.space} has no angle to one in {strange[0]}.",
            fix="Choose others of the same space.",
        )
    wide = _alike([step, *others])  # [1 + M, D], or [1 + M, L, D]
    flat = wide.reshape(len(wide), -1)
    rest = conditioned(flat[0], flat[1:]).reshape(wide.shape[1:])
    return step_of(step.space, rest, _sigma(step, rest, sigma_of))


def measured(
    before: Scores, after: Scores, shift: float = 1.0, threshold: float = 0.0, seed: int = 0
) -> Change:
    """What a shift of so many sigmas did to the scores [N, K] of the same N pictures.

    Args:
        threshold: Above it a score says yes: 0 for logits.
        seed: Of the resampling.

    Raises:
        AnalysisError: There are no pictures, the scores do not go together, or nothing was shifted.
    """
    if before.shape != after.shape or before.ndim != 2 or not len(before) or not shift:
        raise AnalysisError(
            f"Scores {list(before.shape)} before and {list(after.shape)} after a shift of {shift} "
            "say nothing.",
            fix="Score the same pictures before and after a shift.",
        )
    changes = (np.asarray(after, np.float64) - before) / shift  # [N, K]
    low, high = np.percentile(_means_of_draws(changes, seed), INSIDE, axis=0)
    no = before <= threshold
    negatives = no.sum(0)
    turned = (no & (after > threshold)).sum(0)
    flipped = np.where(negatives > 0, turned / np.maximum(negatives, 1), np.nan)
    return Change(changes.mean(0), low, high, negatives, flipped)


def leakage(
    before: Scores,
    after: Sequence[Scores],
    shift: float = 1.0,
    threshold: float = 0.0,
    seed: int = 0,
) -> Change:
    """The same for M directions from the same pictures: every field is [M, K].

    `after` has the scores [N, K] of each. All are resampled alike, so that they compare.

    Raises:
        AnalysisError: As in `measured`, or there are no directions.
    """
    if not after:
        raise AnalysisError("There are no directions to measure.", fix="Choose at least one.")
    rows = [measured(before, scores, shift, threshold, seed) for scores in after]
    return Change(
        np.stack([row.mean for row in rows]),
        np.stack([row.low for row in rows]),
        np.stack([row.high for row in rows]),
        np.stack([row.negatives for row in rows]),
        np.stack([row.flipped for row in rows]),
    )


def _means_of_draws(values: Vector, seed: int) -> Vector:
    """The means [RESAMPLES, K] of draws with replacement from values [N, K]."""
    random = np.random.default_rng(seed)
    count = len(values)
    shares = np.full(count, 1 / count)
    parts = [
        random.multinomial(count, shares, AT_ONCE) @ values / count
        for _ in range(RESAMPLES // AT_ONCE)
    ]
    return np.concatenate(parts)


def _alike(steps: Sequence[Step]) -> Vector:
    """The numbers of steps of one space in one shape, [M, D] or [M, L, D]."""
    rows = [step.numbers.astype(np.float64) for step in steps]
    shape = max((row.shape for row in rows), key=len)
    for step in steps:
        if step.numbers.shape not in (shape, shape[-1:]):
            raise other_size(step, shape[-1])
    return np.stack([np.broadcast_to(row, shape) for row in rows])


def _units(vectors: Vector) -> Vector:
    """Vectors [M, ...] as unit rows [M, D]."""
    rows = np.asarray(vectors, np.float64).reshape(len(vectors), -1)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)


def _sigma(step: Step, rest: Vector, sigma_of: SigmaOf) -> float:
    """The spread of the latents along `rest`, [D] or [L, D]."""
    rows = np.atleast_2d(rest)
    lengths = np.linalg.norm(rows, axis=1)
    spreads = [
        sigma_of(step.space, row / length) * length
        for row, length in zip(rows, lengths, strict=True)
        if length > 0
    ]
    return float(np.sqrt(np.square(spreads).sum() / np.square(lengths).sum()))
