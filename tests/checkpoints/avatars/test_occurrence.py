"""Attributes that nearly all generated pictures have, or nearly none, are left out."""

import json

import numpy as np
import pytest
import torch

from checkpoints.avatars import occurrence, state
from checkpoints.avatars.classifier import Classifier, to_onnx
from explorer.formats import load
from explorer.onnx_networks import OnnxNetwork, open_network
from explorer.sampling import Sampler

NAMES = ("always", "half", "never")


@pytest.fixture
def place(tmp_path, tiny_state, random):
    """A model folder whose classifier says yes to all of 40 pictures, to half, and to none."""
    state.save(tiny_state, tmp_path, {})
    network = Classifier(3, random).eval()
    images = torch.cat(list(Sampler(load(tmp_path)).pictures(range(40))))
    with torch.no_grad():
        network.last.weight[::2] = 0
        network.last.bias[:] = torch.tensor([5.0, 0.0, -5.0])
        logits = OnnxNetwork(to_onnx(network, NAMES, NAMES), "all").logits(images)
        network.last.bias[1] = -float(np.median(logits[:, 1]))
    (tmp_path / "attributes.onnx").write_bytes(to_onnx(network, NAMES, NAMES))
    return tmp_path, network


def count(folder):
    return occurrence.main(["--model", str(folder), "--samples", "40"])


def test_what_is_too_rare_or_too_common_is_left_out_and_said(place, capsys):
    folder, network = place
    assert count(folder) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["shares"] == {"always": 1, "half": 0.5, "never": 0}
    assert told["kept"] == ["half"]
    assert [one.name for one in open_network(folder / "attributes.onnx").attributes] == ["half"]
    assert (folder / "attributes.onnx").read_bytes() == to_onnx(network, NAMES, ("half",))


def test_a_classifier_of_which_nothing_would_be_left_stays_and_that_is_said(place, capsys):
    folder, network = place
    data = to_onnx(network, NAMES, ("never",))
    (folder / "attributes.onnx").write_bytes(data)
    assert count(folder) == 1
    assert "is in 10% to 90% of the pictures" in capsys.readouterr().err
    assert (folder / "attributes.onnx").read_bytes() == data


def test_what_is_missing_is_one_sentence(tmp_path, capsys):
    assert count(tmp_path) == 1
    assert "attributes.onnx" in capsys.readouterr().err
    assert occurrence.main(["--samples", "0"]) == 1
    assert "Cannot count in 0 pictures" in capsys.readouterr().err
