"""ONNX networks that a person brings: what they answer, and what is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper

from explorer.errors import ExplorerError
from explorer.onnx_networks import OnnxNetwork, Preprocessing, open_network, resized
from tests.onnx_networks import small

EYE = (np.eye(3), np.zeros(3))


def colours(*values, size=8):
    """Pictures [N, 3, size, size] of one colour each."""
    return torch.tensor(values)[:, :, None, None].expand(-1, -1, size, size)


MANY = [helper.make_node("Identity", ["image"], [f"y{index}"]) for index in range(20_000)]
MANY.append(helper.make_node("Identity", ["image"], ["y"]))


def copying(**options):
    node = helper.make_node("Cast", ["image"], ["features"], to=TensorProto.FLOAT)
    return small.model([node], ["features"], **options)


RED = colours((1.0, -1.0, -0.5))


def test_a_classifier_answers_with_logits_and_names():
    network = OnnxNetwork(small.classifier([[1, 0, 0], [0, 2, 0]], [0, 1]), "c")
    assert network.logits(RED) == pytest.approx(np.array([[1, -1]]))
    assert [(a.name, a.kind) for a in network.attributes] == [("a0", "binary"), ("a1", "binary")]


def test_what_the_last_layer_is_given_are_the_features():
    network = OnnxNetwork(small.classifier([[1, 1, 1]], [5]), "c")
    assert network(RED)["features"] == pytest.approx(np.array([[1, -1, -0.5]]))


def test_pictures_are_brought_into_the_form_that_the_network_wants():
    wanted = Preprocessing(range=(0, 255), mean=(10, 20, 30), std=(1, 2, 4), channels="BGR")
    network = OnnxNetwork(small.classifier(*EYE), "c", wanted)
    expected = [(63.75 - 10), (0 - 20) / 2, (255 - 30) / 4]  # blue first
    assert network.logits(RED)[0] == pytest.approx(expected)


def test_pictures_are_resized_to_what_the_input_says():
    network = OnnxNetwork(small.classifier(*EYE, shape=("N", 3, 4, 4)), "c")
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert network.logits(x) == pytest.approx(x.mean((2, 3)).numpy(), abs=1e-6)


def test_smaller_pictures_are_means_of_areas_and_equal_ones_are_left_alone():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert resized(x, (2, 2)).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert resized(x, (4, 4)) is x
    assert resized(torch.ones(1, 1, 2, 2), (5, 5)).eq(1).all()


def test_a_network_of_single_pictures_takes_many_one_after_the_other():
    network = OnnxNetwork(small.classifier(*EYE, shape=(1, 3, "H", "W")), "c")
    x = colours((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert network.logits(x) == pytest.approx(np.eye(3))


def test_a_file_is_opened_with_the_preprocessing_beside_it(tmp_path):
    path = tmp_path / "c.onnx"
    path.write_bytes(small.classifier(*EYE))
    assert open_network(path).logits(RED)[0, 0] == 1
    (tmp_path / "c.json").write_text('{"range": [0, 1]}')
    assert open_network(path).logits(RED)[0] == pytest.approx([1, 0, 0.25])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Invalid JSON"),
        ('{"std": [1, 0, 1]}', "std.1"),
        ('{"size": [1000000, 1000000]}', "size.0"),
        ('{"sizes": [64, 64]}', "sizes"),
        ('{"mean": [NaN, 0, 0]}', "mean.0"),
    ],
)
def test_a_preprocessing_that_makes_no_sense_is_one_sentence(tmp_path, text, said):
    (tmp_path / "c.onnx").write_bytes(small.classifier(*EYE))
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(ExplorerError, match=f"c.json is no description.*{said}"):
        open_network(tmp_path / "c.onnx")


def test_two_sizes_that_contradict_each_other_are_refused():
    with pytest.raises(ExplorerError, match=r"takes pictures of \[4, 4\].*says \[8, 8\]"):
        data = small.classifier(*EYE, shape=("N", 3, 4, 4))
        OnnxNetwork(data, "c", Preprocessing(size=(8, 8)))


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ExplorerError, match="No such file"):
        open_network(tmp_path / "none.onnx")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "large.onnx").open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(ExplorerError, match="more than 64 MB"):
        open_network(tmp_path / "large.onnx")
    with pytest.raises(ExplorerError, match="more than 64 MB"):
        OnnxNetwork(bytes((64 << 20) + 1), "large")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no ONNX file"),
        (b"<html></html>", "is no ONNX file"),
        (small.with_outside_weights(), "keeps its weights in another file"),
        (copying(shape=("N", 1, 8, 8)), r"shape \['N', 1, 8, 8\]"),
        (copying(shape=("N", 3, 10**5, 10**5)), "shape .'N', 3, 100000, 100000"),
        (copying(shape=("N", 3, 8, "W")), "shape .'N', 3, 8, 'W'"),
        (copying(shape=(10**6, 3, 8, 8)), "shape .1000000, 3, 8, 8"),
        (copying(shape=("N", 3)), r"shape \['N', 3\]"),
        (copying(kind=TensorProto.INT64), "tensor.int64"),
        (small.model([helper.make_node("NoSuch", ["image"], ["y"])], ["y"]), "cannot be opened"),
        (small.with_functions(), "has functions of its own"),
        (small.model(MANY, ["y"]), "has more than 20,000 operations"),
        (small.strings(), "an output 'features' that is tensor.string., no numbers"),
        (small.classifier(*EYE, attributes="{"), "no list of"),
        (small.classifier(*EYE, attributes="[" * 100_000), "no list of"),
        (small.classifier(*EYE, attributes='{"name": "a"}'), "no list of"),
        (small.classifier(*EYE, attributes=[{"name": ""}]), "no list of"),
        (small.classifier(*EYE, attributes=[{"name": "a"}] * 257), "no list of"),
    ],
)
def test_what_does_not_meet_the_contract_is_one_sentence(data, said):
    with pytest.raises(ExplorerError, match=f"picky {said}|picky has .*{said}") as caught:
        OnnxNetwork(data, "picky")
    assert "image" in caught.value.fix


def test_a_network_without_names_is_no_classifier():
    node = helper.make_node("GlobalAveragePool", ["image"], ["features"])
    network = OnnxNetwork(small.model([node], ["features"]), "f")
    assert network(RED)["features"].shape == (1, 3, 1, 1)
    with pytest.raises(ExplorerError, match="has no output `logits`"):
        network.logits(RED)


def test_as_many_names_as_logits_are_needed():
    names = json.dumps([{"name": "only"}])
    network = OnnxNetwork(small.classifier(*EYE, attributes=names), "c")
    with pytest.raises(ExplorerError, match=r"names 1 attributes and gives .* \[1, 3\]"):
        network.logits(RED)


def test_a_network_that_does_not_end_is_stopped():
    network = OnnxNetwork(small.endless(), "slow", seconds=0.2)
    with pytest.raises(ExplorerError, match=r"slow took over 0.2 s"):
        network(RED)


def test_a_network_that_fails_says_so():
    shape = np.array([7, 7], np.int64)
    node = helper.make_node("Reshape", ["image", "shape"], ["features"])
    network = OnnxNetwork(small.model([node], ["features"], tensors={"shape": shape}), "f")
    with pytest.raises(ExplorerError, match="f failed"):
        network(RED)


SHAPE = [  # four numbers, whatever the pictures
    helper.make_node("Shape", ["image"], ["shape"]),
    helper.make_node("Cast", ["shape"], ["features"], to=TensorProto.FLOAT),
]


NUMBER = [helper.make_node("ReduceMean", ["image"], ["features"], keepdims=0)]  # one for all


def test_a_network_of_whole_batches_takes_any_number():
    network = OnnxNetwork(small.classifier(*EYE, shape=(3, 3, "H", "W")), "c")
    x = colours(*((level, 0.0, 0.0) for level in (0.1, 0.2, 0.3, 0.4)))
    assert network.logits(x)[:, 0] == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    "nodes", [[helper.make_node("Log", ["image"], ["features"])], SHAPE, NUMBER]
)
def test_an_output_that_is_no_finite_row_for_each_picture_is_refused(nodes):
    data = small.model(nodes, ["features"])
    with pytest.raises(ExplorerError, match="no finite row"):
        OnnxNetwork(data, "f")(RED)


def test_grey_pictures_are_looked_at_as_colours_and_others_are_refused():
    network = OnnxNetwork(small.classifier(*EYE), "c")
    assert np.allclose(network.logits(torch.full((2, 1, 8, 8), 0.5)), 0.5)
    with pytest.raises(ExplorerError, match="c looks at colours, these pictures have 4 channels"):
        network.logits(torch.zeros(1, 4, 8, 8))


ROOT = Path(__file__).parents[2]
LOOK = """
import torch
from explorer.onnx_networks import OnnxNetwork
from tests.onnx_networks.small import classifier

OnnxNetwork(classifier([[1, 0, 0]], [0]), "small").logits(torch.zeros(1, 3, 8, 8))
"""


def test_looking_at_pictures_leaves_nothing_behind_and_reports_to_nobody(tmp_path):
    """Later runtimes keep a record of their use at home, and send it."""
    quiet = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", LOOK], env=quiet, cwd=tmp_path, check=True)
    assert list(tmp_path.rglob("*")) == []
