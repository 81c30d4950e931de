"""Labels as text and back, and whether the next question is about what is least known."""

import numpy as np
import pytest

from explorer.directions.labels import (
    LONGEST,
    MOST,
    Labels,
    decoded,
    fresh_seeds,
    from_csv,
    next_seeds,
    quick_boundary,
)
from explorer.directions.svm import Boundary
from explorer.errors import AnalysisError
from tests.directions.truth import plane

GLASSES = Labels("glasses", {7: True, 2**32 - 1: False, 0: False})


def test_labels_survive_their_csv():
    assert from_csv("glasses", GLASSES.to_csv()) == GLASSES
    assert GLASSES.to_csv() == "seed,label\n0,0\n7,1\n4294967295,0\n"
    assert from_csv("none", Labels("none", {}).to_csv()) == Labels("none", {})


@pytest.mark.parametrize(
    "text",
    [
        "7,1\n4294967295,0\n0,0\n",
        "Seed,Label\r\n7,yes\r\n0,NO\r\n4294967295,no",
        "\ufeffseed,glasses\n\n 7 , True \n0,false\n\n4294967295,FALSE\n\n",
        '"seed","label"\n"7","1"\n"0","0"\n"4294967295","0"\n',
        "\n\nseed,label\r7,1\r7,yes\r0,0\r4294967295,0\r",
    ],
)
def test_answers_may_be_written_as_people_do(text):
    assert from_csv("glasses", text) == GLASSES


@pytest.mark.parametrize(
    "line",
    ["7", "7,maybe", "7,1,0", "-7,1", "7.0,1", "4294967296,1", "9" * 5000 + ",1", "٣,1", "a,1", ",",
     "seed,label", "<b>,1"],
)  # fmt: skip
def test_a_typo_says_its_line(line):
    text = "seed,label\n1,1\n2,0\n\n3,1\n4,0\n" + line + "\n8,1\n"
    with pytest.raises(AnalysisError, match=r"^Line 7 of the labels is ") as caught:
        from_csv("glasses", text)
    assert "a comma, and 1 or 0" in caught.value.fix
    assert len(caught.value.problem) < 100


def test_two_answers_to_one_seed_name_both_lines():
    with pytest.raises(AnalysisError, match="Lines 2 and 5 of the labels disagree about seed 3"):
        from_csv("glasses", "seed,label\n3,1\n3,yes\n4,0\n3,no\n")


def test_a_file_that_is_too_long_is_not_read():
    with pytest.raises(AnalysisError, match="1000001 bytes"):
        from_csv("glasses", "1" * (LONGEST + 1))
    with pytest.raises(AnalysisError, match="1000001 bytes"):
        decoded(b"1" * (LONGEST + 1))
    lines = "\n".join(f"{seed},1" for seed in range(MOST + 1))
    with pytest.raises(AnalysisError, match="more than 100000 labels by line 100001"):
        from_csv("glasses", lines)


def test_a_file_that_is_no_text_says_its_line():
    assert decoded("\ufeffseed,label\n7,1\n".encode()) == "seed,label\n7,1\n"
    with pytest.raises(AnalysisError, match="Line 2 of the labels is no text"):
        decoded(b"seed,label\n7,\xff\n")


@pytest.mark.parametrize(
    ("name", "answers"),
    [("", {}), ("x" * 81, {}), ("x", {-1: True}), ("x", {2**32: True}),
     ("x", dict.fromkeys(range(MOST + 1), True))],
)  # fmt: skip
def test_labels_that_cannot_be_are_refused(name, answers):
    with pytest.raises(AnalysisError):
        Labels(name, answers)


def test_labels_know_their_seeds_and_flags_in_one_order():
    assert GLASSES.seeds == (0, 7, 2**32 - 1)
    assert GLASSES.flags.tolist() == [False, True, False]
    assert len(GLASSES) == 3


def test_a_click_changes_one_answer_and_leaves_the_old_labels():
    assert GLASSES.answered(7, False).answers[7] is False
    assert GLASSES.answered(9, True).seeds == (0, 7, 9, 2**32 - 1)
    assert GLASSES.answered(7, None).seeds == (0, 2**32 - 1)
    assert GLASSES.answers[7] is True
    with pytest.raises(TypeError):
        GLASSES.answers[7] = False


def test_two_sets_are_merged_unless_they_contradict_each_other():
    more = Labels("more", {7: True, 5: True})
    assert GLASSES.merged(more) == Labels("glasses", {**GLASSES.answers, 5: True})
    with pytest.raises(AnalysisError, match="both yes and no, such as 7"):
        GLASSES.merged(Labels("other", {7: False, 5: True}))


def test_fresh_seeds_are_new_and_decided_by_their_seed():
    first = fresh_seeds(1000, seed=1)
    assert len(set(first)) == 1000
    assert first == fresh_seeds(1000, seed=1)
    assert first != fresh_seeds(1000, seed=2)
    assert not set(fresh_seeds(1000, taken=first, seed=1)) & set(first)
    assert fresh_seeds(0) == ()


@pytest.fixture
def pool():
    """Seeds 100 to 199 on a line from -5 to 5."""
    return np.arange(100, 200), np.linspace(-5, 5, 100)[:, None] * np.array([[0.6, 0.8]])


def test_the_least_certain_pictures_are_asked_about_first(pool):
    boundary = Boundary(np.array([0.6, 0.8]), 2.02)
    asked = next_seeds(*pool, boundary, labelled=(), count=4)
    assert set(asked) == {168, 169, 170, 171}
    assert asked[0] in (169, 170)


def test_no_picture_is_asked_about_twice(pool):
    boundary = Boundary(np.array([0.6, 0.8]), 2.02)
    asked = next_seeds(*pool, boundary, labelled={169, 170, 5}, count=2)
    assert set(asked) == {168, 171}
    left = next_seeds(*pool, None, labelled=range(110, 200), count=20)
    assert sorted(left) == list(range(100, 110))
    assert next_seeds(*pool, boundary, labelled=range(100, 200), count=5) == ()


def test_without_a_boundary_pictures_are_chosen_at_random(pool):
    first = next_seeds(*pool, None, labelled=(), count=10, seed=1)
    assert len(set(first)) == 10
    assert first == next_seeds(*pool, None, (), 10, seed=1)
    assert first != next_seeds(*pool, None, (), 10, seed=2)


@pytest.mark.parametrize("positives", [0, 1, 19, 20])
def test_too_few_of_a_class_have_no_boundary_yet(positives):
    x = np.random.default_rng(0).normal(size=(20, 3))
    assert quick_boundary(x, np.arange(20) < positives) is None


def test_four_answers_are_enough_to_begin_with():
    x = np.array([[0.0, 1.0], [0.1, -1.0], [4.0, 0.9], [4.1, -1.1]])
    found = quick_boundary(x, np.array([False, False, True, True]))
    assert found.normal == pytest.approx([1, 0], abs=0.1)
    assert found.distance(x) == pytest.approx([-2, -2, 2, 2], abs=0.4)


def test_a_few_clicks_point_the_right_way():
    """200 balanced answers in 64 dimensions: a chance direction would have a cosine of 0.1."""
    x, labels, normal = plane(5200, 64, flips=0.0)
    found = quick_boundary(x[:200], labels[:200])
    assert found.normal @ normal > 0.7
    assert np.mean((found.distance(x[200:]) > 0) == labels[200:]) > 0.7


def test_the_rare_class_does_not_pull_the_boundary_to_itself():
    """In the samples themselves few positives lie far out; fresh ones would all be called no."""
    random = np.random.default_rng(1)
    offsets = []
    for seed in range(20):
        labels = np.arange(60) < 6
        x = random.normal(size=(60, 200))
        x[:, 0] += 4 * labels
        offsets.append(quick_boundary(x, labels, seed).offset)
    assert np.mean(offsets) < 1.5


def test_a_quick_boundary_is_decided_by_its_seed_and_not_by_the_origin():
    x, labels, _ = plane(60, 20)
    near, far = quick_boundary(x, labels, 3), quick_boundary(x + 50, labels, 3)
    assert near.offset == quick_boundary(x, labels, 3).offset
    assert near.distance(x) == pytest.approx(far.distance(x + 50), abs=1e-6)
