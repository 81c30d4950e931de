"""Conditional directions against the published ones, and measured changes against known ones."""

from pathlib import Path

import numpy as np
import pytest

from explorer.directions.direction import step_of
from explorer.directions.leakage import (
    conditioned,
    cosines,
    leakage,
    measured,
    orthogonalised,
)
from explorer.directions.sigma import sigmas_of
from explorer.errors import AnalysisError, DirectionError

PUBLISHED = Path(__file__).parents[1] / "data" / "interfacegan"


def published(name):
    return np.load(PUBLISHED / f"stylegan_ffhq_{name}_boundary.npy", allow_pickle=False)[0]


def rows(count, dims, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dims))


@pytest.mark.parametrize(
    ("of", "on"),
    [("age", "eyeglasses"), ("age", "gender"), ("eyeglasses", "age"), ("eyeglasses", "gender")],
)
def test_the_published_conditional_boundaries_are_reproduced(of, on):
    found = conditioned(published(of), published(on)[None])
    assert np.abs(found - published(f"{of}_c_{on}")).max() < 1e-5


@pytest.mark.parametrize("count", [1, 2, 5, 19])
def test_what_is_left_is_at_right_angles_to_all_others_and_nearest(count):
    normal, others = rows(1, 20)[0], rows(count, 20, seed=1) * 7
    found = conditioned(normal, others)
    assert others @ found == pytest.approx(np.zeros(count), abs=1e-9)
    assert np.linalg.norm(found) == pytest.approx(1)
    # The rest of the direction lies in the span of the others.
    part = normal - found * (normal @ found)
    assert np.linalg.lstsq(others.T, part, rcond=None)[1] == pytest.approx(0, abs=1e-9)


def test_others_that_depend_on_each_other_take_nothing_more():
    normal, (a, b) = rows(1, 20)[0], rows(2, 20, seed=1)
    expected = conditioned(normal, np.stack([a, b]))
    found = conditioned(normal, np.stack([a, b, a, 2 * a - b, -b * 1.0001]))
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_direction_in_the_span_of_the_others_is_one_sentence():
    a, b = rows(2, 20)
    with pytest.raises(DirectionError, match="Nothing is left of the direction"):
        conditioned(a - 3 * b, np.stack([a, b]))
    steps = [step_of("w", numbers, 1.7) for numbers in (a - 3 * b, a, b)]
    with pytest.raises(DirectionError, match="Nothing is left of the direction"):
        orthogonalised(steps[0], steps[1:], sigmas_of(rows(50, 20)))
    with pytest.raises(DirectionError, match="Nothing is left of the direction"):
        conditioned(a, rows(25, 20, seed=3))


def test_an_orthogonalised_step_is_one_sigma_long_again():
    w = rows(5000, 20, seed=4) * np.linspace(0.5, 4, 20)
    steps = [step_of("w", numbers, 3.0) for numbers in rows(3, 20)]
    found = orthogonalised(steps[0], steps[1:], sigmas_of(w))
    numbers = found.numbers.astype(float)
    length = np.linalg.norm(numbers)
    assert length == pytest.approx((w @ numbers / length).std(), rel=2e-3)
    assert cosines([found, *steps[1:]])[0, 1:] == pytest.approx([0, 0], abs=2e-3)
    assert orthogonalised(steps[0], [], sigmas_of(w)) is steps[0]


def test_steps_of_every_layer_are_orthogonalised_over_all_layers():
    w = rows(5000, 6, seed=4) * 2
    wide, flat = step_of("w", rows(4, 6), 2.0), step_of("w", rows(1, 6, seed=1)[0], 2.0)
    for step, other in ((wide, flat), (flat, wide)):
        found = orthogonalised(step, [other], sigmas_of(w))
        assert found.numbers.shape == (4, 6)
        assert cosines([found, other])[0, 1] == pytest.approx(0, abs=2e-3)
        length = np.sqrt(np.square(found.numbers.astype(float)).sum() / 4)
        assert length == pytest.approx(2, rel=0.05)


def test_directions_of_two_spaces_or_models_have_no_angle():
    w, z, other = step_of("w", np.ones(4)), step_of("z", np.ones(4)), step_of("w", np.ones(5))
    sigma_of = sigmas_of(rows(10, 4))
    with pytest.raises(DirectionError, match="in w has no angle to one in z"):
        orthogonalised(w, [z], sigma_of)
    for asked in (lambda: orthogonalised(w, [other], sigma_of), lambda: cosines([w, other])):
        with pytest.raises(DirectionError, match="model that it was made for"):
            asked()
    layered = [step_of("w", np.ones((count, 4))) for count in (2, 3)]
    with pytest.raises(DirectionError, match="model that it was made for"):
        cosines(layered)


def test_cosines_are_those_of_the_directions_and_not_of_their_lengths():
    steps = [
        step_of("w", np.array([1.0, 0, 0]), 5.0),
        step_of("w", np.array([1.0, 1, 0]), 0.1),
        step_of("w", np.array([-1.0, 0, 0])),
        step_of("z", np.array([1.0, 0, 0])),
        step_of("w", np.array([[1.0, 0, 0], [0, 0, 1.0]])),
    ]
    half = np.sqrt(0.5)
    assert cosines(steps) == pytest.approx(
        np.array(
            [
                [1, half, -1, np.nan, 0.5],
                [half, 1, -half, np.nan, half / 2],
                [-1, -half, 1, np.nan, -0.5],
                [np.nan, np.nan, np.nan, 1, np.nan],
                [0.5, half / 2, -0.5, np.nan, 1],
            ]
        ),
        abs=1e-3,
        nan_ok=True,
    )


def test_the_published_directions_are_not_independent():
    """Which is why there are conditional ones."""
    table = cosines([step_of("z", published(name)) for name in ("age", "gender", "eyeglasses")])
    assert table[0, 1] == pytest.approx(published("age") @ published("gender"), abs=1e-3)
    assert table[0, 2] > 0.3


@pytest.fixture
def scores():
    """Scores [N, 3] before and after two sigmas: one moved by 3, one by noise, one not at all."""
    random = np.random.default_rng(0)
    before = random.normal(size=(2000, 3))
    after = before.copy()
    after[:, 0] += 3
    after[:, 1] += random.normal(size=2000)
    return before, after


def test_a_change_is_measured_for_each_sigma(scores):
    change = measured(*scores, shift=2.0)
    assert change.mean[0] == pytest.approx(1.5)
    assert change.low[0] == pytest.approx(1.5)
    assert change.high[0] == pytest.approx(1.5)
    assert change.mean[2] == change.low[2] == change.high[2] == 0
    back = measured(scores[1], scores[0], shift=-2.0)
    assert back.mean == pytest.approx(change.mean)


def test_the_interval_is_as_wide_as_chance():
    """1.96 standard errors to either side, and around the truth in 95 of 100 draws."""
    random = np.random.default_rng(1)
    covered = []
    for seed in range(200):
        before = random.normal(size=(100, 1))
        after = before + random.normal(size=(100, 1)) + 0.5
        change = measured(before, after, seed=seed)
        covered.append(change.low[0] <= 0.5 <= change.high[0])
        assert change.high[0] - change.low[0] == pytest.approx(2 * 1.96 / 10, rel=0.35)
    assert 0.9 < np.mean(covered) < 0.99


def test_the_share_of_negatives_that_flip_is_counted():
    before = np.array([[-3.0, 1.0], [-1.0, 1.0], [-0.5, 1.0], [0.5, 1.0], [0.0, 1.0]])
    after = np.array([[-1.0, 2.0], [1.0, 2.0], [0.5, -2.0], [-1.0, 2.0], [0.0, 2.0]])
    change = measured(before, after)
    assert change.negatives.tolist() == [4, 0]
    assert change.flipped[0] == 0.5
    assert np.isnan(change.flipped[1])
    assert measured(before, after, threshold=0.7).flipped.tolist()[0] == pytest.approx(1 / 5)


def test_the_matrix_has_a_row_for_each_direction(scores):
    before, after = scores
    table = leakage(before, [after, before], shift=2.0, seed=1)
    alone = measured(before, after, shift=2.0, seed=1)
    for name in ("mean", "low", "high", "negatives", "flipped"):
        assert getattr(table, name).shape == (2, 3)
        assert np.array_equal(getattr(table, name)[0], getattr(alone, name))
    assert not table.mean[1].any()


def test_a_seed_decides_the_interval(scores):
    first, again, other = (measured(*scores, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.low, again.low)
    assert not np.array_equal(first.low, other.low)


@pytest.mark.parametrize(
    ("before", "after", "shift"),
    [((4, 2), (3, 2), 1), ((4, 2), (4, 3), 1), ((0, 2), (0, 2), 1), ((4,), (4,), 1),
     ((4, 2), (4, 2), 0)],
)  # fmt: skip
def test_scores_that_say_nothing_are_refused(before, after, shift):
    with pytest.raises(AnalysisError, match="Score the same pictures before and after"):
        measured(np.zeros(before), np.zeros(after), shift)


def test_no_directions_have_no_matrix():
    with pytest.raises(AnalysisError, match="no directions to measure"):
        leakage(np.zeros((4, 2)), [])
