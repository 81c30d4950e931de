"""Numpy's own files: arrays out of `.npy` and `.npz`, with no pickle in them, and back.

How much memory an array takes is known, and bounded, before it is read; a header is matched, never
evaluated. Only real numbers are read.
"""

import re
import zipfile
import zlib
from collections.abc import Collection
from io import BytesIO
from math import prod

import numpy as np
from numpy.typing import NDArray

from explorer.errors import CheckpointError
from explorer.formats.records import Blob, damaged, ends_early, quote
from explorer.formats.zips import members, packed

Array = NDArray[np.floating]

MOST_BYTES = 64 << 20  # of a file, and of all that is read of an archive
MOST_MEMBERS = 100
MAGIC = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
LONGEST_HEADER = 10_000  # bytes, as numpy itself limits it
# As numpy writes it, also under Python 2, where whole numbers may end in L.
HEADER = re.compile(
    r"\{'descr': ?'([<>=|]?[A-Za-z]\d{0,4})', ?'fortran_order': ?(True|False), ?"
    r"'shape': ?\(((?:\d{1,12}L?, ?){0,8}(?:\d{1,12}L?)?)\),? ?\}\s*"
)
NUMBERS = {"f2", "f4", "f8"}
NUMBERS_FIX = "Save it again as an array of real numbers."


def is_npy(data: bytes) -> bool:
    """Whether `data` begins like one array."""
    return data.startswith(MAGIC)


def is_npz(data: bytes) -> bool:
    """Whether `data` begins like an archive of arrays, or any zip archive."""
    return data.startswith(ZIP)


def read_npy(data: bytes) -> Array:
    """The array of a `.npy` file, of floating-point numbers in this machine's order.

    Raises:
        CheckpointError: It is none, too large, or holds objects.
    """
    _require_room(len(data))
    kind, fortran, shape, start = _header(data)
    if prod(shape) * kind.itemsize != len(data) - start:
        raise ends_early()
    array = np.frombuffer(data, kind, offset=start).reshape(shape, order="F" if fortran else "C")
    return array.astype(kind.newbyteorder("="))


def read_npz(data: bytes, wanted: Collection[str]) -> dict[str, Array]:
    """Those of the `wanted` arrays that a `.npz` file holds; the others are not unpacked.

    Raises:
        CheckpointError: It is no archive, has too many members or too large ones, or an array that
            is wanted is none.
    """
    _require_room(len(data))
    blob = Blob(BytesIO(data), 0, len(data))
    listed = members(blob)
    if len(listed) > MOST_MEMBERS:
        raise CheckpointError(
            f"it has {len(listed)} members, at most {MOST_MEMBERS} are read.",
            fix="Save it again with what is needed.",
        )
    found = {name: listed[f"{name}.npy"] for name in wanted if f"{name}.npy" in listed}
    _require_room(sum(info.file_size for info in found.values()))
    return {name: read_npy(_unpacked(blob, info)) for name, info in found.items()}


def write_npy(array: NDArray[np.floating]) -> bytes:
    """`array` as a `.npy` file."""
    file = BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _require_room(count: int) -> None:
    if count > MOST_BYTES:
        raise CheckpointError(
            f"it takes {-(-count // (1 << 20))} MB, at most {MOST_BYTES >> 20} MB are read.",
            fix="Save it again with fewer components.",
        )


def _header(data: bytes) -> tuple["np.dtype[np.floating]", bool, tuple[int, ...], int]:
    """Type, Fortran order, shape, and where the numbers begin."""
    if not is_npy(data) or len(data) < 12 or data[6] not in (1, 2, 3):
        raise damaged("it does not begin like an array of numpy")
    width = 2 if data[6] == 1 else 4
    start = 8 + width
    end = start + int.from_bytes(data[8:start], "little")
    match = end - start <= LONGEST_HEADER and HEADER.fullmatch(data[start:end].decode("latin-1"))
    if not match:
        raise CheckpointError("it is no plain array of numbers.", fix=NUMBERS_FIX)
    kind, order, sides = match.groups()
    if kind.lstrip("<>=|") not in NUMBERS:
        what = "objects (a pickle), which are" if kind.endswith("O") else f"{quote(kind)}, which is"
        raise CheckpointError(f"it holds {what} not read.", fix=NUMBERS_FIX)
    shape = tuple(int(side) for side in re.findall(r"\d+", sides))
    return np.dtype(kind), order == "True", shape, end


def _unpacked(data: Blob, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, of which there are no more than it declares."""
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CheckpointError(
            f"its member {quote(info.filename)} is encrypted, or compressed in a rare way.",
            fix="Save it again with numpy.savez.",
        )
    raw = bytes(packed(data, info, info.compress_size).read())
    if info.compress_type == zipfile.ZIP_DEFLATED:
        try:
            raw = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, info.file_size + 1)
        except zlib.error as error:
            raise damaged(f"its member {quote(info.filename)} cannot be unpacked") from error
    if len(raw) != info.file_size or zlib.crc32(raw) != info.CRC:
        raise damaged(f"its member {quote(info.filename)} is not what it was")
    return raw
