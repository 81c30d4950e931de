"""The manifest of a data set of controlled faces: what each picture is, as JSON and as CSV.

Pure text: the same faces give the same bytes. Names come from strangers, and spreadsheets run what
begins like a formula.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from explorer.controlled import Variation, is_clipped
from explorer.directions.direction import Direction
from explorer.recipe import Recipe

FORMAT: Final = "stylegan-explorer/faces"
VERSION: Final = 1
DIGITS = 4  # of what was measured
FORMULA = tuple("=+-@＝＋－＠")


@dataclass(frozen=True)
class Face:
    """One picture of a data set.

    Args:
        identity: From 1 on.
        file: Its path in the data set.
        sha256: Of the file.
        strengths: Sigmas from neutral along each direction, as it stands, not as was asked.
        scores: Logits of a classifier, above 0 is yes; () without one.
    """

    identity: int
    seed: int
    file: str
    sha256: str
    variation: Variation
    recipe: Recipe
    strengths: tuple[float, ...]
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class DataSet:
    """All that a manifest says.

    Args:
        about: What was asked and reached, as JSON holds it.
        attributes: What the scores are about.
    """

    about: Mapping[str, object]
    directions: tuple[Direction, ...]
    attributes: tuple[str, ...]
    faces: Sequence[Face]


def to_json(found: DataSet) -> str:
    """The manifest as JSON."""
    identities: list[dict[str, object]] = []
    pictures: dict[int, list[dict[str, object]]] = {}
    for face in found.faces:
        if face.identity not in pictures:
            pictures[face.identity] = []
            identities.append(
                {
                    "identity": face.identity,
                    "seed": face.seed,
                    "pictures": pictures[face.identity],
                }
            )
        pictures[face.identity].append(_picture(found, face))
    whole = {
        "format": FORMAT,
        "version": VERSION,
        **found.about,
        "directions": [direction.facts for direction in found.directions],
        "attributes": list(found.attributes),
        "identities": identities,
    }
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"


def to_csv(found: DataSet) -> str:
    """The manifest as CSV: one line a picture, the recipe as JSON in its last cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    directions = [direction.name for direction in found.directions]
    head = ["identity", "seed", "file", "direction", "sigma", "is_clipped", "sha256"]
    head += [f"shift {name}" for name in directions]
    head += [f"strength {name}" for name in directions]
    head += [f"score {name}" for name in found.attributes]
    writer.writerow([*map(_cell, head), "recipe"])
    for face in found.faces:
        index = face.variation.index
        name = "" if index is None else directions[index]
        line = [face.identity, face.seed, face.file, _cell(name), face.variation.sigma]
        line += [int(is_clipped(face.recipe)), face.sha256, *_shifts(face)]
        numbers = [_rounded(number) for number in (*face.strengths, *face.scores)]
        writer.writerow([*line, *numbers, face.recipe.to_json()])
    return text.getvalue()


def _picture(found: DataSet, face: Face) -> dict[str, object]:
    index = face.variation.index
    return {
        "file": face.file,
        "direction": None if index is None else found.directions[index].name,
        "sigma": face.variation.sigma,
        "is_clipped": is_clipped(face.recipe),
        "shifts": _shifts(face),
        "strengths": [_rounded(number) for number in face.strengths],
        "scores": [_rounded(number) for number in face.scores],
        "sha256": face.sha256,
        "recipe": face.recipe.model_dump(mode="json"),
    }


def _shifts(face: Face) -> list[float]:
    return [edit.shift for edit in face.recipe.edits]


def _rounded(number: float) -> float:
    return round(float(number), DIGITS) + 0.0


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, on one line."""
    line = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return f"'{line}" if line.startswith(FORMULA) else line
