"""What a page is sent of a direction comes back the same, and nothing else is taken for one."""

import base64
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.directions.direction import Direction, Step, step_of
from explorer.directions.origins import MOST_ORIGIN
from explorer.errors import DirectionError, ExplorerError
from explorer.ui.wire import from_wire, to_wire
from tests.ui.driving import HOSTILE

ORIGIN = {
    "kind": "labels",
    "samples": 40,
    "accuracy": 0.75,
    "note": "Held out.",
    "parts": [1, None],
}
SMILE = Direction(
    "smile", step_of("w", np.arange(1.0, 7)), boundary=-0.25, layers=(0, 5), origin=ORIGIN
)
WIDE = Direction("wide", step_of("w", np.ones((4, 6))))
ROUND = Direction("round", step_of("z", np.ones(8)), boundary=2.0)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("name", "space", "shape", "data", "boundary", "layers", "origin")


def sent(**changes):
    return {**to_wire(SMILE), **changes}


@pytest.mark.parametrize("direction", [SMILE, WIDE, ROUND], ids=lambda one: one.name)
def test_a_direction_comes_back_the_same(direction):
    wire = to_wire(direction)
    assert json.loads(json.dumps(wire, allow_nan=False)) == wire
    again = from_wire(wire)
    assert (again.key, again.name, again.step.space) == (
        direction.key,
        direction.name,
        direction.step.space,
    )
    assert (again.boundary, again.layers) == (direction.boundary, direction.layers)
    assert again.origin == direction.origin
    assert np.array_equal(again.step.numbers, direction.step.numbers)


def test_the_key_is_what_the_numbers_say_and_not_what_a_page_says():
    assert from_wire(sent(key="0" * 64)).key == SMILE.key


def test_what_a_page_leaves_out_is_nothing():
    wire = to_wire(SMILE)
    bare = from_wire({name: wire[name] for name in ("space", "shape", "data")})
    assert (bare.name, bare.boundary, bare.layers, bare.origin) == ("direction", None, (), {})


@pytest.mark.parametrize("name", [HOSTILE, "\ud800", "a\0b", "'; DROP TABLE", "x" * 80])
def test_a_hostile_name_is_just_text(name):
    assert from_wire(sent(name=name)).name == name


@pytest.mark.parametrize(
    "changes",
    [
        {"space": "x"},
        {"space": ["w"]},
        {"shape": []},
        {"shape": [0]},
        {"shape": [-6]},
        {"shape": [6.0]},
        {"shape": [True]},
        {"shape": [1, 1, 6]},
        {"shape": [5000]},
        {"shape": "6"},
        {"shape": None},
        {"data": None},
        {"data": 7},
        {"data": "???"},
        {"data": "é"},
        {"data": ["AAAA"]},
        {"boundary": True},
        {"boundary": "0"},
        {"boundary": 10**400},
        {"layers": [64]},
        {"layers": [-1]},
        {"layers": ["0"]},
        {"layers": [0] * 65},
        {"layers": {"0": 1}},
        {"name": 7},
        {"name": None},
    ],
    ids=str,
)
def test_what_is_no_direction_is_one_sentence(changes):
    with pytest.raises(DirectionError) as caught:
        from_wire(sent(**changes))
    assert str(caught.value) == "What was sent is no direction. Reload the page."


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"shape": [5]}, r"12 bytes are no direction of shape \[5\] in 'w'"),
        ({"data": ""}, r"0 bytes are no direction"),
        ({"shape": [2, 3], "space": "z"}, r"of shape \[2, 3\] and type float16 in 'z' is none"),
        ({"data": base64.b64encode(bytes(12)).decode()}, "leads nowhere"),
        ({"data": base64.b64encode(b"\xff" * 12).decode()}, "leads nowhere"),
        ({"name": ""}, "a name of 1 to 80 characters"),
        ({"name": "x" * 81}, "a name of 1 to 80 characters"),
        ({"boundary": math.nan}, "boundary"),
        ({"boundary": math.inf}, "boundary"),
    ],
)
def test_a_direction_that_cannot_be_says_why(changes, sentence):
    with pytest.raises(DirectionError, match=sentence):
        from_wire(sent(**changes))


@pytest.mark.parametrize(
    "origin", [None, [], "x", {"n": math.nan}, {"text": "x" * MOST_ORIGIN}, {"a": object()}]
)
def test_a_note_that_is_none_or_too_long_is_left_out_and_the_direction_stays(origin):
    assert from_wire(sent(origin=origin)).origin == {}


def test_a_stranger_s_long_note_does_not_reach_the_page():
    library = Direction("x", SMILE.step, origin={"text": "x" * MOST_ORIGIN})
    assert to_wire(library)["origin"] == {}


def test_signs_and_tiny_numbers_survive():
    step = Step("z", np.array([-0.0, 1, 6e-8, -65504], np.float16))
    assert from_wire(to_wire(Direction("x", step))).step.to_bytes() == step.to_bytes()


@settings(deadline=None, max_examples=50)
@given(value=JSON)
def test_any_json_is_a_direction_or_a_sentence(value):
    try:
        from_wire(value)
    except ExplorerError as error:
        assert len(str(error)) < 400


@settings(deadline=None, max_examples=50)
@given(name=st.sampled_from(FIELDS), value=JSON)
def test_any_json_in_any_field_is_a_direction_or_a_sentence(name, value):
    try:
        again = from_wire(sent(**{name: value}))
    except ExplorerError as error:
        assert len(str(error)) < 400
    else:
        json.dumps(to_wire(again), allow_nan=False)
