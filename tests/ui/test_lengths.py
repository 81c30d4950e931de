"""Path lengths on the page: the numbers of the command line, and curves along the three paths."""

import json

import numpy as np
import pytest
from onnx import helper

from explorer.cli import main
from explorer.onnx_networks import open_network
from explorer.recipe import parse
from explorer.ui.lengths import PATHS, STEPS
from explorer.ui.wire import to_wire
from tests.onnx_networks import small
from tests.recipes import latent
from tests.ui.test_directions import FOREIGN, SMILE

NAMED = "squared distance in the features of attributes.onnx; this is not LPIPS"


@pytest.mark.parametrize("ends", ["full", "end"])
def test_the_lengths_are_those_of_the_command_line(lab, folder, classifier, capsys, ends):
    found = lab.result("lengths", samples=60, ends=ends, seed=2)
    assert found.keys() == {"spaces", "samples", "ends", "distance"}
    assert (found["samples"], found["ends"], found["distance"]) == (60, ends, NAMED)
    words = ["--model", str(folder / "one.safetensors"), "--distance", str(classifier)]
    words += ["--samples", "60", "--seed", "2", "--ends", ends, "--json"]
    assert main(["ppl", *words]) == 0
    told = json.loads(capsys.readouterr().out)["spaces"]
    for space in ("z", "w"):
        for key in ("mean", "low", "high"):
            assert found["spaces"][space][key] == pytest.approx(told[space][key], rel=1e-6)
        one = found["spaces"][space]
        assert 0 < one["low"] < one["mean"] < one["high"]


def test_a_curve_is_the_speed_along_each_path(lab, tiny, classifier):
    recipe = {"a": {"x": 3.0}, "b": {"x": 8.0}, "psi": 0.7}
    found = lab.result("curve", recipe=recipe)
    assert found.keys() == {"curves", "distance", "steps"}
    assert list(found["curves"]) == list(PATHS) and (found["steps"], found["distance"]) == (
        STEPS,
        NAMED,
    )
    assert all(len(values) == STEPS for values in found["curves"].values())
    network = open_network(classifier)

    def features(t):
        walk = parse({**recipe, "t": t, "space": "w-lerp"})
        return network(tiny.synthesis(latent(tiny, walk)))["features"][0]

    gap = np.linalg.norm(features(1 / STEPS) - features(0.0)) * STEPS
    assert found["curves"]["w-lerp"][0] == pytest.approx(float(gap), rel=1e-3)


def test_a_picture_that_stays_has_a_curve_of_zeros(lab):
    curves = lab.result("curve", recipe={"a": {"x": 3.0}, "b": {"x": 3.0}})["curves"]
    assert max(curves["w-lerp"]) < 1e-4


def test_a_curve_is_of_the_edited_pictures(lab, vectors):
    edited = {"edits": [{"direction": SMILE.key, "shift": 2.0}]}
    assert "not here" in lab.problem("curve", recipe=edited)
    vectors.put(SMILE.step)
    assert lab.result("curve", recipe=edited) != lab.result("curve")


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"samples": 49}, "samples has to be a whole number from 50 to 20,000."),
        ({"samples": None}, "samples has to be a whole number from 50 to 20,000."),
        ({"seed": 2**31}, "seed has to be a whole number from 0 to"),
        ({"ends": "middle"}, "Path lengths are measured at `full` or `end`."),
        ({"ends": ["full"]}, "Path lengths are measured at `full` or `end`."),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(lab, more, sentence):
    assert lab.problem("lengths", **more).startswith(sentence)


def test_the_last_paths_that_may_be_asked_for_exist(lab):
    found = lab.result("lengths", samples=50, seed=2**31 - 20_000)
    assert found["spaces"]["w"]["mean"] > 0


def test_without_features_there_is_no_distance(lab, bare_lab, tmp_path):
    for kind in ("lengths", "curve"):
        assert bare_lab.problem(kind).startswith("one comes without a classifier.")
    path = tmp_path / "upload.onnx"
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["logits"]),
    ]
    metadata = {"attributes": json.dumps([{"name": name} for name in "abc"])}
    path.write_bytes(small.model(nodes, ["logits"], metadata=metadata))
    lab.result("classifier", path, name="mine.onnx")
    for kind in ("lengths", "curve"):
        assert lab.problem(kind).startswith("mine.onnx has no output `features`")


def test_a_direction_of_another_size_along_the_way_is_a_sentence(lab, vectors):
    vectors.put(FOREIGN.step)
    edits = [{"direction": to_wire(FOREIGN)["key"], "shift": 1.0}]
    assert lab.problem("curve", recipe={"edits": edits}).startswith("The direction has shape [5]")
