"""Tensors and numbers out of records: torch's and numpy's, decoded by hand, by an explicit table.

Reads only the bytes of what it is asked for. Knows neither names nor families, but says which
tensor was wrong in its errors.
"""

from collections.abc import Mapping
from io import BytesIO
from math import prod

import numpy as np
import torch
from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.records import Blob, Call, Global, Persistent, damaged, ends_early, quote
from explorer.formats.torch_files import read_legacy, storage_id

NESTED_OPCODES = 200  # a storage on its own takes some 30
AXES = 8
PARAMETERS = {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"}
STRIDED = {"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"}
LOAD_FROM_BYTES = "torch.storage._load_from_bytes"
NUMPY = ("numpy.core.", "numpy._core.")  # before and since numpy 2
NUMBERS = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)} | {"f2", "f4", "f8", "b1"}


class TensorReader:
    """Decodes the tensors of one file.

    Args:
        storages: The storages that the file's own persistent ids name.
        budget: Bytes that all decoded tensors together may take, so that a small file that names
            one storage often cannot fill the memory.
    """

    def __init__(self, storages: Mapping[str, Blob], budget: int):
        self._storages = storages
        self._budget = budget

    def tensor(self, record: object, name: str) -> Tensor:
        """Decode the tensor called `name`, contiguous, in the type of the file."""
        try:
            return self._tensor(record, name)
        except CheckpointError as error:
            problem = f"tensor {quote(name)} cannot be read: {error.problem}"
            raise CheckpointError(problem, fix=error.fix) from error

    def _tensor(self, record: object, name: str) -> Tensor:
        if isinstance(record, Tensor):
            return record
        if isinstance(record, Call) and record.path in PARAMETERS and record.args:
            record = record.args[0]
        if isinstance(record, Call):
            if record.path in STRIDED and len(record.args) >= 4:
                return self._strided(*record.args[:4])
            if record.path.startswith(NUMPY):
                return self._array(record)
        raise CheckpointError(
            f"it is {_describe(record)}, not a tensor.", fix="Use the file its author published."
        )

    def _strided(self, storage: object, offset: object, size: object, stride: object) -> Tensor:
        shape, strides = _shape(size), _integers(stride)
        if not isinstance(offset, int) or offset < 0 or len(shape) != len(strides):
            raise damaged("a tensor's place in its storage makes no sense")
        storages = self._storages
        if isinstance(storage, Call) and storage.path == LOAD_FROM_BYTES and storage.args:
            nested = read_legacy(self._bytes(storage.args[0]), NESTED_OPCODES)
            storages, storage = nested.storages, nested.root
        if not isinstance(storage, Persistent):
            raise damaged(f"a tensor's storage is {_describe(storage)}")
        wanted = storage_id(storage)
        blob = storages.get(wanted.key)
        width = wanted.dtype.itemsize
        if blob is None or blob.length != wanted.numel * width:
            raise ends_early()
        extent = 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        self._spend(max(prod(shape), extent) * width)
        data = blob.read(offset * width, extent * width)
        return torch.frombuffer(data, dtype=wanted.dtype).as_strided(shape, strides).contiguous()

    def _bytes(self, record: object) -> Blob:
        """Bytes as a blob; protocol 2 wrote them as text, which must be decoded first."""
        if isinstance(record, Blob):
            return record
        data = _raw(record)
        self._spend(len(data))
        return Blob(BytesIO(data), 0, len(data))

    def _array(self, record: Call) -> Tensor:
        """A numpy array: `_reconstruct` with a state, or `_frombuffer` in protocol 5."""
        fortran: object
        match record.path.rpartition(".")[2], record.state, record.args:
            case "_reconstruct", (_, shape, dtype, fortran, raw), _:
                pass
            case "_frombuffer", _, (raw, dtype, shape, order):
                fortran = order == "F"
            case _:
                raise damaged(f"it is {_describe(record)}, not an array")
        sizes, kind = _shape(shape), _dtype(dtype)
        data = _raw(raw)
        self._spend(len(data))
        if prod(sizes) * kind.itemsize != len(data):
            raise ends_early()
        array = np.frombuffer(data, dtype=kind).reshape(sizes, order="F" if fortran else "C")
        native = array.astype(kind.newbyteorder("="), order="C")
        return torch.from_numpy(native.astype(np.int64) if kind.kind == "u" else native)

    def _spend(self, count: int) -> None:
        self._budget -= count
        if self._budget < 0:
            raise CheckpointError(
                "its tensors claim more numbers than the file holds.",
                fix="Use a file from a source you trust.",
            )


def number(record: object) -> bool | int | float | None:
    """The plain or numpy number that `record` is, None if it is none."""
    if isinstance(record, bool | int | float):
        return record
    if not isinstance(record, Call) or len(record.args) != 2:
        return None
    if not record.path.startswith(NUMPY) or not record.path.endswith(".scalar"):
        return None
    kind, data = _dtype(record.args[0]), _raw(record.args[1])
    if len(data) != kind.itemsize:
        raise ends_early()
    value: bool | int | float = np.frombuffer(data, dtype=kind)[0].item()
    return value


def _dtype(record: object) -> "np.dtype[np.generic]":
    """A numeric numpy type; its byte order is in its state."""
    if isinstance(record, Call) and record.path == "numpy.dtype" and record.args:
        kind = record.args[0]
        if isinstance(kind, str) and kind in NUMBERS:
            state = record.state
            order = state[1] if isinstance(state, tuple) and len(state) > 1 else "="
            return np.dtype(kind).newbyteorder(">" if order == ">" else "<")
        raise CheckpointError(
            f"it holds numpy values {_describe(kind)}, not real numbers.",
            fix="Save the model again with real numbers.",
        )
    raise damaged("an array has no type")


def _raw(record: object) -> bytearray:
    """The bytes that `record` stands for, in any protocol's way of writing them."""
    if isinstance(record, Blob):
        return record.read()
    if isinstance(record, str):  # Python 2 wrote bytes as text
        return bytearray(record, "latin-1", "replace")
    if isinstance(record, Call) and record.path == "_codecs.encode" and record.args:
        text = record.args[0]
        data = text.read().decode("utf-8", "replace") if isinstance(text, Blob) else text
        if isinstance(data, str):
            return bytearray(data, "latin-1", "replace")
    raise damaged("an array's bytes are missing")


def _integers(record: object) -> tuple[int, ...]:
    """A shape or strides: a few integers that are not negative."""
    if isinstance(record, Call) and record.path == "torch.Size" and record.args:
        record = record.args[0]
    if isinstance(record, tuple | list) and len(record) <= AXES:
        numbers = tuple(number for number in record if isinstance(number, int) and number >= 0)
        if len(numbers) == len(record):
            return numbers
    raise damaged("a tensor's shape makes no sense")


def _shape(record: object) -> tuple[int, ...]:
    """Like `_integers`, for the shape of a tensor with at least one number in it."""
    shape = _integers(record)
    if not prod(shape):
        raise CheckpointError("it is empty.", fix="Use the file its author published.")
    return shape


def _describe(record: object) -> str:
    if isinstance(record, Call | Global) and record.path:
        return f"an object {quote(record.path)}"
    return quote(record) if isinstance(record, str) else f"of type {type(record).__name__}"
