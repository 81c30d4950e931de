"""How far the sides of a plane in Z or W tell labels apart, and the planes as directions.

The same for the panel and for the command line. What is measured is how well *this* classifier's
labels can be told from the latents by a linear boundary, on samples that it has not seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.directions.direction import Direction, Space, step_of
from explorer.directions.svm import LEAST, Boundary, Fit, fit
from explorer.errors import AnalysisError
from explorer.labelling import Flags, Labelled
from explorer.metrics.held_out import Score, Separability, losses, score, separability
from explorer.slices import Progress

NOTES = (
    "Held out: every picture was judged by boundaries that were fitted without it.",
    "The labels are those of this classifier, with its mistakes; only numbers of the same "
    "classifier, psi and count of samples compare.",
    "This is not the protocol of published separability scores, which are in-sample and of other "
    "classifiers.",
    "low and high are ends of 95 % intervals over the samples; they hold nothing of what another "
    "training of the model or of the classifier would change.",
)


@dataclass(frozen=True, eq=False)
class Separation:
    """One attribute in one space: what the boundary tells, and the boundary."""

    numbers: Separability
    fit: Fit


@dataclass(frozen=True, eq=False)
class SpaceReport:
    """All attributes in one space.

    Args:
        score: Over the attributes that are not None; None if all are.
        attributes: By name; None where `Report.reasons` says why.
    """

    score: Score | None
    attributes: Mapping[str, Separation | None]


@dataclass(frozen=True, eq=False)
class Report:
    """How separable a classifier's labels are.

    Args:
        seed: That divided and resampled the samples.
        reasons: Why an attribute has no numbers: half a sentence, by name.
    """

    samples: int
    seed: int
    spaces: Mapping[Space, SpaceReport]
    reasons: Mapping[str, str]


def measure(
    labelled: Labelled, spaces: Sequence[Space] = ("z", "w"), seed: int = 0
) -> Iterator[Progress | Report]:
    """Fit and judge every attribute in every space: the progress, and in the end the `Report`.

    Each takes about a second with 5,000 samples, on the thread that iterates; nothing is drawn.
    """
    reasons = {name: why for name in labelled.names if (why := _reason(labelled, name))}
    jobs = [(space, name) for space in spaces for name in labelled.names if name not in reasons]
    found: dict[tuple[Space, str], Separation] = {}
    for space, name in jobs:
        found[space, name] = separate(latents_in(labelled, space), labelled.labels(name), seed)
        yield Progress(len(found), len(jobs))
    yield Report(
        len(labelled.seeds),
        seed,
        {space: _summed(labelled, space, found, seed) for space in spaces},
        reasons,
    )


def separate(x: NDArray[np.floating], labels: Flags, seed: int = 0) -> Separation:
    """The boundary between labels [N] of latents x [N, D], and what it tells.

    Raises:
        ExplorerError: A class has fewer than LEAST samples.
    """
    found = fit(np.asarray(x, np.float64), labels, seed)
    numbers = separability(found.sides, labels, found.folds, seed)
    assert numbers is not None, "both classes are there"
    return Separation(numbers, found)


def latents_in(labelled: Labelled, space: Space) -> NDArray[np.float32]:
    """The latents [N, Z] or [N, D] of the samples."""
    return labelled.z if space == "z" else labelled.w


def _summed(
    labelled: Labelled, space: Space, found: Mapping[tuple[Space, str], Separation], seed: int
) -> SpaceReport:
    attributes = {name: found.get((space, name)) for name in labelled.names}
    lost = [
        losses(one.fit.sides, labelled.labels(name), one.fit.folds)
        for name, one in attributes.items()
        if one is not None
    ]
    return SpaceReport(score(lost, seed), attributes)


def _reason(labelled: Labelled, name: str) -> str:
    """Why an attribute cannot be measured; empty if it can."""
    if name in labelled.continuous:
        return "it is continuous, no question of yes or no"
    labels = labelled.labels(name)
    count, positives = len(labels), int(labels.sum())
    if positives in (0, count):
        return f"all {count:,} samples are labelled {'yes' if positives else 'no'}"
    fewest = min(positives, count - positives)
    if fewest < LEAST:
        rare = "yes" if positives == fewest else "no"
        return f"only {fewest} of {count:,} samples are labelled {rare}, which takes {LEAST}"
    return ""


def to_json(report: Report, about: Mapping[str, object]) -> dict[str, object]:
    """What JSON is to hold of a report.

    Args:
        about: What was measured: `model`, and whatever else is to be said, before the numbers.
    """
    return {
        **about,
        "samples": report.samples,
        "seed": report.seed,
        "spaces": {space: _space_json(found) for space, found in report.spaces.items()},
        "reasons": dict(report.reasons),
        "notes": list(NOTES),
    }


def _space_json(found: SpaceReport) -> dict[str, object]:
    nothing = {"score": None, "low": None, "high": None}
    return {
        **(asdict(found.score) if found.score else nothing),
        "attributes": {
            name: None
            if one is None
            else {**asdict(one.numbers), "separable": one.numbers.separable}
            for name, one in found.attributes.items()
        },
    }


def direction_of(
    report: Report,
    space: Space,
    name: str,
    samples: NDArray[np.floating],
    about: Mapping[str, object] | None = None,
) -> Direction:
    """The direction of an attribute that was measured.

    Args:
        samples: [M, D], over which sigma is taken in w: `labelling.gather_w`; unused in z.
        about: What the direction's origin is to say besides the numbers.

    Raises:
        AnalysisError: There are no numbers of it.
    """
    one = report.spaces[space].attributes.get(name) if space in report.spaces else None
    if one is None:
        why = report.reasons.get(name, "it was not measured")
        raise AnalysisError(
            f"{name} has no boundary in {space.upper()}: {why}.", fix="Choose another attribute."
        )
    numbers = one.numbers
    origin = {
        **(about or {}),
        "found": "linear SVM on labels, numbers held out",
        "samples": report.samples,
        "seed": report.seed,
        "accuracy": numbers.accuracy,
        "base_rate": numbers.base_rate,
        "information": numbers.information,
        "information_low": numbers.information_low,
        "information_high": numbers.information_high,
        "separable": numbers.separable,
    }
    return direction_from(one.fit.boundary, name, space, samples, origin)


def direction_from(
    boundary: Boundary,
    name: str,
    space: Space,
    samples: NDArray[np.floating],
    origin: Mapping[str, object],
) -> Direction:
    """A boundary as a direction: a step raises the distance from the plane by one sigma of it.

    In w the step does not follow the normal, which leads out of where w lies wherever the normal
    looks at what varies little. It follows the covariance, as w does when its distance from the
    plane is another and nothing else is known (Haufe 2014, Equation 6): of all changes that raise
    the distance by so much it is the likeliest. The normal becomes the gauge. In z, whose
    covariance is the identity, both are the same.

    Args:
        samples: [M, D], untruncated: of them sigma and covariance are taken in w.

    Raises:
        DirectionError: The step is none, as that of latents that are all alike.
    """
    normal = boundary.normal
    if space == "z":
        step = step_of("z", normal)
        rounded = step.numbers.astype(np.float64)
        place = float(boundary.offset * (normal @ rounded) / (rounded @ rounded))
        return Direction(name, step, boundary=place, origin=dict(origin))
    wide = np.asarray(samples, np.float64)
    mean = wide.mean(0)
    along = (wide - mean) @ normal
    sigma = float(along.std())
    pattern = (
        (wide - mean).T @ along / max(len(wide) * sigma, 1e-300)
    )  # the covariance times normal
    step = step_of("w", pattern, float(np.linalg.norm(pattern)))
    gauge = (normal / max(sigma, 1e-300)).astype(np.float16)
    # The gauge is rounded, which turns it a little: it agrees with the plane where the samples are.
    on_plane = mean - float(boundary.distance(mean)) * normal
    place = float(on_plane @ gauge.astype(np.float64))
    return Direction(name, step, boundary=place, origin=dict(origin), gauge=gauge)
