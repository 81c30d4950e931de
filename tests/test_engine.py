import subprocess
import sys
import threading
from hashlib import sha256

import numpy as np
import pytest
import torch

from explorer.colour import SEEDS, Fit, pair
from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import UnknownSteps
from explorer.engine import Picture
from explorer.errors import ExplorerError, LatentError, ModelError
from explorer.latents import sample_z
from explorer.paint import noise_of, paint, threads_for
from explorer.previews import View
from explorer.recipe import Edit, Mix, ModelRef, NoiseChoice, Point, Recipe
from explorer.scene import Scene
from explorer.turns import Refusal, granted
from tests.conftest import AVATARS
from tests.networks.builders import tiny_generator
from tests.recipes import WORKED, to_pixels, walk

SOON = 10
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
        walk(space, t=t, a=Point(x=x)) for space in ("w-lerp", "z-slerp") for t in (0.0, 0.4)
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
        granted(refused)


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


SMILE = Direction("smile", step_of("w", np.arange(1.0, 7), 3.0))
ROUND = Direction("round", step_of("z", np.ones(8)))
STEPS = {one.key: one.step for one in (SMILE, ROUND)}


def edited(*which, shift=2.0):
    return Recipe(edits=tuple(Edit(direction=one.key, shift=shift) for one in which))


def test_edits_take_the_steps_that_the_engine_is_given_for_the_visitor(tiny, start_engine):
    asked = []

    def steps_of(recipe, visitor):
        asked.append(visitor)
        return STEPS

    engine = start_engine(lambda recipe, visitor: tiny, steps_of=steps_of)
    drawn = [engine.draw(recipe, "anna").pixels for recipe in (Recipe(), edited(SMILE, ROUND))]
    assert np.array_equal(drawn[1], paint(tiny, edited(SMILE, ROUND), STEPS))
    assert not np.array_equal(*drawn)
    assert set(asked) == {"anna"}


def test_without_directions_an_edit_names_what_is_missing(engine):
    engine.draw(Recipe())
    with pytest.raises(UnknownSteps) as caught:
        engine.draw(edited(SMILE, ROUND))
    assert caught.value.keys == (SMILE.key, ROUND.key)


def test_whoever_may_not_use_the_model_does_not_learn_which_directions_are_here(start_engine):
    def load(recipe, visitor):
        raise ModelError("The model is not here.", fix="Choose another.")

    engine = start_engine(load)
    with pytest.raises(ModelError):
        engine.draw(edited(SMILE))


def test_a_scene_tells_where_a_picture_stands(tiny, start_engine):
    engine = start_engine(lambda recipe, visitor: tiny)

    def places(recipe):
        work = engine.task(lambda: engine.scene(recipe, STEPS).places(dict.fromkeys(STEPS, ())))
        return work.result(SOON)

    before, after = places(Recipe()), places(edited(SMILE, ROUND, shift=1.0))
    assert before == Scene(tiny, Recipe(), STEPS).places(dict.fromkeys(STEPS, ()))
    assert after[ROUND.key] - before[ROUND.key] == pytest.approx(1, abs=1e-3)
    assert places(edited(SMILE))[SMILE.key] - before[SMILE.key] == pytest.approx(2, abs=1e-3)


LARGE = (4,) * 7  # channels of a model of 256 pixels, whose preview has 128
SMALL = View(128, "float32")
MOVED = Recipe(a=Point(x=1.5, y=0.25), psi=0.7)


@pytest.fixture(scope="module")
def large():
    return tiny_generator(channels=LARGE)


@pytest.fixture
def previewing(large, start_engine):
    """An engine that has no time for full pictures while a hand moves."""
    return start_engine(lambda recipe, visitor: large, budget_ms=0.0, precision="float32")


def live(engine, recipe=MOVED):
    return engine.live("anna", recipe).result(SOON)


def test_while_the_hand_moves_a_preview_is_drawn_and_at_rest_the_full_picture(previewing, large):
    preview, full = live(previewing), previewing.rest(MOVED, "anna").result(SOON)
    assert (preview.is_full, full.is_full) == (False, True)
    assert np.array_equal(preview.pixels, paint(large, MOVED, view=SMALL))
    assert np.array_equal(full.pixels, paint(large, MOVED))
    assert (preview.pixels.shape, full.pixels.shape) == ((128, 128, 3), (256, 256, 3))


def test_a_full_picture_that_is_here_is_shown_while_the_hand_moves(previewing):
    full = previewing.draw(MOVED)
    assert live(previewing) is full
    assert not live(previewing, Recipe()).is_full


def test_a_preview_is_drawn_once_and_is_never_taken_for_the_full_picture(previewing):
    preview = live(previewing)
    assert live(previewing) is preview
    assert previewing.draw(MOVED).is_full


def test_with_time_enough_the_full_picture_is_drawn_while_the_hand_moves(large, start_engine):
    engine = start_engine(lambda recipe, visitor: large, budget_ms=1e9)
    engine.draw(Recipe())
    assert live(engine) is engine.draw(MOVED)


def test_a_small_model_is_drawn_in_full_however_small_the_budget(avatars, start_engine):
    engine = start_engine(lambda recipe, visitor: avatars, budget_ms=0.0)
    for index in range(8):
        recipe = Recipe(a=Point(x=float(index)))
        picture = live(engine, recipe)
        assert (picture.is_full, picture.precision) == (True, "float32")
        assert np.array_equal(picture.pixels, paint(avatars, recipe))


def test_the_precision_that_was_asked_for_is_used_and_told(large, start_engine):
    engine = start_engine(lambda recipe, visitor: large, budget_ms=0.0, precision="bfloat16")
    for picture, view in (
        (live(engine), View(128, "bfloat16")),
        (engine.draw(MOVED), View(None, "bfloat16")),
    ):
        assert picture.precision == "bfloat16"
        assert picture.is_full is (view.size is None)
        assert np.array_equal(picture.pixels, paint(large, MOVED, view=view))


def test_at_rest_precision_is_full_unless_another_one_was_asked_for(large, start_engine):
    engine = start_engine(lambda recipe, visitor: large, budget_ms=0.0)
    for index in range(20):
        live(engine, Recipe(a=Point(x=float(index))))
    assert engine.draw(MOVED).precision == "float32"
    assert np.array_equal(engine.draw(MOVED).pixels, paint(large, MOVED))


def test_what_is_no_picture_is_the_same_sentence_as_a_preview_and_in_full(start_engine):
    broken = tiny_generator(channels=LARGE)
    broken.fill({n: torch.full_like(t, torch.nan) for n, t in broken.tensors().items()})
    engine = start_engine(lambda recipe, visitor: broken, budget_ms=0.0)
    sentences = []
    for draw in (lambda: live(engine), lambda: engine.draw(MOVED)):
        with pytest.raises(LatentError, match="no colours") as caught:
            draw()
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]


def test_previews_get_the_colours_of_the_full_picture_once_they_are_known(
    previewing, large, soon_quiet
):
    first = live(previewing)
    fit = Fit(3)
    for seed in SEEDS:
        fit.add(*pair(large, 128, seed))
    wait_for_spare_work(previewing)
    later = live(previewing)
    assert np.array_equal(later.pixels, paint(large, MOVED, view=SMALL, colour=fit.result()))
    assert not np.array_equal(later.pixels, first.pixels)
    assert np.array_equal(previewing.draw(MOVED).pixels, paint(large, MOVED))


@pytest.fixture
def soon_quiet(monkeypatch):
    """Spare work is done as soon as nobody asks for anything."""
    monkeypatch.setattr("explorer.turns.QUIET", 0.001)


def wait_for_spare_work(engine):
    """A fit is so many slices, of which each asks for the next."""
    for _ in SEEDS:
        engine._turns.spare(lambda: None).result(SOON)


def test_colours_that_cannot_be_measured_are_logged(start_engine, caplog, soon_quiet):
    broken = tiny_generator(channels=LARGE)
    tensors = broken.tensors()
    tensors["synthesis.b256.torgb.bias"] = torch.full((3,), torch.nan)  # the preview is fine
    broken.fill(tensors)
    engine = start_engine(lambda recipe, visitor: broken, budget_ms=0.0)
    assert not live(engine).is_full
    wait_for_spare_work(engine)
    assert "Work in the background has failed" in caplog.text
    assert "it draws NaN or infinity" in caplog.text
    assert not live(engine).is_full


def test_many_pictures_come_in_order_alike_or_not_and_as_if_drawn_alone(avatars, start_engine):
    engine = start_engine(lambda recipe, visitor: avatars)
    some = [Recipe(a=Point(x=float(x)), psi=0.7) for x in range(14)]
    other = [Recipe(a=Point(x=float(x)), noise=NoiseChoice(mode="none")) for x in range(3)]
    recipes = [*some, *other, *some[:2], Recipe(noise=NoiseChoice(mode="random", seed=1))]
    drawn = list(engine.draw_each(recipes, "anna"))
    assert len(drawn) == len(recipes)
    for picture, recipe in zip(drawn, recipes, strict=True):
        apart = np.abs(picture.pixels.astype(int) - paint(avatars, recipe))
        assert apart.max() <= 1
        assert (apart > 0).mean() <= 0.001
        assert picture.is_full
        assert np.array_equal(engine.draw(recipe).pixels, paint(avatars, recipe))


def test_many_pictures_take_their_steps_and_stop_at_one_that_cannot_be_drawn(tiny, start_engine):
    engine = start_engine(lambda recipe, visitor: tiny, steps_of=lambda recipe, visitor: STEPS)
    recipes = [Recipe(), edited(SMILE), Recipe(label=0)]
    pictures = engine.draw_each(recipes, "anna")
    for recipe in recipes[:2]:
        assert np.array_equal(next(pictures).pixels, paint(tiny, recipe, STEPS))
    with pytest.raises(LatentError, match="no classes"):
        next(pictures)


def test_no_pictures_are_drawn_where_none_are_asked_for(engine):
    assert list(engine.draw_each([])) == []


def test_a_strip_that_was_drawn_is_not_drawn_again(avatars, start_engine):
    engine = start_engine(lambda recipe, visitor: avatars)
    recipes = [Recipe(a=Point(x=float(x))) for x in range(12)]
    first = list(engine.draw_each(recipes))
    again = list(engine.draw_each(recipes))
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_a_late_change_is_drawn_from_what_was_kept_and_is_the_same_picture(avatars, start_engine):
    engine = start_engine(lambda recipe, visitor: avatars)
    layers = sum(layer.has_noise for layer in avatars.layers)
    recipes = [Recipe(psi=0.7)]
    for index in range(avatars.num_ws):
        weights = tuple(float(layer >= index) for layer in range(avatars.num_ws))
        recipes.append(Recipe(psi=0.7, mix=Mix(source=Point(x=5.0), weights=weights)))
    for index in range(layers):
        strength = tuple(2.0 if layer == index else 1.0 for layer in range(layers))
        recipes.append(Recipe(psi=0.7, noise=NoiseChoice(strength=strength)))
    for recipe in recipes:
        assert np.array_equal(engine.draw(recipe).pixels, paint(avatars, recipe))


def test_two_models_do_not_take_over_each_others_layers(start_engine):
    models = {"a" * 64: tiny_generator(), "b" * 64: tiny_generator(seed=1)}
    engine = start_engine(lambda recipe, visitor: models[recipe.model.hash])
    for key, generator in models.items():
        recipe = Recipe(model=ModelRef(name="x", hash=key))
        assert np.array_equal(engine.draw(recipe).pixels, paint(generator, recipe))


def test_whoever_counts_is_told_what_was_drawn_and_not_what_was_remembered(tiny, start_engine):
    told = []
    engine = start_engine(
        lambda recipe, visitor: tiny, on_drawn=lambda count, seconds: told.append((count, seconds))
    )
    engine.draw(Recipe())
    engine.draw(Recipe())
    assert [count for count, _ in told] == [1] and told[0][1] > 0
    list(engine.draw_each([Recipe(psi=0.1), Recipe(psi=0.2), Recipe(psi=0.3)]))
    assert sum(count for count, _ in told) == 4
