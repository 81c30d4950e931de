"""A memory of steps that may forget, and says what it does not know."""

import numpy as np
import pytest

from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import AROUND, UnknownSteps, Vectors

STEPS = [step_of("w", np.eye(100)[index]) for index in range(4)]


def test_what_was_put_is_found():
    vectors = Vectors()
    keys = [vectors.put(step) for step in STEPS[:2]]
    assert vectors.find(keys) == dict(zip(keys, STEPS[:2], strict=True))


def test_the_directions_of_the_model_are_known_without_being_put():
    shipped = [Direction("smile", STEPS[0])]
    assert Vectors().find([STEPS[0].key], shipped) == {STEPS[0].key: STEPS[0]}


def test_what_is_not_here_is_named():
    vectors = Vectors()
    vectors.put(STEPS[0])
    with pytest.raises(UnknownSteps, match=STEPS[1].key[:12]) as caught:
        vectors.find([step.key for step in STEPS[:3]])
    assert caught.value.keys == (STEPS[1].key, STEPS[2].key)


def test_the_step_used_longest_ago_goes_first():
    vectors = Vectors(capacity=3 * (STEPS[0].numbers.nbytes + AROUND))
    for step in STEPS[:3]:
        vectors.put(step)
    vectors.find([STEPS[0].key])
    vectors.put(STEPS[3])
    assert len(vectors) == 3
    assert vectors.find([STEPS[index].key for index in (0, 2, 3)])
    with pytest.raises(UnknownSteps):
        vectors.find([STEPS[1].key])


def test_the_same_step_takes_room_once():
    vectors = Vectors(capacity=2 * (STEPS[0].numbers.nbytes + AROUND))
    for _ in range(5):
        vectors.put(STEPS[0])
    vectors.put(STEPS[1])
    assert len(vectors) == 2
