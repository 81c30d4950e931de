"""Drawing the frames of a film, as they are drawn one by one, while others are encoded."""

from concurrent.futures import Future

import numpy as np
import pytest

from explorer.film import Film
from explorer.filming import AHEAD, make
from explorer.paint import paint
from explorer.recipe import NoiseChoice, Point, Recipe
from explorer.slices import Progress
from tests.networks.builders import tiny_generator
from tests.recipes import WORKED

A, B, C = (Recipe(a=Point(x=seed), psi=0.7) for seed in (1.0, 5.0, 9.0))


@pytest.fixture
def engine(tiny, start_engine):
    return start_engine(lambda recipe, visitor: tiny)


def shot(engine, film):
    """Every frame of a film, and the progress."""
    frames = []
    progress = list(make(film, engine.shoot, frames.append))
    return frames, progress


def test_the_frame_at_a_keyframe_is_the_picture_of_its_recipe(engine, tiny):
    film = Film((A, WORKED, C), 0.5, 20, is_loop=True)
    frames, _ = shot(engine, film)
    for place, key in zip(film.places[:-1], film.keys, strict=True):
        assert np.array_equal(frames[place], paint(tiny, key))


def test_frames_between_differ_from_single_pictures_by_a_grey_level_at_most(engine, tiny):
    film = Film((Recipe(t=0.0), Recipe(t=1.0)), 2.0, 20, "linear")
    frames, _ = shot(engine, film)
    for number in range(1, film.count - 1):
        alone = paint(tiny, film.frame(number).shots[0].settings)
        assert np.abs(frames[number].astype(int) - alone).max() <= 1


def test_progress_counts_every_frame(engine):
    film = Film((A, B), 1.0, 20)
    frames, progress = shot(engine, film)
    assert len(frames) == 20
    assert progress == [Progress(done, 20) for done in range(1, 21)]


def test_a_loop_has_no_step_that_is_larger_than_its_neighbours(engine):
    frames, _ = shot(engine, Film((A, B, C), 1.0, 15, "linear", is_loop=True))
    steps = [
        np.abs(second.astype(float) - first).mean()
        for first, second in zip(frames, [*frames[1:], frames[0]], strict=True)
    ]
    assert 0 < steps[-1] <= 1.5 * max(steps[-2], steps[0])


def test_noise_of_another_seed_fades_in_without_a_jump(engine, tiny):
    keys = [A.model_copy(update={"noise": NoiseChoice(mode="random", seed=s)}) for s in (1, 2)]
    film = Film(tuple(keys), 1.0, 20, "linear")
    frames, _ = shot(engine, film)
    first, last = (paint(tiny, key).astype(float) for key in keys)
    for number, frame in enumerate(frames):
        faded = first + (last - first) * number / (film.count - 1)
        assert np.abs(frame - faded).max() <= 1.01


def test_a_draft_is_the_same_film_in_small(start_engine):
    large = tiny_generator(channels=(4,) * 7)
    engine = start_engine(lambda recipe, visitor: large)
    film = Film((A, B), 0.5, 20)
    frames = []
    list(make(film, lambda shots: engine.shoot(shots, is_draft=True), frames.append))
    assert {frame.shape for frame in frames} == {(128, 128, 3)}
    assert len(frames) == film.count
    assert engine.draw(A).pixels.shape == (256, 256, 3)


def test_the_next_frames_are_drawn_while_one_is_written_and_few_are_in_memory(engine):
    """A batch was started before the frames of the one before are written."""
    started = written = 0
    most = 0

    def start(shots):
        nonlocal started
        assert 1 <= len(shots) <= AHEAD
        started += 1
        return engine.shoot(shots)

    def write(pixels):
        nonlocal written, most
        written += 1
        most = max(most, started - written)

    film = Film((A, B), 2.0, 20)
    list(make(film, start, write))
    assert written == film.count
    assert most >= 1


def test_who_stops_in_the_middle_leaves_no_work_behind():
    under_way = []

    def start(shots):
        future = Future()
        if not under_way:
            future.set_result([np.zeros((4, 4, 3), np.uint8)])
        under_way.append(future)
        return future

    making = make(Film((A, B), 1.0, 10), start, lambda pixels: None)
    assert next(making) == Progress(1, 10)
    making.close()
    assert under_way[-1].cancelled()


def test_what_cannot_be_drawn_ends_the_film_with_its_reason(start_engine):
    def load(recipe, visitor):
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        next(make(Film((A, B), 1.0, 10), start_engine(load).shoot, lambda pixels: None))
