import numpy as np
import pytest

from explorer.engine import paint
from explorer.errors import ModelError
from explorer.recipe import ModelRef, Recipe
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
