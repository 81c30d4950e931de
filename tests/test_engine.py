import subprocess
import sys
import threading
from hashlib import sha256
from itertools import permutations

import numpy as np
import pytest
import torch

from explorer.engine import (
    CHECK,
    Picture,
    latent,
    noise_of,
    paint,
    picture_or_error,
    threads_for,
    to_pixels,
)
from explorer.errors import ExplorerError, LatentError, ModelError
from explorer.latents import sample_z
from explorer.networks import Noise
from explorer.recipe import Mix, NoiseChoice, Point, Recipe
from explorer.turns import Refusal
from tests.conftest import AVATARS
from tests.networks.builders import tiny_generator

SOON = 10
WORKED = Recipe(
    a=Point(x=3.0),
    b=Point(x=8.0, y=1.0),
    t=0.3,
    clip=1.5,
    psi=0.6,
    cutoff=4,
    mix=Mix(source=Point(x=5.0), weights=(0.0, 0.25, 0.5, 0.75, 1.0, 0.0)),
    noise=NoiseChoice(mode="random", seed=9, strength=(1.0, 2.0, 0.5, 0.0, 4.0)),
)
DRAW_ELSEWHERE = """
import sys
from hashlib import sha256
from explorer.engine import Engine
from explorer.formats import load
from explorer.recipe import parse
generator = load(sys.argv[1])
engine = Engine(lambda recipe, visitor: generator)
print(sha256(engine.draw(parse(sys.argv[2])).pixels).hexdigest())
"""


@pytest.fixture
def engine(tiny, start_engine):
    """An engine whose only model is the tiny generator."""
    return start_engine(lambda recipe, visitor: tiny)


@pytest.fixture
def hold(engine):
    """Keeps the engine busy until it is called."""
    gate = threading.Event()
    reached = threading.Event()
    engine.task(lambda: (reached.set(), gate.wait(SOON)))
    assert reached.wait(SOON)
    yield gate.set
    gate.set()


def path(space, **changes):
    recipe = Recipe(a=Point(x=3.0), b=Point(x=8.0, y=1.0), t=0.3, space=space)
    return recipe.model_copy(update=changes)


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
        assert torch.equal(latent(tiny, path(space, t=t)), expected)


def test_the_paths_differ_between_their_ends(tiny):
    ways = [latent(tiny, path(space)) for space in ("z-slerp", "z-lerp", "w-lerp")]
    assert not any(torch.equal(one, other) for one, other in permutations(ways, 2))


def test_the_path_in_w_is_a_straight_line(tiny):
    ends = [latent(tiny, path("w-lerp", t=t)) for t in (0.0, 1.0)]
    torch.testing.assert_close(latent(tiny, path("w-lerp")), 0.7 * ends[0] + 0.3 * ends[1])


def test_the_straight_path_in_z_maps_the_line(tiny):
    z = 0.7 * sample_z(3, tiny.z_dim) + 0.3 * sample_z(108, tiny.z_dim)
    torch.testing.assert_close(latent(tiny, path("z-lerp")), tiny.mapping(z))


def test_between_seeds_the_path_in_w_is_bilinear_in_w(tiny):
    point = Point(x=2.25, y=0.5)
    w = {seed: tiny.mapping(sample_z(seed, tiny.z_dim)) for seed in (2, 3, 102, 103)}
    expected = 0.375 * w[2] + 0.125 * w[3] + 0.375 * w[102] + 0.125 * w[103]
    torch.testing.assert_close(latent(tiny, path("w-lerp", a=point, t=0.0)), expected)


@pytest.mark.parametrize("space", ["z-slerp", "z-lerp", "w-lerp"])
def test_dragging_over_a_seed_makes_no_jump(tiny, space):
    near, there = (Point(x=x, y=7.0) for x in (2.0 - 1e-6, 2.0))
    recipe = path(space, clip=1.0, t=0.0)
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


def test_a_recipe_gives_the_same_bytes_in_every_process(avatars, start_engine):
    recipe = Recipe(a=Point(x=12.5, y=0.25), psi=0.7, noise=NoiseChoice(mode="random", seed=3))
    engines = [start_engine(lambda recipe, visitor: avatars) for _ in range(2)]
    here = [sha256(engine.draw(recipe).pixels).hexdigest() for engine in engines]
    command = [sys.executable, "-c", DRAW_ELSEWHERE, str(AVATARS), recipe.to_json()]
    there = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=AVATARS.parents[1]
    )
    assert {*here, there.stdout.strip()} == {here[0]}


@pytest.mark.parametrize("mode", ["const", "random", "none"])
def test_a_batch_differs_from_single_pictures_by_a_grey_level_here_and_there(
    avatars, start_engine, mode
):
    engine = start_engine(lambda recipe, visitor: avatars)
    recipes = [Recipe(a=Point(x=float(x)), noise=NoiseChoice(mode=mode)) for x in range(8)]
    alone = np.stack([engine.draw(recipe).pixels for recipe in recipes]).astype(int)
    z = torch.cat([sample_z(seed, avatars.z_dim) for seed in range(8)])
    noise = noise_of(recipes[0])
    images = engine.task(lambda: avatars.synthesis(avatars.mapping(z), noise)).result(SOON)
    difference = np.abs(alone - np.stack([to_pixels(image) for image in images]))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.001


def test_a_picture_does_not_depend_on_what_was_drawn_before(avatars, start_engine):
    recipes = [
        path(space, t=t, a=Point(x=x)) for space in ("w-lerp", "z-slerp") for t in (0.0, 0.4)
        for x in (3.0, 3.5)
    ]  # fmt: skip

    def drawn(*recipes):
        engine = start_engine(lambda recipe, visitor: avatars)
        return {recipe.key: sha256(engine.draw(recipe).pixels).digest() for recipe in recipes}

    alone = {key: pixels for recipe in recipes for key, pixels in drawn(recipe).items()}
    for order in (recipes, recipes[::-1], [*recipes[1::2], *recipes[::2]]):
        assert drawn(*order) == alone


def test_a_picture_tells_where_and_how_it_was_drawn(engine):
    picture = engine.draw(Recipe())
    assert (picture.device, picture.precision) == ("cpu", "float32")
    assert 0 < picture.milliseconds < 10_000


def test_a_picture_is_drawn_once_and_nobody_can_change_it(engine):
    picture = engine.draw(Recipe())
    assert engine.draw(Recipe()) is picture
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0


def test_live_and_rest_give_the_same_picture(engine):
    live = engine.live("anna", WORKED).result(SOON)
    rest = engine.rest(WORKED, "anna").result(SOON)
    assert np.array_equal(live.pixels, rest.pixels)


def test_a_newer_live_request_overtakes_the_older_one(engine, hold):
    older, newer = (engine.live("anna", Recipe(psi=psi)) for psi in (0.1, 0.2))
    assert older.result(SOON) is Refusal.DROPPED
    hold()
    assert isinstance(newer.result(SOON), Picture)


def test_no_visitor_overtakes_a_picture_at_rest_whatever_his_name(engine, hold):
    rest = engine.rest(Recipe(), "anna")
    for name in ("rest anna", "visitor anna", "anna"):
        engine.live(name, Recipe())
    hold()
    assert isinstance(rest.result(SOON), Picture)


def test_too_many_visitors_are_told_to_come_back(tiny, start_engine):
    engine = start_engine(lambda recipe, visitor: tiny, most_waiting=0)
    refused = engine.live("anna", Recipe()).result(SOON)
    with pytest.raises(ExplorerError, match=r"Too many people are drawing at once\. Try again"):
        picture_or_error(refused)


def test_a_model_that_failed_to_load_is_tried_again(tiny, start_engine):
    attempts = []

    def load(recipe, visitor):
        attempts.append(visitor)
        if len(attempts) == 1:
            raise ModelError("It is not here yet.", fix="Wait.")
        return tiny

    engine = start_engine(load)
    with pytest.raises(ModelError, match="not here yet"):
        engine.draw(Recipe(), "anna")
    assert isinstance(engine.draw(Recipe(), "anna"), Picture)


def test_a_known_picture_is_shown_only_to_who_may_use_its_model(tiny, start_engine):
    def load(recipe, visitor):
        if visitor != "anna":
            raise ModelError("This model is not yours.", fix="Choose another one.")
        return tiny

    engine = start_engine(load)
    engine.draw(Recipe(), "anna")
    with pytest.raises(ModelError, match="not yours"):
        engine.draw(Recipe(), "ben")


def test_models_with_the_same_recipe_do_not_share_their_memory(start_engine):
    generators = {"0" * 64: tiny_generator(0), "1" * 64: tiny_generator(1)}
    engine = start_engine(lambda recipe, visitor: generators[recipe.model.hash])
    for digest, generator in generators.items():
        recipe = Recipe.model_validate({"model": {"hash": digest}})
        alone = start_engine(lambda recipe, visitor, only=generator: only)
        assert np.array_equal(engine.draw(recipe).pixels, alone.draw(recipe).pixels)


def test_the_number_of_threads_depends_on_the_models_size_alone(tiny):
    large = tiny_generator(channels=(4,) * 7)
    assert large.resolution == (256, 256)
    assert [threads_for(model, 8) for model in (tiny, large)] == [1, 8]


def test_all_of_torch_runs_on_the_engines_thread(tiny, start_engine):
    threads = set()
    engine = start_engine(lambda recipe, visitor: (threads.add(threading.get_ident()), tiny)[1])
    engine.draw(Recipe())
    engine.live("anna", WORKED).result(SOON)
    assert threads == {engine.task(threading.get_ident).result(SOON)}
    assert threading.get_ident() not in threads
