import math

import pytest
import torch

from checkpoints.avatars import losses


def test_an_undecided_discriminator_costs_log_2_a_side():
    logits = torch.zeros(4)
    assert losses.generator_loss(logits).item() == pytest.approx(math.log(2))
    assert losses.discriminator_loss(logits, logits).item() == pytest.approx(2 * math.log(2))


def test_each_side_wins_where_the_other_is_fooled():
    high, low = torch.full([4], 20.0), torch.full([4], -20.0)
    assert losses.discriminator_loss(high, low) < 1e-6
    assert losses.generator_loss(high) < 1e-6
    assert losses.generator_loss(low).item() == pytest.approx(20.0)


def test_r1_of_a_linear_discriminator_is_its_squared_slope():
    real = torch.rand(4, 3, 2, 2).requires_grad_()
    slope = torch.arange(12.0).reshape(3, 2, 2)
    logits = (real * slope).sum((1, 2, 3))
    assert losses.r1_penalty(logits, real).item() == slope.square().sum().item()


def test_path_lengths_of_a_linear_generator_are_its_scale():
    random = torch.Generator().manual_seed(0)
    w = torch.rand(64, 1, 3 * 8 * 8).requires_grad_()
    image = 5.0 * w.reshape(64, 3, 8, 8)
    # The random picture has as much length as its channels have, and 64 pixels divide by 8.
    expected = 5.0 * math.sqrt(3)
    assert losses.path_lengths(image, w, random).mean().item() == pytest.approx(expected, rel=0.03)
