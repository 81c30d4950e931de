"""The table of contents of a zip archive, bounded, and where the bytes of a member lie.

Names of members are names and nothing else: they are never used as paths.
"""

import struct
import zipfile
from typing import IO, BinaryIO, cast

from explorer.formats.records import Blob, damaged, quote

DIRECTORY = 4 << 20  # bytes that an archive's table of contents may have


class _Bounded:
    """What `zipfile` needs of a file; refuses to read much, as it reads a directory at once."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, length: int = -1) -> bytes:
        data = self._file.read(DIRECTORY + 1 if length < 0 else min(length, DIRECTORY + 1))
        if len(data) > DIRECTORY:
            raise zipfile.BadZipFile("the directory is too large")
        return data


def members(data: Blob) -> dict[str, zipfile.ZipInfo]:
    """What the archive lists, by name.

    Raises:
        CheckpointError: It is no archive.
    """
    try:
        with zipfile.ZipFile(cast(IO[bytes], _Bounded(data.file))) as archive:
            return {info.filename: info for info in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError) as error:
        raise damaged("it begins like a zip archive and does not end like one") from error


def packed(data: Blob, info: zipfile.ZipInfo, length: int) -> Blob:
    """The first `length` bytes of a member as they lie in the file, compressed or not."""
    header = data.part(info.header_offset, 30).read()
    if header[:4] != b"PK\x03\x04":
        raise damaged(f"its member {quote(info.filename)} is not where it should be")
    name, extra = struct.unpack("<HH", header[26:30])
    return data.part(info.header_offset + 30 + name + extra, length)
