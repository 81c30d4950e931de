import pytest
import torch

from benchmarks.design_stylegan2 import config, generator, gflop, some_w


@pytest.mark.parametrize(
    ("resolution", "expected"), [(128, 61), (256, 90), (512, 119), (1024, 149)]
)
def test_the_arithmetic_of_configuration_f_is_that_of_the_table(resolution, expected):
    assert round(gflop(config(resolution))) == expected


def test_the_arithmetic_of_one_block_is_its_convolution_and_torgb():
    assert gflop(config(4)) == 2 * 16 * (9 * 512 * 512 + 512 * 3) / 1e9


def test_configuration_f_has_the_published_widths():
    assert config(1024).channels == (512, 512, 512, 512, 512, 256, 128, 64, 32)


def test_the_random_network_has_the_statistics_of_a_new_one():
    tensors = generator(8, seed=1).tensors()
    assert tensors["synthesis.b8.conv0.affine.bias"].eq(1).all()
    assert tensors["mapping.w_avg"].eq(0).all()
    assert tensors["synthesis.b8.conv1.noise_strength"] == pytest.approx(0.1)
    assert tensors["synthesis.b8.conv1.weight"].std() == pytest.approx(1, abs=0.01)
    assert tensors["synthesis.b8.resample_filter"][1].tolist() == [3 / 64, 9 / 64, 9 / 64, 3 / 64]


def test_equal_seeds_make_equal_networks_and_equal_w():
    one, other, third = (generator(4, seed) for seed in (1, 1, 2))
    assert torch.equal(some_w(one, 5), some_w(other, 5))
    assert not torch.equal(some_w(one, 5), some_w(third, 5))
    assert not torch.equal(some_w(one, 5), some_w(one, 6))
