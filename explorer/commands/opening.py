"""Addresses from the command line: fetched with the person's own rights, progress on stderr."""

import sys
from pathlib import Path
from typing import TextIO

from explorer.commands.progress import Line
from explorer.formats.sources import fetch
from explorer.formats.trust import COMMAND_LINE, megabytes


class Progress:
    """Tells how far a download is."""

    def __init__(self, stream: TextIO):
        self._line = Line(stream)

    def __call__(self, done: int, total: int | None) -> None:
        self._line.show(f"{megabytes(done)} of {megabytes(total) if total else 'unknown'}")

    def close(self) -> None:
        """Leave the line."""
        self._line.close()


def opened(address: str) -> Path:
    """The file or folder at a path, an `hf://` address or a URL that a person typed.

    Raises:
        CheckpointError: It cannot be had.
    """
    progress = Progress(sys.stderr)
    try:
        return fetch(address, COMMAND_LINE, progress)
    finally:
        progress.close()
