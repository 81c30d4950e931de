"""A linear boundary between two classes of latents, and decisions it made without looking.

An SVM on standardised latents with balanced classes gives the direction; where along it the
boundary lies is fitted again, because the intercept of a margin says little where the classes
overlap. Every sample is also judged along a direction that was fitted without it, from a place
along it that the other folds decide: the held-out decisions behind every number that is shown of a
boundary (`metrics.held_out`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from explorer.errors import ExplorerError
from explorer.liblinear import fitted

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOLDS = 5
LEAST = FOLDS * 2  # samples of each class
FEW = 2000  # samples, below which a single split says too little about which margin is best
SPLITS = 2  # instead


@dataclass(frozen=True)
class Margin:
    """How an SVM weighs samples on the wrong side.

    Args:
        loss: `hinge` is not much moved by wrong labels, `squared_hinge` uses more of what labels
            of a soft transition say.
        strength: C, the weight of a sample against the width of the margin.
    """

    loss: Literal["hinge", "squared_hinge"]
    strength: float


MARGINS = (Margin("hinge", 1e-3), Margin("hinge", 1e-2), Margin("squared_hinge", 1e-3))


@dataclass(frozen=True)
class Boundary:
    """The plane {x : normal . x = offset}; above it is yes.

    Args:
        normal: Unit length, [D].
        offset: In units of the latents.
    """

    normal: Vector
    offset: float

    def distance(self, x: Vector) -> Vector:
        """How far each of x [N, D] lies above the plane, in units of the latents: [N]."""
        return x @ self.normal - self.offset


@dataclass(frozen=True)
class Fit:
    """A boundary, and what like boundaries decided about samples that they had not seen.

    Args:
        boundary: Fitted to all samples.
        margin: The one that was chosen for it.
        sides: [N], whether a sample lies above the boundary that its fold had no part in.
        folds: [N], 0 to FOLDS - 1.
        projections: [N], distances from those boundaries, in units of the latents.
    """

    boundary: Boundary
    margin: Margin
    sides: Flags
    folds: NDArray[np.int64]
    projections: Vector


def fit(x: Vector, labels: Flags, seed: int = 0) -> Fit:
    """The boundary between the labels [N] of latents x [N, D].

    Deterministic in `seed`, which divides the samples.

    Raises:
        ExplorerError: A class has fewer than LEAST samples.
    """
    require_both(labels)
    x = np.asarray(x, np.float64)
    mean = x.mean(0)
    x = x - mean  # projections on the folds' slightly unequal normals compare about the middle only
    folds = _divided(labels, seed)
    along = np.empty(len(x))
    for fold in range(FOLDS):
        seen = folds != fold
        margin = choose(x[seen], labels[seen], seed)
        along[~seen] = x[~seen] @ direction(x[seen], labels[seen], margin)
    # Where the planes lie is decided by the other folds' projections.
    offsets = np.array([offset_of(along[folds != f], labels[folds != f]) for f in range(FOLDS)])
    margin = choose(x, labels, seed)
    normal = direction(x, labels, margin)
    boundary = Boundary(normal, offset_of(along, labels) + float(mean @ normal))
    projections = along - offsets[folds]
    return Fit(boundary, margin, projections > 0, folds, projections)


def direction(x: Vector, labels: Flags, margin: Margin) -> Vector:
    """The unit normal [D] of a linear SVM, back in the units of x [N, D]."""
    mean, scale = x.mean(0), x.std(0)
    scale[scale < 1e-12] = 1.0
    dual = margin.loss == "hinge"  # scikit-learn solves each in one form only, or faster
    svm = LinearSVC(
        C=margin.strength,
        loss=margin.loss,
        dual=dual,
        class_weight="balanced",
        tol=1e-2 if dual else 1e-3,
        max_iter=10_000,
        random_state=0,
    )
    normal = fitted(svm, (x - mean) / scale, labels).coef_[0] / scale
    return normal / max(float(np.linalg.norm(normal)), 1e-12)


def choose(x: Vector, labels: Flags, seed: int) -> Margin:
    """The margin whose direction ranks labels best that it was not fitted to."""
    folds = _divided(labels, seed + 1)
    scores = np.zeros(len(MARGINS))
    for fold in range(SPLITS if len(x) < FEW else 1):
        kept = folds == fold
        for index, margin in enumerate(MARGINS):
            normal = direction(x[~kept], labels[~kept], margin)
            scores[index] += ranking(x[kept] @ normal, labels[kept])
    return MARGINS[int(scores.argmax())]


def ranking(values: Vector, labels: Flags) -> float:
    """How often a positive has a larger value than a negative: the area under the ROC curve."""
    order = values.argsort()
    ranks = np.empty(len(values))
    ranks[order] = np.arange(1, len(values) + 1)
    positives = int(labels.sum())
    negatives = len(labels) - positives
    above = ranks[labels].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def offset_of(along: Vector, labels: Flags) -> float:
    """Where along a direction the balanced accuracy is largest.

    In the middle of the samples between which it is; the middle one of several equal maxima.
    """
    order = along.argsort(kind="stable")
    sorted_along, sorted_labels = along[order], labels[order]
    below = np.cumsum(~sorted_labels) / (~labels).sum()  # negatives that a cut behind i gets right
    missed = np.cumsum(sorted_labels) / labels.sum()  # positives that it gets wrong
    gain = (below - missed)[:-1]
    best = np.flatnonzero(gain >= gain.max() - 1e-12)
    cut = best[len(best) // 2]
    return float(sorted_along[cut : cut + 2].mean())


def require_both(labels: Flags) -> None:
    """Refuse labels [N] of which one class is too small to learn from and to be judged by.

    Raises:
        ExplorerError: It is.
    """
    positives = int(np.sum(labels))
    negatives = len(labels) - positives
    if min(positives, negatives) < LEAST:
        raise ExplorerError(
            f"There are {positives} pictures labelled yes and {negatives} labelled no.",
            fix=f"Label at least {LEAST} of each.",
        )


def _divided(labels: Flags, seed: int) -> NDArray[np.int64]:
    """The fold [N] of each sample, both classes spread alike."""
    folds = np.empty(len(labels), np.int64)
    division = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for fold, (_, members) in enumerate(division.split(labels, labels)):
        folds[members] = fold
    return folds
