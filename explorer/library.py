"""Files of directions: our own libraries, InterFaceGAN's boundaries and GANSpace's components.

A library is one safetensors file: the steps as float16 under their keys, and in its header a JSON
text of what is known of each. Files come from strangers: what a vector's key says is checked, and
whatever is wrong is one sentence. Knows no model but by the sizes of its latents.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any, Final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from explorer.directions.direction import MOST_LAYERS, NAME_LENGTH, Direction, Space, step_from
from explorer.directions.foreign import (
    DUMPED,
    Sizes,
    boundary,
    components,
    require_size,
    unit_normal,
)
from explorer.directions.sigma import SigmaOf
from explorer.errors import CheckpointError, DirectionError
from explorer.formats.arrays import is_npy, is_npz, read_npy, read_npz, write_npy
from explorer.formats.encoding import Encoded, decode, encode

FORMAT: Final = "stylegan-explorer/directions"
VERSION: Final = 1
LARGEST = 16 << 20  # bytes
MOST = 1000  # directions
GAUGE = ".gauge"  # behind the key of a direction, the name of the vector that measures it
AGAIN = "Save it again, or choose another file."
CHOICES = "Choose a library (.safetensors), a boundary (.npy) or components (.npz)."

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Library:
    """Directions, and the content hash of the model that they were made for; '' is not known."""

    directions: tuple[Direction, ...]
    model: str = ""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Entry(_Part):
    """What is written of one direction."""

    name: str
    key: Hash
    space: Space
    boundary: Annotated[float, Field(allow_inf_nan=False)] | None
    layers: Annotated[tuple[int, ...], Field(max_length=MOST_LAYERS)]
    origin: dict[str, Any]
    gauge: bool = False


class _Index(_Part):
    """What is written beside the vectors."""

    version: int
    model: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    directions: Annotated[tuple[_Entry, ...], Field(max_length=MOST)]


class _Version(BaseModel):
    """The part of an index that every version has."""

    version: Annotated[int, Field(strict=True)]


def to_file(directions: Sequence[Direction], model: str = "") -> bytes:
    """The library file of `directions`; equal directions in equal order make equal bytes.

    Args:
        model: The content hash of their model.

    Raises:
        DirectionError: They are too many or too large, or something of one cannot be written.
    """
    index = {
        "version": VERSION,
        "model": model,
        "directions": [_written(direction) for direction in directions],
    }
    try:
        text = json.dumps(index, sort_keys=True, separators=(",", ":"), allow_nan=False)
        _Index.model_validate_json(text)  # what could not be read again is not written
    except ValidationError as error:
        raise DirectionError(f"The directions cannot be saved: {_first(error)}.", fix=AGAIN) from (
            error
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise DirectionError(
            "The directions cannot be saved: what is known of one is not for JSON.", fix=AGAIN
        ) from error
    vectors = {one.key: one.step.numbers for one in directions}
    vectors |= {f"{one.key}{GAUGE}": one.gauge for one in directions if one.gauge is not None}
    tensors = {name: torch.from_numpy(numbers.copy()) for name, numbers in vectors.items()}
    data = encode(tensors, {"format": FORMAT, "directions": text}, torch.float16)
    _require_small(data)
    return data


def from_file(data: bytes) -> Library:
    """The directions of a library file.

    Raises:
        DirectionError: It is none, of a newer version, too large, or not what it was.
    """
    _require_small(data)
    try:
        found = decode(data)
    except CheckpointError as error:
        problem = error.problem[:1].upper() + error.problem[1:]
        raise DirectionError(problem, fix=error.fix) from error
    if found.texts.get("format") != FORMAT:
        raise DirectionError("This is no library of directions.", fix=CHOICES)
    index = _index(found.texts.get("directions", ""))
    named = {entry.key for entry in index.directions}
    named |= {f"{entry.key}{GAUGE}" for entry in index.directions if entry.gauge}
    if found.arrays.keys() != named:
        raise DirectionError("Its vectors are not those that it lists.", fix=AGAIN)
    return Library(tuple(_read(entry, found) for entry in index.directions), index.model)


def imported(name: str, data: bytes, z_dim: int, w_dim: int, sigma_of: SigmaOf) -> Library:
    """The directions in a file of any kind that is read here, for a model of these sizes.

    What kind it is its bytes say; see `directions.foreign` for the other tools'. Only a library
    knows its model.

    Args:
        name: Of the file; messages and directions are called after it.
        sigma_of: The spread of the model's latents along a direction.

    Raises:
        DirectionError: It is no such file, or for a model of another size.
    """
    sizes: Sizes = {"z": z_dim, "w": w_dim}
    path = PurePosixPath(name.replace("\\", "/").encode(errors="replace").decode())
    stem = path.stem[:NAME_LENGTH] or "direction"
    try:
        if is_npy(data):
            library = Library((boundary(stem, read_npy(data), sizes, sigma_of),))
        elif is_npz(data):
            library = Library(components(stem, read_npz(data, DUMPED), sizes, sigma_of))
        elif data[8:9] == b"{":
            library = from_file(data)
        else:
            raise DirectionError("This is no file of directions.", fix=CHOICES)
        for direction in library.directions:
            require_size(direction.step.numbers.shape[-1], direction.step.space, sizes)
    except (CheckpointError, DirectionError) as error:
        problem = error.problem[:1].lower() + error.problem[1:]
        raise DirectionError(f"{path.name[:NAME_LENGTH]}: {problem}", fix=error.fix) from error
    return library


def to_npy(direction: Direction) -> bytes:
    """The `.npy` file of a direction's unit normal, [1, D] in float32, as InterFaceGAN has it.

    `foreign.npy_name` has a name for it from which the space is read again.

    Raises:
        DirectionError: It has a step of its own in every layer.
    """
    return write_npy(unit_normal(direction))


def _written(direction: Direction) -> dict[str, object]:
    return {
        **direction.facts,
        "layers": list(direction.layers),
        "origin": dict(direction.origin),
        "gauge": direction.gauge is not None,
    }


def _index(text: str) -> _Index:
    try:
        version = _Version.model_validate_json(text).version
        if version > VERSION:
            raise DirectionError(
                f"This library has version {version}, this explorer reads up to {VERSION}.",
                fix="Update the explorer.",
            )
        return _Index.model_validate_json(text)
    except ValidationError as error:
        raise DirectionError(f"Its list of directions is wrong: {_first(error)}.", fix=AGAIN) from (
            error
        )


def _read(entry: _Entry, found: Encoded) -> Direction:
    numbers = found.arrays[entry.key]
    if numbers.dtype != np.float16:
        raise DirectionError("Its vectors are not of half precision.", fix=AGAIN)
    step = step_from(entry.space, numbers.shape, numbers.astype("<f2").tobytes())
    gauge = found.arrays[f"{entry.key}{GAUGE}"].copy() if entry.gauge else None
    direction = Direction(entry.name, step, entry.boundary, entry.layers, entry.origin, gauge)
    if direction.key != entry.key:
        raise DirectionError(
            f"The vector of {entry.name[:NAME_LENGTH]} is not the one that was saved.",
            fix="Download or copy the file again.",
        )
    return direction


def _require_small(data: bytes) -> None:
    if len(data) > LARGEST:
        size = -(-len(data) // (1 << 20))
        raise DirectionError(
            f"It takes {size} MB, a file of directions has at most {LARGEST >> 20}.",
            fix="Save fewer directions together.",
        )


def _first(error: ValidationError) -> str:
    """The first thing wrong, and where."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(step)[:NAME_LENGTH] for step in first["loc"]) or "the text"
    return f"{place}: {first['msg'][:200]}"
