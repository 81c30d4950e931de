import pytest
import torch
import torch.nn.functional as F

from explorer.errors import LatentError
from explorer.networks import Noise
from explorer.networks.ops import blur_2d, filter_2d
from tests.networks.builders import tiny_stylegan1

NOISY = 6  # layers of the tiny generator, all of which add noise


@pytest.fixture(scope="module")
def generator():
    return tiny_stylegan1()


@pytest.fixture(scope="module")
def w(generator):
    z = torch.randn(3, generator.z_dim, generator=torch.Generator().manual_seed(7))
    return generator.mapping(z)


def test_the_contract_describes_the_network(generator, w):
    image = generator.synthesis(w)
    assert image.shape == (3, generator.image_channels, *generator.resolution)
    assert w.shape == (3, generator.num_ws, generator.w_dim)
    assert generator.family == "stylegan1"
    assert generator.precision == "float32"
    names = ["b4.conv0", "b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1"]
    assert [layer.name for layer in generator.layers] == names
    assert [layer.resolution[0] for layer in generator.layers] == [4, 4, 8, 8, 16, 16]
    assert all(layer.has_noise for layer in generator.layers)
    assert [layer.group for layer in generator.layers] == ["coarse"] * 4 + ["middle"] * 2


@pytest.mark.parametrize("mode", ["const", "random", "none"])
def test_a_picture_does_not_depend_on_its_batch(generator, w, mode):
    noise = Noise(mode, seed=3)
    single = torch.cat([generator.synthesis(one[None], noise) for one in w])
    torch.testing.assert_close(generator.synthesis(w, noise), single, atol=1e-5, rtol=1e-5)


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


def test_every_w_styles_a_layer(generator, w):
    image = generator.synthesis(w[:1])
    for index in range(generator.num_ws):
        other = w[:1].clone()
        other[:, index] = w[1, index]
        assert not torch.equal(generator.synthesis(other), image)


def test_random_noise_depends_on_the_seed_alone(generator, w):
    first, again, other = (generator.synthesis(w, Noise("random", seed=s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_strength_0_is_no_noise_and_strength_1_is_as_trained(generator, w):
    none = generator.synthesis(w, Noise("none"))
    assert torch.equal(generator.synthesis(w, Noise("const", strength=0.0)), none)
    trained = generator.synthesis(w, Noise("const"))
    assert torch.equal(generator.synthesis(w, Noise("const", strength=1.0)), trained)


@pytest.mark.parametrize("index", range(NOISY))
def test_every_noisy_layer_has_its_own_strength(generator, w, index):
    none = generator.synthesis(w, Noise("none"))
    strength = tuple(float(layer == index) for layer in range(NOISY))
    assert not torch.equal(generator.synthesis(w, Noise("const", strength=strength)), none)


def test_a_network_without_noise_draws_the_same_in_every_mode(w):
    generator = tiny_stylegan1(noise=False)
    assert not any(layer.has_noise for layer in generator.layers)
    const, random = (generator.synthesis(w, Noise(mode)) for mode in ("const", "random"))
    assert torch.equal(const, random)


def test_the_wrong_number_of_strengths_says_how_many_there_are(generator, w):
    with pytest.raises(LatentError, match="2 strengths, this model has 6 noisy layers"):
        generator.synthesis(w, Noise("const", strength=(1.0, 1.0)))


def test_a_w_of_the_wrong_shape_says_which_is_right(generator):
    with pytest.raises(LatentError, match=r"Expected w of shape \[N, 6, 6\]"):
        generator.synthesis(torch.zeros(1, 5, 6))


@pytest.mark.parametrize("mode", ["concat_then_norm", "norm_then_concat"])
def test_two_classes_give_two_w(mode):
    generator = tiny_stylegan1(c_dim=5, embed=8, label_mode=mode)
    first, second = generator.mapping(torch.ones(2, 8), torch.eye(5)[:2])
    assert not torch.equal(first, second)
    with pytest.raises(LatentError, match=r"needs a label \[N, 5\]"):
        generator.mapping(torch.ones(1, 8))


def test_the_order_of_bias_and_blur_matters_at_the_border(generator, w):
    other = tiny_stylegan1(bias_before_blur=True)
    assert not torch.equal(other.synthesis(w), generator.synthesis(w))


def test_blurring_is_the_filter_1_2_1():
    x = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    expected = filter_2d(x, torch.tensor([0.25, 0.5, 0.25]), (1, 1))
    torch.testing.assert_close(blur_2d(x), expected)


def test_drawing_changes_no_argument_and_no_weight(generator, w):
    before = w.clone()
    first = generator.synthesis(w, Noise("random", seed=1))
    assert torch.equal(generator.synthesis(w, Noise("random", seed=1)), first)
    assert torch.equal(w, before)


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
