"""Convolutions whose kernels lie as oneDNN reads them."""

import pytest
import torch
import torch.nn.functional as F

from explorer.networks import packed
from explorer.networks.packed import doubling, packs, plain
from tests.networks.test_modulated import layer

needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN"
)
SIZE = (5, 7)


def numbers(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def innermost(x):
    return x.contiguous(memory_format=torch.channels_last)


@needs_onednn
@pytest.mark.parametrize("batch", [1, 3])
def test_a_packed_kernel_convolves_as_it_did(batch):
    kernel, x = numbers(8, 6, 3, 3), innermost(numbers(batch, 6, *SIZE))
    torch.testing.assert_close(plain(kernel, SIZE)(x), F.conv2d(x, kernel, padding=1))


@needs_onednn
@pytest.mark.parametrize("batch", [1, 3])
def test_four_plain_convolutions_are_the_transposed_one(batch):
    kernel, x = numbers(6, 8, 3, 3), innermost(numbers(batch, 6, *SIZE))
    doubled = doubling(kernel, SIZE)(x)
    torch.testing.assert_close(doubled, F.conv_transpose2d(x, kernel, stride=2))
    assert doubled.is_contiguous(memory_format=torch.channels_last)


def test_only_bfloat16_is_packed_and_only_where_the_processor_multiplies_matrices(monkeypatch):
    x = torch.zeros(1)
    for has_matrices in (False, True):
        monkeypatch.setattr(packed, "_has_matrices", lambda found=has_matrices: found)
        assert packs(x.to(torch.bfloat16)) == has_matrices
        assert not packs(x)
        assert not packs(x.to(torch.float16))


@needs_onednn
@pytest.mark.parametrize("side", [2, 40])
@pytest.mark.parametrize("up", [False, True])
def test_a_layer_draws_nearly_the_same_packed(monkeypatch, up, side):
    x, w = innermost(numbers(1, 6, side, side)).to(torch.bfloat16), numbers(1, 4)
    drawn = []
    for has_matrices in (False, True):
        monkeypatch.setattr(packed, "_has_matrices", lambda found=has_matrices: found)
        drawn.append(layer(up=up)(x, w).float())
    assert (drawn[0] - drawn[1]).abs().mean() < 0.01 * drawn[0].std()
