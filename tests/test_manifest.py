"""The manifest as text."""

import csv
import json

import numpy as np
import pytest

from explorer.controlled import Variation
from explorer.directions.direction import Direction, step_of
from explorer.manifest import DataSet, Face, to_csv, to_json
from explorer.recipe import Edit, Recipe, parse

SMILE = Direction("smile", step_of("w", np.ones(6)), boundary=0.5)


def face(identity=1, shift=1.5, variation=Variation(0, 2.0), **changes):  # noqa: B008
    recipe = Recipe(a={"x": 7.0}, edits=(Edit(direction=SMILE.key, shift=shift),))
    values = {
        **{"identity": identity, "seed": 7, "file": f"identity-{identity:04}/smile+2.0.png"},
        **{"sha256": "0" * 64, "variation": variation, "recipe": recipe},
        **{"strengths": (1.99996,), "scores": (-3.25,)},
    }
    return Face(**values | changes)


def data(*faces, direction=SMILE, attributes=("glasses",)):
    return DataSet({"model": "tiny", "achieved_distance": 1.5}, (direction,), attributes, faces)


def test_the_json_says_of_each_picture_what_it_is_and_what_was_measured():
    neutral = face(variation=Variation(), shift=-0.5, file="identity-0001/neutral.png")
    found = json.loads(to_json(data(neutral, face(), face(2, shift=5.0))))
    assert (found["model"], found["achieved_distance"]) == ("tiny", 1.5)
    assert [one["identity"] for one in found["identities"]] == [1, 2]
    first, varied = found["identities"][0]["pictures"]
    assert (first["direction"], first["sigma"], varied["direction"]) == (None, 0.0, "smile")
    assert (varied["sigma"], varied["shifts"], varied["is_clipped"]) == (2.0, [1.5], False)
    assert (varied["strengths"], varied["scores"]) == ([2.0], [-3.25])
    assert parse(varied["recipe"]) == face().recipe
    assert found["identities"][1]["pictures"][0]["is_clipped"] is True
    assert found["directions"] == [
        {"name": "smile", "key": SMILE.key, "space": "w", "boundary": 0.5}
    ]


def test_the_csv_has_a_line_for_each_picture_and_ends_with_its_recipe():
    head, *lines = csv.reader(to_csv(data(face(), face(2))).splitlines())
    assert head == [
        *("identity", "seed", "file", "direction", "sigma", "is_clipped", "sha256"),
        *("shift smile", "strength smile", "score glasses", "recipe"),
    ]
    line = dict(zip(head, lines[1], strict=True))
    assert (line["identity"], line["seed"], line["direction"]) == ("2", "7", "smile")
    assert (line["sigma"], line["shift smile"], line["score glasses"]) == ("2.0", "1.5", "-3.25")
    assert parse(line["recipe"]) == face().recipe


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "\t=", "\r", "\n ="])
def test_no_name_starts_a_formula_or_a_line(sign):
    direction = Direction(f"{sign}cmd", SMILE.step)
    text = to_csv(data(face(), direction=direction, attributes=(f"{sign}a",)))
    assert text.count("\n") == 2 and "\t" not in text and "\r" not in text
    for row in csv.reader(text.splitlines()):
        assert not any(cell[:1] in "=+@＝ " for cell in row if cell)
        assert not row[3].startswith("-")


def test_equal_faces_make_equal_bytes():
    assert to_csv(data(face())) == to_csv(data(face()))
    assert to_json(data(face())) == to_json(data(face()))
