import io

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from explorer import images
from explorer.directions.direction import Direction, Step, step_of
from explorer.errors import DirectionError, RecipeError
from explorer.keepsakes import KEY, description_of, keepsake, shared_in
from explorer.paint import paint
from explorer.recipe import Edit, Mix, ModelRef, NoiseChoice, Point, Recipe
from tests.fuzz.sharing import damaged_pictures
from tests.recipes import RECIPES, WORKED, walk

PIXELS = np.zeros((4, 4, 3), np.uint8)
SMILE = Direction("smile", step_of("w", np.arange(1.0, 7)), 0.5, origin={"kind": "svm"})
SHIPPED = Direction("glasses", step_of("w", np.ones(6)))
MUTATIONS = 300


def moved(*directions):
    return Recipe(edits=tuple(Edit(direction=one.key, shift=1.5) for one in directions))


def texts(data):
    return Image.open(io.BytesIO(data)).text


@settings(deadline=None, max_examples=200)
@given(RECIPES)
def test_any_recipe_survives_its_png_and_its_json(recipe):
    assert shared_in(keepsake(PIXELS, recipe)).recipe == recipe
    assert Recipe.model_validate_json(recipe.to_json()) == recipe


@pytest.mark.parametrize("recipe", [WORKED, Recipe(), walk("w-lerp")], ids=str)
def test_a_recipe_out_of_a_png_draws_the_same_file(tiny, recipe):
    data = keepsake(paint(tiny, recipe), recipe)
    again = shared_in(data).recipe
    assert keepsake(paint(tiny, again), again) == data


def test_own_directions_go_with_the_picture_and_those_of_the_folder_by_hash_alone():
    other = Direction("other", step_of("w", np.arange(6.0, 0, -1)))
    recipe = moved(SMILE, SHIPPED)
    data = keepsake(PIXELS, recipe, [SHIPPED], [SMILE, other])
    shared = shared_in(data)
    (found,) = shared.directions
    assert shared.recipe == recipe
    assert (found.key, found.name, found.boundary) == (SMILE.key, "smile", 0.5)
    assert found.origin == {"kind": "svm"}
    assert keepsake(PIXELS, shared.recipe, [SHIPPED], shared.directions) == data


def test_without_own_directions_there_is_no_chunk_for_them():
    assert KEY not in texts(keepsake(PIXELS, moved(SHIPPED), [SHIPPED]))


def test_directions_too_large_for_a_picture_stay_out_of_it():
    numbers = np.random.default_rng(3).standard_normal((2, 64, 4096)).astype(np.float16)
    wide = [Direction("wide", Step("w", rows)) for rows in numbers]
    assert shared_in(keepsake(PIXELS, moved(*wide), (), wide)).directions == ()


def test_the_description_says_in_words_what_is_drawn():
    recipe = Recipe(
        model=ModelRef(name="avatars"),
        a=Point(x=13.0),
        b=Point(x=80.5),
        t=0.25,
        label=2,
        psi=0.7,
        mix=Mix(source=Point(x=4.0), weights=(0.5,)),
        noise=NoiseChoice(mode="none"),
        edits=(*moved(SMILE, SHIPPED).edits, Edit(direction="0a" * 32, shift=-1.0)),
    )
    text = description_of(recipe, {SMILE.key: "smile\n", SHIPPED.key: "glasses"})
    assert text == (
        "Drawn by avatars: 25% of the way from seed 13 to near seed 80 (z-slerp), truncation psi "
        "0.7, class 2, styles mixed with seed 4, no noise, smile  +1.5 sigma, glasses +1.5 sigma, "
        "direction 0a0a0a0a -1 sigma."
    )
    assert "several classes" in description_of(Recipe(label=(0.5, 0.5)), {})
    names = texts(keepsake(PIXELS, moved(SMILE), (), [SMILE]))["Description"]
    assert "smile +1.5 sigma" in names


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (images.png(PIXELS), RecipeError, "The PNG carries no recipe"),
        (b"GIF89a", RecipeError, "The file is not a readable PNG"),
        (images.png(PIXELS, Recipe(), {KEY: "1.AAAA"}), DirectionError, "are damaged"),
    ],
)
def test_a_picture_of_others_gets_a_sentence(data, error, sentence):
    with pytest.raises(error, match=sentence):
        shared_in(data)


def test_mutated_pictures_are_a_recipe_or_one_sentence():
    finds, refused = [], 0
    for outcome in damaged_pictures(MUTATIONS, 0):
        finds += [outcome.what] if outcome.kind == "find" else []
        refused += outcome.kind == "refusal"
    assert finds == []
    assert refused > MUTATIONS / 4
