from dataclasses import replace

import pytest
import torch

from benchmarks.design_stylegan3 import Design, config, generator
from benchmarks.reference_stylegan3 import draw
from explorer.errors import LatentError
from explorer.formats import load
from explorer.networks import Noise
from explorer.networks.stylegan3 import StyleGAN3
from tests.networks import golden
from tests.networks.builders import TINY3, XL, some_w, tiny_stylegan3

NAMES = {
    ("T", 1024): (Design(1024, 32768, 512), "L6_148_512 L7_276_323 L8_276_203 L12_1044_32"),
    ("R", 1024): (Design(1024, 65536, 1024, radial=True), "L7_276_645 L9_532_256 L11_1044_102"),
    ("T", 512): (Design(512, 32768, 512), "L5_84_512 L7_148_483 L11_532_96 L13_512_64"),
    ("T", 256): (Design(256, 16384, 512), "L3_52_512 L7_148_362 L9_148_181 L14_256_3"),
    ("R", 256): (Design(256, 32768, 1024, radial=True), "L6_84_1024 L9_148_362 L13_256_128"),
}


@pytest.fixture(scope="module", params=golden.STYLEGAN3)
def reference(request):
    """(generator, reference arrays) of one golden file."""
    return load(golden.checkpoint(request.param)), golden.arrays(request.param)


@pytest.fixture(scope="module")
def tiny():
    return tiny_stylegan3()


@pytest.fixture(scope="module")
def w(tiny):
    return some_w(tiny)


def test_the_mapping_gives_the_reference_w(reference):
    network, arrays = reference
    torch.testing.assert_close(network.mapping(arrays["z"]), arrays["ws"], atol=3e-5, rtol=3e-5)
    torch.testing.assert_close(network.w_avg, arrays["w_avg"], atol=3e-5, rtol=3e-5)


@pytest.mark.parametrize(
    "w, transform, image",
    [
        ("ws", None, "img_none"),
        ("ws", None, "img_const"),
        ("ws_trunc", None, "img_trunc"),
        ("mixed", None, "img_mix"),
        ("ws", "transform", "img_transform"),
        ("ws", "transform_zoom", "img_transform_zoom"),
    ],
)
def test_the_synthesis_draws_the_reference_picture(reference, w, transform, image):
    network, arrays = reference
    index = arrays["mix_index"].item()
    arrays["mixed"] = torch.cat([arrays["ws"][:1, :index], arrays["ws"][1:, index:]], dim=1)
    matrix = None if transform is None else arrays[transform]
    drawn = network.synthesis(arrays[w], transform=matrix)
    torch.testing.assert_close(drawn, arrays[image], atol=1e-4, rtol=0)


@pytest.mark.parametrize("radial", [False, True], ids=["T", "R"])
@pytest.mark.parametrize("changes", [{}, {"clamp": None}, {"clamp": 0.5}], ids=str)
def test_it_equals_filling_in_zeros_and_filtering_at_full_rate(radial, changes):
    network = generator(replace(TINY3, radial=radial), **changes)
    w = network.mapping(torch.randn(2, 16, generator=torch.Generator().manual_seed(1)))
    torch.testing.assert_close(network.synthesis(w), draw(network, w), atol=1e-4, rtol=0)


@pytest.mark.parametrize("radial", [False, True], ids=["T", "R"])
def test_the_filters_are_those_that_are_stored_whatever_they_are(radial, w):
    network = generator(replace(TINY3, radial=radial))
    designed, random = network.synthesis(w), torch.Generator().manual_seed(2)
    network.fill(
        {
            name: torch.rand(tensor.shape, generator=random) / tensor.numel()
            if name.endswith("_filter")
            else tensor
            for name, tensor in network.tensors().items()
        }
    )
    drawn = network.synthesis(w)
    assert (drawn - designed).abs().max() > 0.01
    torch.testing.assert_close(drawn, draw(network, w), atol=1e-4, rtol=0)


@pytest.mark.parametrize("design, names", NAMES.values(), ids=str)
def test_the_layers_of_the_published_sizes_have_their_published_names(design, names):
    with torch.device("meta"):
        network = StyleGAN3(config(replace(design, latents=4)))
    assert network.num_ws == 16
    assert set(names.split()) <= {layer.name for layer in network.layers}


def test_the_input_is_a_layer_and_none_has_noise(tiny):
    assert tiny.resolution == (32, 32)
    assert tiny.num_ws == 16
    assert [layer.name for layer in tiny.layers[:2]] == ["input", "L0_36_12"]
    assert not any(layer.has_noise for layer in tiny.layers)


def test_the_first_eight_w_are_coarse_and_the_others_fine(tiny):
    assert [layer.group for layer in tiny.layers] == ["coarse"] * 8 + ["fine"] * 8


def test_other_depths_are_grouped_by_halves():
    groups = [layer.group for layer in generator(replace(TINY3, layers=9)).layers]
    assert groups == ["coarse"] * 5 + ["fine"] * 6


@pytest.mark.parametrize("option", [{"noise": Noise("random", seed=3)}, {"size": 8}], ids=str)
def test_noise_and_size_have_no_effect(tiny, w, option):
    assert torch.equal(tiny.synthesis(w, **option), tiny.synthesis(w))


def test_the_identity_is_the_same_as_no_transform(tiny, w):
    assert torch.equal(tiny.synthesis(w, transform=torch.eye(3)), tiny.synthesis(w))


def test_the_transform_of_the_input_moves_the_picture(tiny, w):
    """By whole pixels, the picture moves along; the borders show what was outside before."""
    pixels = 4
    matrix = torch.eye(3)
    matrix[0, 2] = pixels / 32  # the inverse: content moves to the left
    moved, still = tiny.synthesis(w, transform=matrix), tiny.synthesis(w)
    inner = slice(12, 20)
    shifted = still[:, :, inner, 12 + pixels : 20 + pixels]
    error = (moved[:, :, inner, inner] - shifted).abs().mean()
    assert error < 0.3 * (moved - still)[:, :, inner, inner].abs().mean()


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 3, 3)])
def test_a_transform_of_the_wrong_shape_says_which_is_right(tiny, w, shape):
    with pytest.raises(LatentError, match=r"Expected a transform of shape \[3, 3\], got"):
        tiny.synthesis(w, transform=torch.zeros(shape))


def test_styles_are_normalised_over_the_batch_and_pictures_hardly_depend_on_it(tiny, w):
    single = torch.cat([tiny.synthesis(one[None]) for one in w])
    torch.testing.assert_close(tiny.synthesis(w), single, atol=1e-3, rtol=0)


def test_each_class_of_stylegan_xl_has_its_mean():
    network = tiny_stylegan3(**XL)
    assert network.w_avg.shape == (3, 16)
    assert network.config.variant == "XL"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_gpu_draws_the_same(w):
    network = tiny_stylegan3()
    image = network.synthesis(w)
    on_gpu = network.to(torch.device("cuda")).synthesis(w.cuda()).cpu()
    torch.testing.assert_close(on_gpu, image, atol=5e-3, rtol=0)  # TF32
