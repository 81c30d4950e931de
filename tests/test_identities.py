"""Choosing identities among rows of numbers whose distances are known."""

import numpy as np
import pytest

from explorer.errors import AnalysisError
from explorer.identities import choose, cosine, straight, usual_minimum

LINE = np.float32([[0], [1], [2.5], [2], [4], [9]])


def test_each_is_far_enough_from_all_before_and_the_closest_distance_is_told():
    found = choose(LINE, 4, 2)
    assert found.places == (0, 2, 5)  # 4 is only 1.5 away from 2.5
    assert found.closest == 2.5
    assert choose(LINE, 4, 1.5).places == (0, 2, 4, 5)
    assert choose(LINE, 4, 1.5).closest == 1.5


def test_the_choice_of_fewer_is_the_beginning_of_that_of_more():
    rows = np.random.default_rng(0).normal(size=(300, 8))
    many = choose(rows, 40, 3.0)
    for count in (1, 7, 40):
        assert choose(rows, count, 3.0).places == many.places[:count]


def test_the_chosen_keep_the_distance_and_none_that_was_passed_over_could_have_stayed():
    rows = np.random.default_rng(1).normal(size=(200, 5))
    places = choose(rows, 200, 2.0).places
    apart = np.linalg.norm(rows[list(places), None] - rows[None, list(places)], axis=2)
    off = apart[~np.eye(len(places), dtype=bool)]
    assert off.min() >= 2.0
    assert choose(rows, 200, 2.0).closest == pytest.approx(off.min())
    for place in set(range(200)) - set(places):
        before = [one for one in places if one < place]
        assert straight(rows[before], rows[place]).min() < 2.0


def test_one_identity_is_at_no_distance_and_without_a_minimum_all_stay():
    assert choose(LINE, 1, 2).closest == float("inf")
    assert choose(LINE, 9, 0).places == (0, 1, 2, 3, 4, 5)


def test_the_usual_minimum_is_the_quantile_of_all_pairs():
    # Of 101 numbers in a row, 100 of the 5050 pairs are 1 apart, 99 are 2 apart, and so on.
    rows = np.arange(101.0)[:, None]
    pairs = sorted(j - i for i in range(101) for j in range(i + 1, 101))
    assert usual_minimum(rows) == pytest.approx(np.quantile(pairs, 0.01)) == 1


def test_an_embedding_is_compared_by_angle_whatever_its_length():
    rows = np.float32([[5, 0], [0, 0.1], [-3, 0], [1, 1], [0, 0]])
    assert cosine(rows, np.float32([2, 0])) == pytest.approx([0, 1, 2, 1 - 0.5**0.5, 1])
    assert choose(rows, 5, 0.5, cosine).places == (0, 1, 2, 4)


def test_a_single_candidate_says_nothing_of_pairs():
    with pytest.raises(AnalysisError, match="at no distance"):
        usual_minimum(LINE[:1])
