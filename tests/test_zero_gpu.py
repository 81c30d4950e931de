import pickle

import numpy as np
import pytest

from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import UnknownSteps, Vectors
from explorer.errors import ModelError
from explorer.paint import paint
from explorer.recipe import Edit, ModelRef, Recipe
from explorer.zero_gpu import ZeroGpuArtist, is_here


@pytest.fixture
def calls():
    """How many pictures each call of the worker was asked for."""
    return []


@pytest.fixture
def worker(calls):
    """What `spaces.GPU` does to the caller: it runs the function, one call at a time."""

    def decorate(function):
        def called(recipes, steps):
            calls.append(len(recipes))
            return function(recipes, steps)

        return called

    return decorate


@pytest.fixture
def models(write, open_models):
    write("one", seed=1)
    write("two", seed=2)
    return open_models()


@pytest.mark.parametrize(
    "environment, here",
    [
        ({"SPACES_ZERO_GPU": "true"}, True),
        ({"SPACES_ZERO_GPU": "1"}, True),
        ({"SPACES_ZERO_GPU": "false"}, False),
        ({"SPACE_ID": "someone/something"}, False),
        ({}, False),
    ],
)
def test_the_environment_tells_whether_this_is_zero_gpu(environment, here):
    assert is_here(environment) is here


def test_a_worker_draws_what_the_engine_draws(worker, calls, models):
    artist = ZeroGpuArtist(models, worker)
    for name in models.names():
        model = artist.open(ModelRef(name=name), "anna")
        recipe = Recipe(model=model.ref, psi=0.5)
        picture = artist.draw(recipe, "anna")
        assert np.array_equal(picture.pixels, paint(model.generator, recipe))
    assert calls == [1, 1]


def test_many_pictures_take_one_turn_of_the_queue(worker, calls, models):
    artist = ZeroGpuArtist(models, worker)
    model = artist.open(ModelRef(), "anna")
    recipes = [Recipe(model=model.ref, psi=psi) for psi in (0.0, 0.5, 1.0)]
    pictures = list(artist.draw_each(recipes, "anna"))
    assert calls == [3]
    for picture, recipe in zip(pictures, recipes, strict=True):
        assert np.array_equal(picture.pixels, paint(model.generator, recipe))


def test_a_model_that_came_later_is_refused_with_a_sentence(worker, calls, models, write):
    artist = ZeroGpuArtist(models, worker)
    write("three", seed=3)
    models.refresh()
    recipe = Recipe(model=artist.open(ModelRef(name="three"), "anna").ref)
    with pytest.raises(ModelError, match=r"three cannot be drawn here: .* Choose another model"):
        artist.draw(recipe, "anna")
    assert not calls


def test_a_broken_file_does_not_keep_the_space_from_starting(worker, models, folder):
    (folder / "broken.pkl").write_bytes(b"\x80\x04N.")
    models.refresh()
    artist = ZeroGpuArtist(models, worker)
    recipe = Recipe(model=artist.open(ModelRef(), "anna").ref)
    assert artist.draw(recipe, "anna").pixels.shape == (16, 16, 3)


SMILE = Direction("smile", step_of("w", np.arange(1.0, 7), 3.0))


def test_a_worker_is_given_the_steps_of_the_edits(worker, models):
    sent = Vectors()
    sent.put(SMILE.step)
    artist = ZeroGpuArtist(models, worker, lambda recipe, who: models.steps(recipe, who, sent))
    model = artist.open(ModelRef(), "anna")
    plain = Recipe(model=model.ref)
    moved = plain.model_copy(update={"edits": (Edit(direction=SMILE.key, shift=2.0),)})
    drawn = [picture.pixels for picture in artist.draw_each([plain, moved], "anna")]
    assert np.array_equal(drawn[0], paint(model.generator, plain))
    assert np.array_equal(drawn[1], paint(model.generator, moved, {SMILE.key: SMILE.step}))
    assert not np.array_equal(*drawn)


def test_steps_find_their_way_to_another_process():
    again = pickle.loads(pickle.dumps({SMILE.key: SMILE.step}))[SMILE.key]
    assert (again.key, again.space) == (SMILE.key, "w")


def test_a_direction_that_is_not_here_costs_no_turn_of_the_queue(worker, calls, models):
    for artist in (
        ZeroGpuArtist(models, worker),
        ZeroGpuArtist(models, worker, lambda recipe, who: models.steps(recipe, who, Vectors())),
    ):
        ref = artist.open(ModelRef(), "anna").ref
        recipe = Recipe(model=ref, edits=(Edit(direction=SMILE.key, shift=2.0),))
        with pytest.raises(UnknownSteps) as caught:
            artist.draw(recipe, "anna")
        assert caught.value.keys == (SMILE.key,)
    assert not calls
