"""Neutral and varied faces of a tiny generator."""

import numpy as np
import pytest
import torch

from explorer.controlled import Control, Variation, file_names, is_clipped, variations
from explorer.directions.direction import Direction, step_of
from explorer.directions.svm import Boundary
from explorer.errors import DirectionError
from explorer.recipe import MAX_SHIFT, Recipe
from explorer.sampling import Sampler
from explorer.scene import Scene
from explorer.separation import direction_from
from tests.networks.builders import tiny_generator

SEEDS = range(8)


def some(space, size, *, seed=0, boundary=None, layers=(), name="d", sigma=0.5):
    numbers = np.random.default_rng(seed).normal(size=size)
    return Direction(f"{name}{seed}", step_of(space, numbers, sigma), boundary, layers)


def gauged(tiny, seed):
    """A direction whose step leads elsewhere than the normal of its boundary, as w spreads."""
    w = Sampler(tiny).w(range(500))[:, -1].numpy().astype(np.float64)
    spread, axes = np.linalg.eigh(np.cov(w.T))
    # Random in the space where w is round: two of them are seldom nearly alike.
    normal = axes @ (np.random.default_rng(seed).normal(size=6) / np.sqrt(spread))
    normal /= np.linalg.norm(normal)
    return direction_from(Boundary(normal, float(w.mean(0) @ normal)), f"g{seed}", "w", w, {})


def places(tiny, control, seed):
    return control.strengths(control.recipe(seed, control.neutral(seed)))


def test_a_neutral_face_stands_on_every_boundary_at_once(tiny):
    directions = (gauged(tiny, 1), gauged(tiny, 2), some("w", 6, seed=3, boundary=0.2))
    control = Control(tiny, Recipe(psi=0.8), directions)
    for seed in SEEDS:
        recipe = control.recipe(seed, control.neutral(seed))
        assert not is_clipped(recipe)
        steps = {one.key: one.step for one in directions}
        scene = Scene(tiny, recipe, steps)
        gauges = {one.key: one.gauge for one in directions if one.gauge is not None}
        found = scene.places({one.key: () for one in directions}, gauges)
        for one in directions:
            assert found[one.key] == pytest.approx(one.boundary, abs=1e-3)


def test_without_a_boundary_a_face_is_neutral_where_the_mean_face_stands(tiny):
    one = some("w", 6, seed=4)
    control = Control(tiny, Recipe(psi=0.7), (one,))
    mean = one.step.place(tiny.w_avg.expand(tiny.num_ws, -1))
    for seed in SEEDS:
        recipe = control.recipe(seed, control.neutral(seed))
        w = Scene(tiny, recipe, {one.key: one.step}).w()[0]
        assert one.step.place(w) == pytest.approx(mean, abs=1e-3)


def test_directions_of_z_and_of_w_become_neutral_together(tiny):
    directions = (some("z", 8, seed=5, sigma=1.0), some("w", 6, seed=6, boundary=0.1))
    control = Control(tiny, Recipe(), directions)
    for seed in SEEDS:
        assert places(tiny, control, seed) == pytest.approx([0, 0], abs=1e-3)


def test_directions_for_some_layers_move_and_measure_those(tiny):
    one = some("w", 6, seed=7, boundary=0.0, layers=(1, 2))
    other = some("w", (tiny.num_ws, 6), seed=8, boundary=0.3)
    control = Control(tiny, Recipe(psi=0.6), (one, other))
    for seed in SEEDS:
        assert places(tiny, control, seed) == pytest.approx([0, 0], abs=1e-3)
    moved = control.recipe(1, (2.0, 0.0))
    steps = {each.key: each.step for each in (one, other)}
    change = Scene(tiny, moved, steps).w() - Scene(tiny, control.recipe(1, (0.0, 0.0)), steps).w()
    assert change[0].abs().sum(1).bool().tolist() == [layer in (1, 2) for layer in range(6)]


def test_a_variation_is_so_many_sigmas_from_neutral_along_its_direction(tiny):
    directions = (gauged(tiny, 1), gauged(tiny, 2))
    control = Control(tiny, Recipe(psi=0.8), directions)
    neutral = control.neutral(3)
    for index in (0, 1):
        for sigma in (-2.0, 0.5):
            recipe = control.recipe(3, neutral, Variation(index, sigma))
            assert control.strengths(recipe)[index] == pytest.approx(sigma, abs=0.02)
            others = [edit.shift for edit in recipe.edits]
            del others[index]
            assert others == [shift for i, shift in enumerate(neutral) if i != index]


def test_a_face_beyond_the_limits_comes_as_near_as_they_let_it_and_is_said_to_be_clipped(tiny):
    far = some("w", 6, seed=9, boundary=40.0)
    control = Control(tiny, Recipe(), (far,))
    (shift,) = control.neutral(0)
    assert shift == MAX_SHIFT
    recipe = control.recipe(0, (shift,))
    assert is_clipped(recipe)
    assert -40 < control.strengths(recipe)[0] < -25
    near = control.recipe(0, (4.0,), Variation(0, 3.0))
    assert near.edits[0].shift == MAX_SHIFT and is_clipped(near)
    assert not is_clipped(control.recipe(0, (4.0,), Variation(0, -3.0)))


def test_rows_are_as_far_apart_as_w(tiny):
    plain = Control(tiny, Recipe(psi=0.7), (some("w", 6, seed=1),))
    layered = Control(tiny, Recipe(), (some("w", 6, seed=1, layers=(0, 4)),))
    wide = Control(tiny, Recipe(), (some("w", (6, 6), seed=1),))
    for control, groups in ((plain, 1), (layered, 2), (wide, 6)):
        assert control.columns == groups * 6
        rows, ws = [], []
        for seed in (0, 1):
            recipe = control.recipe(seed, control.neutral(seed))
            rows.append(control.row(recipe))
            ws.append(Scene(tiny, recipe, {d.key: d.step for d in control.directions}).w()[0])
        assert rows[0].shape == (control.columns,)
        apart = (ws[0] - ws[1]).square().sum(1).mean().sqrt()
        assert np.linalg.norm(rows[0] - rows[1]) == pytest.approx(float(apart), rel=1e-4)


def test_classes_are_taken_in_turn_unless_one_is_named():
    generator = tiny_generator(c_dim=3, embed=4)
    one = some("w", 6, seed=1)
    assert [Control(generator, Recipe(), (one,)).recipe(s, (0.0,)).label for s in (0, 4)] == [0, 1]
    assert Control(generator, Recipe(label=2), (one,)).recipe(4, (0.0,)).label == 2
    control = Control(generator, Recipe(), (one,))
    assert places(generator, control, 4) == pytest.approx([0], abs=1e-3)


def test_one_neutral_face_and_each_direction_at_each_sigma():
    found = variations(3, (-2.0, 2.0))
    assert len(found) == 7 and found[0] == Variation()
    assert found[1:3] == (Variation(0, -2.0), Variation(0, 2.0))


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["smile"], ["neutral.png", "smile+2.0.png"]),
        (["Long hair"], ["neutral.png", "long_hair+2.0.png"]),
        (["../../etc/passwd"], ["neutral.png", "etc_passwd+2.0.png"]),
        (["=cmd|'/c calc'!A1"], ["neutral.png", "cmd___c_calc__a1+2.0.png"]),
        (["笑"], ["neutral.png", "direction+2.0.png"]),
        (["a b", "a_b"], ["neutral.png", "a_b+2.0.png", "a_b-2+2.0.png"]),
        (["CON"], ["neutral.png", "con+2.0.png"]),
        (["x" * 80], ["neutral.png", f"{'x' * 40}+2.0.png"]),
    ],
)
def test_names_of_files_are_safe_and_each_is_there_once(names, files):
    step = step_of("w", np.ones(6))
    directions = [Direction(name, step) for name in names]
    assert list(file_names(directions, variations(len(names), (2.0,)))) == files


def test_no_directions_too_many_and_one_twice_are_refused(tiny):
    many = tuple(some("w", 6, seed=seed) for seed in range(13))
    for wrong in ((), many, many[:1] * 2):
        with pytest.raises(DirectionError, match="directions are named"):
            Control(tiny, Recipe(), wrong)


def test_the_same_seed_is_neutral_in_the_same_way_whatever_was_asked_before(tiny):
    control = Control(tiny, Recipe(psi=0.8), (gauged(tiny, 1), some("z", 8, seed=2, sigma=1.0)))
    first = control.neutral(5)
    control.neutral(6)
    torch.set_num_threads(1)
    assert control.neutral(5) == first
    assert all(round(shift, 4) == shift for shift in first)
