"""From one recipe to another: the ends are theirs, all on the way is valid, nothing jumps."""

import json

import numpy as np
import pytest
import torch

from explorer.directions.direction import step_of
from explorer.recipe import Edit, Mix, NoiseChoice, Point, Recipe, Transform, parse
from explorer.scene import Scene
from tests.e2e.modules import asked
from tests.networks.builders import tiny_generator
from tests.recipes import WORKED

RANDOM = np.random.default_rng(3)
STEPS = [step_of("w", RANDOM.normal(size=6), 0.7) for _ in range(14)]
STEPS[0] = step_of("z", RANDOM.normal(size=8))
MODEL = {"layers": [{}] * 6, "noisy": [{}] * 5, "c_dim": 3}
JUNCTIONS = [k / 12 for k in range(1, 12)]
TINY_STEP = 1e-7
FRAMES = """({ pairs, model, schema, shares }) => pairs.map(([from, to]) =>
    shares.map((s) => recipeBetween(from, to, s, { model, schema })))"""


def edits(*shifts, first=0, layers=()):
    return tuple(
        Edit(direction=step.key, shift=shift, layers=layers)
        for step, shift in zip(STEPS[first:], shifts, strict=False)
        if shift
    )


PLAIN = Recipe(a=Point(x=3.0), b=Point(x=7.0), label=0)
PAIRS = {
    "seeds": (PLAIN, Recipe(a=Point(x=41.0), b=Point(x=2.0), label=0)),
    "psi": (PLAIN, PLAIN.model_copy(update={"psi": -1.0, "clip": 1.0})),
    "t": (
        PLAIN.model_copy(update={"t": 0.25}),
        PLAIN.model_copy(update={"t": 0.75}),
    ),
    "between seeds": (
        PLAIN.model_copy(update={"t": 0.3}),
        Recipe(a=Point(x=9.0), b=Point(x=12.0), t=0.8, space="w-lerp", label=0),
    ),
    "only B": (PLAIN, PLAIN.model_copy(update={"b": Point(x=9.0)})),
    "off the seeds": (
        Recipe(a=Point(x=3.25, y=0.5), label=0),
        Recipe(a=Point(x=8.5, y=0.75), label=0),
    ),
    "classes": (PLAIN, PLAIN.model_copy(update={"label": 2})),
    "class weights": (PLAIN.model_copy(update={"label": (0.5, 0.5, 0.0)}), PLAIN),
    "mixing source": (
        PLAIN.model_copy(update={"mix": Mix(source=Point(x=5.0), weights=(0.5,) * 6)}),
        PLAIN.model_copy(update={"mix": Mix(source=Point(x=6.0), weights=(1.0,) + (0.0,) * 5)}),
    ),
    "mixing begins": (
        PLAIN,
        PLAIN.model_copy(update={"mix": Mix(source=Point(x=6.0), weights=(1.0,) * 6)}),
    ),
    "noise": (
        PLAIN.model_copy(update={"noise": NoiseChoice(mode="random", seed=4)}),
        PLAIN.model_copy(update={"noise": NoiseChoice(strength=(2.0,) * 5)}),
    ),
    "noise ends": (PLAIN, PLAIN.model_copy(update={"noise": NoiseChoice(mode="none")})),
    "edits": (
        PLAIN.model_copy(update={"edits": edits(1.0, -2.0)}),
        PLAIN.model_copy(update={"edits": edits(0, 3.0, 1.0)}),
    ),
    "layers of an edit": (
        PLAIN.model_copy(update={"edits": edits(0, -2.0, layers=(0, 1))}),
        PLAIN.model_copy(update={"edits": edits(0, 3.0)}),
    ),
    "more edits than a recipe holds": (
        PLAIN.model_copy(update={"edits": edits(*([1.0] * 8))}),
        PLAIN.model_copy(update={"edits": edits(*([-1.0] * 8), first=6)}),
    ),
    "everything": (
        WORKED.model_copy(update={"label": 1, "cutoff": None, "edits": edits(1.0)}),
        PLAIN.model_copy(update={"transform": Transform(rotate=90.0, x=0.5)}),
    ),
}


@pytest.fixture(scope="module")
def frames(browser):
    """The recipes at shares of the way, for each pair: {name: [recipe]}."""
    page = browser.new_page()
    shares = [0, 1]
    for s in JUNCTIONS:
        shares += [s - TINY_STEP, s + TINY_STEP]
    pairs = [[json.loads(end.to_json()) for end in pair] for pair in PAIRS.values()]
    schema = Recipe.model_json_schema()
    request = {"pairs": pairs, "model": MODEL, "schema": schema, "shares": shares}
    found = asked(page, FRAMES, request)
    page.close()
    return {name: [parse(one) for one in row] for name, row in zip(PAIRS, found, strict=True)}


@pytest.fixture(scope="module")
def look():
    """What decides a picture, as one row of numbers: its w, each layer's noise, its transform."""
    generator = tiny_generator(4, c_dim=3, embed=6)
    steps = {step.key: step for step in STEPS}

    def numbers(recipe):
        mode, noise = recipe.noise.mode, {}
        if mode != "none":
            noise[(mode, recipe.noise.seed)] = np.array(recipe.noise.strength or (1.0,) * 5)
        w = Scene(generator, recipe, steps).w().double().flatten()
        turned = recipe.transform
        return w, noise, np.array([turned.rotate / 360, turned.x, turned.y])

    return numbers


def differ(one, other):
    """How far two looks are from each other; noise of another kind counts in full."""
    (w, noise, turned), (v, other_noise, other_turned) = one, other
    none = np.zeros(5)
    noises = [
        np.abs(noise.get(kind, none) - other_noise.get(kind, none)).max()
        for kind in {*noise, *other_noise}
    ]
    return max(float((w - v).abs().max()), np.abs(turned - other_turned).max(), *noises, 0.0)


@pytest.mark.parametrize("name", PAIRS)
def test_the_ends_of_the_way_are_the_two_recipes(frames, name):
    assert tuple(frames[name][:2]) == PAIRS[name]


@pytest.mark.parametrize("name", PAIRS)
def test_nothing_jumps_on_the_way(frames, look, name):
    for before, after in zip(frames[name][2::2], frames[name][3::2], strict=True):
        assert differ(look(before), look(after)) < 1e-3


@pytest.mark.parametrize("name", PAIRS)
def test_the_way_begins_and_ends_where_the_recipes_stand(browser, look, name):
    start, end = PAIRS[name]
    pairs = [[json.loads(start.to_json()), json.loads(end.to_json())]]
    request = {"pairs": pairs, "model": MODEL, "schema": Recipe.model_json_schema()}
    page = browser.new_page()
    found = asked(page, FRAMES, {**request, "shares": [TINY_STEP, 1 - TINY_STEP]})
    page.close()
    near = [parse(recipe) for recipe in found[0]]
    # No clip is the widest one on the way, which moves one number in ten thousand a little.
    assert differ(look(near[0]), look(start)) < 1e-2
    assert differ(look(near[1]), look(end)) < 1e-2


def test_the_short_way_round_is_taken(browser):
    turned = [PLAIN.model_copy(update={"transform": Transform(rotate=r)}) for r in (170.0, -170.0)]
    request = {
        "pairs": [[json.loads(recipe.to_json()) for recipe in turned]],
        "model": MODEL,
        "schema": Recipe.model_json_schema(),
        "shares": [0.25, 0.75],
    }
    page = browser.new_page()
    found = [parse(recipe) for recipe in asked(page, FRAMES, request)[0]]
    page.close()
    assert [recipe.transform.rotate for recipe in found] == pytest.approx([175, -175])


def test_a_loop_comes_back_to_where_it_began(browser):
    recipes = [json.loads(recipe.to_json()) for recipe in PAIRS["seeds"]]
    page = browser.new_page()
    legs = asked(
        page,
        """({ recipes, model, schema }) => [pingPong({ ...recipes[0], t: 0.3 }),
             roundTrip(recipes, { model, schema })].map((way) => [0, 2, 4].map(way))""",
        {"recipes": recipes, "model": MODEL, "schema": Recipe.model_json_schema()},
    )
    page.close()
    for first, second, third in legs:
        assert first["t"] == pytest.approx(second["t"]) == pytest.approx(third["t"])
        assert first["a"] == second["a"] == third["a"]
    assert legs[0][0]["t"] == pytest.approx(0.3)


def test_keys_are_the_last_different_recipes_and_begin_with_the_newest(browser):
    page = browser.new_page()
    assert asked(page, "keysOf", [{"n": n} for n in (1, 2, 3, 2, 2)]) == [
        {"n": 2}, {"n": 1}, {"n": 3},
    ]  # fmt: skip
    many = asked(page, "keysOf", [{"n": n} for n in range(30)])
    page.close()
    assert [key["n"] for key in many] == [29, *range(18, 29)]


def test_looks_that_differ_are_told_apart(look):
    one = look(PLAIN)
    assert differ(one, one) == 0
    assert differ(one, look(PLAIN.model_copy(update={"psi": 0.5}))) > 1e-2
    noisy = PLAIN.model_copy(update={"noise": NoiseChoice(mode="random", seed=4)})
    assert differ(one, look(noisy)) == 1
    assert torch.is_tensor(one[0])
