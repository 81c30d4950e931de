"""Making a film: frames are drawn a few at once while those before are encoded.

Drawing happens on the engine's thread, encoding on that of the caller, so the two overlap, and no
more than two batches of frames are ever in memory. Knows no engine and no file: it is given both.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from itertools import islice

import numpy as np

from explorer.film import Film, Frame, Shot
from explorer.pixels import Pixels
from explorer.slices import Progress

AHEAD = 8  # shots that are offered at once, of which as many are drawn as is fastest

Start = Callable[[Sequence[Shot]], "Future[list[Pixels]]"]


def make(film: Film, start: Start, write: Callable[[Pixels], None]) -> Iterator[Progress]:
    """Draw every frame of `film` and hand it to `write`, in order.

    Whoever iterates may stop in between; what is being drawn then is left.

    Args:
        start: Begins to draw the first of some shots, at least one.
    """
    pictures = _drawn((shot for frame in film for shot in frame.shots), start)
    try:
        for done, frame in enumerate(film, start=1):
            write(_faded([next(pictures) for _ in frame.shots], frame))
            yield Progress(done, film.count)
    finally:
        pictures.close()


def _drawn(shots: Iterator[Shot], start: Start) -> Generator[Pixels, None, None]:
    """The pictures of `shots`; the next ones are drawn while somebody is busy with these."""
    waiting = list(islice(shots, AHEAD))
    under_way = start(waiting) if waiting else None
    try:
        while under_way is not None:
            drawn = under_way.result()
            waiting = waiting[len(drawn) :]
            waiting += islice(shots, AHEAD - len(waiting))
            under_way = start(waiting) if waiting else None
            yield from drawn
    finally:
        if under_way is not None:
            under_way.cancel()


def _faded(pictures: Sequence[Pixels], frame: Frame) -> Pixels:
    first = pictures[0]
    if len(pictures) == 1:
        return first
    mixed = first + frame.fade * (pictures[1].astype(np.float32) - first)
    return np.rint(mixed).astype(np.uint8)
