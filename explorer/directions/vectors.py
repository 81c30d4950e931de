"""The steps that visitors have sent, by hash, as many as fit: a memory that may forget.

A page keeps what it sent and sends it again when asked, so nothing is lost with an entry.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from explorer.directions.direction import Direction, Step
from explorer.errors import DirectionError

CAPACITY = 32 << 20  # bytes; a step of 512 numbers has 1 KB
AROUND = 1024  # bytes that Python needs for any step besides its numbers


class UnknownSteps(DirectionError):
    """A recipe names directions that are not here; who has them may send them."""

    def __init__(self, keys: Iterable[str]):
        self.keys = tuple(keys)
        super().__init__(
            f"The recipe uses {len(self.keys)} direction(s) that are not here, such as "
            f"{self.keys[0][:12]}....",
            fix="Open the link or file with its directions, or import them.",
        )


class Vectors:
    """Steps by hash. Safe to call from any thread."""

    def __init__(self, capacity: int = CAPACITY):
        self._capacity = capacity
        self._used = 0
        self._steps: OrderedDict[str, Step] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._steps)

    def put(self, step: Step) -> str:
        """Keep `step`; its key."""
        with self._lock:
            if step.key not in self._steps:
                self._used += step.numbers.nbytes + AROUND
            self._steps[step.key] = step
            self._steps.move_to_end(step.key)
            while self._used > self._capacity and len(self._steps) > 1:
                _, oldest = self._steps.popitem(last=False)
                self._used -= oldest.numbers.nbytes + AROUND
        return step.key

    def find(self, keys: Iterable[str], shipped: Iterable[Direction] = ()) -> Mapping[str, Step]:
        """The steps of `keys`, out of those of the model's folder or of what was sent.

        Raises:
            UnknownSteps: Some are not here.
        """
        known = {direction.key: direction.step for direction in shipped}
        found: dict[str, Step] = {}
        with self._lock:
            for key in keys:
                step = known.get(key) or self._steps.get(key)
                if step is not None:
                    found[key] = step
                    if key in self._steps:
                        self._steps.move_to_end(key)
        missing = [key for key in keys if key not in found]
        if missing:
            raise UnknownSteps(missing)
        return found
