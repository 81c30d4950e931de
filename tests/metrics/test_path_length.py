"""Path lengths, against linear generators whose lengths are known."""

import math

import numpy as np
import pytest
import torch

from explorer.errors import ExplorerError
from explorer.metrics.path_length import path_length, speeds, steps


def zs(seed, count=50, size=6):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def as_w(z):
    return z[:, None]


def test_the_length_of_a_line_in_w_is_that_of_the_linear_map():
    matrix = zs(9, 6, 4)
    ends = zs(0), zs(1)
    near, far = steps(as_w, ends, torch.linspace(0, 1, 50), "w")
    expected = ((ends[1] - ends[0]) @ matrix).square().sum(1).numpy()
    assert speeds(near @ matrix, far @ matrix) == pytest.approx(expected, rel=0.02)


def test_the_mean_over_random_ends_is_twice_the_squared_size_of_the_linear_map():
    """E |A (b - a)|^2 = 2 |A|^2 for unit Gaussians a and b."""
    matrix = zs(9, 6, 4)
    near, far = steps(
        as_w,
        (zs(0, 40_000), zs(1, 40_000)),
        torch.rand(40_000, generator=torch.Generator().manual_seed(2)),
        "w",
    )
    found = speeds(near @ matrix, far @ matrix).mean()
    assert found == pytest.approx(2 * matrix.square().sum().item(), rel=0.03)


def test_a_step_in_z_follows_the_arc():
    """Between ends of length r at an angle the speed is r times the angle, everywhere."""
    angle, radius = 1.2, 3.0
    a = torch.tensor([[radius, 0.0]]).expand(5, -1)
    b = torch.tensor([[math.cos(angle), math.sin(angle)]]).expand(5, -1) * radius
    near, far = steps(as_w, (a, b), torch.linspace(0, 0.9, 5), "z")
    assert near.norm(dim=-1).flatten().tolist() == pytest.approx([radius] * 5)
    assert speeds(near, far) == pytest.approx((radius * angle) ** 2, rel=0.02)


def test_at_the_end_the_path_begins_where_it_begins():
    ends = zs(0), zs(1)
    for space in ("z", "w"):
        near, _ = steps(as_w, ends, torch.zeros(50), space)
        assert near[:, 0].allclose(ends[0], atol=1e-6)


def test_the_shortest_and_the_longest_hundredth_do_not_count():
    lengths = np.concatenate([np.full(198, 5.0), [1e9, -1e9]])
    found = path_length(lengths)
    assert (found.mean, found.samples) == (5.0, 200)


def test_the_interval_holds_the_mean_as_often_as_it_says():
    held = 0
    for seed in range(100):
        found = path_length(np.random.default_rng(seed).normal(3, 1, 400), seed)
        held += found.low <= 3 <= found.high
    assert 88 <= held <= 99


def test_no_paths_have_no_length():
    with pytest.raises(ExplorerError, match="1 paths"):
        path_length(np.ones(1))
