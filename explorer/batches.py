"""How many pictures to draw at once: the number that is fastest here, found while drawing.

Knows no engine and reads no clock. Pictures in a batch may differ from single ones by a grey level.
"""

from collections.abc import Sequence
from itertools import takewhile

from explorer.recipe import Recipe

SIZES = (1, 2, 4, 8)
TRIALS = 3  # of each size, before one is chosen
SLICE_MS = 100.0  # that a batch may keep visitors waiting
MOST_PIXELS = 1 << 21  # in a batch: two of 1024 x 1024, which takes up to 2 GB while it is drawn
WORTH = 0.95  # a larger batch has to be this much faster, a picture


def alike(recipes: Sequence[Recipe]) -> int:
    """How many of the first recipes can be drawn at once: those that differ in their w alone.

    >>> alike([Recipe(psi=0.5), Recipe(psi=1.0), Recipe(noise={"mode": "none"})])
    2
    """

    def rest(recipe: Recipe) -> tuple[object, ...]:
        return recipe.model, recipe.noise, recipe.transform

    return sum(1 for _ in takewhile(lambda one: rest(one) == rest(recipes[0]), recipes))


class Batch:
    """The size of the batches of one model. Tries all that are allowed on work that comes anyway.

    Args:
        pixels: Of a picture.
    """

    def __init__(self, pixels: int):
        self._pixels = pixels
        self._times: dict[int, list[float]] = {size: [] for size in SIZES}  # ms a picture

    def next(self, left: int) -> int:
        """How many of `left` pictures to draw now."""
        possible = [size for size in SIZES if size <= left and self._is_allowed(size)]
        for size in possible:
            if len(self._times[size]) < TRIALS:
                return size
        best = 1
        for size in possible:
            if self._each(size) < WORTH * self._each(best):
                best = size
        return best

    def note(self, count: int, milliseconds: float) -> None:
        """Take in how long `count` pictures took together."""
        if len(self._times[count]) < TRIALS:
            self._times[count].append(milliseconds / count)

    def _is_allowed(self, size: int) -> bool:
        """Whether it keeps memory and visitors' patience, judged by the next smaller size."""
        if size == 1:
            return True
        before = SIZES[SIZES.index(size) - 1]
        is_known = len(self._times[before]) >= TRIALS and self._is_allowed(before)
        is_small = size * self._pixels <= MOST_PIXELS
        return is_known and is_small and size * self._each(before) <= SLICE_MS

    def _each(self, size: int) -> float:
        return sorted(self._times[size])[(TRIALS - 1) // 2]
