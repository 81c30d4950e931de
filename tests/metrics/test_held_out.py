"""The held-out numbers, against what is known of the decisions."""

import numpy as np
import pytest

from explorer.metrics.held_out import chance, informed, losses, score, separability


def decided(count=5000, wrong=0.1, rate=0.4, seed=0):
    """Labels, decisions about them of which a share is wrong, and folds."""
    random = np.random.default_rng(seed)
    labels = random.random(count) < rate
    return labels ^ (random.random(count) < wrong), labels, random.integers(0, 5, count)


def bits(p):
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


def test_the_entropy_is_that_of_the_errors():
    sides, labels, folds = decided(200_000, wrong=0.1, rate=0.5)
    found = separability(sides, labels, folds, shuffles=0)
    assert found.entropy == pytest.approx(bits(0.1), abs=0.005)
    assert found.information == pytest.approx(1 - bits(0.1), abs=0.005)
    assert found.accuracy == pytest.approx(0.9, abs=0.005)
    assert found.base_rate == pytest.approx(0.5, abs=0.005)


def test_a_boundary_turned_round_tells_as_much():
    sides, labels, folds = decided()
    right, wrong = (separability(x, labels, folds, shuffles=0) for x in (sides, ~sides))
    assert wrong.entropy == pytest.approx(right.entropy)
    assert wrong.accuracy == pytest.approx(1 - right.accuracy)


def test_useless_decisions_cost_bits():
    costs = []
    for seed in range(20):
        sides, labels, folds = decided(60, wrong=0.5, rate=0.5, seed=seed)
        costs.append(separability(sides, labels, folds, shuffles=0).information)
    assert np.mean(costs) < 0


def test_the_interval_holds_the_truth_as_often_as_it_says():
    held = 0
    for seed in range(100):
        sides, labels, folds = decided(800, wrong=0.1, rate=0.5, seed=seed)
        found = separability(sides, labels, folds, seed, shuffles=0)
        held += found.low <= bits(0.1) <= found.high
    assert 88 <= held <= 99


def test_true_decisions_are_beyond_chance():
    assert separability(*decided(wrong=0.3)).chance == pytest.approx(1 / 1001)


def test_decisions_that_know_nothing_are_within_chance_as_often_as_it_says():
    """Folds with equal shares of the label, as a fit divides them."""
    random = np.random.default_rng(0)
    chances = []
    for _ in range(200):
        labels = np.arange(100) < 40
        folds = np.concatenate([np.arange(40), np.arange(60)]) % 5
        chances.append(chance(random.random(100) < 0.4, labels, folds, random, 99))
    assert np.mean(np.array(chances) <= 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(chances) == pytest.approx(0.5, abs=0.07)


def test_a_chance_comes_from_the_other_folds_with_one_half_added():
    # Fold 0: one sample, side 1, label 1. Fold 1: side 1 has labels 1, 1, 0.
    sides = np.array([True, True, True, True])
    labels = np.array([True, True, True, False])
    folds = np.array([0, 1, 1, 1])
    lost = losses(sides, labels, folds)
    assert lost[0] == pytest.approx(-np.log2((2 + 0.5) / (3 + 1)))
    assert lost[1] == pytest.approx(-np.log2((1 + 0.5) / (1 + 1)))
    assert lost[3] == pytest.approx(-np.log2((0 + 0.5) / (1 + 1)))


def test_one_class_has_no_number():
    folds = np.arange(10) % 5
    assert separability(np.ones(10, bool), np.ones(10, bool), folds) is None
    assert separability(np.ones(10, bool), np.zeros(10, bool), folds) is None


def test_information_is_one_for_nothing_lost_and_zero_for_the_base_rate():
    assert informed(0.0, 0.3) == 1
    assert informed(bits(0.3), 0.3) == pytest.approx(0)


def test_the_score_is_two_to_the_sum_of_entropies_with_an_interval():
    lost = [losses(*decided(wrong=w, seed=1)) for w in (0.05, 0.2)]
    found = score(lost)
    assert found.score == pytest.approx(2 ** sum(x.mean() for x in lost))
    assert found.low < found.score < found.high
    assert score([]) is None


def test_errors_that_go_together_widen_the_interval_of_the_score():
    one, other = (losses(*decided(wrong=0.2, seed=s)) for s in (1, 2))
    together, apart = score([one, one]), score([one, other])
    assert together.high - together.low > 1.2 * (apart.high - apart.low)


def test_a_seed_decides_the_resampling():
    given = decided(500)
    assert separability(*given, seed=1, shuffles=9) == separability(*given, seed=1, shuffles=9)
    assert separability(*given, seed=1).low != separability(*given, seed=2).low


def test_the_interval_of_the_accuracy_is_as_wide_as_chance():
    """Two classes of equal size: the mean of two shares of n / 2 samples each."""
    found = separability(*decided(2000, wrong=0.2), shuffles=0)
    assert found.accuracy_low < found.accuracy < found.accuracy_high
    error = np.sqrt(0.2 * 0.8 / 2000)
    assert found.accuracy_high - found.accuracy_low == pytest.approx(2 * 1.96 * error, rel=0.2)
