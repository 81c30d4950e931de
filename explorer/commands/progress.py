"""How far long work is, on stderr: one line that is written over, or a few lines in a log."""

import time
from collections.abc import Callable
from typing import TextIO

EVERY = 0.5  # seconds between two lines on a terminal
SELDOM = 10.0  # the same where every line stays


class Line:
    """Writes what is new, but seldom enough to be read.

    Args:
        clock: Tells seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic):
        self._stream = stream
        self._clock = clock
        self._live = stream.isatty()
        self._next = clock() + (EVERY if self._live else SELDOM)

    def show(self, text: str) -> None:
        """Write `text`, unless something was written a moment ago."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + (EVERY if self._live else SELDOM)
        self._stream.write(f"\r{text}\033[K" if self._live else f"{text}\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line, so that what follows begins on its own."""
        if self._live:
            self._stream.write("\r\033[K")


class Countdown:
    """Tells how many of `what` are done, and about how long the others take.

    The first call says what was there before; it does not count for the speed.
    """

    def __init__(self, stream: TextIO, what: str, clock: Callable[[], float] = time.monotonic):
        self._line = Line(stream, clock)
        self._clock = clock
        self._what = what
        self._began: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        since, before = self._began = self._began or (now, done)
        text = f"{done:,} of {total:,} {self._what}"
        if done > before:
            text += f", {duration((now - since) / (done - before) * (total - done))} left"
        self._line.show(text)

    def close(self) -> None:
        """Leave the line."""
        self._line.close()


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(42.4), duration(100), duration(5000)
    ('42 s', '2 min', '1 h 23 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
