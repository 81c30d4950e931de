"""The filtered nonlinearity, against filling in zeros, for any factors, filters and paddings."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.reference_stylegan3 import filtered_lrelu
from explorer.networks.filtered import FilteredActivation, Resampling, taps
from explorer.networks.stylegan3 import Stage


def assert_equals_filling_in_zeros(resampling, side):
    random = torch.Generator().manual_seed(side)
    up, down = (
        torch.randn(shape, generator=random).div_(shape[0])
        for shape in (resampling.up_filter, resampling.down_filter)
    )
    module = FilteredActivation(resampling, 0.5)
    module.fill(side, up, down)
    x = torch.randn(2, 3, side, side, generator=random)
    gain, bias = torch.rand(2, 3, generator=random), torch.randn(2, 3, generator=random)
    stage = Stage(resampling.side(side), 3, 3, resampling)
    moved = x * gain[..., None, None] + bias[..., None, None]
    expected = filtered_lrelu(moved, stage, {"up_filter": up, "down_filter": down}, 0.5)
    found = module(x, gain, bias)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.integers(1, 8),
    st.integers(1, 4),
    st.tuples(st.integers(1, 24), st.integers(1, 16)),
    st.tuples(st.integers(-12, 60), st.integers(-12, 200)),
    st.integers(1, 40),
)
def test_any_factors_filters_and_paddings_equal_filling_in_zeros(up, down, sizes, padding, side):
    resampling = Resampling(up, down, sizes[:1], sizes[1:], padding)
    assume(side * up + min(padding[0], 0) + min(padding[1], 0) > 0)
    assume(resampling.high(side) >= taps(resampling.down_filter))
    assert_equals_filling_in_zeros(resampling, side)


@pytest.mark.parametrize("up", [3, 5, 6, 7])
def test_a_factor_that_does_not_divide_a_block_is_right_too(up):
    assert_equals_filling_in_zeros(Resampling(up, 2, (6 * up,), (12,), (9, 8)), 40)


def test_a_block_that_lies_in_the_padding_alone_is_zero():
    assert_equals_filling_in_zeros(Resampling(2, 2, (12,), (12,), (0, 300)), 20)
