"""The law of a film: what lies between keyframes, and that nothing in it jumps."""

import numpy as np
import pytest
import torch

from explorer.errors import FilmError
from explorer.film import CURVES, EASINGS, MOST_KEYS, Film, between, numbers_between
from explorer.recipe import Edit, Mix, ModelRef, NoiseChoice, Point, Recipe, Transform
from explorer.scene import Scene

A, B, C = (Recipe(a=Point(x=seed), psi=0.7) for seed in (1.0, 5.0, 9.0))
KEYS = (A, B, C)
EDIT = Edit(direction="0a" * 32, shift=2.0, layers=(1,))
OTHER = Edit(direction="0b" * 32, shift=-1.0)


def keys_of(film):
    """{frame: recipe} of the frames that are keyframes."""
    return {
        number: frame.shots[0].settings
        for number, frame in enumerate(film)
        if frame.shots[0].is_key
    }


@pytest.mark.parametrize("easing", EASINGS)
def test_every_easing_is_symmetric_and_rises_from_0_to_1(easing):
    ease = CURVES[easing]
    steps = np.linspace(0, 1, 101)
    values = np.array([ease(x) for x in steps])
    assert (ease(0.0), ease(1.0)) == (0, 1)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(values + values[::-1], 1, atol=1e-12)


@pytest.mark.parametrize("easing", ["smooth", "smoother"])
def test_smooth_easing_stands_still_at_the_keyframes(easing):
    assert CURVES[easing](0.001) < 1e-5


@pytest.mark.parametrize("seconds, fps", [(2.0, 30), (0.7, 25), (1.0, 7), (0.31, 24)])
@pytest.mark.parametrize("is_loop", [False, True])
def test_every_keyframe_is_a_frame_and_is_its_recipe(seconds, fps, is_loop):
    film = Film(KEYS, seconds, fps, is_loop=is_loop)
    found = keys_of(film)
    assert list(found.values()) == list(KEYS)
    assert min(found) == 0
    assert is_loop or max(found) == film.count - 1


def test_the_length_is_the_time_between_keyframes_times_the_ways_between_them():
    assert Film(KEYS, 5.0, 30).count == 300
    assert Film(KEYS, 2.0, 30, is_loop=True).count == 180


def test_a_loop_ends_one_step_before_its_first_frame():
    film = Film(KEYS, 1.0, 10, "linear", is_loop=True)
    (shot,) = film.frame(film.count - 1).shots
    assert (shot.a, shot.b) == (C, A)
    assert shot.share == pytest.approx(0.9)


def test_frames_outside_the_film_are_not_there():
    film = Film(KEYS, 1.0, 10)
    for number in (-1, film.count):
        with pytest.raises(IndexError):
            film.frame(number)


def test_numbers_that_differ_alone_are_interpolated_in_the_recipe():
    a = Recipe(
        t=0.2,
        psi=1.0,
        clip=2.0,
        mix=Mix(source=Point(x=4.0), weights=(1.0, 0.0)),
        noise=NoiseChoice(mode="random", seed=3, strength=(1.0, 2.0)),
        edits=(EDIT,),
        transform=Transform(rotate=170.0, x=0.5),
    )
    b = Recipe(
        t=0.6,
        psi=0.0,
        clip=1.0,
        noise=NoiseChoice(mode="random", seed=3),
        edits=(OTHER,),
        transform=Transform(rotate=-170.0, y=0.5),
    )
    found = numbers_between(a, b, 0.25)
    assert (found.t, found.psi, found.clip) == pytest.approx((0.3, 0.75, 1.75))
    assert found.mix == Mix(source=Point(x=4.0), weights=(0.75, 0.0))
    assert found.noise.strength == (1.0, 1.75)
    shifts = {edit.direction: (edit.shift, edit.layers) for edit in found.edits}
    assert shifts == {EDIT.direction: (1.5, (1,)), OTHER.direction: (-0.25, ())}
    turned = found.transform
    assert (turned.rotate, turned.x, turned.y) == pytest.approx((175.0, 0.375, 0.125))
    assert Recipe.model_validate(found.model_dump()) == found


def test_between_two_points_of_a_path_the_film_stays_on_the_path():
    frame = between(Recipe(t=0.0), Recipe(t=1.0), 0.5)
    (shot,) = frame.shots
    assert shot.settings == Recipe(t=0.5) == shot.a == shot.b


@pytest.mark.parametrize(
    "change",
    [
        {"a": Point(x=3.0)},
        {"space": "w-lerp"},
        {"cutoff": 3},
        {"label": 1},
        {"clip": 1.0},
        {"mix": Mix(source=Point(x=8.0), weights=(1.0,))},
        {"mix": Mix(source=Point(x=7.0), weights=(1.0, 1.0))},
        {"edits": (EDIT.model_copy(update={"layers": (2,)}),)},
        {"edits": tuple(Edit(direction=f"{n:064x}", shift=1.0) for n in range(12))},
    ],
)
def test_where_a_choice_differs_w_goes_straight_from_one_to_the_other(change):
    a = Recipe(
        mix=Mix(source=Point(x=7.0), weights=(0.5,)),
        edits=(EDIT,),
        transform=Transform(x=0.5),
    )
    b = a.model_copy(update={**change, "transform": Transform(x=-0.5)})
    assert numbers_between(a, b, 0.5) is None
    frame = between(a, b, 0.25)
    (shot,) = frame.shots
    assert (shot.a, shot.b, shot.share) == (a, b, 0.25)
    assert shot.settings.transform.x == pytest.approx(0.25)


@pytest.mark.parametrize(
    "noise",
    [
        NoiseChoice(mode="random", seed=2),
        NoiseChoice(mode="none"),
        NoiseChoice(mode="random", seed=1, strength=(1.0, 1.0)),
    ],
)
def test_where_the_noise_is_another_two_pictures_of_one_w_are_faded_over(noise):
    a = Recipe(noise=NoiseChoice(mode="random", seed=1, strength=(2.0,)))
    b = Recipe(a=Point(x=3.0), noise=noise)
    frame = between(a, b, 0.25)
    assert frame.fade == 0.25
    assert [shot.settings.noise for shot in frame.shots] == [a.noise, b.noise]
    assert {(shot.a, shot.b, shot.share) for shot in frame.shots} == {(a, b, 0.25)}


def test_the_seed_of_noise_that_is_stored_does_not_matter():
    a, b = Recipe(), Recipe(noise=NoiseChoice(seed=4), psi=0.5)
    assert numbers_between(a, b, 0.5).noise.mode == "const"


@pytest.mark.parametrize("easing", EASINGS)
def test_a_loop_is_seamless_its_last_step_is_like_its_neighbours(tiny, easing):
    """In W, where the steps of a straight line can be compared."""
    film = Film((A, B), 1.0, 20, easing, is_loop=True)
    steps = []
    w = [w_of(tiny, frame.shots[0]) for frame in film]
    for first, second in zip(w, [*w[1:], w[0]], strict=True):
        steps.append(float((second - first).norm()))
    half = film.count // 2  # where the other keyframe is
    assert steps[-1] > 0
    assert steps[-1] == pytest.approx(steps[half - 1], rel=1e-3)
    assert steps[-1] <= 1.001 * max(steps[-2], steps[0])


def w_of(generator, shot):
    ends = [Scene(generator, recipe).w() for recipe in (shot.a, shot.b)]
    return torch.lerp(*ends, shot.share)


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"keys": (A,)}, "2 to 64 keyframes, this one 1. Add another picture"),
        ({"keys": (A,) * (MOST_KEYS + 1)}, "this one 65. Remove some"),
        ({"seconds": 0.0}, "0 seconds from keyframe to keyframe cannot be filmed"),
        ({"seconds": float("nan")}, "nan seconds"),
        ({"seconds": 1e9}, "1e[+]09 seconds"),
        ({"fps": 0}, "0 frames a second cannot be filmed. Choose 1 to 60"),
        ({"fps": 61}, "61 frames a second"),
        ({"easing": "wild"}, "no easing 'wild'. Choose linear, smooth or smoother"),
        ({"seconds": 0.1, "fps": 1}, "0 frames cannot show 3 keyframes"),
        (
            {"keys": (A, A.model_copy(update={"model": ModelRef(name="x", hash="0" * 64)}))},
            "are of several models: , x. Choose pictures of one model",
        ),
    ],
)
def test_what_cannot_be_filmed_is_one_sentence(more, sentence):
    with pytest.raises(FilmError, match=sentence):
        Film(**{"keys": KEYS, **more})


def test_between_two_noises_of_one_picture_both_ends_are_drawn_once_and_faded():
    a, b = (Recipe(noise=NoiseChoice(mode="random", seed=seed)) for seed in (1, 2))
    frame = between(a, b, 0.25)
    assert [(shot.settings, shot.is_key) for shot in frame.shots] == [(a, True), (b, True)]
    assert frame.fade == 0.25
