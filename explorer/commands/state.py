"""A folder that keeps what long work has found, so that the same work goes on after a stop.

It holds tables of numbers as .npy, written whole or not at all, and what work they are of. Only
files of exactly the expected shape are read, without pickles.
"""

import json
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.errors import AnalysisError
from explorer.formats.whole_file import whole_file

Table = NDArray[np.float32]

VERSION = 1
MOST_JSON = 1 << 16
DAMAGED = (OSError, ValueError, EOFError, SyntaxError, OverflowError, tokenize.TokenError)
FIX = "Name another folder with --state, or delete this one."


@dataclass(frozen=True)
class State:
    """The tables of one piece of work; without a folder, none is kept."""

    folder: Path | None = None

    def has(self, name: str) -> bool:
        """Whether a table was kept under `name`."""
        return self.folder is not None and (self.folder / f"{name}.npy").is_file()

    def read(self, name: str, shape: tuple[int, ...]) -> Table | None:
        """The table that was kept under `name`; None if there is none of that shape.

        Raises:
            AnalysisError: What is there is no table.
        """
        if self.folder is None or not self.has(name):
            return None
        path = self.folder / f"{name}.npy"
        try:
            # Mapped: a header that promises more than the file holds takes no memory.
            found = np.load(path, mmap_mode="r", allow_pickle=False)
            if not isinstance(found, np.ndarray) or found.dtype != np.float32:
                raise ValueError
        except DAMAGED as error:
            raise AnalysisError(
                f"{path} is damaged.", fix="Delete it, and it is made again."
            ) from error
        return np.array(found) if found.shape == shape else None

    def keep(self, name: str, table: Table) -> Table:
        """Keep `table` under `name`, and give it back.

        Raises:
            CheckpointError: The folder cannot be written.
        """
        if self.folder is not None:
            with (
                whole_file(self.folder / f"{name}.npy") as temporary,
                temporary.open("wb") as file,
            ):
                np.save(file, table, allow_pickle=False)
        return table


def opened_state(folder: Path | None, work: Mapping[str, object], fix: str = FIX) -> State:
    """The state in `folder`, which is made if it is not there.

    Args:
        work: What the tables depend on, as JSON holds it.
        fix: What to do about a folder of other work.

    Raises:
        AnalysisError: The folder is of other work, or cannot be used.
    """
    if folder is None:
        return State()
    wanted = {"version": VERSION, **work}
    path = folder / "state.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with whole_file(path) as temporary:
                temporary.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        with path.open("rb") as file:
            found = json.loads(file.read(MOST_JSON))
        if not isinstance(found, dict):
            raise ValueError
    except OSError as error:
        raise AnalysisError(f"{folder} cannot be used: {error.strerror}.", fix=fix) from error
    except (ValueError, RecursionError) as error:
        raise AnalysisError(f"{path} is damaged.", fix=fix) from error
    for key, value in wanted.items():
        if found.get(key) != value:
            raise AnalysisError(
                f"{folder} holds work with {key} {_short(found.get(key))}, not {_short(value)}.",
                fix=fix,
            )
    return State(folder)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}..."
