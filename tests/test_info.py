import hashlib
import json

import pytest
import torch

from explorer.cli import main
from explorer.formats import inspect
from explorer.formats.digest import sha256_of
from tests.conftest import AVATARS
from tests.formats.pickles import Evil, dump, dump_torch, snapshot
from tests.networks import golden
from tests.networks.builders import tiny_generator


@pytest.fixture
def info(capsys):
    """Runs `info` with `words` and returns what it prints."""

    def told(*words):
        assert main(["info", *map(str, words)]) == 0
        return capsys.readouterr().out

    return told


@pytest.mark.parametrize("name", golden.ALL)
def test_info_for_programs_has_everything_that_the_summary_has(info, name):
    path = golden.checkpoint(name)
    found, summary = json.loads(info(path, "--json")), inspect(path)
    assert found["file"] == path.name
    assert found["bytes"] == path.stat().st_size
    assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found["content_hash"] == summary.content_hash
    assert found["parameters"] == summary.parameters
    assert tuple(found["resolution"]) == summary.resolution
    assert [layer["name"] for layer in found["layers"]] == [layer.name for layer in summary.layers]
    assert all(layer["channels"] for layer in found["layers"])
    assert found["mentions"] == list(summary.mentions)


def test_info_for_people_says_it_in_words(info):
    path = golden.checkpoint("sg2_cond_16")
    text = info(path)
    for line in (
        "family        NVIDIA PyTorch",
        "architecture  stylegan2 skip",
        "picture       16 x 16 pixels, 3 channels",
        "sizes         z 24, w 32 x 6, 5 classes",
        f"SHA-256       {sha256_of(path)}",
        f"model hash    {inspect(path).content_hash}",
        "   1 b8.conv0   8 x 8, 32 channels, noise, coarse",
        "   5 b16.torgb  16 x 16, 3 channels, middle",
    ):
        assert f"{line}\n" in text


def test_what_was_estimated_is_said(info, tmp_path):
    state = tiny_generator().tensors()
    del state["mapping.w_avg"], state["synthesis.b4.conv1.noise_const"]
    text = info(dump_torch(state, tmp_path / "bare.pt"))
    assert "notes\n" in text
    assert "The mean of W is not in the file and was estimated from 10,000 w." in text
    assert "1 noise maps are not in the file and were drawn from seed 0." in text
    assert "Its activation (lrelu), learning-rate multiplier (0.01) and clamp (none)" in text


def test_foreign_names_are_shown_and_not_imported(info, tmp_path):
    marker = tmp_path / "ran"
    path = dump(snapshot(tiny_generator()) | {"D": Evil(marker)}, tmp_path / "net.pkl")
    text = info(path)
    assert "names that the file mentions; none was imported\n" in text
    assert "  'posix.system'\n" in text
    assert not marker.exists()


def test_a_stranger_s_text_cannot_steer_the_terminal(info, tmp_path):
    evil = torch.nn.Identity
    value = snapshot(tiny_generator()) | {"D": evil}
    data = dump(value, tmp_path / "net.pkl").read_bytes()
    name = b"Identity"
    path = tmp_path / "evil.pkl"
    path.write_bytes(data.replace(name, b"\x1b]0;evil\x07"[: len(name)].ljust(len(name))))
    text = info(path)
    assert "\x1b" not in text
    assert r"\x1b]0;evi" in text


def test_a_model_folder_is_described_by_its_weights(info):
    found = json.loads(info(AVATARS, "--json"))
    assert found["file"] == "model.safetensors"
    assert found["sha256"] == sha256_of(AVATARS / "model.safetensors")
    assert found["family"] == "StyleGAN Latent Explorer"


def test_what_is_no_checkpoint_is_one_sentence(tmp_path, capsys):
    (tmp_path / "page.pkl").write_text("<html>")
    assert main(["info", str(tmp_path / "page.pkl")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "page.pkl: this is a web page, not a checkpoint" in printed.err
    assert printed.err.count("\n") == 1
