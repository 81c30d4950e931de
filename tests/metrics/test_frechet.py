"""The distances between sets of pictures, against closed forms and definitions."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist

from explorer.errors import ExplorerError
from explorer.metrics.frechet import (
    class_entropy,
    discrepancy,
    frechet_distance,
    kernel_distance,
    precision_recall,
    wilson,
)


def cloud(count, features, seed, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (count, features))


def test_the_frechet_distance_is_that_of_the_matrix_root():
    a, b = cloud(200, 6, 0), cloud(300, 6, 1, 0.5) * np.linspace(0.5, 2, 6)
    gap = a.mean(0) - b.mean(0)
    c, d = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    expected = gap @ gap + np.trace(c + d - 2 * sqrtm(c @ d).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_a_set_is_at_no_distance_from_itself():
    a = cloud(50, 4, 0)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_a_shift_alone_counts_with_its_square():
    a = cloud(100, 3, 0)
    assert frechet_distance(a, a + 2.0) == pytest.approx(12)


def test_a_singular_covariance_is_no_obstacle():
    a = np.repeat(cloud(100, 1, 0), 5, axis=1)
    assert frechet_distance(a, a * 3) == pytest.approx(
        5 * a[:, 0].mean() ** 2 * 4 + 5 * a[:, 0].var(ddof=1) * 4
    )


def test_one_feature_is_enough():
    a, b = cloud(100, 1, 0), cloud(100, 1, 1)
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected)


def test_the_discrepancy_is_that_of_its_definition():
    a, b = cloud(12, 3, 0), cloud(12, 3, 1)

    def k(x, y):
        return (x @ y / 3 + 1) ** 3

    inside = sum(k(x[i], x[j]) for x in (a, b) for i in range(12) for j in range(12) if i != j) / (
        12 * 11
    )
    across = sum(k(x, y) for x in a for y in b) / 144
    assert discrepancy(a, b) == pytest.approx(inside - 2 * across)


def test_the_kernel_distance_of_like_sets_is_near_zero_and_of_unlike_ones_is_not():
    a, like, unlike = cloud(2000, 8, 0), cloud(2000, 8, 1), cloud(2000, 8, 2, 1.0)
    near, far = (kernel_distance(a, x, subsets=20, size=500) for x in (like, unlike))
    assert abs(near.value) < 0.02
    assert far.low > 1
    assert far.low < far.value < far.high


def test_the_interval_of_the_kernel_distance_holds_the_truth_nearly_always():
    held = 0
    for seed in range(40):
        found = kernel_distance(cloud(400, 4, 2 * seed), cloud(400, 4, 2 * seed + 1), subsets=20)
        held += found.low <= 0 <= found.high
    assert held >= 35


def test_equal_seeds_give_equal_kernel_distances():
    a, b = cloud(300, 4, 0), cloud(300, 4, 1)
    assert kernel_distance(a, b, size=50, seed=3) == kernel_distance(a, b, size=50, seed=3)
    assert kernel_distance(a, b, size=50, seed=3) != kernel_distance(a, b, size=50, seed=4)


def test_precision_and_recall_are_those_of_their_definition():
    real, made = cloud(60, 2, 0), cloud(80, 2, 1, 0.8)

    def share(points, centres):
        reach = np.sort(cdist(centres, centres), axis=1)[:, 3]
        return (cdist(points, centres) <= reach).any(1).mean()

    precision, recall = precision_recall(real, made)
    assert precision.value == pytest.approx(share(made, real))
    assert recall.value == pytest.approx(share(real, made))


def test_precision_and_recall_do_not_see_a_constant_in_all_features():
    real, made = (cloud(200, 6, seed).astype(np.float32) for seed in (0, 1))
    assert precision_recall(real, made) == precision_recall(real + 1000, made + 1000)


def test_a_generator_of_one_good_picture_has_precision_without_recall():
    real = cloud(500, 2, 0)
    made = real[:1] + cloud(100, 2, 1) * 1e-3
    precision, recall = precision_recall(real, made)
    assert precision.value == 1
    assert recall.value < 0.01


def test_sure_and_varied_classes_have_a_score_of_their_number():
    found = class_entropy(np.eye(4)[np.arange(40) % 4])
    assert (found.conditional, found.score) == (0, pytest.approx(4))
    assert class_entropy(np.full((10, 4), 0.25)).score == pytest.approx(1)


def test_the_score_is_the_mean_divergence_from_the_mean():
    p = np.random.default_rng(0).dirichlet(np.ones(5), 30)
    divergence = (p * np.log(p / p.mean(0))).sum(1).mean()
    assert class_entropy(p).score == pytest.approx(np.exp(divergence))


@pytest.mark.parametrize("p", [[[0.5, 0.6]], [[1.5, -0.5]], np.zeros((0, 2)), [0.5, 0.5]])
def test_what_are_no_probabilities_is_refused(p):
    with pytest.raises(ExplorerError, match="probabilities"):
        class_entropy(np.array(p))


def test_an_interval_of_a_share_stays_within_its_bounds():
    assert wilson(0, 10).low == pytest.approx(0, abs=1e-12)
    assert wilson(10, 10).high == pytest.approx(1)
    # Wilson 1927 for 5 of 10, as statsmodels' proportion_confint has it
    assert (wilson(5, 10).low, wilson(5, 10).high) == pytest.approx((0.2366, 0.7634), abs=1e-4)


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, precision_recall])
def test_too_few_pictures_or_other_features_are_one_sentence(measure):
    with pytest.raises(ExplorerError, match="1 generated"):
        measure(cloud(10, 3, 0), cloud(1, 3, 1))
    with pytest.raises(ExplorerError, match="3 and of 2"):
        measure(cloud(10, 3, 0), cloud(10, 2, 1))
