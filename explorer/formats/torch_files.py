"""The two layouts of `torch.save`: one pickle, and the storages it refers to, as blobs.

Knows where the bytes of a storage lie, and nothing of what the tensors mean.
"""

import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from explorer.errors import CheckpointError
from explorer.formats.inert_pickle import OPCODES, parse
from explorer.formats.records import Blob, Global, Persistent, damaged, quote
from explorer.formats.zips import members, packed

MAGIC = 0x1950A86A20F9469CFC6C
STORAGE_TYPES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "DoubleStorage": torch.float64,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,  # no generator has any; so that one is refused by name
    "ComplexDoubleStorage": torch.complex128,
}


@dataclass(frozen=True)
class TorchFile:
    """What `torch.save` wrote: the pickle's root, what it mentions, and its storages by key."""

    root: object
    names: frozenset[str]
    storages: Mapping[str, Blob]


@dataclass(frozen=True)
class StorageId:
    """What a persistent id of torch says: which storage, and how many numbers of which type."""

    dtype: torch.dtype
    key: str
    numel: int


def storage_id(reference: Persistent) -> StorageId:
    """Read ('storage', type, key, location, numel, view); the location is where it once was."""
    match reference.id:
        case ("storage", Global(name=name), str(key), _, int(numel), *rest) if rest in ([], [None]):
            if name not in STORAGE_TYPES:
                raise CheckpointError(
                    f"it holds numbers of the type {quote(name)}, which no generator here uses.",
                    fix="Save the model again with real numbers.",
                )
            return StorageId(STORAGE_TYPES[name], key, numel)
    raise damaged("it refers to a storage in an unknown way")


def read_zip(data: Blob) -> TorchFile:
    """Read the layout of torch 1.6 and later: an archive of data.pkl and a member per storage."""
    blobs = members(data)
    _refuse_other_archives(list(blobs))
    root = next(name for name in blobs if name.endswith("/data.pkl")).removesuffix("data.pkl")
    if f"{root}byteorder" in blobs:
        _require_little(_member(data, blobs[f"{root}byteorder"]).read() == b"little")
    parsed = parse(_member(data, blobs[f"{root}data.pkl"]))
    storages = {
        name.removeprefix(f"{root}data/"): _member(data, info)
        for name, info in blobs.items()
        if name.startswith(f"{root}data/")
    }
    return TorchFile(parsed.root, parsed.names, storages)


def _refuse_other_archives(names: list[str]) -> None:
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise CheckpointError(
            "this is a TorchScript file: a program, which is never run here.",
            fix="Use the checkpoint it was made from (.pkl or .pt with the weights).",
        )
    if not any(name.endswith("/data.pkl") for name in names):
        raise CheckpointError(
            "this is a zip archive without a torch checkpoint in it.",
            fix="Unpack it and open the checkpoint inside.",
        )


def _member(data: Blob, info: zipfile.ZipInfo) -> Blob:
    """The bytes of a member, which torch stores as they are; its name is never used as a path."""
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        raise CheckpointError(
            f"its member {quote(info.filename)} is compressed or encrypted.",
            fix="Save the checkpoint again with torch.save.",
        )
    return packed(data, info, info.file_size)


def read_legacy(data: Blob, opcodes: int = OPCODES) -> TorchFile:
    """Read the layout before torch 1.6: five pickles, then per key its length and its numbers."""
    at = 0
    pickles = []
    for _ in range(5):
        pickles.append(parse(data.part(at, data.length - at), opcodes))
        at += pickles[-1].length
    magic, _, system, body, keys = pickles
    if magic.root != MAGIC or not isinstance(keys.root, list):
        raise damaged("it is not a torch file inside")
    _require_little(not isinstance(system.root, dict) or system.root.get("little_endian") is True)
    ids = {found.key: found for found in map(storage_id, body.persistent)}
    storages = {}
    for key in keys.root:
        if not isinstance(key, str) or key not in ids:
            raise damaged("it has a storage that nothing refers to")
        (numel,) = struct.unpack("<q", data.part(at, 8).read())
        length = numel * ids[key].dtype.itemsize
        storages[key] = data.part(at + 8, length)
        at += 8 + length
    return TorchFile(body.root, body.names, storages)


def _require_little(little: bool) -> None:
    if not little:
        raise CheckpointError(
            "it was written on a machine with big-endian numbers.",
            fix="Save it again on a common machine.",
        )
