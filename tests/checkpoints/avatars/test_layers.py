import pytest
import torch
import torch.nn.functional as F

from checkpoints.avatars.layers import Conv, Dense, ModulatedConv, blur, double, fir_filter
from explorer.networks.ops import filter_2d, upsample_2d


@pytest.fixture
def x(random):
    return torch.randn(2, 3, 8, 8, generator=random)


def test_blur_is_the_resampling_filter(x):
    torch.testing.assert_close(blur(x, pad=2, gain=3.0), filter_2d(x, fir_filter(), (2, 2), 9.0))


def test_double_is_what_the_explorer_draws_with(x):
    torch.testing.assert_close(double(x, fir_filter()), upsample_2d(x, fir_filter()))


@pytest.mark.parametrize("kernel", [1, 3])
def test_down_filters_convolves_and_takes_every_second(x, random, kernel):
    layer = Conv((3, 4), kernel, random, down=True, bias=False)
    edge = kernel // 2
    blurred = filter_2d(x, fir_filter(), (edge + 1, edge + 1))
    expected = F.conv2d(blurred, layer.weight * layer.weight_gain, stride=2)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("make", ["down", "up"])
def test_folded_and_separate_filters_agree(x, random, make):
    if make == "down":
        layer = Conv((3, 4), 3, random, down=True)
        separate, folded = layer(x), layer(x.bfloat16())
    else:
        layer = ModulatedConv((3, 4), 5, random, up=True)
        w = torch.randn(2, 5, generator=random)
        separate, folded = layer(x, w), layer(x.bfloat16(), w)
    assert folded.dtype == torch.bfloat16
    assert folded.shape == separate.shape
    # bfloat16 has 8 bits.
    assert (folded.float() - separate).abs().max() < 0.03 * separate.abs().max()


@torch.no_grad()
def test_equalised_layers_keep_the_variance(random):
    x = torch.randn(512, 64, generator=random)
    assert Dense(64, 64, random, lr_multiplier=0.01)(x).std() == pytest.approx(1, abs=0.1)
    image = torch.randn(16, 32, 8, 8, generator=random)
    # A frame of zeros around the picture takes a little.
    assert 0.8 < Conv((32, 32), 3, random, bias=False)(image).std() < 1.05


def test_a_demodulated_convolution_forgets_how_strong_its_style_is(x, random):
    layer = ModulatedConv((3, 4), 5, random)
    torch.nn.init.zeros_(layer.affine.bias)
    w = torch.randn(2, 5, generator=random)
    torch.testing.assert_close(layer(x, 10 * w), layer(x, w), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_a_slower_layer_starts_as_the_others_and_moves_less(random):
    slow = Dense(4, 4, random, bias=1.0, lr_multiplier=0.01)
    before = slow(torch.zeros(1, 4))
    torch.testing.assert_close(before, torch.ones(1, 4))
    slow.bias += 1.0
    torch.testing.assert_close(slow(torch.zeros(1, 4)), before + 0.01)
