"""Directions as JSON, on their way between the page and the server. Both ends are strangers."""

import base64
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from explorer.directions.direction import (
    LONGEST,
    MOST_LAYERS,
    Direction,
    Numbers,
    Space,
    gauge_from,
    step_from,
)
from explorer.directions.origins import bounded
from explorer.directions.vectors import Vectors
from explorer.errors import DirectionError
from explorer.recipe import MAX_EDITS, Recipe

Wire = dict[str, Any]


class _Sent(BaseModel):
    """What a page sends of a direction. What else it says of one, such as the key, is not used."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    name: str = "direction"
    space: Space
    shape: Annotated[
        list[Annotated[int, Field(ge=1, le=LONGEST)]], Field(min_length=1, max_length=2)
    ]
    data: str
    boundary: float | None = None
    layers: Annotated[
        list[Annotated[int, Field(ge=0, lt=MOST_LAYERS)]], Field(max_length=MOST_LAYERS)
    ] = Field(default_factory=list)
    origin: Any = None
    gauge: Annotated[str, Field(max_length=4 * LONGEST)] | None = None


def to_wire(direction: Direction) -> Wire:
    """A direction as JSON, vector included. Names in it come from strangers."""
    return {
        **direction.facts,
        "shape": list(direction.step.numbers.shape),
        "data": encoded(direction.step.numbers),
        "layers": list(direction.layers),
        "origin": bounded(direction.origin),
        "gauge": None if direction.gauge is None else encoded(direction.gauge),
    }


def from_wire(value: Any) -> Direction:
    """The direction that a page sent.

    Raises:
        DirectionError: It is none.
    """
    try:
        sent = _Sent.model_validate(value)
        data = base64.b64decode(sent.data, validate=True)
        gauge = None if sent.gauge is None else gauge_of(sent.gauge)
    except (ValidationError, ValueError) as error:
        raise DirectionError("What was sent is no direction.", fix="Reload the page.") from error
    step = step_from(sent.space, sent.shape, data)
    layers, origin = tuple(sent.layers), bounded(sent.origin)
    return Direction(sent.name, step, sent.boundary, layers, origin, gauge)


def own_of(
    told: Any, recipe: Recipe, shipped: Sequence[Direction], vectors: Vectors
) -> tuple[Direction, ...]:
    """The directions that a recipe uses and that are not `shipped` with its model.

    Args:
        told: By a page: a list of what it knows of them, by `key`; their steps are in `vectors`.

    Raises:
        UnknownSteps: A step is not here.
        DirectionError: What was told of one does not fit it.
    """
    known = {one.key for one in shipped}
    keys = [edit.direction for edit in recipe.edits if edit.direction not in known]
    steps = vectors.find(keys)
    rows = told if isinstance(told, list) else []
    notes = {str(row.get("key")): row for row in rows[:MAX_EDITS] if isinstance(row, dict)}
    found = []
    for key in keys:
        numbers = steps[key].numbers
        usual = {"name": f"direction {key[:8]}", **notes.get(key, {})}
        step = {"space": steps[key].space, "shape": list(numbers.shape), "data": encoded(numbers)}
        found.append(from_wire({**usual, **step}))
    return tuple(found)


def encoded(numbers: Numbers) -> str:
    """float16 numbers as text."""
    return base64.b64encode(numbers.astype("<f2").tobytes()).decode()


def gauge_of(text: str) -> Numbers:
    """The gauge in a text of `encoded`.

    Raises:
        ValueError: It is none.
    """
    return gauge_from(base64.b64decode(text, validate=True))
