"""Classifiers on the page: whose they are, what is measured with them, and what is refused."""

import json

import numpy as np
import pytest
import torch
from onnx import helper

from explorer.cli import main
from explorer.directions.direction import Direction, step_of
from explorer.labelling import classifier_of, gather
from explorer.metrics.separability import in_sample
from explorer.onnx_networks import open_network
from explorer.paint import paint
from explorer.recipe import ModelRef, parse
from explorer.sampling import Sampler
from explorer.separation import direction_of, measure, to_json
from explorer.ui.measuring import BINS, PICTURES, REACH, histogram_of
from explorer.ui.wire import to_wire
from tests.onnx_networks import small
from tests.ui.driving import HOSTILE, NAMES, cosine, judge, step_on
from tests.ui.test_directions import FOREIGN, ROUND, SMILE

# The paper's own settings of its SVM do not always converge, which is part of its protocol.
pytestmark = pytest.mark.filterwarnings("ignore:Liblinear failed to converge")

SAMPLES = 400


@pytest.fixture(scope="module")
def labelled(tiny, judging, tmp_path_factory):
    """The samples that the lab draws too."""
    path = tmp_path_factory.mktemp("judge") / "judge.onnx"
    path.write_bytes(judging)
    known = classifier_of(open_network(path))
    return list(gather(Sampler(tiny), known, range(3, 3 + SAMPLES)))[-1]


@pytest.fixture(scope="module")
def report(labelled):
    return list(measure(labelled, seed=3))[-1]


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def measured(kept, lab):
    """What the lab finds; it is asked once, as it takes a second."""
    return kept or kept.update(lab.result("separability", samples=SAMPLES, seed=3)) or kept


def brought(lab, tmp_path, data, name="mine.onnx"):
    path = tmp_path / "upload.onnx"
    path.write_bytes(data)
    return lab.result("classifier", path, name=name)


def test_the_page_learns_which_attributes_there_are(lab, bare_lab):
    assert lab.result("attributes") == {
        **{"network": "attributes.onnx", "names": list(NAMES), "brought": False}
    }
    assert bare_lab.problem("attributes") == (
        "one comes without a classifier. Open an ONNX classifier, or label pictures by hand."
    )


def test_a_classifier_that_a_visitor_opens_is_his_alone(lab, tmp_path, colours):
    mine = judge(colours, ("smile", "age", HOSTILE))
    found = brought(lab, tmp_path, mine)
    assert found == {"network": "mine.onnx", "names": ["smile", "age", HOSTILE], "brought": True}
    assert lab.result("attributes") == found
    for other in ("ben", "", "anna "):
        assert lab.of(other).result("attributes")["names"] == list(NAMES)
    report = lab.result("separability", samples=100, names=["age"], spaces=["w"])["report"]
    assert report["classifier"] == "mine.onnx"
    assert lab.result("own") == {
        **{"network": "attributes.onnx", "names": list(NAMES), "brought": False}
    }
    assert lab.result("attributes")["network"] == "attributes.onnx"


def test_nobody_without_a_name_brings_one_for_all(lab, tmp_path, judging):
    path = tmp_path / "upload.onnx"
    path.write_bytes(judging)
    assert lab.of("").problem("classifier", path).startswith("A visitor without a name cannot keep")


def flat(side):
    """A classifier whose one layer counts the pixels that it was made for."""
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["logits"]),
    ]
    return small.model(
        nodes,
        ["logits"],
        tensors={"weight": np.ones((3 * side * side, 1), np.float32)},
        metadata={"attributes": '[{"name": "a"}]'},
    )


def features_only():
    nodes = [helper.make_node("GlobalAveragePool", ["image"], ["features"])]
    return small.model(nodes, ["features"])


EYE, ZERO = np.eye(3), np.zeros(3)
REFUSED = {
    "text": (b"<html>", "mine.onnx is no ONNX file"),
    "nothing": (b"", "mine.onnx is no ONNX file"),
    "outside": (small.with_outside_weights(), "mine.onnx keeps its weights in another file"),
    "functions": (small.with_functions(), "mine.onnx has functions of its own"),
    "grey": (small.classifier(EYE, ZERO, shape=("N", 1, "H", "W")), "mine.onnx cannot be opened"),
    "small": (small.classifier(EYE, ZERO, shape=("N", 3, 2, 2)), "mine.onnx has an input"),
    "huge": (small.classifier(EYE, ZERO, shape=("N", 3, 4096, 4096)), "mine.onnx has an input"),
    "inside": (flat(32), "mine.onnx failed"),
    "features": (features_only(), "mine.onnx is no classifier"),
    "nan": (small.classifier(EYE, [np.nan, 0, 0]), "mine.onnx gives an output 'logits' that"),
    "few": (small.classifier(EYE, ZERO, attributes=[{"name": "a"}]), "mine.onnx names 1 attrib"),
    "twice": (small.classifier(EYE, ZERO, attributes=[{"name": "a"}] * 3), "mine.onnx has 3 attr"),
    "metadata": (small.classifier(EYE, ZERO, attributes="{"), "mine.onnx has `attributes` in"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_classifier_that_cannot_be_used_is_a_sentence_and_the_one_before_stays(
    lab, tmp_path, colours, what
):
    before = brought(lab, tmp_path, judge(colours, ("x", "y", "z")), "before.onnx")
    path = tmp_path / "upload.onnx"
    data, sentence = REFUSED[what]
    path.write_bytes(data)
    assert lab.problem("classifier", path, name="mine.onnx").startswith(sentence)
    assert lab.result("attributes") == before


def test_a_classifier_of_200_mb_is_a_sentence(lab, tmp_path):
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(200 << 20)  # takes no room on the disk
    said = lab.problem("classifier", path, name="large.onnx")
    assert said == "large.onnx has more than 64 MB. Give a smaller network."


def test_a_file_that_did_not_arrive_is_a_sentence(lab):
    assert lab.problem("classifier") == "No file arrived. Choose an ONNX file."


def test_a_model_whose_pictures_are_no_colours_is_a_sentence(lab, write, models):
    write("clear", image_channels=4)
    models.refresh()
    said = lab.problem("separability", samples=100, recipe={"model": {"name": "clear"}})
    assert said.startswith("attributes.onnx looks at colours, these pictures have 4 channels.")


def test_the_report_is_that_of_the_same_samples(measured, report):
    about = {"model": "one", "classifier": "attributes.onnx"}
    assert measured["report"] == json.loads(json.dumps(to_json(report, about)))
    for space in ("z", "w"):
        for one in measured["report"]["spaces"][space]["attributes"].values():
            assert one["low"] < one["entropy"] < one["high"]
            assert one["information_low"] < one["information"] < one["information_high"]


def test_the_report_is_that_of_the_command_line(measured, folder, classifier, capsys):
    words = ["--model", str(folder / "one.safetensors"), "--attributes", str(classifier)]
    assert main(["separability", *words, "--samples", str(SAMPLES), "--seed", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["spaces"] == measured["report"]["spaces"]
    assert told["classifier"] == measured["report"]["classifier"]


def test_every_attribute_comes_as_a_direction_with_its_histogram(measured, report, spread):
    found = measured["found"]
    assert {(one["space"], one["name"]) for one in found} == {
        (space, name) for space in ("z", "w") for name in NAMES
    }
    for one in found:
        assert one.keys() == {"space", "name", "direction", "no", "yes", "reach"}
        truth = direction_of(report, one["space"], one["name"], spread)
        direction = one["direction"]
        assert cosine(step_on(direction).numbers, truth.step.numbers) > 0.9999
        assert direction["boundary"] == pytest.approx(truth.boundary, abs=1e-2)
        numbers = measured["report"]["spaces"][one["space"]]["attributes"][one["name"]]
        assert direction["origin"]["information"] == numbers["information"]
        assert direction["origin"]["classifier"] == "attributes.onnx"
        for shares in (one["no"], one["yes"]):
            assert len(shares) == BINS and min(shares) >= 0
            assert sum(shares) == pytest.approx(1, abs=2e-3)


def test_the_papers_score_stands_beside_it(measured, labelled):
    for space, x in (("z", labelled.z), ("w", labelled.w)):
        truth = in_sample(x, labelled.logits, 3)
        assert measured["paper"][space] == {
            "score": pytest.approx(truth.score),
            "meaningless": False,
            "kept": SAMPLES // 2,
        }


def test_only_the_chosen_attributes_and_spaces_are_measured(lab):
    found = lab.result("separability", samples=100, names=["warm"], spaces=["w"])
    assert list(found["report"]["spaces"]) == ["w"] == list(found["paper"])
    assert list(found["report"]["spaces"]["w"]["attributes"]) == ["warm"]
    assert [(one["space"], one["name"]) for one in found["found"]] == [("w", "warm")]


def test_what_cannot_be_measured_says_why_and_is_never_perfect(lab, tmp_path):
    names = [{"name": "never"}, {"name": "always"}, {"name": "age", "kind": "continuous"}]
    brought(lab, tmp_path, small.classifier(np.zeros((3, 3)), [-1, 1, 0], attributes=names))
    found = lab.result("separability", samples=100)
    for space in found["report"]["spaces"].values():
        assert space["score"] is None
        assert space["attributes"] == dict.fromkeys(["never", "always", "age"])
    assert found["report"]["reasons"] == {
        "never": "all 100 samples are labelled no",
        "always": "all 100 samples are labelled yes",
        "age": "it is continuous, no question of yes or no",
    }
    assert found["found"] == []
    assert {space["score"] for space in found["paper"].values()} == {None}


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"samples": 99}, "samples has to be a whole number from 100 to 20,000."),
        ({"samples": None}, "samples has to be a whole number from 100 to 20,000."),
        ({"seed": -1}, "seed has to be a whole number from 0 to"),
        ({"names": ["beard"]}, "The classifier knows none of these attributes. Choose others."),
        ({"spaces": []}, "There is no such space. Choose Z, W or both."),
        ({"spaces": ["x", None]}, "There is no such space."),
        ({"spaces": 7}, "There is no such space."),
        ({"spaces": {"z": 1}}, "There is no such space."),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence(lab, more, sentence):
    assert lab.problem("separability", **more).startswith(sentence)


def test_a_histogram_shows_where_the_classes_lie():
    labels = np.array([False, False, True, True])
    found = histogram_of(np.array([-1.0, -1.0, 1.0, 1.0]), labels)
    middle = [(index + 0.5) * 2 * REACH / BINS - REACH for index in range(BINS)]
    assert middle[int(np.argmax(found["no"]))] == pytest.approx(-1, abs=REACH / BINS)
    assert middle[int(np.argmax(found["yes"]))] == pytest.approx(1, abs=REACH / BINS)


@pytest.mark.parametrize("projections", [[0.0, 0, 0, 0], [1e9, -1, -1, -1]])
def test_a_histogram_takes_in_whatever_lies_beyond(projections):
    found = histogram_of(np.array(projections), np.array([True, False, False, False]))
    assert sum(found["yes"]) == sum(found["no"]) == pytest.approx(1, abs=1e-3)


def test_one_sigma_of_a_direction_is_more_of_what_it_is_of(lab):
    (found,) = lab.result("separability", samples=500, spaces=["w"], names=["warm"])["found"]
    leaks = lab.result("leakage", directions=[found["direction"]])
    assert (leaks["directions"], leaks["attributes"]) == (["warm"], list(NAMES))
    (mean,), (low,), (high,) = leaks["mean"], leaks["low"], leaks["high"]
    assert low[NAMES.index("warm")] > 0
    assert all(one <= two <= three for one, two, three in zip(low, mean, high, strict=True))
    assert (leaks["pictures"], leaks["cosines"]) == (PICTURES, [[1]])


def test_what_leaks_is_the_measured_change_of_one_sigma(lab, vectors, models, tiny, classifier):
    known = classifier_of(open_network(classifier))
    vectors.put(SMILE.step)
    leaks = lab.result("leakage", directions=[to_wire(SMILE)], recipe={"psi": 0.5})
    model = models.open(ModelRef(name="one"))
    changes = []
    for seed in range(PICTURES):
        scores = []
        for shift in (0, 1):
            edit = {"direction": SMILE.key, "shift": float(shift)}
            recipe = parse({"a": {"x": float(seed)}, "psi": 0.5, "edits": [edit]})
            recipe = recipe.model_copy(update={"model": model.ref})
            pixels = paint(tiny, recipe, {SMILE.key: SMILE.step})
            image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
            scores.append(known.logits(image)[0])
        changes.append(scores[1] - scores[0])
    assert leaks["mean"][0] == pytest.approx(np.mean(changes, axis=0), abs=2e-3)


def test_there_is_no_cosine_between_z_and_w(lab):
    other = Direction("other", step_of("w", np.eye(6)[0]))
    found = lab.result("leakage", directions=[to_wire(one) for one in (SMILE, ROUND, other)])
    expected = round(1 / np.sqrt(91), 3)
    assert found["cosines"] == [[1, None, expected], [None, 1, None], [expected, None, 1]]
    assert np.shape(found["mean"]) == np.shape(found["low"]) == (3, 3)


def test_up_to_twelve_sliders_are_measured_together(lab):
    many = [
        to_wire(Direction(f"{i}", step_of("w", np.random.default_rng(i).normal(size=6))))
        for i in range(13)
    ]
    assert "progress" in next(lab.start(lab.body("leakage", directions=many[:12])))
    assert lab.problem("leakage", directions=many) == (
        "There are 13 sliders, up to 12 are measured together. Take some off the panel."
    )


@pytest.mark.parametrize("directions", [None, [], {}, "x", 7])
def test_without_sliders_nothing_leaks(lab, directions):
    assert lab.problem("leakage", directions=directions) == (
        "There is no slider to measure. Add a direction first."
    )


def test_a_direction_of_another_model_is_a_sentence(lab, caplog):
    said = lab.problem("leakage", directions=[to_wire(FOREIGN)])
    assert said.startswith("The direction has shape [5], this model's w has 6 numbers.")
    assert not caplog.records
