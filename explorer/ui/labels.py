"""Labels by clicking: a grid of pictures to judge, and the direction that the answers make."""

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explorer.directions.direction import Space
from explorer.directions.labels import (
    LONGEST,
    MOST,
    Labels,
    decoded,
    fresh_seeds,
    from_csv,
    next_seeds,
    quick_boundary,
)
from explorer.directions.svm import LEAST, Boundary, Vector
from explorer.errors import AnalysisError
from explorer.labelling import gather_w
from explorer.latents import SEEDS
from explorer.pixels import Pixels
from explorer.recipe import Point, Recipe
from explorer.separation import direction_from, separate
from explorer.sheets import Cell, Sheet, thumbnail
from explorer.ui.bench import Reply, Task
from explorer.ui.study import laid_out
from explorer.ui.wire import to_wire

SHOWN = 12  # pictures of a grid
COLUMNS = 6
POOL = 400  # pictures from which an active choice is made
CLICKS = 2000  # labels that a request may carry


def grid(task: Task) -> Generator[Reply, None, Reply]:
    """The next pictures to judge: those that the boundary so far is least sure of."""
    known, label = labels_of(task), task.label()
    pool = fresh_seeds(POOL, known.seeds, task.number("seed", 0, 2**31, 0) + len(known))
    seeds = pool[:SHOWN]
    boundary: Boundary | None = None
    if task.body.get("way") != "random":
        boundary = yield from _boundary_so_far(task, known)
    if boundary is not None:
        latents = yield from _w(task, pool, (0.2, 0.5))
        seeds = next_seeds(np.array(pool), latents, boundary, known.seeds, SHOWN)
    plain = Recipe(model=task.recipe.model, label=label)
    recipes = [plain.model_copy(update={"a": Point(x=float(seed))}) for seed in seeds]
    pictures: list[Pixels] = []
    start = 0.5 if boundary is not None else 0.2
    for picture in task.bench.artist.draw_each(recipes, task.visitor):
        task.job.check()
        pictures.append(thumbnail(picture.pixels))
        rest = (1 - start) * (1 - len(pictures) / len(recipes))
        yield {"progress": 1 - rest, "left": 0}
    cells = [Cell(recipe, str(seed)) for recipe, seed in zip(recipes, seeds, strict=True)]
    return {
        "sheet": laid_out("label", Sheet(cells, COLUMNS), pictures),
        "seeds": list(seeds),
        "active": boundary is not None,
    }


def fit(task: Task) -> Generator[Reply, None, Reply]:
    """The direction that the labels make, with its held-out numbers where there are enough."""
    known = labels_of(task)
    space: Space = "z" if task.body.get("space") == "z" else "w"
    _require_two_kinds(known)
    if space == "w":
        x = yield from _w(task, known.seeds, (0.0, 0.5))
    else:
        x = task.sampler().z(known.seeds).double().numpy()
    samples = yield from task.w_samples((0.5, 1.0))
    flags = known.flags
    origin: dict[str, object] = {"kind": "labels", "samples": len(known)}
    if min(flags.sum(), (~flags).sum()) >= LEAST:
        found = separate(x, flags)
        boundary, numbers = found.fit.boundary, found.numbers
        origin |= {"accuracy": numbers.accuracy, "information": numbers.information}
        note = _verdict(numbers.separable)
        measured: Mapping[str, Any] | None = {
            "accuracy": numbers.accuracy,
            "accuracy_low": numbers.accuracy_low,
            "accuracy_high": numbers.accuracy_high,
            "base_rate": numbers.base_rate,
            "information": numbers.information,
            "low": numbers.information_low,
            "high": numbers.information_high,
            "chance": numbers.chance,
            "separable": numbers.separable,
        }
    else:
        quick = quick_boundary(x, flags)
        assert quick is not None, "there are two of each"
        boundary, measured = quick, None
        note = f"Not measured: that takes {LEAST} labels of each kind."
    direction = direction_from(boundary, known.name, space, samples, {**origin, "note": note})
    return {"directions": [to_wire(direction)], "numbers": measured, "note": note}


def load(task: Task) -> Generator[Reply, None, Reply]:
    """Labels out of a CSV file, or out of text in the request."""
    yield from ()
    if task.file is not None:
        with Path(task.file).open("rb") as file:
            text = decoded(file.read(LONGEST + 1))
    else:
        text = task.text("csv", LONGEST)
    found = from_csv(str(task.body.get("name") or "labels")[:80], text)
    if len(found) > CLICKS:
        raise AnalysisError(
            f"There are {len(found):,} labels, the page keeps {CLICKS:,}.", fix="Use fewer."
        )
    return {"labels": [[seed, answer] for seed, answer in found.answers.items()]}


def labels_of(task: Task) -> Labels:
    """The labels in the request: [[seed, true or false], ...].

    Raises:
        AnalysisError: They are none, or too many.
    """
    pairs = task.body.get("labels", [])
    wrong = AnalysisError("The labels of the request are none.", fix="Load them again.")
    if not isinstance(pairs, list) or len(pairs) > min(CLICKS, MOST):
        raise wrong
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise wrong
        if type(pair[0]) is not int or type(pair[1]) is not bool:
            raise wrong
        if not 0 <= pair[0] < SEEDS:
            raise wrong
    name = task.body.get("name")
    return Labels(str(name or "labels")[:80], {seed: answer for seed, answer in pairs})


def _require_two_kinds(known: Labels) -> None:
    yes = int(known.flags.sum())
    no = len(known) - yes
    if min(yes, no) < 2:
        raise AnalysisError(
            f"{yes} pictures are labelled yes and {no} no: that makes no boundary.",
            fix=f"Label at least 2 of each; {LEAST} of each to measure how good it is.",
        )


def _verdict(is_separable: bool) -> str:
    if is_separable:
        return (
            "Held out, among the pictures that you judged: those near the boundary are harder than "
            "any others."
        )
    return "Not separable: these labels do not tell more than their base rate. Label more."


def _w(
    task: Task, seeds: tuple[int, ...], part: tuple[float, float] = (0.0, 1.0)
) -> Generator[Reply, None, Vector]:
    """The w [N, D] of `seeds`."""
    work = gather_w(task.sampler(), seeds, task.bench.run)
    found = yield from task.steps(work, part)
    return found.astype(np.float64)


def _boundary_so_far(task: Task, known: Labels) -> Generator[Reply, None, Boundary | None]:
    if not len(known):
        return None
    return quick_boundary((yield from _w(task, known.seeds, (0.0, 0.2))), known.flags)


KINDS = {"grid": grid, "fit": fit, "labels": load}
