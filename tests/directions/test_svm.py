"""The boundary, against planes that are known."""

import numpy as np
import pytest

from explorer.directions.svm import FOLDS, Boundary, Margin, direction, fit, offset_of, ranking
from explorer.errors import ExplorerError
from explorer.metrics.held_out import separability
from tests.directions.truth import plane


@pytest.mark.parametrize(("offset", "within"), [(0.0, 0.03), (0.5, 0.08), (1.0, 0.15)])
def test_a_known_plane_is_found_among_wrong_labels(offset, within):
    x, labels, normal = plane(20_000, 64, offset=offset)
    found = fit(x, labels).boundary
    along = x @ found.normal
    assert found.normal @ normal > 0.99
    assert (found.offset - along.mean()) / along.std() == pytest.approx(offset, abs=within)


def test_random_labels_are_not_called_separable():
    separable = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        x, labels = random.normal(size=(100, 8)), random.random(100) < 0.4
        found = fit(x, labels, seed)
        separable += separability(found.sides, labels, found.folds, seed, 0).separable
    assert separable <= 5


def test_the_normal_is_that_of_the_latents_and_not_of_the_standardised_ones():
    x, labels, normal = plane(2000, 4, flips=0.0)
    stretched = x * [100, 1, 0.01, 1] + [1000, 0, -5, 0]
    expected = normal / [100, 1, 0.01, 1]
    for loss in ("hinge", "squared_hinge"):
        found = direction(stretched, labels, Margin(loss, 1e-2))
        assert found @ expected / np.linalg.norm(expected) > 0.999
        assert np.linalg.norm(found) == pytest.approx(1)


def test_it_does_not_matter_where_the_origin_is():
    x, labels, _ = plane(400, 20, seed=3)
    near, far = fit(x, labels), fit(x + 100, labels)
    assert np.array_equal(near.sides, far.sides)
    assert near.boundary.distance(x) == pytest.approx(far.boundary.distance(x + 100), abs=1e-6)


def test_a_dimension_that_never_changes_does_not_matter():
    x, labels, _ = plane(2000, 4, flips=0.0)
    flat = np.concatenate([x, np.full((2000, 1), 7.0)], axis=1)
    assert fit(flat, labels).boundary.normal[4] == pytest.approx(0, abs=1e-9)


def test_a_seed_decides_everything():
    x, labels, _ = plane(200, 5)
    first, again, other = (fit(x, labels, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.projections, again.projections)
    assert first.boundary.offset == again.boundary.offset
    assert not np.array_equal(first.folds, other.folds)


def test_no_sample_is_judged_by_a_boundary_that_saw_it():
    """One point far out, labelled against the plane, would turn a boundary that saw it."""
    x, labels, normal = plane(200, 3, flips=0.0)
    x[0], labels[0] = x.mean(0) + 1000 * normal, False
    assert fit(x, labels).sides[0]


def test_every_fold_has_both_classes():
    x, labels, _ = plane(300, 3, offset=1.5, flips=0.0)
    found = fit(x, labels)
    for fold in range(FOLDS):
        assert 0 < labels[found.folds == fold].mean() < 1


def test_the_offset_is_where_the_balanced_accuracy_is_largest():
    along = np.array([0.0, 1.0, 2.0, 3.0, 10.0])
    labels = np.array([False, False, False, True, True])
    assert offset_of(along, labels) == 2.5
    # one of four negatives above two positives: cutting below all positives loses a quarter
    along = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    labels = np.array([False, False, False, True, True, False])
    assert offset_of(along, labels) == 2.5


def test_a_distance_is_measured_along_the_normal():
    boundary = Boundary(np.array([0.6, 0.8]), 1.0)
    assert boundary.distance(np.array([[0.6, 0.8], [0.0, 0.0]])) == pytest.approx([0, -1])


def test_a_ranking_counts_pairs():
    labels = np.array([True, False, True, False])
    assert ranking(np.array([4.0, 1.0, 3.0, 2.0]), labels) == 1
    assert ranking(np.array([1.0, 4.0, 2.0, 3.0]), labels) == 0
    assert ranking(np.array([4.0, 3.0, 1.0, 2.0]), labels) == 0.5


@pytest.mark.parametrize("positives", [0, 3, 9, 41, 50])
def test_too_few_of_a_class_is_one_sentence(positives):
    x, labels = np.zeros((50, 2)), np.arange(50) < positives
    with pytest.raises(ExplorerError, match=f"{positives} pictures labelled yes"):
        fit(x, labels)
