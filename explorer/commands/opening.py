"""Addresses from the command line: fetched with the person's own rights, progress on stderr."""

import sys
import time
from pathlib import Path
from typing import TextIO

from explorer.formats.sources import fetch
from explorer.formats.trust import COMMAND_LINE, megabytes

EVERY = 0.5  # seconds between two lines on a terminal
SELDOM = 10.0  # the same where every line stays


class Progress:
    """Tells how far a download is, as one line that is written over, or as a few lines."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._live = stream.isatty()
        self._next = time.monotonic() + (EVERY if self._live else SELDOM)

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (EVERY if self._live else SELDOM)
        text = f"{megabytes(done)} of {megabytes(total) if total else 'unknown'}"
        self._stream.write(f"\r{text}" if self._live else f"{text}\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line, so that what follows begins on its own."""
        if self._live:
            self._stream.write("\r\033[K")


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
