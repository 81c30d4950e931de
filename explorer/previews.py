"""Which picture to draw while a hand moves: the largest that fits a budget of time.

Decides from times measured on this machine; where there are none yet, from the work that a picture
takes. Draws nothing and reads no clock.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.networks import Generator, Precision, shape_at

Policy = Literal["auto", "float32", "bfloat16", "float16"]

SMALLEST = 128  # pixels of the shorter side of a preview
RECENT = 5  # times that a decision looks at
ENOUGH = 3  # pictures before the next decision: less would be one hiccup
FAR = 2.0  # budgets that the very first picture may take before the next try
GROW, STAY = 0.85, 1.15  # shares of the budget: to change to a better view, to keep the one at hand
FORGET = 300  # pictures after which a view that was too slow may show that it no longer is
KEEP = 0.9  # among views that are all too slow, the one at hand counts as this much faster
COARSE = 1.15  # and one of lower precision as this much slower: it has to be worth it
HOPE = (
    0.5  # what lower precision may cost until it was measured; too low a hope is tried and dropped
)


@dataclass(frozen=True)
class View:
    """How a picture is drawn.

    Args:
        size: The nominal resolution at which the network stops, None for the whole picture.
        precision: Its number format, None for the network's usual one.
    """

    size: int | None = None
    precision: Precision | None = None


def precisions_of(
    known: Sequence[Precision], policy: Policy, *, has_bfloat16: bool
) -> tuple[Precision, ...]:
    """In what to draw, best first; the first is that of the picture at rest.

    Args:
        known: What the network can draw in, the usual one first. It is taken where what the person
            asked for is not among them; the status line says so.
        has_bfloat16: Whether the processor has instructions for it; else it is slower, not faster.

    >>> precisions_of(("float32", "bfloat16"), "auto", has_bfloat16=True)
    ('float32', 'bfloat16')
    >>> precisions_of(("float32",), "bfloat16", has_bfloat16=True)
    ('float32',)
    """
    if policy != "auto":
        return (policy,) if policy in known else (known[0],)
    more = has_bfloat16 and "bfloat16" in known[1:]
    return (known[0], "bfloat16") if more else (known[0],)


def views_of(generator: Generator, precisions: Sequence[Precision]) -> tuple[View, ...]:
    """What may be shown while the hand moves, best first: the whole, then ever smaller.

    A model that is no larger than a preview is always drawn as at rest.

    Args:
        precisions: Best first; the first is that of the picture at rest.
    """
    resolution, stops = generator.resolution, generator.stops
    sizes = [stop for stop in stops if min(shape_at(resolution, stops, stop)) >= SMALLEST]
    if min(resolution) <= SMALLEST:
        return (View(None, precisions[0]),)
    return tuple(View(size, one) for size in (None, *reversed(sizes)) for one in precisions)


def draft_of(views: Sequence[View]) -> View:
    """The smallest of `views`, in the best precision that it comes in.

    >>> draft_of([View(None), View(256, "float32"), View(128, "float32"), View(128, "bfloat16")])
    View(size=128, precision='float32')
    """
    return next(view for view in views if view.size == views[-1].size)


def work_of(generator: Generator) -> dict[int | None, float]:
    """The multiplications of the convolutions up to each stop, and of the whole picture (None).

    A layer that doubles multiplies at its input's resolution.
    """
    shapes, stops = generator.shapes(), generator.stops
    work = {}
    for size in (*stops, None):
        height, _ = shape_at(generator.resolution, stops, size)
        work[size] = 1.0
        for layer in generator.layers:
            weight = shapes.get(f"synthesis.{layer.name}.weight")
            if weight is not None and layer.resolution[0] <= height:
                pixels = layer.resolution[0] * layer.resolution[1]
                work[size] += (
                    math.prod(weight) * pixels / (4 if layer.name.endswith("conv0") else 1)
                )
    return work


def middle(values: Sequence[float]) -> float:
    """The lower median: of two, the one without the hiccup.

    >>> middle([3.0, 90.0]), middle([5.0, 1.0, 3.0])
    (3.0, 3.0)
    """
    return sorted(values)[(len(values) - 1) // 2]


class Pace:
    """Which view comes next, from the times of those before. For one model and one thread.

    A view has a cost, its time against that of the first one; the machine has a speed, which the
    view at hand tells. So a machine that gets busy changes all expectations, not one.

    Args:
        views: Best first; those of equal size stand together, the most precise one first.
        work: What each size costs as long as it was not measured.
    """

    def __init__(
        self, views: Sequence[View], work: Mapping[int | None, float], budget_ms: float = 60.0
    ):
        self._views, self._work, self._budget = tuple(views), work, budget_ms
        self._now: View | None = None
        self._recent: deque[float] = deque(maxlen=RECENT)  # ms of the view at hand
        self._seen = 0  # how many of the view at hand were drawn since it was chosen
        self._costs: dict[View, deque[float]] = {}
        self._noted: dict[View, int] = {}
        self._count = 0
        self._speed: float | None = None  # ms for a unit of cost

    def choose(self) -> View:
        """The view to draw now."""
        if self._now is None:
            self._now = self._first()
        elif self._seen >= (1 if self._is_far_over() else ENOUGH):
            best = self._best(self._now)
            if best != self._now:
                self._now, self._seen = best, 0
                self._recent.clear()
        return self._now

    def note(self, view: View, milliseconds: float) -> None:
        """Take in how long a picture took, one while the hand moved or one at rest."""
        if view not in self._views:
            return
        self._count += 1
        if view == self._now:
            self._seen += 1
            self._recent.append(milliseconds)
        if self._speed is None:
            self._costs[view] = deque([self._work[view.size]], maxlen=RECENT)
            self._speed = milliseconds / self._work[view.size]
        elif view == self._now and self._seen > ENOUGH:
            self._speed = middle(self._recent) / self._cost(view)
        else:
            costs = self._costs.setdefault(view, deque(maxlen=RECENT))
            costs.append(milliseconds / self._speed)
        self._noted[view] = self._count

    def _is_far_over(self) -> bool:
        """Whether the only picture so far was much too slow: then another way is tried at once."""
        return len(self._costs) == self._seen == 1 and self._recent[0] > FAR * self._budget

    def _first(self) -> View:
        """Before anything is known, the smallest; it soon tells what more there is time for."""
        fitting = [v for v in self._views if self._speed and self._expected(v) <= self._budget]
        return fitting[0] if fitting else self._smallest()[0]

    def _best(self, now: View) -> View:
        place = self._views.index(now)
        for index, view in enumerate(self._views):
            share = STAY if index == place else GROW if index < place else 1.0
            if self._expected(view) <= share * self._budget:
                return view
        smallest = self._smallest()

        def slowness(view: View) -> float:
            handicap = (KEEP if view == now else 1) * (1 if view == smallest[0] else COARSE)
            return self._expected(view) * handicap

        return min(smallest, key=slowness)

    def _smallest(self) -> list[View]:
        return [view for view in self._views if view.size == self._views[-1].size]

    def _expected(self, view: View) -> float:
        """Milliseconds."""
        if view == self._now and self._recent:
            return middle(self._recent)
        if self._count - self._noted.get(view, 0) > FORGET:
            self._costs.pop(view, None)
        return (self._speed or 0.0) * self._cost(view)

    def _cost(self, view: View) -> float:
        if self._costs.get(view):
            return middle(self._costs[view])
        return self._work[view.size] * self._factor(view.precision)

    def _factor(self, precision: Precision | None) -> float:
        """Cost over work, from other sizes of this precision; where none was measured, a hope."""
        known = [
            middle(costs) / self._work[view.size]
            for view, costs in self._costs.items()
            if view.precision == precision
        ]
        if known:
            return middle(known)
        best = self._views[0].precision
        return 1.0 if precision == best else HOPE * self._factor(best)
