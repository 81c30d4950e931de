"""Labels by clicking, from the first picture to a slider with its number."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from explorer.directions.labels import quick_boundary
from explorer.directions.svm import LEAST
from explorer.paint import paint
from explorer.recipe import Point, Recipe
from explorer.sampling import Sampler
from explorer.separation import separate
from explorer.ui.labels import COLUMNS, POOL, SHOWN
from explorer.ui.wire import gauge_of
from tests.ui.driving import HOSTILE, cosine, last_w, step_on

NORMAL = np.array([1.0, -0.5, 0.25, 0, 2, 0.5])


@pytest.fixture(scope="module")
def answers(tiny):
    """Labels of 120 seeds by a plane through the middle of w."""
    return labels_by_plane(tiny, range(120))


def labels_by_plane(generator, seeds):
    along = last_w(generator, seeds) @ NORMAL
    middle = np.median(last_w(generator, range(1000)) @ NORMAL)
    return [[seed, bool(one > middle)] for seed, one in zip(seeds, along, strict=True)]


def few(answers, each):
    """The first `each` of each kind."""
    kinds = [[pair for pair in answers if pair[1] is kind][:each] for kind in (True, False)]
    return kinds[0] + kinds[1]


def test_a_grid_has_pictures_to_judge_and_says_which(lab, tiny):
    found = lab.result("grid", way="active", labels=[], seed=5)
    assert found.keys() == {"sheet", "seeds", "active"} and found["active"] is False
    sheet, seeds = found["sheet"], found["seeds"]
    assert len(set(seeds)) == SHOWN == len(sheet["cells"])
    assert sheet.keys() >= {"image", "columns", "rows", "width", "height"}
    assert (sheet["columns"], sheet["rows"]) == (COLUMNS, SHOWN // COLUMNS)
    image = Image.open(io.BytesIO(base64.b64decode(sheet["image"].partition(",")[2])))
    assert image.size == (COLUMNS * sheet["width"], sheet["rows"] * sheet["height"])
    first = paint(tiny, Recipe(a=Point(x=float(seeds[0]))))  # at psi 1, whatever the page shows
    shown = np.asarray(image).astype(int)[: sheet["height"], : sheet["width"]]
    assert np.abs(shown.mean((0, 1)) - first.mean((0, 1))).max() < 12


def test_pictures_that_were_judged_do_not_come_again(lab, answers):
    for way in ("active", "random"):
        seeds = lab.result("grid", way=way, labels=answers)["seeds"]
        assert not set(seeds) & {seed for seed, _ in answers}


def test_the_next_grid_is_another_one_once_something_was_judged(lab):
    first = lab.result("grid", way="random", labels=[])["seeds"]
    second = lab.result("grid", way="random", labels=[[first[0], True]])["seeds"]
    assert len(set(first) & set(second)) < SHOWN // 2


def test_an_active_grid_shows_the_pictures_nearest_to_the_boundary(lab, tiny, answers):
    labels = answers[:20]
    found = lab.result("grid", way="active", labels=labels)
    assert found["active"] is True
    boundary = quick_boundary(
        last_w(tiny, [seed for seed, _ in labels]), np.array([flag for _, flag in labels])
    )
    distance = np.abs(boundary.distance(last_w(tiny, found["seeds"])))
    others = np.abs(boundary.distance(last_w(tiny, range(1000, 3000))))
    assert np.allclose(np.sort(distance), distance, atol=1e-4)
    # As many of a pool as are shown lie nearer than the last of them, give or take chance.
    assert np.mean(others < distance[-1]) < 2.5 * SHOWN / POOL


def test_a_random_grid_does_not_look_at_the_boundary(lab, answers):
    assert lab.result("grid", way="random", labels=answers[:20])["active"] is False


@pytest.mark.parametrize("labels", [[], [[3, True]], [[3, True], [4, True], [5, True], [6, False]]])
def test_with_too_few_labels_the_next_pictures_are_at_random(lab, labels):
    assert lab.result("grid", way="active", labels=labels)["active"] is False


@pytest.mark.parametrize("space", ["w", "z"])
def test_labels_by_a_plane_make_its_direction(lab, tiny, answers, space):
    if space == "z":
        z = Sampler(tiny).z(range(300)).numpy()
        answers = [[seed, bool(one > 0)] for seed, one in enumerate(z @ np.arange(8) - 1.0)]
    else:
        answers = labels_by_plane(tiny, range(2000))
    found = lab.result("fit", name="glasses", labels=answers, space=space)
    assert found.keys() == {"directions", "numbers", "note"}
    (direction,) = found["directions"]
    truth = NORMAL if space == "w" else np.arange(8)
    found_normal = gauge_of(direction["gauge"]) if space == "w" else step_on(direction).numbers
    assert cosine(found_normal, truth) > 0.9
    assert (direction["name"], direction["space"], direction["layers"]) == ("glasses", space, [])
    assert found["numbers"]["separable"] and found["numbers"]["accuracy"] > 0.85
    assert direction["origin"]["accuracy"] == found["numbers"]["accuracy"]
    assert direction["origin"]["samples"] == len(answers)


def test_the_boundary_divides_the_pictures_as_the_labels_do(lab, tiny, answers):
    (direction,) = lab.result("fit", labels=answers, space="w")["directions"]
    fresh = range(5000, 5400)
    truth = np.array([flag for _, flag in labels_by_plane(tiny, fresh)])
    w = last_w(tiny, fresh)
    above = w @ gauge_of(direction["gauge"]).astype(np.float64) > direction["boundary"]
    assert (above == truth).mean() > 0.85


def test_a_step_is_one_sigma_of_w(lab, answers, spread):
    (direction,) = lab.result("fit", labels=answers, space="w")["directions"]
    gauge = gauge_of(direction["gauge"]).astype(np.float64)
    assert (spread @ gauge).std() == pytest.approx(1, rel=2e-3)
    assert step_on(direction).numbers.astype(np.float64) @ gauge == pytest.approx(1, abs=2e-3)


def test_the_numbers_are_those_of_a_separation_of_the_same_labels(lab, tiny, answers):
    numbers = lab.result("fit", labels=answers, space="w")["numbers"]
    seeds, flags = zip(*answers, strict=True)
    x = last_w(tiny, seeds).astype(np.float32)
    truth = separate(x, np.array(flags)).numbers
    assert numbers == {
        "accuracy": truth.accuracy,
        "accuracy_low": truth.accuracy_low,
        "accuracy_high": truth.accuracy_high,
        "base_rate": truth.base_rate,
        "information": truth.information,
        "low": truth.information_low,
        "high": truth.information_high,
        "chance": truth.chance,
        "separable": truth.separable,
    }
    assert numbers["low"] < numbers["information"] < numbers["high"]


def test_from_ten_of_each_on_a_slider_has_a_number(lab, answers):
    measured = lab.result("fit", labels=few(answers, LEAST))
    assert measured["numbers"]["base_rate"] == 0.5
    unmeasured = lab.result("fit", labels=few(answers, LEAST)[1:])
    assert unmeasured["numbers"] is None
    assert unmeasured["note"] == "Not measured: that takes 10 labels of each kind."
    assert unmeasured["directions"][0]["origin"]["note"] == unmeasured["note"]
    assert unmeasured["directions"][0]["boundary"] is not None


def test_two_of_each_make_a_slider_and_three_labels_none(lab, answers):
    assert lab.result("fit", labels=few(answers, 2))["directions"]
    assert lab.problem("fit", labels=few(answers, 2)[:3]) == (
        "2 pictures are labelled yes and 1 no: that makes no boundary. "
        "Label at least 2 of each; 10 of each to measure how good it is."
    )


@pytest.mark.parametrize("answer", [True, False])
def test_labels_that_are_all_alike_are_a_sentence(lab, answer):
    said = lab.problem("fit", labels=[[seed, answer] for seed in range(30)])
    assert "that makes no boundary" in said


def test_random_labels_are_not_separable(lab):
    flags = np.random.default_rng(3).random(60) > 0.5
    found = lab.result("fit", labels=[[seed, bool(flag)] for seed, flag in enumerate(flags)])
    assert found["note"].startswith("Not separable: ")
    assert found["numbers"]["separable"] is False and found["numbers"]["low"] <= 0
    assert found["directions"], "whoever wants it may still have the slider"


@pytest.mark.parametrize(
    "labels",
    [{}, "x", None, 7, [7], [[0]], [[0, 1]], [["0", True]], [[0, True, 1]], [[True, True]],
     [[0.0, True]], [[-1, True]], [[2**32, True]], [[10**400, True]], [[0, True]] * 2001],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["grid", "fit"])
def test_what_are_no_labels_is_a_sentence(lab, kind, labels):
    assert lab.problem(kind, labels=labels) == (
        "The labels of the request are none. Load them again."
    )


def test_a_hostile_name_is_just_text(lab, answers):
    (direction,) = lab.result("fit", name=HOSTILE, labels=few(answers, 2))["directions"]
    assert direction["name"] == HOSTILE


def test_labels_are_read_from_a_csv(lab, tmp_path, answers):
    path = tmp_path / "labels.csv"
    lines = [f"{seed},{int(flag)}" for seed, flag in answers]
    path.write_text("\n".join(["seed,label", *lines]) + "\n")
    assert lab.result("labels", path, name="glasses.csv") == {"labels": sorted(answers)}
    assert lab.result("labels", csv="1,yes\n0,no") == {"labels": [[0, False], [1, True]]}


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"seed,label\n1,1\n2,0\n3,1\n4,0\n5,1\n6,of course\n", 'Line 7 of the labels is "6,of c'),
        (b"1,1\n\xff,0\n", "Line 2 of the labels is no text in UTF-8"),
        (b"1,1\n1,0\n", "Lines 1 and 2 of the labels disagree about seed 1"),
        (b"1,1\n" * 300_000, "The labels take 1000001 bytes, at most 1000000 are read"),
        (b"\n".join(b"%d,1" % seed for seed in range(2001)), "There are 2,001 labels, the page"),
        (b"1," + HOSTILE.encode(), f'Line 1 of the labels is "1,{HOSTILE}"'),
        (b"\x89PNG\r\n\x1a\n\x00", "Line 1 of the labels is no text in UTF-8"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[:30],
)
def test_a_file_with_a_mistake_is_one_sentence_and_the_labels_stay(lab, tmp_path, data, sentence):
    path = tmp_path / "labels.csv"
    path.write_bytes(data)
    assert lab.problem("labels", path).startswith(sentence)


def test_a_csv_that_is_missing_is_a_sentence(lab):
    assert lab.problem("labels").startswith("The csv is missing")
