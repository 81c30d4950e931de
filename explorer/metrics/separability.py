"""Linear separability by the paper's protocol (Karras 2019, Section 4.2), in-sample.

For comparison with published numbers only. The SVM is scored on the samples that it was fitted to:
with fewer samples than about twice the dimensions any labels are separable, and the score tends to
1 whatever the space (`meaningless`). `held_out` has the numbers to believe.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

from explorer.liblinear import fitted

Vectors = NDArray[np.float64] | NDArray[np.float32]


@dataclass(frozen=True)
class InSample:
    """The paper's score.

    Args:
        score: 2 to the sum of the entropies in bits, which is the paper's exp of nats.
        entropies: H(Y|X) of each attribute in bits; None where the kept half is of one class.
        kept: Samples of each attribute.
        meaningless: Whether these are fewer than twice the dimensions.
    """

    score: float
    entropies: tuple[float | None, ...]
    kept: int
    meaningless: bool


def in_sample(x: Vectors, logits: Vectors, seed: int = 0) -> InSample:
    """The score of latents x [N, D] for a classifier's logits [N, K].

    For each attribute the half of the samples that the classifier is surest of is kept, a
    LinearSVC of scikit-learn's settings of 2019 is fitted, and its decisions on the same samples
    are X. An attribute of one class counts as nothing, and is said; the original took it as
    perfect.
    """
    kept = len(x) // 2
    found = [_entropy(x, logits[:, index], kept, seed) for index in range(logits.shape[1])]
    total = sum(entropy for entropy in found if entropy is not None)
    return InSample(float(2**total), tuple(found), kept, kept < 2 * x.shape[1])


def _entropy(x: Vectors, logits: Vectors, kept: int, seed: int) -> float | None:
    surest = np.argsort(-np.abs(logits), kind="stable")[:kept]
    labels = logits[surest] > 0
    if labels.all() or not labels.any():
        return None
    svm = LinearSVC(dual=True, random_state=seed, max_iter=1000)
    sides = fitted(svm, x[surest], labels).predict(x[surest])
    return conditional_entropy(sides, labels)


def conditional_entropy(sides: NDArray[np.bool_], labels: NDArray[np.bool_]) -> float:
    """H(Y|X) in bits of labels Y [N] given sides X [N], from the shares themselves."""
    joint = np.array([[np.mean((sides == s) & (labels == y)) for y in (0, 1)] for s in (0, 1)])
    given = joint / np.maximum(joint.sum(1, keepdims=True), 1e-300)
    terms = np.where(joint > 0, joint * np.log2(np.where(joint > 0, given, 1)), 0)
    return max(0.0, float(-terms.sum()))  # no -0.0
