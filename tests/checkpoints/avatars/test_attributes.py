"""The attribute classifier: what becomes of it as ONNX, and that it learns what can be seen."""

import json

import numpy as np
import pytest
import torch

from checkpoints.avatars import attributes
from checkpoints.avatars.attributes import Course, disturbed
from checkpoints.avatars.classifier import SIDE, Classifier, to_onnx
from checkpoints.avatars.faces import BINARY
from checkpoints.avatars.faceset import FaceSet, save
from explorer.metrics.frechet import wilson
from explorer.onnx_networks import OnnxNetwork, open_network
from explorer.sampling import Sampler
from tests.conftest import AVATARS

COUNT = 340
SHIPPED = AVATARS / "attributes.onnx"


@pytest.fixture(scope="module")
def faces():
    """Flat pictures whose first attribute is red, whose second is a bright upper half."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (COUNT, len(BINARY))).astype(np.float32)
    pixels = np.full((COUNT, 128, 128, 3), 60, np.uint8)
    pixels[:, :, :, 0] += (120 * labels[:, :1, None]).astype(np.uint8)
    pixels[:, :64] += (60 * labels[:, 1, None, None, None]).astype(np.uint8)
    regions = np.zeros((COUNT, 128, 128), np.uint8)
    return FaceSet(pixels, regions, labels, np.array(BINARY))


@pytest.fixture
def network():
    made = Classifier(3, torch.Generator().manual_seed(0))
    with torch.no_grad():
        made(torch.randn(16, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)))
        made.last.weight.normal_(generator=torch.Generator().manual_seed(2))
    return made.eval()


def test_the_file_answers_as_the_network_does_for_the_attributes_that_are_kept(network):
    found = OnnxNetwork(to_onnx(network, ("a", "b", "c"), ("c", "a")), "attributes")
    x = torch.rand(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        expected = network(x)[:, [2, 0]].numpy()
    assert found.logits(x) == pytest.approx(expected, abs=1e-4)
    assert [entry.name for entry in found.attributes] == ["c", "a"]
    assert "features" in found.outputs


def test_equal_weights_make_equal_bytes_of_under_two_megabytes(network):
    data = to_onnx(network, ("a", "b", "c"), ("a",))
    assert data == to_onnx(network, ("a", "b", "c"), ("a",))
    assert len(data) < 2_000_000


def test_equal_seeds_make_equal_networks():
    first, again, other = (Classifier(2, torch.Generator().manual_seed(s)) for s in (0, 0, 1))
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True)
    )
    assert not torch.equal(first.last.weight, other.last.weight)


def test_a_disturbed_picture_is_a_picture_that_its_seed_decides():
    x = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    first, again, other = (disturbed(x, torch.Generator().manual_seed(s)) for s in (0, 0, 1))
    assert first.shape == x.shape
    assert first.abs().max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, x)


def test_disturbed_pictures_have_other_colours_noise_and_blur():
    random = torch.Generator().manual_seed(0)
    grey = disturbed(torch.zeros(64, 3, 16, 16), random)
    assert grey.mean((2, 3)).std(0).min() > 0.05
    assert grey.std((2, 3)).mean() > 0.03
    sharp = torch.tensor([[0.8, -0.8], [-0.8, 0.8]]).tile(64, 3, 8, 8)
    assert disturbed(sharp, random).std((2, 3)).mean() < 0.7 * 0.8


def test_what_can_be_seen_is_learnt_and_shipped_and_the_rest_left_out(faces, tmp_path, capsys):
    save(faces, tmp_path / "faces.npz")
    out = tmp_path / "attributes.onnx"
    words = ["--faces", str(tmp_path / "faces.npz"), "--epochs", "5", "--out", str(out)]
    words += ["--held-out", "100"]
    assert attributes.main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["shipped"] == list(BINARY[:2])
    assert told["accuracy"][BINARY[5]] < 0.8
    network = OnnxNetwork(out.read_bytes(), "attributes")
    assert [entry.name for entry in network.attributes] == list(BINARY[:2])
    shown = faces.images(np.arange(20), torch.Generator().manual_seed(0), SIDE)
    assert ((network.logits(shown) > 0) == (faces.attributes[:20, :2] > 0)).mean() > 0.9


def test_the_held_out_faces_are_not_among_those_it_learns_from(faces, monkeypatch):
    seen = []
    original = FaceSet.images

    def noting(self, indices, random, resolution=128):
        seen.append(indices)
        return original(self, indices, random, resolution)

    monkeypatch.setattr(FaceSet, "images", noting)
    course = Course(faces, torch.from_numpy(faces.attributes), 1, 0, 100)
    (network,) = course.run()
    assert np.concatenate(seen).max() < COUNT - 100
    seen.clear()
    course.accuracy(network)
    assert sorted(np.concatenate(seen)) == list(range(COUNT - 100, COUNT))


@pytest.mark.parametrize("words", [["--epochs", "0"], ["--held-out", "9"], ["--held-out", "330"]])
def test_numbers_that_teach_nothing_are_one_sentence(faces, tmp_path, capsys, words):
    save(faces, tmp_path / "faces.npz")
    assert attributes.main(["--faces", str(tmp_path / "faces.npz"), *words]) == 1
    assert "teach nothing" in capsys.readouterr().err


def test_faces_that_are_not_there_are_one_sentence(tmp_path, capsys):
    assert attributes.main(["--faces", str(tmp_path / "none.npz")]) == 1
    assert "There are no faces" in capsys.readouterr().err


def test_the_shipped_classifier_is_small_and_tells_what_was_promised():
    assert SHIPPED.stat().st_size < 2_000_000
    attributes = open_network(SHIPPED).attributes
    names = {entry.name for entry in attributes if entry.kind == "binary"}
    assert len(names) >= 8
    assert {"glasses", "beard", "open_mouth", "long_hair", "hoodie"} <= names


def test_every_attribute_that_ships_is_true_of_some_generated_pictures_and_not_of_others(avatars):
    network = open_network(SHIPPED)
    answers = [network.logits(batch) > 0 for batch in Sampler(avatars).pictures(range(300))]
    counts = np.concatenate(answers).sum(0).tolist()
    found = {
        one.name: wilson(count, 300) for one, count in zip(network.attributes, counts, strict=True)
    }
    beyond = {name: share for name, share in found.items() if share.high < 0.1 or share.low > 0.9}
    assert beyond == {}
