"""`python -m explorer dataset`: identities chosen, and a folder of faces that can be gone on with.

What is there is what the disk says: a picture counts as drawn when it is whole under its name and
carries the recipe that is asked for.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.commands.spread import SHARD, Rows, Share, computed, told_to_all
from explorer.commands.state import State, Table
from explorer.controlled import DIGITS, Control, Variation, file_names
from explorer.errors import AnalysisError, RecipeError
from explorer.formats.whole_file import whole_file
from explorer.identities import Chosen, Distance, choose, usual_minimum
from explorer.images import MAX_FILE, recipe_of
from explorer.latents import SEEDS
from explorer.manifest import Face
from explorer.recipe import Recipe

TRIES = 100  # candidates for each identity, before it is said that there are too few
MEASURED = "measured"  # the name of an identity's table, beside its pictures
FIX = "Name another folder with --out, or empty this one."

Told = Callable[[int, int], None]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Faces of which some become identities.

    Args:
        row: The neutral face of a recipe as numbers [F], which tell how far apart faces are.
        columns: F.
        seed: Of the first; the others follow.
        minimum: The least distance between two; None for the usual one.
    """

    control: Control
    row: Callable[[Recipe], Table]
    columns: int
    distance: Distance
    seed: int
    minimum: float | None = None


@dataclass(frozen=True, eq=False)
class Identities:
    """Those that were chosen.

    Args:
        seeds: [N].
        neutral: The shifts [K] that make each neutral.
        minimum: The distance that was kept.
        closest: That of the two that are closest.
    """

    seeds: tuple[int, ...]
    neutral: tuple[tuple[float, ...], ...]
    minimum: float
    closest: float


def chosen(
    candidates: Candidates, count: int, share: Share, state: State, told: Told
) -> Identities:
    """The first `count` identities, the same in every process.

    The usual minimum is that of the first shard, so that it does not depend on `count`.

    Raises:
        AnalysisError: There are fewer among all that are tried.
    """
    size = SHARD
    most = min(SEEDS - candidates.seed, max(SHARD, TRIES * count))
    while True:
        size = min(size, most)
        found = _tried(candidates, size, count, share, state, told)
        answer = told_to_all(None if found is None else _packed(*found), share)
        identities = _unpacked(answer)
        if len(identities.seeds) == count:
            return identities
        if size == most:
            raise AnalysisError(
                f"Only {len(identities.seeds)} of {count} identities are "
                f"{identities.minimum:.4g} apart among {size:,} candidates.",
                fix="Take fewer --identities, or a smaller --distance.",
            )
        size *= 2


def _tried(
    candidates: Candidates, size: int, count: int, share: Share, state: State, told: Told
) -> tuple[Sequence[int], Table, float, float] | None:
    """Seeds, shifts [n, K], minimum and closest; None in every process but the first."""
    control = candidates.control

    def make(some: Sequence[int]) -> Table:
        made = []
        for seed in some:
            shifts = control.neutral(seed)
            row = candidates.row(control.recipe(seed, shifts))
            made.append(np.concatenate([row, shifts]))
        return np.array(made, np.float32)

    seeds = range(candidates.seed, candidates.seed + size)
    width = candidates.columns + len(control.directions)
    table = computed(Rows(seeds, width, 1, make), share, state, told)
    if table is None:
        return None
    rows, shifts = table[:, : candidates.columns], table[:, candidates.columns :]
    minimum = candidates.minimum
    if minimum is None:
        minimum = usual_minimum(rows[:SHARD], candidates.distance)
    found: Chosen = choose(rows, count, minimum, candidates.distance)
    places = list(found.places)
    return [seeds[place] for place in places], shifts[places], minimum, found.closest


def _packed(seeds: Sequence[int], shifts: Table, minimum: float, closest: float) -> Numbers:
    """What `_unpacked` reads: [1 + n, 1 + K]. As K is at least 1, the head has room."""
    table = np.zeros((1 + len(seeds), 1 + shifts.shape[1]))
    table[0, :2] = minimum, closest
    table[1:, 0] = seeds
    table[1:, 1:] = shifts
    return table


def _unpacked(table: Numbers) -> Identities:
    return Identities(
        seeds=tuple(int(seed) for seed in table[1:, 0]),
        # What was float32 is brought back to the digits that it has.
        neutral=tuple(tuple((row.round(DIGITS) + 0.0).tolist()) for row in table[1:, 1:]),
        minimum=float(table[0, 0]),
        closest=float(table[0, 1]),
    )


@dataclass(frozen=True)
class Studio:
    """Draws and looks at the pictures of a data set.

    Args:
        folder: Where it lies.
        draw: A recipe to a PNG that carries it.
        look: Such a PNG to the scores [A] of a classifier; A is 0 without one.
    """

    folder: Path
    control: Control
    variations: tuple[Variation, ...]
    draw: Callable[[Recipe], bytes]
    look: Callable[[bytes], Sequence[float]]

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Their names, of each variation."""
        return file_names(self.control.directions, self.variations)

    def make(self, identities: Identities, scores: int, share: Share, told: Told) -> int:
        """Draw what is not there yet of this process's identities; how many pictures that were.

        Raises:
            ExplorerError: The folder cannot be used.
        """
        own = range(share.rank, len(identities.seeds), share.count)
        total, done, drawn = len(own) * len(self.variations), 0, 0
        for place in own:
            folder = _prepared(self.folder / name_of(place))
            state, measured = State(folder), []
            known = state.read(MEASURED, (len(self.variations), self._columns(scores)))
            seed, neutral = identities.seeds[place], identities.neutral[place]
            for name, variation in zip(self.files, self.variations, strict=True):
                told(done, total)
                recipe = self.control.recipe(seed, neutral, variation)
                data = kept(folder / name, recipe)
                if data is None:
                    data = self.draw(recipe)
                    write_bytes(folder / name, data)
                    drawn += 1
                if known is None:
                    measured.append([*self.control.strengths(recipe), *self.look(data)])
                done += 1
            if known is None:
                state.keep(MEASURED, np.array(measured, np.float32))
        told(done, total)
        return drawn

    def faces(self, identities: Identities, scores: int) -> Iterator[Face]:
        """Every picture as it lies in the folder.

        Raises:
            ExplorerError: One is not there.
        """
        count = len(self.control.directions)
        for place, seed in enumerate(identities.seeds):
            folder = self.folder / name_of(place)
            shape = (len(self.variations), self._columns(scores))
            table = State(folder).read(MEASURED, shape)
            for row, (name, variation) in enumerate(zip(self.files, self.variations, strict=True)):
                recipe = self.control.recipe(seed, identities.neutral[place], variation)
                data = kept(folder / name, recipe)
                if data is None or table is None:
                    raise AnalysisError(
                        f"{folder / name} has gone meanwhile.", fix="Run the command again."
                    )
                yield Face(
                    identity=place + 1,
                    seed=seed,
                    file=f"{folder.name}/{name}",
                    sha256=hashlib.sha256(data).hexdigest(),
                    variation=variation,
                    recipe=recipe,
                    strengths=tuple(table[row, :count].tolist()),
                    scores=tuple(table[row, count:].tolist()),
                )

    def _columns(self, scores: int) -> int:
        return len(self.control.directions) + scores


def name_of(place: int) -> str:
    """The folder of the identity at `place`.

    >>> name_of(0)
    'identity-0001'
    """
    return f"identity-{place + 1:04}"


def kept(path: Path, recipe: Recipe) -> bytes | None:
    """The picture at `path` if it is whole and that of `recipe`.

    Raises:
        AnalysisError: There is something that cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        return data if recipe_of(data) == recipe else None
    except (FileNotFoundError, RecipeError):
        return None
    except OSError as error:
        raise AnalysisError(f"{path} cannot be read: {error.strerror}.", fix=FIX) from error


def require_own(folder: Path, count: int) -> None:
    """Refuse a folder that holds something else, or more than `count` identities.

    Raises:
        AnalysisError: It does.
    """
    try:
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except OSError as error:
        raise AnalysisError(f"{folder} cannot be used: {error.strerror}.", fix=FIX) from error
    if "state.json" not in names and any(not name.startswith(".") for name in names):
        raise AnalysisError(f"{folder} is not empty, and holds no data set.", fix=FIX)
    if name_of(count) in names:
        raise AnalysisError(
            f"{folder} holds more than {count} identities.", fix=f"Ask for as many, or: {FIX}"
        )


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def _prepared(folder: Path) -> Path:
    """The folder of an identity, without what a killed run left half written."""
    try:
        folder.mkdir(exist_ok=True)
        for path in folder.glob(".*"):
            path.unlink()
    except OSError as error:
        raise AnalysisError(f"{folder} cannot be used: {error.strerror}.", fix=FIX) from error
    return folder
