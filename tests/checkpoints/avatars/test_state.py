import json
from dataclasses import replace

import pytest
import torch

from checkpoints.avatars import state
from checkpoints.avatars.state import CARD, DISCRIMINATOR, GENERATOR, MODEL, MOMENTS
from explorer import formats
from explorer.errors import CheckpointError

FILES = {CARD, MODEL, GENERATOR, DISCRIMINATOR, MOMENTS}


@pytest.fixture
def kept(tiny_state, tmp_path):
    """A folder with `tiny_state` in it."""
    state.save(tiny_state, tmp_path / "kept", {"G.mapping.fc0.bias": torch.ones(7)})
    return tmp_path / "kept"


def test_everything_comes_back(tiny_state, kept):
    loaded = state.load(kept)
    for name in ("generator", "discriminator", "average"):
        tensors = getattr(tiny_state, name).state_dict()
        for key, tensor in getattr(loaded, name).state_dict().items():
            assert torch.equal(tensor, tensors[key])
    assert loaded.standing == tiny_state.standing
    assert torch.equal(loaded.moments["G.mapping.fc0.bias"], torch.ones(7))


def test_a_state_that_grows_comes_back_growing(tiny_state, tmp_path):
    state.save(state.grown(tiny_state), tmp_path, {})
    loaded = state.load(tmp_path)
    assert loaded.discriminator.fading
    assert loaded.generator.resolution == 16


def test_saving_twice_makes_the_same_bytes(tiny_state, kept, tmp_path):
    again = tmp_path / "again" / "kept"
    state.save(tiny_state, again, {"G.mapping.fc0.bias": torch.ones(7)})
    assert {path.name for path in kept.iterdir()} == FILES
    assert all((again / name).read_bytes() == (kept / name).read_bytes() for name in FILES)


@torch.no_grad()
def test_the_explorer_opens_the_folder_and_draws_the_average(tiny_state, kept, random):
    opened = formats.open_checkpoint(kept)
    z = torch.randn(1, 8, generator=random)
    w = opened.generator.mapping(z)
    torch.testing.assert_close(opened.generator.synthesis(w), tiny_state.average.synthesis(w))
    assert opened.card["name"] == "kept"


def test_moments_of_another_moment_are_forgotten(tiny_state, kept):
    old = (kept / MOMENTS).read_bytes()
    tiny_state.standing = replace(tiny_state.standing, images=2000)
    state.save(tiny_state, kept, {})
    (kept / MOMENTS).write_bytes(old)
    assert not state.load(kept).moments


def test_a_state_without_moments_is_whole(kept):
    (kept / MOMENTS).unlink()
    assert not state.load(kept).moments


@pytest.mark.parametrize("name", [GENERATOR, DISCRIMINATOR])
def test_files_of_two_states_are_not_mixed(tiny_state, kept, name):
    old = (kept / name).read_bytes()
    tiny_state.standing = replace(tiny_state.standing, images=2000)
    state.save(tiny_state, kept, {})
    (kept / name).write_bytes(old)
    with pytest.raises(CheckpointError, match=r"two states.*checkpoints\.avatars\.train"):
        state.load(kept)


def test_a_model_of_another_size_is_not_the_average(tiny_state, kept, tmp_path):
    state.save(state.grown(tiny_state), tmp_path / "grown", {})
    for name in (MODEL, CARD):
        (kept / name).write_bytes((tmp_path / "grown" / name).read_bytes())
    with pytest.raises(CheckpointError, match="is not the average"):
        state.load(kept)


def test_tensors_that_do_not_fit_are_named_by_their_file(tiny_state, kept):
    del tiny_state.discriminator.b4.out
    (kept / DISCRIMINATOR).write_bytes(state.raw_files(tiny_state)[DISCRIMINATOR])
    with pytest.raises(CheckpointError, match=rf"{DISCRIMINATOR} does not fit"):
        state.load(kept)


def test_the_card_keeps_what_a_person_wrote_into_it(tiny_state, kept):
    card = json.loads((kept / CARD).read_text())
    (kept / CARD).write_text(json.dumps(card | {"name": "mine", "first_recipe": {"psi": 0.7}}))
    state.save(tiny_state, kept, {})
    written = json.loads((kept / CARD).read_text())
    assert written["name"] == "mine"
    assert written["first_recipe"] == {"psi": 0.7}
    assert written["config"] == card["config"]


def test_the_whole_state_of_128_pixels_fits_into_plain_git():
    full = state.grown(state.start(64, seed=0))
    files = {
        **state.model_files(full.average, full.standing, {}),
        **state.raw_files(full),
    }
    assert max(map(len, files.values())) < 10_000_000
