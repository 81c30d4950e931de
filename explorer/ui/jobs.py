"""Long work that a visitor may stop: who asked for what last, and what nobody waits for any more.

Gradio can stop an event too, but not before its first word, and fails where it has just ended.
"""

import threading
from collections import OrderedDict
from typing import Any

from explorer.errors import ExplorerError

MOST = 2000  # visitors and kinds of work that are remembered


class Stopped(ExplorerError):
    """Somebody has asked to stop, or for the same kind of work anew."""

    def __init__(self) -> None:
        super().__init__("The work was stopped.", fix="Start it again.")


class Jobs:
    """The newest work of each visitor and kind, by tickets that rise. For any thread."""

    def __init__(self) -> None:
        self._least: OrderedDict[tuple[str, str], float] = OrderedDict()  # that still goes on
        self._lock = threading.Lock()

    def begin(self, visitor: str, kind: str, ticket: float) -> "Job":
        """Work with `ticket` begins: older work of its kind ends.

        Raises:
            Stopped: It was stopped before it began.
        """
        job = Job(self, (visitor, kind), ticket)
        job.check()
        self._raise_to((visitor, kind), ticket)
        return job

    def stop(self, visitor: str, kind: str, ticket: float) -> None:
        """Stop the work with `ticket` and all before."""
        self._raise_to((visitor, kind), ticket + 0.5)

    def least(self, who: tuple[str, str]) -> float:
        """The lowest ticket of the work of `who` that is still wanted."""
        return self._least.get(who, float("-inf"))

    def _raise_to(self, who: tuple[str, str], ticket: float) -> None:
        with self._lock:
            self._least[who] = max(ticket, self.least(who))
            self._least.move_to_end(who)
            while len(self._least) > MOST:
                self._least.popitem(last=False)


class Job:
    """One piece of work, which asks now and then whether it is still wanted."""

    def __init__(self, jobs: Jobs, who: tuple[str, str], ticket: float):
        self._jobs, self._who, self.ticket = jobs, who, ticket

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Stopped: Nobody waits for it any more.
        """
        if self.ticket < self._jobs.least(self._who):
            raise Stopped


def ticket_of(body: Any) -> float:
    """The ticket of a request from a stranger; 0 where it has none."""
    ticket = body.get("ticket") if isinstance(body, dict) else None
    is_number = isinstance(ticket, int | float) and abs(ticket) < 2**53
    return float(ticket) if is_number and ticket is not None else 0.0
