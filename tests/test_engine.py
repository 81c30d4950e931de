import subprocess
import sys
import threading
from hashlib import sha256

import numpy as np
import pytest
import torch

from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import UnknownSteps
from explorer.engine import (
    Picture,
    noise_of,
    paint,
    picture_or_error,
    threads_for,
    to_pixels,
)
from explorer.errors import ExplorerError, ModelError
from explorer.latents import sample_z
from explorer.recipe import Edit, NoiseChoice, Point, Recipe
from explorer.scene import Scene
from explorer.turns import Refusal
from tests.conftest import AVATARS
from tests.networks.builders import tiny_generator
from tests.recipes import WORKED, walk

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
