"""One thread for all heavy work, and who is next on it.

Torch is fastest when one picture at a time uses all cores, so everything heavy runs here.
Visitors with a live request take turns, and a newer request of a visitor takes over the place of
his older one. Long work comes in small tasks, which run when no visitor waits, or when visitors
have had the thread for `PATIENCE` seconds on end. Work that nobody waits for runs after `QUIET`
seconds in which nobody asked for anything. What the work is, this module does not know.
"""

import enum
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from explorer.errors import BusyError

T = TypeVar("T")

PATIENCE = 0.15  # seconds that visitors may keep a task waiting
QUIET = 0.5  # seconds: a hand that moves asks again sooner


class Refusal(enum.Enum):
    """Why a live request got no picture."""

    DROPPED = "dropped"  # a newer request of the same visitor took its place
    BUSY = "busy"  # too many visitors wait


def granted(outcome: T | Refusal) -> T:
    """The result, or the sentence for a person who was refused one.

    Raises:
        BusyError: He was.
    """
    if isinstance(outcome, Refusal):
        raise BusyError("Too many people are drawing at once.", fix="Try again in a moment.")
    return outcome


@dataclass(frozen=True)
class Job:
    """Something to run, and where its result goes."""

    run: Callable[[], Any]
    future: "Future[Any]"
    number: float = 0.0  # of a visitor's requests


class Turns:
    """A worker thread with a line of visitors and a line of tasks.

    Args:
        most_waiting: Visitors in line before the next is told `BUSY`.
    """

    def __init__(self, most_waiting: int = 64):
        self._most_waiting = most_waiting
        self._visitors: OrderedDict[str, deque[Job]] = OrderedDict()
        self._tasks: deque[Job] = deque()
        self._spare: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._live_seconds = 0.0  # that visitors had since the last task
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many visitors stand in line."""
        return len(self._visitors)

    def live(
        self, visitor: str, run: Callable[[], T], number: float = 0.0
    ) -> "Future[T | Refusal]":
        """Run `run` in the visitor's turn; his request that still waits is dropped.

        Args:
            number: Of his requests; they come over several connections, so an older one may
                arrive late, and then it is the one that is dropped.
        """
        future: Future[T | Refusal] = Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            older = self._visitors[visitor][0] if visitor in self._visitors else None
            if older is None and len(self._visitors) >= self._most_waiting:
                future.set_result(Refusal.BUSY)
                return future
            if older is not None and older.number > number:
                future.set_result(Refusal.DROPPED)
                return future
            # It keeps the place of the older one.
            self._visitors[visitor] = deque([Job(run, future, number)])
            self._changed.notify()
        if older is not None and older.future.set_running_or_notify_cancel():
            older.future.set_result(Refusal.DROPPED)
        return future

    def queue(self, visitor: str, run: Callable[[], T]) -> "Future[T | Refusal]":
        """Run `run` after what `visitor` queued before, one in each of his turns."""
        future: Future[T | Refusal] = Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            own = self._visitors.get(visitor)
            if len(self._visitors if own is None else own) >= self._most_waiting:
                future.set_result(Refusal.BUSY)
                return future
            self._visitors.setdefault(visitor, deque()).append(Job(run, future))
            self._changed.notify()
        return future

    def task(self, run: Callable[[], T]) -> "Future[T]":
        """Run `run` when visitors leave room; it should take at most about 100 ms."""
        return self._append(self._tasks, run)

    def spare(self, run: Callable[[], T]) -> "Future[T]":
        """Run `run` when the thread has been idle for a while; nobody waits for it."""
        return self._append(self._spare, run)

    def _append(self, line: deque[Job], run: Callable[[], T]) -> "Future[T]":
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            line.append(Job(run, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Finish the job at hand and stop; what still waits is cancelled."""
        with self._changed:
            self._closed = True
            waiting = [job for own in self._visitors.values() for job in own]
            waiting += [*self._tasks, *self._spare]
            self._visitors.clear()
            self._tasks.clear()
            self._spare.clear()
            self._changed.notify()
        for job in waiting:
            job.future.cancel()
        self._thread.join()

    def _work(self) -> None:
        while (turn := self._next()) is not None:
            job, is_live = turn
            if not job.future.set_running_or_notify_cancel():
                continue
            started = time.perf_counter()
            try:
                result = job.run()
            except BaseException as error:  # handed on to whoever waits for the result
                job.future.set_exception(error)
            else:
                job.future.set_result(result)
            self._live_seconds += time.perf_counter() - started if is_live else 0.0

    def _next(self) -> tuple[Job, bool] | None:
        with self._changed:
            while not (self._closed or self._visitors or self._tasks):
                if self._changed.wait(QUIET if self._spare else None):
                    continue
                if not (self._closed or self._visitors or self._tasks):
                    return self._spare.popleft(), False
            if self._closed:
                return None
            if self._tasks and (not self._visitors or self._live_seconds >= PATIENCE):
                self._live_seconds = 0.0
                return self._tasks.popleft(), False
            visitor, own = self._visitors.popitem(last=False)
            job = own.popleft()
            if own:
                self._visitors[visitor] = own  # the next in his next turn
            return job, True
