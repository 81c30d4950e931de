import pytest
import torch
from torch import nn

from checkpoints.avatars.optimiser import RAMP, Optimiser


@pytest.fixture
def network():
    network = nn.Linear(2, 1, bias=False)
    nn.init.ones_(network.weight)
    return network


def moved(network, optimiser):
    before = network.weight.detach().clone()
    optimiser.step(network(torch.tensor([3.0, -2.0])).sum())
    return (network.weight.detach() - before).flatten().tolist()


def test_the_first_step_of_a_new_optimiser_is_short(network):
    optimiser = Optimiser(network, rate=0.1, every=0, moments={})
    assert moved(network, optimiser) == pytest.approx([-0.1 / RAMP, 0.1 / RAMP], rel=1e-3)


def test_a_steady_gradient_moves_a_weight_by_the_rate(network):
    optimiser = Optimiser(network, rate=0.1, every=0, moments={})
    for _ in range(RAMP):
        last = moved(network, optimiser)
    assert last == pytest.approx([-0.1, 0.1], rel=1e-3)


def test_an_optimiser_goes_on_from_its_moments(network):
    first = Optimiser(network, rate=0.1, every=0, moments={})
    for _ in range(RAMP * 4):
        expected = moved(network, first)
    second = Optimiser(network, rate=0.1, every=0, moments=first.moments())
    assert moved(network, second) == pytest.approx(expected, rel=0.02)


def test_lazy_regularisation_shortens_the_steps(network):
    optimiser = Optimiser(network, rate=0.1, every=4, moments={})
    assert moved(network, optimiser) == pytest.approx([-0.08 / RAMP, 0.08 / RAMP], rel=1e-3)


def test_a_bad_gradient_does_not_spread(network):
    optimiser = Optimiser(network, rate=0.1, every=0, moments={})
    optimiser.step(network(torch.tensor([float("nan"), 1.0])).sum())
    assert network.weight.isfinite().all()


def test_parameters_that_are_not_used_stay(network):
    pair = nn.ModuleList([network, nn.Linear(2, 1)])
    optimiser = Optimiser(pair, rate=0.1, every=0, moments={})
    before = pair[1].weight.detach().clone()
    optimiser.step(pair[0](torch.ones(2)).sum())
    assert torch.equal(pair[1].weight, before)
    assert set(optimiser.moments()) == {"0.weight"}
