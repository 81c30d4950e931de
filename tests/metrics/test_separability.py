"""The paper's protocol, and why it is not to be believed for few samples."""

import numpy as np
import pytest

from explorer.metrics.separability import conditional_entropy, in_sample


def test_the_entropy_is_that_of_the_joint_shares():
    sides = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    labels = np.array([1, 1, 1, 0, 0, 0, 0, 0], bool)
    assert conditional_entropy(sides, labels) == pytest.approx(0.5 * (2 - 0.75 * np.log2(3)))
    assert conditional_entropy(labels, labels) == 0
    assert conditional_entropy(np.ones(8, bool), sides) == pytest.approx(1)


def test_labels_of_a_plane_score_one_and_labels_of_nothing_two_each():
    random = np.random.default_rng(0)
    x = random.normal(size=(8000, 4))
    plane, nothing = x[:, :1], random.normal(size=(8000, 1))
    assert in_sample(x, plane).score == pytest.approx(1, abs=0.02)
    found = in_sample(x, np.concatenate([nothing, nothing], axis=1))
    assert found.score == pytest.approx(4, abs=0.05)
    assert not found.meaningless
    assert found.kept == 4000


def test_the_surest_half_is_kept():
    x = np.random.default_rng(0).normal(size=(4000, 2))
    # near 0 the logits say nothing about x, far from it everything
    unsure = np.where(np.arange(4000) < 2000, 0.1, 0.0) * np.sign(np.sin(1e6 * x[:, 0]))
    logits = np.where(np.arange(4000) < 2000, unsure, 10 * x[:, 0] + np.sign(x[:, 0]))
    assert in_sample(x, logits[:, None]).score == pytest.approx(1, abs=0.05)


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
def test_few_samples_make_labels_of_nothing_separable_and_that_is_said():
    random = np.random.default_rng(0)
    found = in_sample(random.normal(size=(100, 64)), random.normal(size=(100, 3)))
    assert found.score < 1.05
    assert found.meaningless


def test_an_attribute_of_one_class_has_no_entropy():
    x = np.random.default_rng(0).normal(size=(200, 2))
    found = in_sample(x, np.stack([x[:, 0], np.full(200, 3.0)], axis=1))
    assert found.entropies[1] is None
    assert found.entropies[0] is not None
