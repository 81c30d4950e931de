"""Answers about pictures by seed, their CSV, and which pictures to ask about next.

A label belongs to the picture of a seed, whatever shows it. Knows no model: who asks which pictures
a boundary is least sure of brings their latents along.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from explorer.directions.svm import Boundary, Flags, Margin, Vector, direction
from explorer.errors import AnalysisError
from explorer.latents import SEEDS

LONGEST = 1_000_000  # bytes of a CSV
MOST = 100_000  # labels
NAME_LENGTH = 80  # characters
HEADER = "seed,label"
WORDS = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
SHOWN = 40  # characters of a stranger's line that a message repeats
FIX = f"A line is a seed from 0 to {SEEDS - 1}, a comma, and 1 or 0, yes or no, true or false."
FEWEST = 2  # of each class, for a boundary that chooses what is asked next
GROUPS = 10  # in turn left out to see where such a boundary lies
SOFT = Margin("hinge", 1e-3)  # so little that few samples give about the difference of their means


@dataclass(frozen=True)
class Labels:
    """Which pictures show something, as far as somebody said.

    Args:
        name: Of what they show.
        answers: Yes or no by seed, kept in the order of the seeds.
    """

    name: str
    answers: Mapping[int, bool]

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= NAME_LENGTH:
            raise AnalysisError(
                f"Labels have a name of 1 to {NAME_LENGTH} characters.", fix="Name them so."
            )
        if len(self.answers) > MOST:
            raise AnalysisError(
                f"There are {len(self.answers)} labels, at most {MOST} are read.", fix="Use fewer."
            )
        strange = [seed for seed in self.answers if not 0 <= seed < SEEDS]
        if strange:
            raise AnalysisError(f"Seed {strange[0]} does not exist.", fix=FIX)
        sorted_answers = {seed: bool(self.answers[seed]) for seed in sorted(self.answers)}
        object.__setattr__(self, "answers", MappingProxyType(sorted_answers))

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The labelled seeds, ascending."""
        return tuple(self.answers)

    @property
    def flags(self) -> Flags:
        """The answers [N], in the order of `seeds`."""
        return np.array(list(self.answers.values()), bool)

    def answered(self, seed: int, answer: bool | None) -> "Labels":
        """These with another answer for a seed, or with none: what a click does."""
        others = {s: a for s, a in self.answers.items() if s != seed}
        return Labels(self.name, others if answer is None else {**others, seed: answer})

    def merged(self, other: "Labels") -> "Labels":
        """These and `other` under this name.

        Raises:
            AnalysisError: They contradict each other.
        """
        both = self.answers.keys() & other.answers.keys()
        torn = sorted(seed for seed in both if self.answers[seed] != other.answers[seed])
        if torn:
            raise AnalysisError(
                f"{len(torn)} seed(s) are labelled both yes and no, such as {torn[0]}.",
                fix="Remove one of the two answers, or keep one set of labels only.",
            )
        return Labels(self.name, {**self.answers, **other.answers})

    def to_csv(self) -> str:
        """A line `seed,label` for each, 1 is yes, behind a header."""
        lines = [f"{seed},{int(answer)}" for seed, answer in self.answers.items()]
        return "\n".join([HEADER, *lines]) + "\n"


def from_csv(name: str, text: str) -> Labels:
    """The labels in lines `seed,label`, with or without a header; empty lines are passed over.

    Raises:
        AnalysisError: One sentence with the number of the first line that is wrong.
    """
    _require_short(len(text))
    answers: dict[int, bool] = {}
    lines: dict[int, int] = {}
    is_first = True
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        cells = [cell.strip().strip('"').strip().lower() for cell in line.split(",")]
        if cells == [""] or (is_first and cells[0] == "seed"):
            is_first = is_first and cells == [""]
            continue
        is_first = False
        seed, answer = _read(cells, line, number)
        if answers.setdefault(seed, answer) != answer:
            raise AnalysisError(
                f"Lines {lines[seed]} and {number} of the labels disagree about seed {seed}.",
                fix="Remove one of them.",
            )
        lines.setdefault(seed, number)
        if len(answers) > MOST:
            raise AnalysisError(
                f"There are more than {MOST} labels by line {number}.", fix="Use fewer."
            )
    return Labels(name, answers)


def decoded(data: bytes) -> str:
    """The text of a CSV file, which is to be UTF-8.

    Raises:
        AnalysisError: It is not, or too long.
    """
    _require_short(len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise AnalysisError(
            f"Line {line} of the labels is no text in UTF-8.", fix="Save them as CSV in UTF-8."
        ) from error


def fresh_seeds(count: int, taken: Collection[int] = (), seed: int = 0) -> tuple[int, ...]:
    """`count` different seeds at random that are not among `taken`; deterministic in `seed`."""
    random = np.random.default_rng(seed)
    found: dict[int, None] = {}
    known = set(taken)
    while len(found) < count:
        drawn = random.integers(0, SEEDS, count - len(found))
        found.update((int(one), None) for one in drawn if int(one) not in known)
    return tuple(found)


def next_seeds(
    pool: NDArray[np.int64],
    latents: Vector,
    boundary: Boundary | None,
    labelled: Collection[int],
    count: int,
    seed: int = 0,
) -> tuple[int, ...]:
    """Which `count` pictures of a pool to ask about: those nearest to the boundary first.

    Uncertainty sampling (Lewis and Gale 1994). Fewer where the pool has no more without a label.

    Args:
        pool: The seeds [N] among which to choose.
        latents: Theirs, [N, D], in the space of the boundary; not looked at without one.
        boundary: What is known so far; None, as of `quick_boundary`, chooses at random.
        labelled: Seeds not to be asked about again.
        seed: Of the random choice.
    """
    open_ones = np.flatnonzero(~np.isin(pool, np.fromiter(labelled, np.int64)))
    if boundary is None:
        order = np.random.default_rng(seed).permutation(len(open_ones))
    else:
        order = np.abs(boundary.distance(latents[open_ones])).argsort(kind="stable")
    return tuple(int(pool[index]) for index in open_ones[order[:count]])


def quick_boundary(x: Vector, labels: Flags, seed: int = 0) -> Boundary | None:
    """A boundary from a few clicks: latents x [N, D] and labels [N]; None below FEWEST of a class.

    Only good for choosing what to ask next, and for a first look: nothing about it is measured, and
    its margin is not chosen. `svm.fit` makes the boundary to show numbers of. The offset is in the
    middle between the two classes' means, of projections on directions that did not see the sample:
    those that did push the smaller class further out.
    """
    if min(labels.sum(), (~labels).sum()) < FEWEST:
        return None
    x = np.asarray(x, np.float64)
    mean = x.mean(0)
    x = x - mean
    groups = np.empty(len(x), np.int64)
    random = np.random.default_rng(seed)
    for members in (np.flatnonzero(labels), np.flatnonzero(~labels)):
        groups[random.permutation(members)] = np.arange(len(members)) % GROUPS
    along = np.empty(len(x))
    for group in np.unique(groups):
        seen = groups != group
        along[~seen] = x[~seen] @ direction(x[seen], labels[seen], SOFT)
    normal = direction(x, labels, SOFT)
    middle = (along[labels].mean() + along[~labels].mean()) / 2
    return Boundary(normal, float(middle + mean @ normal))


def _require_short(length: int) -> None:
    if length > LONGEST:
        raise AnalysisError(
            f"The labels take {length} bytes, at most {LONGEST} are read.",
            fix="Check that this is a file of labels.",
        )


def _read(cells: list[str], line: str, number: int) -> tuple[int, bool]:
    """The seed and the answer of a line."""
    if len(cells) == 2 and cells[1] in WORDS and cells[0].isascii() and cells[0].isdigit():
        seed = int(cells[0]) if len(cells[0]) <= len(str(SEEDS)) else SEEDS
        if seed < SEEDS:
            return seed, WORDS[cells[1]]
    shown = line if len(line) <= SHOWN else f"{line[:SHOWN]}..."
    raise AnalysisError(f"Line {number} of the labels is {json.dumps(shown)}.", fix=FIX)
