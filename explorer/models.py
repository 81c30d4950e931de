"""Which models there are, where each comes from, who may use it, and which are in memory.

A model is found by its content hash, whatever its name here, so a link never silently shows
another one. Weights are loaded once, however many ask, and the models used last stay, as many as
fit in the budget. What is uploaded is visible to its visitor, counts towards his quota, and
goes away after an hour without use. Only the command line names paths; a page never does.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from explorer.devices import memory_budget
from explorer.directions.direction import Step
from explorer.directions.vectors import Vectors
from explorer.errors import ExplorerError, ModelError
from explorer.files import checkpoints, name_of, size_of, stamp_of
from explorer.formats.summary import Summary
from explorer.model import Card, Listing, Model, Weights, read
from explorer.quota import UPLOAD_SECONDS, require_room
from explorer.recipe import ModelRef, Recipe


@dataclass
class Entry:
    """One checkpoint that may be opened; its name and card are its owner's alone."""

    name: str
    path: Path
    owner: str | None = None  # None: everyone's
    hash: str = ""  # known once it was loaded
    card: Card | None = None  # likewise
    summary: Summary | None = None  # likewise
    used: float = 0.0  # seconds of the clock
    failed: tuple[float, int] | None = None  # the stamp of the file that could not be opened


class Models:
    """The models of one server.

    Args:
        paths: Checkpoints and folders of checkpoints; the first model found is the default.
        device: Where generators are put.
        budget: Bytes of weights to keep in memory.
        clock: Tells seconds; uploads expire by it.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        device: torch.device,
        *,
        budget: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._paths = tuple(path.absolute() for path in paths)  # one entry for one file
        self._device = device
        self._budget = memory_budget(device) if budget is None else budget
        self._clock = clock
        self._uploads: Path | None = None  # made for the first one
        self._entries: list[Entry] = []
        self._loaded: dict[str, Weights] = {}  # by hash, least recently used first
        self._tables = threading.RLock()  # held for moments
        self._loading = threading.RLock()  # held while a file is read; who asks second finds it
        self.refresh()

    def refresh(self) -> None:
        """Look again for files: what was dropped into a folder appears."""
        with self._tables:
            for found in [found for path in self._paths for found in checkpoints(path)]:
                if all(entry.path != found for entry in self._entries):
                    self._entries.append(Entry(self._free_name(name_of(found)), found))
            self._entries = [entry for entry in self._entries if entry.path.exists()]
            self._expire()

    def names(self, visitor: str = "") -> list[str]:
        """What `visitor` may choose from, the default first."""
        with self._tables:
            return [entry.name for entry in self._seen_by(visitor)]

    def listed(self, visitor: str = "") -> list[Listing]:
        """What is known of the models that `visitor` may choose from; none is opened for it."""
        with self._tables:
            return [
                Listing(entry.name, size_of(entry.path), entry.summary, entry.hash in self._loaded)
                for entry in self._seen_by(visitor)
            ]

    def in_memory(self) -> tuple[int, int]:
        """How many models are in memory, and their bytes."""
        with self._tables:
            return len(self._loaded), sum(weights.nbytes for weights in self._loaded.values())

    def open(self, ref: ModelRef, visitor: str = "") -> Model:
        """The model that `ref` means, loaded if it is not in memory.

        Raises:
            ModelError: No such model here, another one of that name, or too little memory.
            CheckpointError: Its file cannot be read.
        """
        with self._loading:
            if (model := self.peek(ref, visitor)) is not None:
                return model
            for entry in self._candidates(ref, visitor):
                try:
                    model = self._load(entry)
                except ExplorerError:
                    entry.failed = stamp_of(entry.path)
                    if not ref.hash or entry.name == ref.name:
                        raise
                    continue  # a file that cannot be opened is not the wanted one
                if ref.hash in ("", model.ref.hash):
                    return model
            raise _missing(ref, self.names(visitor))

    def peek(self, ref: ModelRef, visitor: str = "") -> Model | None:
        """The model that `ref` means if it is in memory; None if it would have to be loaded.

        Raises:
            ModelError: No file here can be that model.
        """
        with self._tables:
            self._expire()
            candidates = self._candidates(ref, visitor)
            for entry in candidates:
                if entry.hash in self._loaded:
                    entry.used = self._clock()
                    self._loaded[entry.hash] = self._loaded.pop(entry.hash)  # used last
                    return self._model(entry)
            if not candidates:
                raise _missing(ref, self.names(visitor))
            return None

    def steps(self, recipe: Recipe, visitor: str, sent: Vectors) -> Mapping[str, Step]:
        """The steps that a recipe's edits name, of its model's folder or out of `sent`.

        Raises:
            UnknownSteps: They are not here.
            ModelError, CheckpointError: As by `open`.
        """
        shipped = self.open(recipe.model, visitor).directions if recipe.edits else ()
        return sent.find([edit.direction for edit in recipe.edits], shipped)

    def upload(self, file: Path, visitor: str) -> str:
        """Take over a file or model folder, by moving it; the name by which `visitor` finds it.

        Raises:
            ModelError: He has no name, or his quota is used up.
        """
        with self._tables:
            self.require_room(visitor, size_of(file))
            self._uploads = self._uploads or Path(tempfile.mkdtemp(prefix="explorer-"))
            folder = Path(tempfile.mkdtemp(dir=self._uploads))
            kept = folder / file.name  # messages name it
            shutil.move(file, kept)
            name = self._free_name(name_of(file))
            self._entries.append(Entry(name, kept, owner=visitor, used=self._clock()))
            return name

    def require_room(self, visitor: str, size: int = 0) -> None:
        """Raise a ModelError if `visitor` may not bring one more model of `size` bytes."""
        with self._tables:
            self._expire()
            brought = [entry for entry in self._entries if entry.owner is not None]
            own = sum(entry.owner == visitor for entry in brought)
            require_room(visitor, own, size + sum(size_of(entry.path) for entry in brought))

    def forget(self, name: str, visitor: str) -> None:
        """Delete an upload of `visitor`, for example one that could not be read."""
        with self._tables:
            for entry in [e for e in self._entries if e.name == name and e.owner == visitor]:
                self._drop(entry)

    def close(self) -> None:
        """Delete all uploads."""
        if self._uploads is not None:
            shutil.rmtree(self._uploads, ignore_errors=True)

    def _seen_by(self, visitor: str) -> list[Entry]:
        return [entry for entry in self._entries if entry.owner in (None, visitor)]

    def _candidates(self, ref: ModelRef, visitor: str) -> list[Entry]:
        """The entries that are, or once loaded may turn out to be, what `ref` means."""
        seen = self._seen_by(visitor)
        if not ref.hash:
            return [entry for entry in seen if ref.name in ("", entry.name)][:1]
        same = [entry for entry in seen if entry.hash == ref.hash]
        # A file that could not be opened is read again only once it has changed.
        unknown = [e for e in seen if not e.hash and (not e.failed or e.failed != stamp_of(e.path))]
        return same[:1] or sorted(unknown, key=lambda entry: entry.name != ref.name)

    def _load(self, entry: Entry) -> Model:
        size = size_of(entry.path)
        if size > self._budget:
            raise ModelError(
                f"{entry.name} is {_mb(size)}, the memory for models is {_mb(self._budget)}.",
                fix="Use a machine with more memory, or a smaller model.",
            )
        try:
            weights, card = read(entry.path, entry.name, self._device)
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise ModelError(
                f"{entry.name} does not fit in memory.", fix="Close other programs, or models."
            ) from error
        with self._tables:
            entry.hash, entry.card, entry.used = weights.summary.content_hash, card, self._clock()
            entry.summary = weights.summary
            self._loaded.setdefault(entry.hash, weights)
            others = [key for key in self._loaded if key != entry.hash]
            while others and sum(kept.nbytes for kept in self._loaded.values()) > self._budget:
                del self._loaded[others.pop(0)]
            return self._model(entry)

    def _model(self, entry: Entry) -> Model:
        weights, card = self._loaded[entry.hash], entry.card
        assert card is not None, "it came with the hash"
        ref = ModelRef(name=entry.name, hash=entry.hash)
        return Model(
            ref=ref,
            generator=weights.generator,
            summary=weights.summary,
            first_recipe=card.first_recipe.model_copy(update={"model": ref}),
            classes=card.classes,
            directions=card.directions,
            classifier=card.classifier,
            note=card.note,
        )

    def _free_name(self, name: str) -> str:
        taken = {entry.name for entry in self._entries}
        numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
        return next(free for free in (name, *numbered) if free not in taken)

    def _expire(self) -> None:
        oldest = self._clock() - UPLOAD_SECONDS
        for entry in [e for e in self._entries if e.owner is not None and e.used < oldest]:
            self._drop(entry)

    def _drop(self, entry: Entry) -> None:
        self._entries.remove(entry)
        shutil.rmtree(entry.path.parent, ignore_errors=True)
        if all(other.hash != entry.hash for other in self._entries):
            self._loaded.pop(entry.hash, None)


def _mb(size: int) -> str:
    return f"{size / 2**20:.0f} MB"


def _missing(ref: ModelRef, names: list[str]) -> ModelError:
    if not names:
        return ModelError("There is no model here.", fix="Put a checkpoint into checkpoints/.")
    wanted = f"{ref.name!r}" if ref.name else "of this recipe"
    if ref.hash:
        wanted += f" (hash {ref.hash[:12]}...)"
    return ModelError(
        f"The model {wanted} is not here; here are {', '.join(names[:8])}.",
        fix="Open its file first, or choose one of these.",
    )
