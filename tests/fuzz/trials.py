"""One damaged file, tried: in this process, or in one that may hang, die or eat the memory."""

import re
import resource
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

import torch

from explorer.errors import CheckpointError
from explorer.formats import load
from tests.processes import context

SECONDS = 10.0  # that a file may take
MEMORY = 1 << 30  # bytes above the file's size that it may take
CEILING = 6 << 30  # bytes of address space above the start, so that a find cannot stop the machine
Kind = Literal["generator", "refusal", "find"]


@dataclass(frozen=True)
class Outcome:
    """How opening a file ended.

    Args:
        what: Of a find, what went wrong.
        memory: Bytes that the process took more than before its first file.
    """

    kind: Kind
    what: str = ""
    seconds: float = 0.0
    memory: int = 0


def attempt(path: Path) -> tuple[Kind, str]:
    """Open the file at `path`: a generator, a refusal in a sentence, or what should never be."""
    try:
        load(path)
    except CheckpointError:
        return "refusal", ""
    except Exception as error:  # whatever it is: that is what is looked for
        return "find", f"{type(error).__name__}: {error}"
    return "generator", ""


class Worker:
    """A process that opens one file again and again, and is replaced when it fails.

    Args:
        path: Where the damaged files are written, one over the other.
        sound: A file that opens, to warm up.
    """

    def __init__(self, path: Path, sound: Path):
        self._path = path
        self._sound = sound
        self._start()

    def __call__(self, data: bytes) -> Outcome:
        """Try a file of these bytes."""
        self._path.write_bytes(data)
        outcome = self._ask()
        if outcome.memory > len(data) + MEMORY:
            what = f"it took {outcome.memory >> 20} MB of memory"
            outcome = Outcome("find", what, outcome.seconds, outcome.memory)
        if outcome.kind == "find":
            self.close()
            self._start()
        return outcome

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self._pipe.close()

    def _start(self) -> None:
        started = context()
        self._pipe, theirs = started.Pipe()
        self.process = started.Process(
            target=_work, args=(theirs, self._path, self._sound), daemon=True
        )
        self.process.start()
        theirs.close()
        self._pipe.recv()  # it is warm

    def _ask(self) -> Outcome:
        try:
            self._pipe.send(None)
            if not self._pipe.poll(SECONDS):
                return Outcome("find", f"it took more than {SECONDS:g} s", SECONDS)
            found: Outcome = self._pipe.recv()
        except (EOFError, ConnectionError):
            return Outcome("find", "the process died")
        return found


def _work(pipe: Connection, path: Path, sound: Path) -> None:
    torch.set_num_threads(1)
    load(sound)
    before = _peak()
    space = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (space + CEILING,) * 2)
    pipe.send(None)
    while True:
        pipe.recv()
        start = time.perf_counter()
        kind, what = attempt(path)
        pipe.send(Outcome(kind, what, time.perf_counter() - start, _peak() - before))


def _peak() -> int:
    """The most bytes of memory that this process ever had, without its parent's."""
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) * 1024
