"""What a report says of labels whose truth is known."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from explorer.directions.direction import Direction
from explorer.directions.svm import Boundary
from explorer.errors import AnalysisError, DirectionError
from explorer.labelling import Labelled
from explorer.separation import direction_from, direction_of, measure, to_json
from explorer.slices import Progress

COUNT = 1500
ENTRY = {
    *("entropy", "low", "high", "accuracy", "accuracy_low", "accuracy_high", "base_rate"),
    *("information", "information_low"),
    *("information_high", "chance", "separable"),
}


def samples(seed=0):
    """Labels by a plane in w, at random, all alike, and of 7 against all others."""
    random = np.random.default_rng(seed)
    z = random.normal(size=(COUNT, 6))
    turn = np.linalg.norm(z[:, :2], axis=1)  # twisted, so that a plane in w is none in z
    cosine, sine = np.cos(turn), np.sin(turn)
    twisted = [cosine * z[:, 0] - sine * z[:, 1], sine * z[:, 0] + cosine * z[:, 1]]
    w = np.stack([*twisted, *z[:, 2:].T], axis=1) * np.linspace(0.2, 2, 6) + 1
    columns = {
        "plane": w @ np.array([2.0, 0, 0, 0, 0, 0.1]) - 2.1,
        "random": random.normal(size=COUNT),
        "never": np.full(COUNT, -1.0),
        "rare": np.where(np.arange(COUNT) < 7, 1.0, -1.0),
        "age": random.normal(size=COUNT),
    }
    logits = np.stack(list(columns.values()), axis=1).astype(np.float32)
    return Labelled(
        tuple(range(COUNT)),
        z.astype(np.float32),
        w.astype(np.float32),
        logits,
        tuple(columns),
        continuous=("age",),
    )


@pytest.fixture(scope="module")
def labelled():
    return samples()


@pytest.fixture(scope="module")
def report(labelled):
    return list(measure(labelled))[-1]


def test_a_plane_in_w_leaves_next_to_nothing_open_in_w_and_more_in_z(report):
    w, z = (report.spaces[space].attributes["plane"].numbers for space in ("w", "z"))
    assert w.entropy < 0.2 and w.accuracy > 0.97 and w.separable
    assert z.entropy > w.entropy + 0.4
    assert report.spaces["w"].score.score < report.spaces["z"].score.low


def test_random_labels_are_not_separable(report):
    for space in ("w", "z"):
        numbers = report.spaces[space].attributes["random"].numbers
        assert not numbers.separable
        assert numbers.entropy == pytest.approx(1, abs=0.02)
        assert numbers.information_low < 0


def test_what_cannot_be_judged_has_no_numbers_and_says_why(report):
    assert report.reasons == {
        "never": "all 1,500 samples are labelled no",
        "rare": "only 7 of 1,500 samples are labelled yes, which takes 10",
        "age": "it is continuous, no question of yes or no",
    }
    for space in ("w", "z"):
        assert all(report.spaces[space].attributes[name] is None for name in report.reasons)


def test_the_score_is_two_to_the_sum_of_the_entropies_that_are_there(report):
    found = report.spaces["w"]
    total = sum(one.numbers.entropy for one in found.attributes.values() if one)
    assert found.score.score == pytest.approx(2**total)
    assert found.score.low < found.score.score < found.score.high


def test_the_numbers_do_not_depend_on_what_is_measured_at_the_same_time(labelled, report):
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(list, measure(labelled)) for _ in range(2)]
    for run in runs:
        *steps, again = run.result()
        assert steps == [Progress(done, 4) for done in (1, 2, 3, 4)]
        assert to_json(again, {}) == to_json(report, {})


def test_work_that_is_dropped_stops(labelled):
    steps = measure(labelled)
    assert next(steps) == Progress(1, 4)
    steps.close()


def test_only_the_asked_spaces_are_measured(labelled):
    assert set(list(measure(labelled, ["w"]))[-1].spaces) == {"w"}


def test_attributes_of_one_class_alone_have_no_score():
    labels = np.ones((20, 1), np.float32)
    x = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    *steps, found = measure(Labelled(tuple(range(20)), x, x, labels, ("all",)))
    assert not steps
    assert found.reasons == {"all": "all 20 samples are labelled yes"}
    shown = to_json(found, {})["spaces"]["z"]
    assert shown == {"score": None, "low": None, "high": None, "attributes": {"all": None}}


def test_the_json_has_every_number_and_what_it_cannot_say(report):
    shown = json.loads(json.dumps(to_json(report, {"model": "tiny"}), allow_nan=False))
    assert list(shown) == ["model", "samples", "seed", "spaces", "reasons", "notes"]
    assert (shown["model"], shown["samples"], shown["seed"]) == ("tiny", COUNT, 0)
    for space in ("z", "w"):
        found = shown["spaces"][space]
        assert set(found) == {"score", "low", "high", "attributes"}
        assert set(found["attributes"]) == {"plane", "random", "never", "rare", "age"}
        assert set(found["attributes"]["plane"]) == ENTRY
        assert found["attributes"]["never"] is None
    notes = " ".join(shown["notes"])
    for said in ("Held out", "this classifier", "not the protocol of published"):
        assert said in notes


def test_a_boundary_becomes_a_step_of_one_sigma_that_agrees_with_it(labelled, report):
    found = direction_of(report, "w", "plane", labelled.w, {"model": "tiny"})
    boundary = report.spaces["w"].attributes["plane"].fit.boundary
    sigma = (labelled.w @ boundary.normal).std()
    step, gauge = found.step.numbers.astype(float), found.gauge.astype(float)
    assert step @ gauge == pytest.approx(1, abs=2e-3)  # a step raises the place by one
    assert step @ boundary.normal == pytest.approx(sigma, rel=2e-3)  # which is one sigma
    places = labelled.w @ gauge - found.boundary
    assert places == pytest.approx(boundary.distance(labelled.w) / sigma, abs=5e-3)
    assert isinstance(found, Direction) and found.name == "plane"
    assert found.origin["model"] == "tiny" and found.origin["samples"] == COUNT
    numbers = report.spaces["w"].attributes["plane"].numbers
    for name in ("accuracy", "information", "information_low", "information_high"):
        assert found.origin[name] == getattr(numbers, name)
    json.dumps(found.origin)


def test_a_latent_on_the_plane_stands_at_the_boundary_far_from_the_origin_too():
    random = np.random.default_rng(1)
    w = random.normal(size=(500, 64)) + 30 * random.normal(size=64)
    normal = random.normal(size=64)
    normal /= np.linalg.norm(normal)
    boundary = Boundary(normal, float((w @ normal).mean()) + 0.5)
    found = direction_from(boundary, "far", "w", w, {})
    above = w @ found.gauge.astype(float) > found.boundary
    assert (above != (boundary.distance(w) > 0)).mean() <= 0.004


def test_a_step_follows_how_w_spreads_and_not_the_normal_into_where_w_never_is():
    """The second number varies little: of all changes that cross the plane it is the least likely.

    For a Gaussian w the mean of w at a distance d from the plane is that many steps away.
    """
    random = np.random.default_rng(2)
    first = random.normal(size=20_000)
    w = np.stack([first, 0.1 * first + 0.05 * random.normal(size=20_000)], axis=1)
    normal = np.array([0.6, 0.8])
    found = direction_from(Boundary(normal, 0.0), "a", "w", w, {})
    sigma = (w @ normal).std()
    near = np.abs(w @ normal / sigma - 1) < 0.05
    assert found.step.numbers == pytest.approx(w[near].mean(0), abs=0.02)


def test_a_sigma_in_z_is_1():
    boundary = Boundary(np.array([0.6, 0.8]), 0.5)
    found = direction_from(boundary, "diagonal", "z", np.zeros((0, 2)), {})
    assert np.linalg.norm(found.step.numbers) == pytest.approx(1, abs=1e-3)
    assert found.boundary == pytest.approx(0.5, abs=1e-3)


def test_what_has_no_boundary_makes_no_direction(labelled, report):
    with pytest.raises(AnalysisError, match="never has no boundary in W: all 1,500 samples"):
        direction_of(report, "w", "never", labelled.w)
    with pytest.raises(AnalysisError, match="nothing has no boundary in Z: it was not measured"):
        direction_of(report, "z", "nothing", labelled.w)
    with pytest.raises(DirectionError, match="leads nowhere"):
        direction_from(Boundary(np.array([1.0, 0]), 0.0), "a", "w", np.ones((9, 2)), {})
