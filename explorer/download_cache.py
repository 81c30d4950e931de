"""The folder of what visitors fetched: how large it may get, and which files go first.

Whoever fetched a file wrote it there, in layouts of their own; here are only bytes and times.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MOST_FILES = 10_000  # empty ones and notes included: they cost room too
UNFINISHED = ".incomplete"  # the name of a file ends so while it is written
ABANDONED = 86_400.0  # seconds after which nobody writes an unfinished file any more
FRESH = 60.0  # seconds for which an empty folder may be about to be written into


def mark_used(file: Path) -> None:
    """Note that `file` is used now; what is used last goes last."""
    with suppress(OSError):  # it may be gone already
        found = file.stat()
        os.utime(file, ns=(time.time_ns(), found.st_mtime_ns))


def trim(folder: Path, most_bytes: int, most_files: int = MOST_FILES) -> None:
    """Remove files under `folder`, unused for longest first, until `most_bytes` are left.

    What is being written is neither counted nor removed; its writer keeps room for it.
    """
    now, files = time.time(), list[tuple[float, int, Path]]()
    for path in _files(folder):
        with suppress(OSError):  # somebody else removes files too
            found = path.stat()
            if path.name.endswith(UNFINISHED):
                if now - found.st_mtime > ABANDONED:
                    path.unlink()
            else:
                files.append((found.st_atime, found.st_size, path))
    size, count = sum(size for _, size, _ in files), len(files)
    for _, bytes_of_file, path in sorted(files):
        if size <= most_bytes and count <= most_files:
            break
        with suppress(OSError):
            path.unlink()
        size, count = size - bytes_of_file, count - 1
    _remove_remains(folder, now)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if not path.is_symlink():
                yield path


def _remove_remains(folder: Path, now: float) -> None:
    """Remove links to what is gone, and folders that became empty."""
    for parent, folders, names in os.walk(folder, topdown=False):
        for path in (Path(parent, name) for name in (*folders, *names)):
            with suppress(OSError):  # a folder that is not empty stays
                if path.is_symlink():
                    if not path.exists():
                        path.unlink()
                elif path.is_dir() and now - path.stat().st_mtime > FRESH:
                    path.rmdir()
