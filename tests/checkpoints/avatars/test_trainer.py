import math
from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from checkpoints.avatars import state
from checkpoints.avatars.trainer import Settings, Trainer

SMALL = Settings(batch=4, rate=0.01, gamma=0.5, fade=8)


@pytest.fixture
def trainer(tiny_state, flat_faces):
    return Trainer(tiny_state, flat_faces, SMALL, torch.device("cpu"))


def weights(network):
    return torch.cat([tensor.flatten() for tensor in network.state_dict().values()])


def test_a_step_moves_all_three_networks_and_counts_its_pictures(trainer):
    networks = [getattr(trainer.state, name) for name in ("generator", "discriminator", "average")]
    before = [weights(network) for network in networks]
    figures = trainer.step()
    assert all(not torch.equal(weights(n), old) for n, old in zip(networks, before, strict=True))
    assert trainer.state.standing.images == 1004
    assert set(figures) == {"real", "fake", "D", "R1", "G"}
    assert all(math.isfinite(value) for value in figures.values())


def test_the_same_state_takes_the_same_step(tiny_state, flat_faces):
    twins = [deepcopy(tiny_state), deepcopy(tiny_state)]
    figures = [Trainer(one, flat_faces, SMALL, torch.device("cpu")).step() for one in twins]
    assert figures[0] == figures[1]
    assert torch.equal(weights(twins[0].generator), weights(twins[1].generator))


def test_a_training_that_was_stopped_goes_on_as_it_would_have(tiny_state, flat_faces, tmp_path):
    # The second moments are as good as exact only when they are old.
    first = Trainer(tiny_state, flat_faces, replace(SMALL, gamma=0.0), torch.device("cpu"))
    for _ in range(3):
        first.step()
    state.save(first.state, tmp_path, first.moments())
    loaded = state.load(tmp_path)
    second = Trainer(loaded, flat_faces, first.settings, torch.device("cpu"))
    expected, figures = first.step(), second.step()
    assert figures["real"] == pytest.approx(expected["real"], abs=1e-5)
    assert figures["fake"] == pytest.approx(expected["fake"], abs=1e-5)


def test_r1_is_lazy(trainer):
    regularised = ["R1" in trainer.step() for _ in range(17)]
    assert regularised == [True] + 15 * [False] + [True]


def test_the_discriminator_learns_to_tell_flat_pictures_from_noise(trainer):
    trainer.generator_optimiser.rate = 0.0
    trainer.discriminator_optimiser.ramp = 0
    costs = [trainer.step()["D"] for _ in range(30)]
    assert costs[-1] < 0.5 * costs[0]


def test_the_average_moves_half_of_the_way_in_a_half_life(tiny_state, flat_faces):
    settings = replace(SMALL, batch=4, half_life=4.0)
    trainer = Trainer(tiny_state, flat_faces, settings, torch.device("cpu"))
    before = tiny_state.average.synthesis.b4.const.clone()
    trainer.step()
    expected = before.lerp(tiny_state.generator.synthesis.b4.const, 0.5)
    torch.testing.assert_close(tiny_state.average.synthesis.b4.const, expected)


def test_a_new_block_grows_in_over_the_pictures_of_the_fade(tiny_state, flat_faces):
    trainer = Trainer(state.grown(tiny_state), flat_faces, SMALL, torch.device("cpu"))
    fades = []
    for _ in range(4):
        fades.append(trainer.fade)
        trainer.step()
    assert fades == [0.0, 0.5, 1.0, 1.0]
    assert not trainer.state.discriminator.fading


def test_path_lengths_are_straightened_when_asked(tiny_state, flat_faces):
    settings = replace(SMALL, path_length=2.0)
    trainer = Trainer(tiny_state, flat_faces, settings, torch.device("cpu"))
    assert ["path" in trainer.step() for _ in range(5)] == [True, False, False, False, True]
    assert trainer.path_mean > 0


@torch.no_grad()
def test_styles_are_mixed_as_often_as_asked(tiny_state, flat_faces):
    def mixed(share):
        settings = replace(SMALL, mixing=share)
        trainer = Trainer(tiny_state, flat_faces, settings, torch.device("cpu"))
        w = trainer._styles(2000)
        return (w != w[:, :1]).any(2).any(1).float().mean().item()

    assert mixed(0.0) == 0.0
    assert mixed(1.0) == 1.0
    assert mixed(0.9) == pytest.approx(0.9, abs=0.03)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_what_a_gpu_has_trained_goes_on_without_one(tiny_state, flat_faces, tmp_path):
    settings = replace(SMALL, path_length=2.0)
    trainer = Trainer(state.grown(tiny_state), flat_faces, settings, torch.device("cuda"))
    assert all(math.isfinite(value) for value in trainer.step().values())
    state.save(trainer.state, tmp_path, trainer.moments())
    figures = Trainer(state.load(tmp_path), flat_faces, settings, torch.device("cpu")).step()
    assert all(math.isfinite(value) for value in figures.values())
