"""What the engine has found out about drawing one model on this machine, and where that begins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from explorer.batches import Batch
from explorer.colour import Colours
from explorer.networks import Generator, shape_at
from explorer.previews import Pace, Policy, View, draft_of, precisions_of, views_of, work_of


@dataclass(frozen=True)
class Habits:
    """How one model is drawn.

    Args:
        at_rest: How the full picture is drawn.
        draft: How one is drawn that is only to be quick.
        batches: How many are best drawn at once, of each of these two.
    """

    at_rest: View
    draft: View
    pace: Pace
    colours: Colours
    batches: Mapping[View, Batch]


def new_habits(
    generator: Generator,
    policy: Policy,
    budget_ms: float,
    later: Callable[[Callable[[], None]], None],
    *,
    has_bfloat16: bool,
) -> Habits:
    """The habits of a model that has not been drawn yet.

    Args:
        later: Runs a slice of work when nobody needs the thread.
        has_bfloat16: Whether the processor has instructions for it.
    """
    has = has_bfloat16 and generator.w_avg.device.type == "cpu"
    views = views_of(generator, precisions_of(generator.precisions, policy, has_bfloat16=has))
    pace = Pace(views, work_of(generator), budget_ms)
    draft = draft_of(views)
    batches = {view: Batch(_pixels_of(generator, view)) for view in (draft, views[0])}
    return Habits(views[0], draft, pace, Colours(later), batches)


def _pixels_of(generator: Generator, view: View) -> int:
    height, width = shape_at(generator.resolution, generator.stops, view.size)
    return height * width
