"""Edits: what a step does to a latent, in which order, and that nothing else moves."""

import numpy as np
import pytest
import torch

from explorer import latents
from explorer.directions.direction import step_of
from explorer.errors import DirectionError, LatentError
from explorer.paint import paint
from explorer.recipe import Edit, Mix, Point, Recipe
from explorer.scene import Between, Scene
from tests.recipes import WORKED, latent, walk

RANDOM = np.random.default_rng(0)


@pytest.fixture
def steps(tiny):
    """A step of z, one of w, one of every layer, by name."""
    return {
        "z": step_of("z", RANDOM.normal(size=tiny.z_dim)),
        "w": step_of("w", RANDOM.normal(size=tiny.w_dim), 0.7),
        "w+": step_of("w", RANDOM.normal(size=(tiny.num_ws, tiny.w_dim)), 0.7),
    }


def edited(recipe, steps, **shifts):
    """`recipe` with a shift along each of the named steps, and the steps by key."""
    names = {"z": "z", "w": "w", "wide": "w+"}
    edits = [Edit(direction=steps[names[name]].key, shift=shift) for name, shift in shifts.items()]
    found = {step.key: step for step in steps.values()}
    return recipe.model_copy(update={"edits": tuple(edits)}), found


@pytest.mark.parametrize("name", ["w", "wide"])
def test_a_shift_in_w_is_added_after_truncation_and_mixing(tiny, steps, name):
    recipe, found = edited(WORKED, steps, **{name: 1.5})
    expected = latent(tiny, WORKED) + 1.5 * steps[{"w": "w", "wide": "w+"}[name]].tensor()
    torch.testing.assert_close(latent(tiny, recipe, found), expected)


def test_shifts_add_up_in_any_order(tiny, steps):
    recipe, found = edited(WORKED, steps, w=1.5, wide=-0.5)
    other = recipe.model_copy(update={"edits": recipe.edits[::-1]})
    torch.testing.assert_close(latent(tiny, recipe, found), latent(tiny, other, found))


def test_a_shift_in_z_moves_both_ends_after_clipping(tiny, steps):
    recipe, found = edited(walk("z-lerp", clip=1.0), steps, z=2.0)
    z = [
        latents.clip_tails(latents.sample_z(seed, tiny.z_dim), 1.0) + 2.0 * steps["z"].tensor()
        for seed in (3, 108)
    ]
    torch.testing.assert_close(
        latent(tiny, recipe, found), tiny.mapping(torch.lerp(*z, recipe.t)), atol=1e-5, rtol=1e-5
    )


def test_a_shift_in_z_moves_the_corners_of_a_walk_in_w(tiny, steps):
    recipe, found = edited(walk("w-lerp", t=0.0), steps, z=2.0)
    z = latents.sample_z(3, tiny.z_dim) + 2.0 * steps["z"].tensor()
    torch.testing.assert_close(latent(tiny, recipe, found), tiny.mapping(z))


def test_a_shift_in_z_leaves_the_mixing_source(tiny, steps):
    mix = Mix(source=Point(x=5.0), weights=(1.0,) * tiny.num_ws)
    recipe, found = edited(Recipe(mix=mix), steps, z=2.0)
    assert torch.equal(latent(tiny, recipe, found), latent(tiny, Recipe(mix=mix)))


def test_a_shift_of_0_leaves_every_byte(tiny, steps):
    recipe, found = edited(WORKED, steps, z=0.0, w=0.0, wide=0.0)
    assert np.array_equal(paint(tiny, recipe, found), paint(tiny, WORKED))


def test_only_the_chosen_layers_move(tiny, steps):
    edit = Edit(direction=steps["w"].key, shift=1.0, layers=(1, 4))
    recipe = Recipe(edits=(edit,))
    moved = latent(tiny, recipe, {steps["w"].key: steps["w"]}) - latent(tiny, Recipe())
    assert moved.abs().amax(2)[0].gt(0).nonzero().ravel().tolist() == [1, 4]


def test_a_remembered_z_edit_does_not_serve_another(tiny, steps):
    kept = {}

    def remember(key, make):
        if key not in kept:
            kept[key] = make()
        return kept[key]

    plain, found = edited(walk("z-slerp"), steps)
    one, _ = edited(walk("z-slerp"), steps, z=1.0)
    for recipe in (plain, one, plain):
        expected = latent(tiny, recipe, found)
        assert torch.equal(Scene(tiny, recipe, found, remember).w(), expected)


def test_a_place_moves_by_the_shift(tiny, steps):
    keys = {step.key: () for step in steps.values()}
    for space in ("z-lerp", "w-lerp"):
        for name in ("z", "w", "wide"):
            plain, found = edited(walk(space, psi=0.6), steps)
            moved, _ = edited(walk(space, psi=0.6), steps, **{name: 1.25})
            before, after = (Scene(tiny, r, found).places(keys) for r in (plain, moved))
            key = moved.edits[0].direction
            assert after[key] - before[key] == pytest.approx(1.25, abs=1e-3)


def test_a_sigma_of_z_moves_what_is_between_two_ends_further_on_an_arc(tiny, steps):
    recipe, found = edited(walk("z-slerp", t=0.5), steps)
    key = steps["z"].key
    scene = Scene(tiny, recipe, found)
    moved = recipe.model_copy(update={"edits": (Edit(direction=key, shift=1.0),)})
    gained = Scene(tiny, moved, found).places({key: ()})[key] - scene.places({key: ()})[key]
    assert scene.slopes([key])[key] == pytest.approx(gained)
    assert gained > 1.05
    assert Scene(tiny, walk("z-slerp", t=1.0), found).slopes([key])[key] == 1
    assert scene.slopes([steps["w"].key])[steps["w"].key] == 1


@pytest.mark.parametrize(
    "step", [step_of("w", np.ones(7)), step_of("w", np.ones((2, 8))), step_of("z", np.ones(7))]
)
def test_a_direction_of_another_models_size_is_one_sentence(tiny, step):
    recipe = Recipe(edits=(Edit(direction=step.key, shift=1.0),))
    with pytest.raises((DirectionError, LatentError), match="the model that it was made for"):
        paint(tiny, recipe, {step.key: step})


def test_a_layer_that_does_not_exist_is_one_sentence(tiny, steps):
    edit = Edit(direction=steps["w"].key, shift=1.0, layers=(6,))
    with pytest.raises(LatentError, match="layers 0 to 5"):
        latent(tiny, Recipe(edits=(edit,)), {steps["w"].key: steps["w"]})


def test_between_two_scenes_w_goes_straight_and_its_ends_are_theirs(tiny):
    ends = [Scene(tiny, WORKED), Scene(tiny, Recipe(a=Point(x=9.0)))]
    a, b = (scene.w() for scene in ends)
    for share, expected in ((0.0, a), (1.0, b), (0.25, torch.lerp(a, b, 0.25))):
        assert torch.equal(Between(*ends, share, WORKED).w(), expected)
