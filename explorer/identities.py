"""Which faces are told apart: seeds chosen one after the other, each far enough from those before.

Knows no model and no picture: a face is a row of numbers, its w or what a network sees in it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.errors import AnalysisError

Rows = NDArray[np.floating]
# Rows [N, F] and one of them [F] to the distance of each from it, [N].
Distance = Callable[[Rows, Rows], NDArray[np.float64]]

SHARE = 0.01  # of random pairs that are closer than two identities may be


@dataclass(frozen=True)
class Chosen:
    """The candidates that are identities.

    Args:
        places: Of them among the candidates, ascending.
        closest: The smallest distance between two of them; infinite where there is only one.
    """

    places: tuple[int, ...]
    closest: float


def straight(rows: Rows, one: Rows) -> NDArray[np.float64]:
    """The Euclidean distances [N] of rows [N, F] from `one` [F]."""
    return np.linalg.norm(np.asarray(rows, np.float64) - np.asarray(one, np.float64), axis=1)


def cosine(rows: Rows, one: Rows) -> NDArray[np.float64]:
    """1 less the cosine of the angle between rows [N, F] and `one` [F]: [N], from 0 to 2.

    How networks that recognise faces are compared, whose features have a length of no meaning.
    """
    a, b = np.asarray(rows, np.float64), np.asarray(one, np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b)
    return 1 - np.clip(a @ b / np.maximum(lengths, 1e-300), -1, 1)


def usual_minimum(rows: Rows, distance: Distance = straight) -> float:
    """The quantile at `SHARE` of the distances of all pairs of rows [N, F].

    Raises:
        AnalysisError: There is no pair.
    """
    if len(rows) < 2:
        raise AnalysisError("One face is at no distance.", fix="Draw at least two candidates.")
    pairs = [distance(rows[place + 1 :], rows[place]) for place in range(len(rows) - 1)]
    return float(np.quantile(np.concatenate(pairs), SHARE))


def choose(rows: Rows, count: int, minimum: float, distance: Distance = straight) -> Chosen:
    """The first `count` of rows [N, F] that are each at least `minimum` from those chosen before.

    So the choice of fewer is the beginning of that of more. It may find fewer than `count`.
    """
    places: list[int] = []
    closest = float("inf")
    kept = np.empty((min(count, len(rows)), rows.shape[1]), rows.dtype)
    for place, row in enumerate(rows):
        if len(places) == count:
            break
        nearest = float(distance(kept[: len(places)], row).min(initial=np.inf))
        if nearest >= minimum:
            kept[len(places)] = row
            places.append(place)
            closest = min(closest, nearest)
    return Chosen(tuple(places), closest)
