"""Tensors as a safetensors file whose bytes depend on nothing but what is in it, and back.

safetensors' own writer puts the texts of a header in a new order each time; what is written twice
is to be the same file. What is read back here are small files out of strangers' hands, as bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.formats.records import damaged, quote

NAMES = {torch.float32: "F32", torch.float16: "F16"}
TYPES = {"F32": "<f4", "F16": "<f2"}
LONGEST_HEADER = 4 << 20  # bytes, of what is read here


@dataclass(frozen=True)
class Encoded:
    """What a file holds: arrays by name, and the texts of its header."""

    arrays: Mapping[str, NDArray[np.floating]]
    texts: Mapping[str, str]


def encode(
    tensors: Mapping[str, Tensor], texts: Mapping[str, str], dtype: torch.dtype = torch.float32
) -> bytes:
    """The file of `tensors`, as `dtype` and sorted by name, with `texts` in its header."""
    header: dict[str, object] = {"__metadata__": dict(sorted(texts.items()))}
    parts: list[bytes] = []
    start = 0
    for name, tensor in sorted(tensors.items()):
        part = tensor.detach().to("cpu", dtype).contiguous().numpy().tobytes()
        end = start + len(part)
        header[name] = {
            "dtype": NAMES[dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        parts.append(part)
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # numbers behind it begin at a multiple of eight
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def decode(data: bytes) -> Encoded:
    """The arrays of a safetensors file of float32 or float16, whoever wrote it.

    Takes no more memory than a few times the file.

    Raises:
        CheckpointError: It is no such file.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, LONGEST_HEADER):
        raise damaged("its header is longer than it can be")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise damaged("its header is no JSON") from error
    if not isinstance(header, dict):
        raise damaged("its header names nothing")
    texts = header.pop("__metadata__", {})
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise damaged("the texts of its header are none")
    body = memoryview(data)[8 + length :]
    places = sorted((_place(name, entry) for name, entry in header.items()), key=_start)
    at = 0
    for place in places:
        if place.start != at or place.end > len(body):
            raise damaged(f"{quote(place.name)} is not where it should be")
        at = place.end
    if at != len(body):
        raise damaged("it holds bytes that belong to nothing")
    return Encoded({place.name: place.read(body) for place in places}, texts)


@dataclass(frozen=True)
class _Place:
    """Where an array lies among the bytes behind the header."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int

    def read(self, body: memoryview) -> NDArray[np.floating]:
        kind = np.dtype(TYPES[self.kind])
        array = np.frombuffer(body[self.start : self.end], kind).reshape(self.shape)
        return array.astype(kind.newbyteorder("="))


def _start(place: _Place) -> int:
    return place.start


def _place(name: str, entry: object) -> _Place:
    """What a header says of an array, as far as that can be."""
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [start, end]} if (
            kind in TYPES and len(shape) <= 8 and all(map(_is_count, [*shape, start, end]))
        ):
            if prod(shape) and prod(shape) * np.dtype(TYPES[kind]).itemsize == end - start:
                return _Place(name, kind, tuple(shape), start, end)
    raise damaged(f"{quote(name)} is no array of float16 or float32 numbers")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 40
