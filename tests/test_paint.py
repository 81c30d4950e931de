"""From a recipe to pixels: the steps, their order, and what a recipe may ask of a network."""

from itertools import permutations

import numpy as np
import pytest
import torch

from explorer.errors import LatentError
from explorer.latents import sample_z
from explorer.networks import Noise
from explorer.paint import CHECK, noise_of, paint
from explorer.previews import View
from explorer.recipe import Mix, NoiseChoice, Point, Recipe
from tests.networks.builders import tiny_generator
from tests.recipes import WORKED, latent, to_pixels, walk


def test_the_default_recipe_is_the_picture_of_nvidias_tools(tiny):
    z = torch.from_numpy(np.random.RandomState(0).randn(1, tiny.z_dim))
    image = tiny.synthesis(tiny.mapping(z.float()))[0]
    expected = (image * 127.5 + 128).clamp(0, 255).to(torch.uint8).permute(1, 2, 0)
    assert np.array_equal(paint(tiny, Recipe()), expected.numpy())


def test_the_steps_come_in_the_order_of_the_architecture(tiny):
    def clipped(z):
        normal = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), 1.0)
        low = normal.cdf(torch.tensor(-1.5, dtype=torch.float64))
        return normal.icdf(low + normal.cdf(z.double()) * (1 - 2 * low)).float()

    def truncated(w):
        cut = w.clone()
        cut[:, :4] = tiny.w_avg + 0.6 * (w[:, :4] - tiny.w_avg)
        return cut

    a, b, source = (clipped(sample_z(seed, tiny.z_dim)) for seed in (3, 108, 5))
    angle = torch.cosine_similarity(a, b).acos()
    z = (
        torch.sin(0.7 * angle) * a / a.norm() + torch.sin(0.3 * angle) * b / b.norm()
    ) / angle.sin()
    z = z * (0.7 * a.norm() + 0.3 * b.norm())
    share = torch.tensor(WORKED.mix.weights)[:, None]
    w = (1 - share) * truncated(tiny.mapping(z)) + share * truncated(tiny.mapping(source))

    torch.testing.assert_close(latent(tiny, WORKED), w, atol=1e-5, rtol=1e-5)
    image = tiny.synthesis(w, Noise("random", 9, (1.0, 2.0, 0.5, 0.0, 4.0)))[0]
    drawn = paint(tiny, WORKED).astype(int)
    assert np.abs(drawn - to_pixels(image)).max() <= 1


@pytest.mark.parametrize("t, seed", [(0.0, 3), (1.0, 108)])
def test_every_path_begins_at_a_and_ends_at_b(tiny, t, seed):
    expected = latent(tiny, Recipe(a=Point(x=float(seed))))
    for space in ("z-slerp", "z-lerp", "w-lerp"):
        assert torch.equal(latent(tiny, walk(space, t=t)), expected)


def test_the_paths_differ_between_their_ends(tiny):
    ways = [latent(tiny, walk(space)) for space in ("z-slerp", "z-lerp", "w-lerp")]
    assert not any(torch.equal(one, other) for one, other in permutations(ways, 2))


def test_the_path_in_w_is_a_straight_line(tiny):
    ends = [latent(tiny, walk("w-lerp", t=t)) for t in (0.0, 1.0)]
    torch.testing.assert_close(latent(tiny, walk("w-lerp")), 0.7 * ends[0] + 0.3 * ends[1])


def test_the_straight_path_in_z_maps_the_line(tiny):
    z = 0.7 * sample_z(3, tiny.z_dim) + 0.3 * sample_z(108, tiny.z_dim)
    torch.testing.assert_close(latent(tiny, walk("z-lerp")), tiny.mapping(z))


def test_between_seeds_the_path_in_w_is_bilinear_in_w(tiny):
    point = Point(x=2.25, y=0.5)
    w = {seed: tiny.mapping(sample_z(seed, tiny.z_dim)) for seed in (2, 3, 102, 103)}
    expected = 0.375 * w[2] + 0.125 * w[3] + 0.375 * w[102] + 0.125 * w[103]
    torch.testing.assert_close(latent(tiny, walk("w-lerp", a=point, t=0.0)), expected)


@pytest.mark.parametrize("space", ["z-slerp", "z-lerp", "w-lerp"])
def test_dragging_over_a_seed_makes_no_jump(tiny, space):
    near, there = (Point(x=x, y=7.0) for x in (2.0 - 1e-6, 2.0))
    recipe = walk(space, clip=1.0, t=0.0)
    drawn = [latent(tiny, recipe.model_copy(update={"a": point})) for point in (near, there)]
    torch.testing.assert_close(*drawn, atol=1e-3, rtol=1e-3)


def test_psi_0_is_the_mean_picture_whatever_the_seed(tiny):
    pictures = [paint(tiny, Recipe(a=Point(x=x), psi=0.0)) for x in (1.0, 2.0)]
    assert np.array_equal(*pictures)


def test_a_mix_of_every_layer_is_the_other_picture(tiny):
    mixed = Recipe(a=Point(x=1.0), mix=Mix(source=Point(x=2.0), weights=(1.0,) * tiny.num_ws))
    assert np.array_equal(paint(tiny, mixed), paint(tiny, Recipe(a=Point(x=2.0))))


@pytest.mark.parametrize("psi", [1.0, 0.5])
def test_a_mix_of_no_layer_changes_nothing(tiny, psi):
    mixed = Recipe(psi=psi, mix=Mix(source=Point(x=2.0), weights=(0.0,) * tiny.num_ws))
    assert np.array_equal(paint(tiny, mixed), paint(tiny, Recipe(psi=psi)))


def test_noise_strength_0_is_no_noise_and_1_is_as_trained(tiny):
    def drawn(**noise):
        return paint(tiny, Recipe(noise=NoiseChoice(**noise)))

    assert np.array_equal(drawn(strength=(0.0,) * 5), drawn(mode="none"))
    assert np.array_equal(drawn(strength=(1.0,) * 5), drawn())
    assert not np.array_equal(drawn(mode="random", seed=1), drawn(mode="random", seed=2))


def test_noise_without_strengths_is_as_trained():
    assert noise_of(Recipe()) == Noise("const", 0, None)
    assert noise_of(WORKED) == Noise("random", 9, (1.0, 2.0, 0.5, 0.0, 4.0))


@pytest.mark.parametrize("label", [1, (0.0, 1.0, 0.0)])
def test_a_label_chooses_the_class(label):
    generator = tiny_generator(c_dim=3, embed=4)
    z = sample_z(0, generator.z_dim)
    expected = generator.mapping(z, torch.tensor([[0.0, 1.0, 0.0]]))
    torch.testing.assert_close(latent(generator, Recipe(label=label)), expected)


@pytest.mark.parametrize(
    "changes, recipe, sentence",
    [
        (
            {"c_dim": 3, "embed": 4},
            {},
            "conditional and needs a label .*Choose a class from 0 to 2",
        ),
        ({"c_dim": 3, "embed": 4}, {"label": 3}, "Class 3 does not exist: .* classes 0 to 2"),
        ({"c_dim": 3, "embed": 4}, {"label": (1.0,)}, "label has 1 weights, this model 3 classes"),
        ({}, {"label": 0}, "This model has no classes"),
        ({}, {"mix": Mix(weights=(1.0,))}, "The mix has 1 weights, this model 6 layers"),
        ({}, {"noise": NoiseChoice(strength=(1.0,))}, "1 strengths, this model has 5 noisy layers"),
    ],
)
def test_a_recipe_that_does_not_fit_its_model_says_what_would(changes, recipe, sentence):
    with pytest.raises(LatentError, match=sentence):
        paint(tiny_generator(**changes), Recipe(**recipe))


def test_numbers_that_are_no_colours_are_a_sentence_and_no_picture():
    generator = tiny_generator()
    generator.fill({n: torch.full_like(t, torch.nan) for n, t in generator.tensors().items()})
    with pytest.raises(LatentError, match=r"no colours \(NaN or infinity\)\. Bring psi"):
        paint(generator, Recipe())


@pytest.mark.parametrize(
    "value, level", [(-9.0, 0), (-1.0, 0), (0.0, 128), (0.5, 191), (1.0, 255), (9.0, 255)]
)
def test_pixels_are_rounded_as_nvidias_tools_round_them(value, level):
    assert to_pixels(torch.full((3, 1, 1), value)).tolist() == [[[level] * 3]]


def test_a_grey_picture_has_its_value_in_every_channel():
    pixels = to_pixels(torch.tensor([[[-1.0, 0.0]]]))
    assert pixels.tolist() == [[[0, 0, 0], [128, 128, 128]]]


def test_a_transparent_picture_lies_on_a_checkerboard():
    rgba = torch.full((4, 2 * CHECK, 2 * CHECK), -1.0)
    assert to_pixels(rgba)[::CHECK, ::CHECK, 0].tolist() == [[204, 255], [255, 204]]
    rgba[3] = 1.0
    assert not to_pixels(rgba).any()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_have_three_channels_whatever_the_network_has(channels):
    pixels = paint(tiny_generator(image_channels=channels), Recipe())
    assert (pixels.shape, pixels.dtype) == ((16, 16, 3), np.uint8)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("precision, levels", [("float32", 1), ("float16", 8), ("bfloat16", 24)])
def test_a_gpu_shows_the_picture_of_the_cpu(precision, levels):
    """Pixels come through pinned memory; one wait is for them and for whether they are numbers."""
    here, there = tiny_generator(clamp=256.0), tiny_generator(clamp=256.0).to(torch.device("cuda"))
    drawn = paint(there, WORKED, view=View(precision=precision)).astype(int)
    assert np.abs(drawn - paint(here, WORKED)).mean() <= levels / 4
    assert np.quantile(np.abs(drawn - paint(here, WORKED)), 0.99) <= levels
