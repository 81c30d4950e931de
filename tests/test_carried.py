import json

import numpy as np
import pytest

from explorer import carried
from explorer.carried import from_text, to_text
from explorer.directions.direction import Direction, Step, step_of
from explorer.errors import DirectionError
from explorer.packing import packed

RNG = np.random.default_rng(1)


def gauged():
    """A direction that is measured by something else than its step."""
    step = step_of("w", RNG.standard_normal(16), 1.5)
    wide = step.numbers.astype(np.float64)
    across = RNG.standard_normal(16)
    across -= (across @ wide) / (wide @ wide) * wide
    gauge = (wide / (wide @ wide) + 0.1 * across).astype(np.float16)
    return Direction("smile 顔", step, -0.25, (0, 3), {"kind": "svm", "samples": 5}, gauge)


ALL = (
    gauged(),
    Direction("in z", step_of("z", RNG.standard_normal(8))),
    Direction("each layer", step_of("w", RNG.standard_normal((4, 16)), 0.1), 1.0),
)


def known(direction):
    gauge = None if direction.gauge is None else direction.gauge.tobytes()
    whole = (direction.key, direction.name, direction.boundary, direction.layers)
    return (*whole, dict(direction.origin), gauge)


def text_of(entries, numbers=b""):
    return "1." + packed(json.dumps(entries).encode() + b"\n" + numbers)


def test_directions_survive_with_all_that_is_known_of_them():
    assert list(map(known, from_text(to_text(ALL)))) == list(map(known, ALL))
    assert to_text(ALL) == to_text(ALL)
    assert to_text([]) == ""


def test_how_they_were_found_can_stay_out():
    (first, *_) = from_text(to_text(ALL, origins=False))
    assert (first.origin, first.name) == ({}, "smile 顔")


def test_an_origin_that_is_not_for_json_or_long_stays_out():
    for origin in ({"set": {1}}, {"nan": float("nan")}, {"note": "x" * 5000}):
        direction = Direction("one", ALL[1].step, origin=origin)
        assert from_text(to_text([direction]))[0].origin == {}


def test_twelve_of_512_take_less_than_17000_characters():
    many = [
        Direction(f"Wearing glasses {n}", step_of("w", RNG.standard_normal(512), 1.3), n / 7)
        for n in range(12)
    ]
    assert len(to_text(many, origins=False)) < 17_000 - len("#v=")


def test_what_is_too_much_to_go_with_a_recipe_is_refused():
    with pytest.raises(DirectionError, match=r"13 directions do not go with a recipe\. At most 12"):
        to_text([ALL[1]] * 13)
    wide = Step("w", RNG.standard_normal((64, 4096)).astype(np.float16))
    with pytest.raises(DirectionError, match=r"too large to go with a recipe\. Export them"):
        to_text([Direction("wide", wide)] * 3)


ENTRY = {"name": "one", "shape": [2]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "that came with the recipe are damaged. Copy the link again"),
        ("1.", "are damaged"),
        ("x.AAAA", "are damaged"),
        ("2.AAAA", "were written by a newer explorer. Update this one"),
        ("1." + "A" * carried.MOST_TEXT, "are damaged"),
        (text_of([]), "are damaged"),
        (text_of({}), "are damaged"),
        (text_of([ENTRY] * 13, bytes(52)), "are damaged"),
        (text_of([ENTRY], bytes(3)), "are damaged"),
        (text_of([ENTRY], bytes(6)), "are damaged"),
        (text_of([{**ENTRY, "shape": [0]}]), "are damaged"),
        (text_of([{**ENTRY, "shape": [4096, 4096]}], bytes(4)), "are damaged"),
        (text_of([{**ENTRY, "space": "x"}], bytes(4)), "are damaged"),
        (text_of([{**ENTRY, "name": ""}], bytes(4)), "are damaged"),
        (text_of([{**ENTRY, "boundary": "0"}], bytes(4)), "are damaged"),
        (text_of([{**ENTRY, "more": 1}], bytes(4)), "are damaged"),
        (text_of([ENTRY], bytes(4)), "leads nowhere"),
        (text_of([ENTRY], b"\xff" * 4), "leads nowhere"),
        (text_of([{**ENTRY, "gauge": True}], b"\x3c\0\0\0\0\0\0\0"), "measures the direction"),
        (text_of([{**ENTRY, "shape": [2, 1], "space": "z"}], b"\x3c" * 4), "is none"),
    ],
)
def test_damaged_directions_get_one_sentence(text, sentence):
    with pytest.raises(DirectionError, match=sentence):
        from_text(text)
