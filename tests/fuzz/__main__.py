"""`python -m tests.fuzz`: damages every checkpoint in tests/data and opens what comes out.

Each outcome must be a generator or a CheckpointError within 10 s and 1 GiB above the file's size.
Anything else is a find: it is kept in tests/data/finds, where the test suite tries it for ever.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from explorer.formats.hub import SUFFIXES
from tests.fuzz import mutations
from tests.fuzz.trials import Outcome, Worker

DATA = Path(__file__).parents[1] / "data"
FINDS = DATA / "finds"
BATCH = 100  # mutations from one seed; what the state file counts


@dataclass(frozen=True)
class Tally:
    """What came of the mutations of one file, or of all.

    Args:
        sha256: Of the file; another file of its name begins anew.
    """

    sha256: str = ""
    mutations: int = 0
    generators: int = 0
    refusals: int = 0
    finds: int = 0
    slowest_s: float = 0.0
    most_mb: float = 0.0

    def with_one(self, outcome: Outcome) -> "Tally":
        return replace(
            self,
            mutations=self.mutations + 1,
            generators=self.generators + (outcome.kind == "generator"),
            refusals=self.refusals + (outcome.kind == "refusal"),
            finds=self.finds + (outcome.kind == "find"),
            slowest_s=max(self.slowest_s, round(outcome.seconds, 3)),
            most_mb=max(self.most_mb, round(outcome.memory / 1e6, 1)),
        )


@dataclass
class State:
    """How far a run has come, kept in a file if there is a path."""

    path: Path | None
    tallies: dict[str, Tally] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> "State":
        if path is None or not path.exists():
            return cls(path)
        return cls(
            path, {name: Tally(**kept) for name, kept in json.loads(path.read_text()).items()}
        )

    def write(self) -> None:
        if self.path is not None:
            text = json.dumps({name: asdict(tally) for name, tally in self.tallies.items()})
            temporary = self.path.with_suffix(".tmp")
            temporary.write_text(text)
            temporary.replace(self.path)


def checkpoints() -> list[Path]:
    """The checkpoints in tests/data, sorted by name."""
    return sorted(path for path in DATA.iterdir() if path.suffix in SUFFIXES)


def fuzz(path: Path, count: int, state: State, scratch: Path) -> None:
    """Try `count` mutations of the checkpoint at `path`, less those of earlier runs."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    tally = state.tallies.get(path.name, Tally())
    tally = tally if tally.sha256 == digest else Tally(digest)
    worker = Worker(scratch / "mutation", path)
    while tally.mutations < count:
        for outcome in batch(path, data, tally.mutations, worker):
            tally = tally.with_one(outcome)
        state.tallies[path.name] = tally
        state.write()
        print(f"{path.name}: {tally.mutations:,}, {tally.finds} finds", file=sys.stderr)
    worker.close()


def batch(path: Path, data: bytes, done: int, worker: Worker) -> list[Outcome]:
    """Try the next mutations of `data`, the file at `path`, after the first `done`."""
    outcomes: list[Outcome] = []

    def trial(damaged: bytes) -> None:
        outcomes.append(worker(damaged))
        if outcomes[-1].kind == "find":
            number = done + len(outcomes) - 1
            keep(f"{path.stem}-{number}", damaged, outcomes[-1].what, worker)

    mutations.run(data, seed_of(path.name, done), BATCH, trial)
    return outcomes


def seed_of(name: str, done: int) -> int:
    """The seed of the batch after `done` mutations; each file has others."""
    return int.from_bytes(hashlib.sha256(f"{name} {done}".encode()).digest()[:8], "big")


def keep(name: str, data: bytes, what: str, worker: Worker) -> None:
    """Save a find, without the part behind that it does not need."""
    print(f"{name}: {what}", file=sys.stderr)
    FINDS.mkdir(exist_ok=True)
    small = shortened(data, lambda shorter: worker(shorter).what == what)
    (FINDS / f"{name}.bin").write_bytes(small)


def shortened(data: bytes, still: Callable[[bytes], bool]) -> bytes:
    """The beginning of `data` for which `still` holds; found by halves, so only nearly shortest."""
    low, high = 0, len(data)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if still(data[:middle]) else (middle + 1, high)
    return data[:high]


def main() -> int:
    """Run, and print one JSON line: 0 without a find, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--mutations", type=int, default=1000, help="of each file")
    parser.add_argument("--state", type=Path, help="JSON file that lets a later run go on")
    options = parser.parse_args()
    state = State.read(options.state)
    with tempfile.TemporaryDirectory() as scratch:
        for path in checkpoints():
            fuzz(path, options.mutations, state, Path(scratch))
    tallies = [state.tallies[path.name] for path in checkpoints()]
    counts = {
        name: sum(getattr(tally, name) for tally in tallies)
        for name in ("mutations", "generators", "refusals", "finds")
    }
    worst = {
        name: max(getattr(tally, name) for tally in tallies) for name in ("slowest_s", "most_mb")
    }
    print(json.dumps({"files": len(tallies), **counts, **worst}))
    return 1 if counts["finds"] else 0


if __name__ == "__main__":
    sys.exit(main())
