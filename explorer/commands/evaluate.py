"""`python -m explorer evaluate`: how near a generator's pictures are to real ones."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from explorer.errors import ExplorerError
from explorer.metrics.frechet import (
    ClassEntropy,
    Estimate,
    class_entropy,
    frechet_distance,
    kernel_distance,
    precision_recall,
)
from explorer.onnx_networks import OnnxNetwork

EVERY = 1000  # pictures between two lines of progress
CAVEAT = (
    "These are distances in the features of this network. Only numbers from the same network and "
    "the same count of pictures compare; none of them is a published FID."
)


@dataclass(frozen=True)
class Evaluation:
    """How near generated pictures are to real ones, in the features of a network.

    Args:
        features: Which network, and how many numbers it gives a picture.
        frechet_of_halves: The Frechet distance between two halves of the real pictures: what a
            perfect generator would get at half the count.
        kernel: The kernel distance; about 0 for a perfect generator.
        classes: Of the network's exclusive classes, None if it has none.
    """

    features: str
    real: int
    generated: int
    frechet: float
    frechet_of_halves: float
    kernel: Estimate
    precision: Estimate
    recall: Estimate
    classes: ClassEntropy | None
    note: str = CAVEAT


def evaluate(
    real: Iterable[Tensor], generated: Iterable[Tensor], network: OnnxNetwork, seed: int
) -> Evaluation:
    """Compare batches [n, 3, H, W] of real and of generated pictures.

    Raises:
        ExplorerError: The network has no features, or there are too few pictures.
    """
    a, _ = _looked_at(real, network, "real")
    b, probabilities = _looked_at(generated, network, "generated")
    order = np.random.default_rng(seed).permutation(len(a))
    halves = a[order[::2]], a[order[1::2]]
    precision, recall = precision_recall(a, b)
    return Evaluation(
        features=f"{network.name}, {a.shape[1]} numbers",
        real=len(a),
        generated=len(b),
        frechet=frechet_distance(a, b),
        frechet_of_halves=frechet_distance(*halves),
        kernel=kernel_distance(a, b, seed=seed),
        precision=precision,
        recall=recall,
        classes=None if probabilities is None else class_entropy(probabilities),
    )


def _looked_at(
    batches: Iterable[Tensor], network: OnnxNetwork, what: str
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """The features [N, F] of pictures, and their class probabilities [N, C] if there are any."""
    if "features" not in network.outputs:
        raise ExplorerError(
            f"{network.name} has no output `features`, and no last layer that shows them.",
            fix="Give a network with an output `features` [N, F].",
        )
    features, probabilities, due = [], [], EVERY
    for batch in batches:
        found = network(batch)
        features.append(found["features"].reshape(len(batch), -1))
        if "probabilities" in found:
            probabilities.append(found["probabilities"])
        if (done := sum(map(len, features))) >= due:
            print(f"{done:,} {what} pictures", file=sys.stderr)
            due += EVERY
    if not features:
        raise ExplorerError(f"There are no {what} pictures.", fix="Give at least a thousand.")
    return np.concatenate(features), np.concatenate(probabilities) if probabilities else None


def told(found: Evaluation, as_json: bool) -> str:
    """`found` for programs or for people."""
    if as_json:
        return json.dumps(asdict(found), indent=2)
    rows = [
        ("features", found.features),
        ("pictures", f"{found.real:,} real, {found.generated:,} generated"),
        (
            "Frechet distance",
            f"{found.frechet:.4g} (halves of the real: {found.frechet_of_halves:.4g})",
        ),
        ("kernel distance", _interval(found.kernel)),
        ("precision", _interval(found.precision)),
        ("recall", _interval(found.recall)),
    ]
    if found.classes:
        rows.append(("class score", f"{found.classes.score:.4g}"))
    return "\n".join([*(f"{label:<18}{value}" for label, value in rows), found.note])


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.4g} ({estimate.low:.4g} to {estimate.high:.4g})"
