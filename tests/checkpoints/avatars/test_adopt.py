"""Weights of before these scripts become a state that goes on."""

import pytest
import torch

from checkpoints.avatars import state
from checkpoints.avatars.adopt import main
from explorer.formats.encoding import encode

TEXTS = {"kimg": "237.5"}


@pytest.fixture
def files(tmp_path):
    """The raw networks of a 16-pixel training and its average, as they were once kept."""
    learning, averaged = state.start(16, seed=1), state.start(16, seed=2)
    raw = {f"G.{name}": value for name, value in learning.generator.state_dict().items()}
    raw |= {f"D.{name}": value for name, value in learning.discriminator.state_dict().items()}
    (tmp_path / "raw").write_bytes(encode(raw, {}))
    (tmp_path / "ema").write_bytes(encode(averaged.average.state_dict(), TEXTS))
    return tmp_path


def adopt(folder):
    return main([str(folder / "raw"), str(folder / "ema"), "--out", str(folder / "out")])


def test_all_three_networks_and_the_images_seen_are_taken_over(files):
    assert adopt(files) == 0
    found = state.load(files / "out")
    learning, averaged = state.start(16, seed=1), state.start(16, seed=2)
    for network, expected in (
        (found.generator, learning.generator),
        (found.discriminator, learning.discriminator),
        (found.average, averaged.average),
    ):
        tensors = network.state_dict()
        assert all(torch.equal(tensors[n], t) for n, t in expected.state_dict().items())
    assert found.standing.images == 237_500


def test_a_file_that_is_not_there_is_one_sentence(files, capsys):
    (files / "raw").unlink()
    assert adopt(files) == 1
    assert "There is no" in capsys.readouterr().err


def test_an_average_that_does_not_say_how_far_it_is_is_refused(files, capsys):
    mean = state.start(16, seed=2).average.state_dict()
    (files / "ema").write_bytes(encode(mean, {}))
    assert adopt(files) == 1
    assert "does not say its `kimg`" in capsys.readouterr().err


def test_networks_that_do_not_fit_are_refused(files, capsys):
    (files / "raw").write_bytes((files / "ema").read_bytes())
    assert adopt(files) == 1
    assert "raw does not fit" in capsys.readouterr().err
