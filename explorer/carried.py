"""Own directions on their way with a recipe: one text for a link's fragment or a PNG.

The text is a version, then `packed` JSON with one entry a direction, a line feed, and all numbers:
little-endian float16, first the high byte of each, then the low bytes. The high bytes hold sign and
exponent, which vary little, so that apart from the low ones they pack to two thirds.
"""

import json
import math
from collections.abc import Sequence
from typing import Annotated, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from explorer.directions.direction import (
    LONGEST,
    MOST_LAYERS,
    NAME_LENGTH,
    Direction,
    Space,
    gauge_from,
    step_from,
)
from explorer.directions.origins import bounded
from explorer.errors import DirectionError, RecipeError
from explorer.packing import packed, unpacked
from explorer.recipe import MAX_EDITS

VERSION: Final = "1"
MOST_TEXT = 1 << 20  # characters; readers of PNG take no longer ones
MOST_BYTES = 4 << 20  # of its entries and numbers: twelve of 18 x 4096 would fit
AGAIN = "Copy the link again, whole, or choose the file that was saved."


class _Entry(BaseModel):
    """What is written of one direction besides its numbers; what is usual is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
    space: Space = "w"
    shape: Annotated[
        list[Annotated[int, Field(ge=1, le=LONGEST)]], Field(min_length=1, max_length=2)
    ]
    boundary: Annotated[float, Field(allow_inf_nan=False)] | None = None
    layers: Annotated[
        list[Annotated[int, Field(ge=0, lt=MOST_LAYERS)]], Field(max_length=MOST_LAYERS)
    ] = Field(default_factory=list)
    gauge: bool = False
    origin: dict[str, Any] = Field(default_factory=dict)


def to_text(directions: Sequence[Direction], *, origins: bool = True) -> str:
    """The text that carries `directions`; '' for none, equal ones make equal text.

    Args:
        origins: Whether it also tells how they were found, for people.

    Raises:
        DirectionError: They are too many or too large to go with a recipe.
    """
    if not directions:
        return ""
    if len(directions) > MAX_EDITS:
        raise DirectionError(
            f"{len(directions)} directions do not go with a recipe.", fix=f"At most {MAX_EDITS} do."
        )
    entries = [_written(one, origins) for one in directions]
    numbers = [part for one in directions for part in (one.step.numbers, one.gauge)]
    flat = np.concatenate([part.ravel() for part in numbers if part is not None]).astype("<f2")
    planes = flat.view(np.uint8).reshape(-1, 2).T
    text = json.dumps(entries, separators=(",", ":"), allow_nan=False)
    data = text.encode() + b"\n" + planes[1].tobytes() + planes[0].tobytes()
    result = f"{VERSION}.{packed(data)}"
    if len(result) > MOST_TEXT or len(data) > MOST_BYTES:
        raise DirectionError(
            "The directions are too large to go with a recipe.", fix="Export them as a library."
        )
    return result


def from_text(text: str) -> tuple[Direction, ...]:
    """The directions that a text carries, as a stranger wrote it.

    Raises:
        DirectionError: It carries none, is of a newer version, or damaged.
    """
    version, _, body = text.partition(".")
    if version.isdecimal() and version != VERSION:
        raise DirectionError(
            "The directions were written by a newer explorer.", fix="Update this one."
        )
    if version != VERSION or len(text) > MOST_TEXT:
        raise _damaged()
    try:
        line, _, numbers = unpacked(body, MOST_BYTES).partition(b"\n")
        values = json.loads(line)
        if not isinstance(values, list) or not 1 <= len(values) <= MAX_EDITS:
            raise _damaged()
        entries = [_Entry.model_validate(value) for value in values]
    except (RecipeError, ValueError, RecursionError, ValidationError) as error:
        raise _damaged() from error
    return _read(entries, numbers)


def _read(entries: Sequence[_Entry], numbers: bytes) -> tuple[Direction, ...]:
    sizes = [math.prod(one.shape) for one in entries]
    total = sum(size * (2 if one.gauge else 1) for one, size in zip(entries, sizes, strict=True))
    if len(numbers) != 2 * total:
        raise _damaged()
    planes = np.frombuffer(numbers, np.uint8).reshape(2, total)
    data = planes[::-1].T.tobytes()
    found, start = [], 0
    for entry, size in zip(entries, sizes, strict=True):
        step = step_from(entry.space, entry.shape, data[start : start + 2 * size])
        start += 2 * size
        gauge = None
        if entry.gauge:
            gauge = gauge_from(data[start : start + 2 * size])
            start += 2 * size
        layers, origin = tuple(entry.layers), bounded(entry.origin)
        found.append(Direction(entry.name, step, entry.boundary, layers, origin, gauge))
    return tuple(found)


def _written(direction: Direction, origins: bool) -> dict[str, Any]:
    entry = _Entry(
        name=direction.name,
        space=direction.step.space,
        shape=list(direction.step.numbers.shape),
        boundary=direction.boundary,
        layers=list(direction.layers),
        gauge=direction.gauge is not None,
        origin=bounded(direction.origin) if origins else {},
    )
    return entry.model_dump(exclude_defaults=True)


def _damaged() -> DirectionError:
    return DirectionError("The directions that came with the recipe are damaged.", fix=AGAIN)
