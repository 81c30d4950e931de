"""Forty clicks: how good a slider gets, with pictures chosen actively and at random.

    python -m benchmarks.thumbs --attribute glasses

The classifier of the shipped model plays the person, over twenty seeds. Prints one line of JSON:
for each way of choosing the median balanced accuracy on fresh pictures, with its 95 % interval,
and the difference of the two ways, click for click the same number.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.directions.labels import Labels, fresh_seeds, next_seeds, quick_boundary
from explorer.directions.svm import LEAST, Boundary
from explorer.formats import load
from explorer.labelling import Classifier, classifier_of, last_w, pictures
from explorer.onnx_networks import open_network
from explorer.sampling import Sampler
from explorer.separation import separate
from explorer.slices import sliced
from explorer.ui.labels import POOL, SHOWN

AVATARS = Path(__file__).parents[1] / "checkpoints" / "avatars"
CLICKS, SEEDS, FRESH = 40, 20, 2000
FIRST_FRESH = 2 * 10**9  # the first seed of the pictures that judge
SLICE = 100
RESAMPLES = 2000


class Person:
    """Judges pictures by a classifier, and knows their w."""

    def __init__(self, sampler: Sampler, classifier: Classifier, attribute: str):
        self._sampler, self._classifier = sampler, classifier
        self._index = classifier.names.index(attribute)

    def w(self, seeds: tuple[int, ...]) -> NDArray[np.float64]:
        """The w [N, D] of `seeds`."""
        found = [last_w(self._sampler, some) for some in sliced(seeds, SLICE)]
        return np.concatenate(found).astype(np.float64)

    def judge(self, seeds: tuple[int, ...]) -> NDArray[np.bool_]:
        """The answers [N] about `seeds`."""
        found = [
            self._classifier.logits(pictures(self._sampler, some)) for some in sliced(seeds, 16)
        ]
        return np.concatenate(found)[:, self._index] > 0


def clicked(person: Person, way: str, seed: int) -> Boundary | None:
    """The boundary after CLICKS answers, asked for grid by grid as the page does."""
    known = Labels("thumbs", {})
    while len(known) < CLICKS:
        pool = fresh_seeds(POOL, known.seeds, 1000 * seed + len(known))
        asked = pool[:SHOWN]
        boundary = None
        if way == "active" and len(known):
            boundary = quick_boundary(person.w(known.seeds), known.flags)
        if boundary is not None:
            asked = next_seeds(np.array(pool), person.w(pool), boundary, known.seeds, SHOWN)
        asked = asked[: CLICKS - len(known)]
        answers = dict(zip(asked, person.judge(asked).tolist(), strict=True))
        known = Labels(known.name, {**known.answers, **answers})
    x, flags = person.w(known.seeds), known.flags
    if min(flags.sum(), (~flags).sum()) >= LEAST:
        return separate(x, flags).fit.boundary
    return quick_boundary(x, flags)


def accuracy(boundary: Boundary | None, x: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Balanced, of x [N, D]; a half where there is no boundary."""
    if boundary is None:
        return 0.5
    sides = boundary.distance(x) > 0
    return float((sides[truth].mean() + (~sides[~truth]).mean()) / 2)


def interval(values: NDArray[np.float64], of: Callable[..., float]) -> list[float]:
    """The 95 % bootstrap interval of a statistic `of` values [N]."""
    random = np.random.default_rng(0)
    draws = [of(random.choice(values, len(values))) for _ in range(RESAMPLES)]
    return [float(end) for end in np.percentile(draws, (2.5, 97.5))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.thumbs", description=__doc__)
    parser.add_argument("--attribute", default="glasses")
    parser.add_argument("--model", type=Path, default=AVATARS)
    options = parser.parse_args()
    classifier = classifier_of(open_network(options.model / "attributes.onnx"))
    person = Person(Sampler(load(options.model)), classifier, options.attribute)
    fresh = tuple(range(FIRST_FRESH, FIRST_FRESH + FRESH))
    x, truth = person.w(fresh), person.judge(fresh)
    found = {
        way: np.array([accuracy(clicked(person, way, seed), x, truth) for seed in range(SEEDS)])
        for way in ("active", "random")
    }
    gap = found["active"] - found["random"]
    figures = {
        way: {
            "median": round(float(np.median(values)), 4),
            "interval": [round(end, 4) for end in interval(values, np.median)],
        }
        for way, values in found.items()
    }
    difference = {
        "mean": round(float(gap.mean()), 4),
        "interval": [round(end, 4) for end in interval(gap, np.mean)],
    }
    about = {"attribute": options.attribute, "clicks": CLICKS, "seeds": SEEDS}
    print(json.dumps({**about, **figures, "active_minus_random": difference}))


if __name__ == "__main__":
    main()
