"""What is this file? Decided by its first bytes, never by its name.

Opens the containers that may hold a generator and names the others. It does not know which
families there are: it hands on what a container holds as `Content`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from safetensors import SafetensorError, safe_open

from explorer.errors import CheckpointError
from explorer.formats.inert_pickle import parse
from explorer.formats.records import Blob, damaged
from explorer.formats.tensors import TensorReader
from explorer.formats.torch_files import MAGIC, TorchFile, read_legacy, read_zip

HEAD = 512  # bytes that tell the container
SLACK = 16 << 20  # bytes
PROTOCOLS = (2, 3, 4, 5)
MAGIC_OPCODE = b"\x8a\x0a" + MAGIC.to_bytes(10, "little")  # LONG1, behind PROTO and maybe FRAME
LONGEST_HEADER = 100 << 20  # of safetensors, as its own library limits it

# First bytes -> (what it is, what to do), for what is no checkpoint here.
REFUSED: Mapping[bytes, tuple[str, str]] = {
    b"version https://git-lfs": (
        "this is a Git LFS pointer, a note that stands for the real file.",
        "Fetch the real file with `git lfs pull`, or download it from the repository's page.",
    ),
    b"\x89HDF": (
        "this is an HDF5 file (Keras, Flax), which is not supported.",
        "Use the PyTorch or TensorFlow checkpoint that it was converted from.",
    ),
    b"\x1f\x8b": ("this is a gzip archive.", "Unpack it and open the checkpoint inside."),
    b"\x89PNG": ("this is a picture.", "Choose a checkpoint (.pkl, .pt or .safetensors)."),
    b"\xff\xd8\xff": ("this is a picture.", "Choose a checkpoint (.pkl, .pt or .safetensors)."),
}


@dataclass(frozen=True)
class Content:
    """What a container holds, before any family has said what it means.

    Args:
        root: Records of a pickle (see `records`), or a dictionary of tensors.
        tensors: Decodes the tensors among them.
        names: The globals that a pickle mentions.
        metadata: The texts in a safetensors header.
        card: The `config.json` beside the weights, for a folder.
    """

    root: object
    tensors: TensorReader
    names: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, object] = field(default_factory=dict)


def open_content(file: BinaryIO, size: int) -> Content:
    """Open `file` of `size` bytes. It must stay open while the content is in use."""
    head = file.read(HEAD)
    data = Blob(file, 0, size)
    _refuse(head)
    for recognises, read in CONTAINERS:
        if recognises(head):
            return read(data)
    raise CheckpointError(
        "this is not a checkpoint: its first bytes belong to no known kind of file.",
        fix="Choose a StyleGAN checkpoint (.pkl, .pt or .safetensors).",
    )


def _refuse(head: bytes) -> None:
    if not head:
        raise CheckpointError("the file is empty.", fix="Download or copy it again.")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        raise CheckpointError(
            "this is a web page, not a checkpoint: probably a download's confirmation page.",
            fix="Open the link in a browser and download the file itself.",
        )
    for beginning, (problem, fix) in REFUSED.items():
        if head.startswith(beginning):
            raise CheckpointError(problem, fix=fix)


def _is_zip(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


def _is_pickle(head: bytes) -> bool:
    return len(head) > 1 and head[0] == 0x80 and head[1] in PROTOCOLS


def _is_legacy(head: bytes) -> bool:
    return _is_pickle(head) and MAGIC_OPCODE in head[:32]


def _is_safetensors(head: bytes) -> bool:
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= LONGEST_HEADER


def _budget(data: Blob) -> int:
    """Bytes that decoding may take: tensors may share storages, and protocol 2 is read twice."""
    return 2 * data.length + SLACK


def _open_pickle(data: Blob) -> Content:
    parsed = parse(data)
    return Content(parsed.root, TensorReader({}, _budget(data)), parsed.names)


def _open_torch(read: Callable[[Blob], TorchFile]) -> Callable[[Blob], Content]:
    def open_file(data: Blob) -> Content:
        found = read(data)
        reader = TensorReader(found.storages, _budget(data))
        return Content(found.root, reader, found.names)

    return open_file


def _open_safetensors(data: Blob) -> Content:
    try:
        with safe_open(data.file.name, framework="pt") as file:
            # Copies: the originals are windows on the file, and would follow its changes.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except (SafetensorError, KeyError, ValueError) as error:
        raise damaged("it begins like safetensors, but is cut short or wrong inside") from error
    return Content(tensors, TensorReader({}, 0), metadata=metadata)


CONTAINERS: tuple[tuple[Callable[[bytes], bool], Callable[[Blob], Content]], ...] = (
    (_is_zip, _open_torch(read_zip)),
    (_is_legacy, _open_torch(read_legacy)),
    (_is_pickle, _open_pickle),
    (_is_safetensors, _open_safetensors),
)
