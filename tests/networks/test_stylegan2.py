import pytest
import torch

from explorer.errors import LatentError
from explorer.networks import Noise
from tests.networks.builders import tiny_generator

NOISY = 5  # layers of the tiny generator that add noise


@pytest.fixture(scope="module")
def generator():
    return tiny_generator()


@pytest.fixture(scope="module")
def w(generator):
    z = torch.randn(3, generator.z_dim, generator=torch.Generator().manual_seed(7))
    return generator.mapping(z)


def test_the_contract_describes_the_network(generator, w):
    image = generator.synthesis(w)
    assert image.shape == (3, generator.image_channels, *generator.resolution)
    assert w.shape == (3, generator.num_ws, generator.w_dim)
    assert len(generator.layers) == generator.num_ws
    assert [layer.name for layer in generator.layers][:2] == ["b4.conv1", "b8.conv0"]
    assert [layer.has_noise for layer in generator.layers] == [True] * NOISY + [False]
    assert [layer.group for layer in generator.layers] == ["coarse"] * 3 + ["middle"] * 3


@pytest.mark.parametrize("mode", ["const", "random", "none"])
def test_a_picture_does_not_depend_on_its_batch(generator, w, mode):
    noise = Noise(mode, seed=3)
    single = torch.cat([generator.synthesis(one[None], noise) for one in w])
    torch.testing.assert_close(generator.synthesis(w, noise), single, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize(
    "changes", [{"image_channels": 1}, {"image_channels": 4}, {"base": (4, 2)}]
)
def test_any_architecture_draws_any_channels_and_sides(architecture, changes):
    generator = tiny_generator(architecture=architecture, **changes)
    image = generator.synthesis(generator.mapping(torch.ones(1, 8)))
    height, width = changes.get("base", (4, 4))
    assert image.shape == (1, changes.get("image_channels", 3), 4 * height, 4 * width)
    assert image.isfinite().all()


def test_size_stops_early_at_that_resolution(generator, w):
    shapes = {size: generator.synthesis(w, size=size).shape[-1] for size in (4, 8, 16, 99)}
    assert shapes == {4: 4, 8: 8, 16: 16, 99: 16}


def test_size_is_ignored_where_there_is_no_running_picture(w):
    assert tiny_generator(architecture="resnet").synthesis(w, size=4).shape[-1] == 16


@pytest.mark.parametrize("taps", [2, 3, 4, 6, 8, 12])
def test_a_filter_of_one_axis_equals_its_outer_product(taps, w):
    pictures = [
        tiny_generator(architecture="resnet", filter_shape=shape).synthesis(w, Noise("none"))
        for shape in ((taps,), (taps, taps))
    ]
    assert pictures[0].shape[-1] == 16
    torch.testing.assert_close(*pictures, atol=1e-4, rtol=1e-4)


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
    generator = tiny_generator(noise=False)
    assert not any(layer.has_noise for layer in generator.layers)
    const, random = (generator.synthesis(w, Noise(mode)) for mode in ("const", "random"))
    assert torch.equal(const, random)


def test_the_wrong_number_of_strengths_says_how_many_there_are(generator, w):
    with pytest.raises(LatentError, match="2 strengths, this model has 5 noisy layers"):
        generator.synthesis(w, Noise("const", strength=(1.0, 1.0)))


@pytest.mark.parametrize("shape", [(6,), (1, 5, 6), (1, 6, 7), (6, 6)])
def test_a_w_of_the_wrong_shape_says_which_is_right(generator, shape):
    with pytest.raises(LatentError, match=r"Expected w of shape \[N, 6, 6\]"):
        generator.synthesis(torch.zeros(shape))


@pytest.mark.parametrize("label", [None, torch.ones(1, 4), torch.ones(2, 5)])
def test_a_conditional_network_without_its_label_says_so(label):
    generator = tiny_generator(c_dim=5, embed=6)
    with pytest.raises(LatentError, match=r"needs a label \[N, 5\]"):
        generator.mapping(torch.zeros(1, 8), label)


def test_two_classes_give_two_w():
    generator = tiny_generator(c_dim=5, embed=6)
    first, second = generator.mapping(torch.ones(2, 8), torch.eye(5)[:2])
    assert not torch.equal(first, second)


def test_clamp_limits_the_picture_of_the_last_block(w):
    image = tiny_generator(architecture="orig", clamp=0.5).synthesis(w)
    assert image.abs().max() <= 0.5


def test_drawing_changes_no_argument(generator, w):
    before = w.clone()
    generator.synthesis(w, Noise("random", seed=1))
    assert torch.equal(w, before)


def test_half_precision_is_for_cuda_alone(w):
    half, full = (tiny_generator(fp16_blocks=blocks, clamp=256.0) for blocks in (2, 0))
    assert torch.equal(half.synthesis(w), full.synthesis(w))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_half_precision_on_cuda_draws_nearly_the_same(w):
    half, full = (
        tiny_generator(fp16_blocks=blocks, clamp=256.0).to(torch.device("cuda")).synthesis(w.cuda())
        for blocks in (2, 0)
    )
    assert not torch.equal(half, full)
    assert (half - full).abs().mean() < 0.02 * full.std()
