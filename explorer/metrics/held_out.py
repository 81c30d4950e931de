"""What a boundary tells about labels that it has not seen, in bits, with an interval.

Karras 2019, Section 4.2, measures separability by the entropy H(Y|X) of a label Y that is left once
the side X of the boundary is known, on the samples that the boundary was fitted to. Here nothing is
fitted to what it is judged by: the sides come from boundaries that did not see the sample, and the
chance of a label on a side from the samples of other folds. So a useless boundary costs bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Folds = NDArray[np.int64]
Losses = NDArray[np.float64]

RESAMPLES = 2000
SHUFFLES = 1000
INSIDE = (2.5, 97.5)  # percent: the ends of an interval
SMOOTH = 0.5  # added to each count


@dataclass(frozen=True)
class Separability:
    """How much of a binary label a boundary tells, held out.

    Args:
        entropy: H(Y|X) in bits: what is left of the label once the side is known.
        low, high: Its 95 % bootstrap interval.
        information: 1 - H(Y|X) / H(Y): the share that the side tells; below 0 is worse than
            knowing how often the label occurs.
        information_low, information_high: Its 95 % bootstrap interval.
        chance: Share of shuffled labels that would tell as much (permutation test).
        accuracy: Balanced: the mean of the shares of each class that the side gets right.
        accuracy_low, accuracy_high: Its 95 % interval.
        base_rate: Share of the pictures with the label.
    """

    entropy: float
    low: float
    high: float
    information: float
    information_low: float
    information_high: float
    chance: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    base_rate: float

    @property
    def separable(self) -> bool:
        """Whether the interval of the information lies above 0."""
        return self.information_low > 0


@dataclass(frozen=True)
class Score:
    """2 to the sum of the entropies over attributes, with its 95 % interval; 1 is perfect."""

    score: float
    low: float
    high: float


def separability(
    sides: Flags, labels: Flags, folds: Folds, seed: int = 0, shuffles: int = SHUFFLES
) -> Separability | None:
    """The held-out numbers of decisions `sides` [N] about `labels` [N]; None if all are alike.

    Args:
        folds: [N], such that a sample's side came from a boundary fitted to other folds.
        seed: Of the resampling and the shuffling.
        shuffles: Of the permutation test; `chance` is at least one over their number plus one.
    """
    if labels.all() or not labels.any():
        return None
    random = np.random.default_rng(seed)
    lost = losses(sides, labels, folds)
    entropies, informations = _resampled(lost, labels, random)
    known = informed(lost.mean(), labels.mean())
    accuracies = possible_accuracies(sides, labels, random)
    return Separability(
        entropy=float(lost.mean()),
        low=float(np.percentile(entropies, INSIDE[0])),
        high=float(np.percentile(entropies, INSIDE[1])),
        information=float(known),
        information_low=float(np.percentile(informations, INSIDE[0])),
        information_high=float(np.percentile(informations, INSIDE[1])),
        chance=chance(sides, labels, folds, random, shuffles),
        accuracy=float((sides[labels].mean() + (~sides[~labels]).mean()) / 2),
        accuracy_low=float(np.percentile(accuracies, INSIDE[0])),
        accuracy_high=float(np.percentile(accuracies, INSIDE[1])),
        base_rate=float(labels.mean()),
    )


def losses(sides: Flags, labels: Flags, folds: Folds) -> Losses:
    """-log2 P(label | side) of each sample [N], P counted in the other folds, one half added."""
    cells = _cells(sides, labels, folds)
    return _bits(_counted(cells, folds)).ravel()[cells]


def informed(lost: NDArray[np.float64] | float, rate: NDArray[np.float64] | float) -> Losses:
    """1 - H(Y|X) / H(Y) for the entropy `lost` and the share `rate` of the label."""
    p = np.clip(np.asarray(rate, np.float64), 1e-12, 1 - 1e-12)
    prior = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    return 1 - np.asarray(lost) / prior


def score(lost: Sequence[Losses], seed: int = 0) -> Score | None:
    """The separability score of attributes, from the losses [N] of each on the same samples.

    Attributes of which all samples are alike are to be left out before; None if none is left.
    The samples are resampled for all attributes alike, as their errors may go together.
    """
    if not lost:
        return None
    random = np.random.default_rng(seed)
    table = np.stack(lost, axis=1)  # [N, K]
    sums = table.sum(1)
    low, high = np.percentile(means_of_draws(sums, random), INSIDE)
    return Score(float(2 ** sums.mean()), float(2**low), float(2**high))


def means_of_draws(values: Losses, random: np.random.Generator) -> Losses:
    """The means [RESAMPLES] of draws with replacement from `values` [N], one draw at a time."""
    return np.array([random.choice(values, len(values)).mean() for _ in range(RESAMPLES)])


def _resampled(
    lost: Losses, labels: Flags, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entropy and information of RESAMPLES draws with replacement.

    Samples of equal loss and label are interchangeable, so only how many are drawn is drawn.
    """
    cells, members = np.unique(np.stack([lost, labels]), axis=1, return_counts=True)
    shares = random.multinomial(len(lost), members / len(lost), RESAMPLES) / len(lost)
    entropies = shares @ cells[0]
    return entropies, informed(entropies, shares @ cells[1])


def possible_accuracies(
    sides: Flags, labels: Flags, random: np.random.Generator
) -> NDArray[np.float64]:
    """RESAMPLES balanced accuracies that the decisions leave possible, each class by itself.

    Drawn from the posterior of each share under Jeffreys' prior: a bootstrap of ten decisions that
    are all right would say 100 % for sure.
    """
    shares = []
    for flag in (True, False):
        right = int((sides[labels == flag] == flag).sum())
        wrong = int((labels == flag).sum()) - right
        shares.append(random.beta(right + 0.5, wrong + 0.5, RESAMPLES))
    return (shares[0] + shares[1]) / 2


def chance(
    sides: Flags, labels: Flags, folds: Folds, random: np.random.Generator, shuffles: int
) -> float:
    """How often shuffled labels lose as few bits on the same sides, themselves counted once.

    Shuffled within each fold, as folds have equal shares of a label. Nothing is fitted again, so
    this says how far the decisions agree with the labels by chance, not how far a fit could.
    """
    found = losses(sides, labels, folds).sum()
    count = int(folds.max()) + 1
    sizes, positives, above = (
        np.bincount(folds[chosen], minlength=count) for chosen in (folds >= 0, labels, sides)
    )
    # How many of a fold's positives a shuffle puts above the boundary is hypergeometric.
    hits = random.hypergeometric(positives, sizes - positives, above, (shuffles, count))
    missed = positives - hits
    sides_of_folds = [[sizes - above - missed, missed], [above - hits, hits]]
    counts = np.moveaxis(np.array(sides_of_folds, float), (0, 1), (2, 3))  # [shuffles, F, 2, 2]
    as_good = int(((counts * _bits(counts)).sum((1, 2, 3)) <= found + 1e-9).sum())
    return (1 + as_good) / (1 + shuffles)


def _cells(sides: Flags, labels: Flags, folds: Folds) -> Folds:
    """Fold, side and label of each sample [N] as one number."""
    return folds * 4 + sides * 2 + labels


def _counted(cells: Folds, folds: Folds) -> NDArray[np.float64]:
    """How many samples each fold, side and label has: [F, 2, 2]."""
    return np.bincount(cells, minlength=4 * (int(folds.max()) + 1)).astype(float).reshape(-1, 2, 2)


def _bits(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """-log2 of the chance of each label on each side, by counts [..., F, 2, 2] of other folds."""
    others = counts.sum(-3, keepdims=True) - counts + SMOOTH
    bits: NDArray[np.float64] = -np.log2(others / others.sum(-1, keepdims=True))
    return bits
