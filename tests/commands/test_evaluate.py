"""`python -m explorer evaluate`, run whole on a tiny model."""

import json

import numpy as np
import pytest
import torch
from onnx import helper

from explorer.cli import main
from explorer.formats import save
from explorer.sampling import Sampler
from tests.networks.builders import tiny_generator
from tests.onnx_networks import small

CLASSES = [
    helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
    helper.make_node("Flatten", ["pooled"], ["features"]),
    helper.make_node("Softmax", ["features"], ["probabilities"]),
]


@pytest.fixture
def place(tmp_path):
    """A folder with a model, a network, and 40 pictures that the model itself drew."""
    generator = tiny_generator()
    save(generator, tmp_path / "tiny.safetensors")
    (tmp_path / "f.onnx").write_bytes(small.model(CLASSES, ["features", "probabilities"]))
    images = torch.cat(list(Sampler(generator).pictures(range(40))))
    pixels = ((images + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    np.save(tmp_path / "real.npy", pixels)
    return tmp_path


def evaluate(place, *words, samples=40, features="f.onnx"):
    return main(
        [
            *("evaluate", "--model", str(place / "tiny.safetensors")),
            *("--features", str(place / features), "--real", str(place / "real.npy")),
            *("--samples", str(samples), *words),
        ]
    )


def test_a_generator_is_at_no_distance_from_its_own_pictures(place, capsys):
    assert evaluate(place, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["frechet"] == pytest.approx(0, abs=1e-6)
    assert found["precision"]["value"] == found["recall"]["value"] == 1
    assert found["features"] == "f.onnx, 3 numbers"
    assert (found["real"], found["generated"]) == (40, 40)
    assert 1 <= found["classes"]["score"] <= 3
    assert "none of them is a published FID" in found["note"]


def test_truncated_pictures_are_further_away_and_lose_recall(place, capsys):
    evaluate(place, "--json", "--trunc", "0.3")
    found = json.loads(capsys.readouterr().out)
    assert found["frechet"] > 1e-3
    assert found["recall"]["value"] < 0.9
    assert found["kernel"]["low"] < found["kernel"]["value"] < found["kernel"]["high"]


def test_people_get_the_numbers_with_their_intervals_and_the_caveat(place, capsys):
    assert evaluate(place) == 0
    shown = capsys.readouterr().out
    assert "pictures          40 real, 40 generated" in shown
    assert "Frechet distance" in shown and "(halves of the real:" in shown
    assert "class score" in shown and "none of them is a published FID" in shown


def test_a_network_without_classes_gives_no_class_score(place, capsys):
    node = helper.make_node("GlobalAveragePool", ["image"], ["features"])
    (place / "g.onnx").write_bytes(small.model([node], ["features"]))
    evaluate(place, "--json", features="g.onnx")
    assert json.loads(capsys.readouterr().out)["classes"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--samples", "1"], "1 samples from seed 0 cannot be drawn"),
        (["--seed", "-1"], "seed -1 cannot be drawn"),
        (["--trunc", "nan"], "psi"),
        (["--class", "1"], "This model has no classes"),
        (["--features", "none.onnx"], "No such file"),
        (["--real", "none.npy"], "none.npy cannot be read as pictures"),
    ],
)
def test_mistakes_are_one_sentence(place, capsys, words, said):
    assert evaluate(place, *words) == 2
    assert said in capsys.readouterr().err


def test_a_single_real_picture_is_one_sentence(place, capsys):
    np.save(place / "real.npy", np.zeros((1, 16, 16, 3), np.uint8))
    assert evaluate(place) == 2
    assert "There are 1 real and 40 generated pictures" in capsys.readouterr().err


def test_a_network_without_features_is_one_sentence(place, capsys):
    node = helper.make_node("GlobalAveragePool", ["image"], ["something"])
    (place / "s.onnx").write_bytes(small.model([node], ["something"]))
    assert evaluate(place, features="s.onnx") == 2
    assert "s.onnx has no output `features`" in capsys.readouterr().err


def test_a_model_without_colours_is_one_sentence(place, capsys):
    save(tiny_generator(image_channels=1), place / "tiny.safetensors")
    assert evaluate(place) == 2
    assert "draws 1 channels" in capsys.readouterr().err
