import pytest
import torch

from explorer.networks import Noise, shape_at
from explorer.networks.modulated import ModulatedConv
from explorer.networks.noise import NoiseMaps, NoiseSource
from explorer.networks.ops import ACTIVATIONS
from tests.networks.builders import some_w, tiny_generator


@pytest.fixture(scope="module")
def generator():
    return tiny_generator()


@pytest.fixture(scope="module")
def w(generator):
    return some_w(generator)


def test_the_last_w_feeds_the_last_torgb_alone(generator):
    assert [layer.name for layer in generator.layers][:2] == ["b4.conv1", "b8.conv0"]
    assert [layer.has_noise for layer in generator.layers] == [True] * 5 + [False]
    assert [layer.group for layer in generator.layers] == ["coarse"] * 3 + ["middle"] * 3


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


@pytest.mark.parametrize("base", [(4, 4), (4, 2), (7, 5)])
def test_every_resolution_but_the_last_is_a_stop_whatever_the_sides(w, base):
    generator = tiny_generator(base=base)
    assert generator.stops == (4, 8)
    for index, size in enumerate(generator.stops):
        shape = (base[0] << index, base[1] << index)
        assert shape_at(generator.resolution, generator.stops, size) == shape
        assert generator.synthesis(w, size=size).shape[2:] == shape


@pytest.mark.parametrize("architecture", ["resnet", "orig"])
def test_without_a_running_picture_there_is_no_stop(architecture):
    assert tiny_generator(architecture=architecture).stops == ()


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


def test_clamp_limits_the_picture_of_the_last_block(w):
    image = tiny_generator(architecture="orig", clamp=0.5).synthesis(w)
    assert image.abs().max() <= 0.5


@pytest.mark.parametrize("activation", ["relu", "swish", "tanh"])
def test_a_gain_that_may_not_come_first_comes_last(w, activation):
    """f(a x) = a f(x) holds for some activations alone."""
    generator = tiny_generator(activation=activation)
    conv = generator.get_submodule("_synthesis.b4.conv1")
    function, gain = ACTIVATIONS[activation]
    source = NoiseSource(Noise("none"), (1.0,), NoiseMaps())
    x = torch.ones(1, 8, 4, 4)
    expected = function(ModulatedConv.forward(conv, x, w[:1, 0])) * gain
    torch.testing.assert_close(conv(x, w[:1, 0], source), expected)


def test_float16_is_for_cuda_alone(w):
    half, full = (tiny_generator(fp16_blocks=blocks, clamp=256.0) for blocks in (2, 0))
    assert torch.equal(half.synthesis(w), full.synthesis(w))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("blocks", [0, 2])
def test_every_precision_on_cuda_draws_nearly_what_float32_draws_on_the_cpu(w, blocks):
    generator = tiny_generator(fp16_blocks=blocks, clamp=256.0)
    expected = generator.synthesis(w)
    there = generator.to(torch.device("cuda"))
    assert set(there.precisions) == {"float16", "float32", "bfloat16"}
    assert there.precisions[0] == ("float16" if blocks else "float32")
    for precision in there.precisions:
        apart = (there.synthesis(w.cuda(), precision=precision).cpu() - expected).abs().mean()
        assert apart < (1e-4 if precision == "float32" else 0.02) * expected.std()
