"""Long work in short slices: how far it is, and where each slice runs.

Whoever starts long work iterates over it. Between two slices it may show the progress, or stop.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Progress(NamedTuple):
    """How many of the things that are to be done are done."""

    done: int
    total: int


class Run(Protocol):
    """Runs a slice of work somewhere, such as on the thread that draws, and gives its result."""

    def __call__(self, work: Callable[[], T], /) -> T: ...


def at_once(work: Callable[[], T], /) -> T:
    """Run a slice here and now."""
    return work()


def sliced(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in order, `size` at a time.

    >>> [list(some) for some in sliced(range(5), 2)]
    [[0, 1], [2, 3], [4]]
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]
