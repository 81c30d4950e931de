"""The layers that generators are made of."""

import pytest
import torch

from explorer.networks.ops import filter_2d, filter_in_sums, scaled, taps_of

TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
LOPSIDED = torch.tensor([0.5, 0.25, 0.125])


def numbers(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("taps", [TAPS, LOPSIDED])
def test_sums_of_shifted_images_are_the_convolution(taps):
    x = numbers(2, 3, 12, 9)
    torch.testing.assert_close(filter_in_sums(x, taps), filter_2d(x, taps, (0, 0)))


def test_an_image_of_one_point_shows_the_filter_turned_by_half():
    point = torch.zeros(1, 1, 5, 5)
    point[0, 0, 2, 2] = 1.0
    seen = filter_in_sums(point, LOPSIDED)
    torch.testing.assert_close(seen[0, 0], torch.outer(LOPSIDED, LOPSIDED))


def test_a_gain_of_one_is_no_work():
    x = numbers(3)
    assert scaled(x, 1.0) is x
    assert torch.equal(scaled(x, 2.0), x + x)


def test_a_filter_that_is_a_product_is_known_by_its_taps():
    assert taps_of(TAPS) is TAPS
    torch.testing.assert_close(taps_of(torch.outer(TAPS, TAPS)), TAPS)
    torch.testing.assert_close(taps_of(3.0 * torch.outer(LOPSIDED, LOPSIDED)), 3.0**0.5 * LOPSIDED)


@pytest.mark.parametrize(
    "kernel", [torch.eye(4), torch.outer(TAPS, TAPS.roll(1)), torch.zeros(4, 4) - 1.0]
)
def test_another_filter_has_none(kernel):
    assert len(taps_of(kernel)) == 0
