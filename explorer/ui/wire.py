"""Directions as JSON, on their way between the page and the server. Both ends are strangers."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from explorer.directions.direction import Direction, step_from
from explorer.errors import DirectionError

Wire = dict[str, Any]


def to_wire(direction: Direction) -> Wire:
    """A direction as JSON, vector included. Names in it come from strangers."""
    return {
        "key": direction.key,
        "name": direction.name,
        "space": direction.step.space,
        "shape": list(direction.step.numbers.shape),
        "data": base64.b64encode(direction.step.to_bytes()).decode(),
        "boundary": direction.boundary,
        "layers": list(direction.layers),
        "origin": dict(direction.origin),
    }


def from_wire(value: Any) -> Direction:
    """The direction that a page sent.

    Raises:
        DirectionError: It is none.
    """
    wrong = DirectionError("What was sent is no direction.", fix="Reload the page.")
    if not isinstance(value, Mapping):
        raise wrong
    shape, layers = value.get("shape"), value.get("layers") or []
    boundary, name = value.get("boundary"), value.get("name") or "direction"
    lists = [numbers for numbers in (shape, layers) if isinstance(numbers, list)]
    if len(lists) < 2 or not all(type(n) is int and 0 <= n < 2**16 for ns in lists for n in ns):
        raise wrong
    if not isinstance(name, str) or not isinstance(boundary, float | int | None):
        raise wrong
    try:
        data = base64.b64decode(str(value.get("data")), validate=True)
    except binascii.Error as error:
        raise wrong from error
    step = step_from(str(value.get("space")), shape or (), data)
    return Direction(name, step, None if boundary is None else float(boundary), tuple(layers))
