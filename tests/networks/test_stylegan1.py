import pytest
import torch
import torch.nn.functional as F

from explorer.networks.ops import blur_2d, filter_2d
from tests.networks.builders import some_w, tiny_stylegan1


@pytest.fixture(scope="module")
def generator():
    return tiny_stylegan1()


@pytest.fixture(scope="module")
def w(generator):
    return some_w(generator)


def test_the_layers_are_two_for_each_resolution(generator):
    names = ["b4.conv0", "b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1"]
    assert [layer.name for layer in generator.layers] == names
    assert [layer.resolution[0] for layer in generator.layers] == [4, 4, 8, 8, 16, 16]
    assert all(layer.has_noise for layer in generator.layers)
    assert [layer.group for layer in generator.layers] == ["coarse"] * 4 + ["middle"] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"image_channels": 1},
        {"image_channels": 4},
        {"base": (4, 2)},
        {"base": (3, 5)},
        {"channels": (5,)},
        {"noise": False},
        {"blur": False},
        {"activation": "relu", "mapping_activation": "relu"},
    ],
    ids=str,
)
def test_any_sizes_draw(changes):
    generator = tiny_stylegan1(**changes)
    image = generator.synthesis(generator.mapping(torch.ones(1, 8)))
    assert image.shape == (1, changes.get("image_channels", 3), *generator.resolution)
    assert image.isfinite().all()


def test_size_is_ignored_as_there_is_no_running_picture(generator, w):
    assert torch.equal(generator.synthesis(w, size=4), generator.synthesis(w))


def test_the_order_of_bias_and_blur_matters_at_the_border(generator, w):
    other = tiny_stylegan1(bias_before_blur=True)
    assert not torch.equal(other.synthesis(w), generator.synthesis(w))


def test_blurring_is_the_filter_1_2_1():
    x = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    expected = filter_2d(x, torch.tensor([0.25, 0.5, 0.25]), (1, 1))
    torch.testing.assert_close(blur_2d(x), expected)


def test_a_layer_is_what_the_paper_says(generator, w):
    """Karras 2019, Equation 1, step by step, for the first layer and the last step to RGB."""
    tiny = tiny_stylegan1(channels=(8,))
    t = tiny.tensors()
    w = w[:1, :2]
    x = t["synthesis.b4.const"][None]
    for index in (0, 1):
        name = f"synthesis.b4.conv{index}"
        if index:
            x = F.conv2d(x, t[f"{name}.weight"] * (2 / (9 * 8)) ** 0.5, padding=1)
        x = x + t[f"{name}.noise_const"] * t[f"{name}.noise_weight"][:, None, None]
        x = F.leaky_relu(x + t[f"{name}.bias"][:, None, None], 0.2)
        x = x - x.mean((2, 3), keepdim=True)
        x = x / (x.square().mean((2, 3), keepdim=True) + 1e-8).sqrt()
        style = w[:, index] @ t[f"{name}.style.weight"].T / 6**0.5 + t[f"{name}.style.bias"]
        x = x * (1 + style[:, :8, None, None]) + style[:, 8:, None, None]
    rgb = F.conv2d(x, t["synthesis.b4.torgb.weight"] / 8**0.5, t["synthesis.b4.torgb.bias"])
    torch.testing.assert_close(tiny.synthesis(w), rgb, atol=1e-5, rtol=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_gpu_draws_the_same(generator, w):
    image = tiny_stylegan1().to(torch.device("cuda")).synthesis(w.cuda())
    torch.testing.assert_close(image.cpu(), generator.synthesis(w), atol=1e-2, rtol=1e-2)
