"""Which pictures each strip and table is made of. Draws none of them.

A sheet is rows of cells; most carry the change of the recipe that a click on them makes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from explorer.latents import SEEDS, seed_at
from explorer.model import Model
from explorer.pixels import Pixels
from explorer.recipe import Edit, Mix, Point, Recipe, Space

Changes = dict[str, Any]
THUMB = 128  # pixels of the longer side of a cell
NOISE_SEEDS = 50
STRIP_SIGMAS = 3


@dataclass(frozen=True)
class Cell:
    """One picture of a sheet: its recipe, its label, and what a click changes (None: nothing).

    Without a recipe it is a heading: the name of a row, or the corner of a table.
    """

    recipe: Recipe | None
    label: str
    changes: Changes | None = None


@dataclass(frozen=True)
class Sheet:
    """Cells in rows of `columns`, and a sentence about them."""

    cells: list[Cell]
    columns: int
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A slider of the page: its name, and the edit that it makes."""

    name: str
    edit: Edit


@dataclass(frozen=True)
class Request:
    """What the page asks for.

    Args:
        first: The first seed of the gallery.
        group: The style group that the mixing table takes from its columns.
        rows: The sliders of directions.
    """

    kind: str
    recipe: Recipe
    model: Model
    first: int = 0
    group: str = "coarse"
    rows: tuple[Row, ...] = ()


def _changed(recipe: Recipe, **changes: Any) -> Recipe:
    return recipe.model_copy(update=changes)


def _point(seed: int) -> Changes:
    return {"x": seed, "y": 0}


def seeds(request: Request) -> Sheet:
    """Sixteen seeds under the settings of the recipe."""
    numbers = [(request.first + index) % SEEDS for index in range(16)]
    cells = [
        Cell(
            _changed(request.recipe, a=Point(x=seed), t=0.0),
            str(seed),
            {"a": _point(seed), "t": 0},
        )
        for seed in numbers
    ]
    return Sheet(cells, 8, "Under your settings. Click one to use it.")


def truncation(request: Request) -> Sheet:
    """psi from -1 to 1.5."""
    values = [-1 + index / 4 for index in range(11)]
    cells = [Cell(_changed(request.recipe, psi=psi), f"{psi:g}", {"psi": psi}) for psi in values]
    note = "From the opposite (psi below 0) through the average (0) to past the sample (above 1)."
    return Sheet(cells, 11, note)


def mixing(request: Request) -> Sheet:
    """The table of Karras 2019, Figure 3: rows keep their own style but for one group."""
    recipe, layers = request.recipe, request.model.generator.layers
    plain = _changed(recipe, mix=Mix(), t=0.0)
    weights = tuple(float(layer.group == request.group) for layer in layers)
    rows = [recipe.a, *(_beside(recipe.a, step) for step in (1, 2))]
    columns = [recipe.mix.source, *(_beside(recipe.mix.source, step) for step in range(1, 6))]
    cells = [Cell(None, "")]
    cells += [Cell(_changed(plain, a=point), f"source {_seed(point)}") for point in columns]
    for row in rows:
        cells.append(Cell(_changed(plain, a=row), f"seed {_seed(row)}"))
        for column in columns:
            mix = Mix(source=column, weights=weights)
            changes = {"a": row.model_dump(), "t": 0, "mix": mix.model_dump(mode="json")}
            label = f"{_seed(row)} + {_seed(column)}"
            cells.append(Cell(_changed(plain, a=row, mix=mix), label, changes))
    note = f"Each row's seed, with the {request.group} layers of the seed above."
    return Sheet(cells, len(columns) + 1, note)


def paths(request: Request) -> Sheet:
    """A to B in nine steps, along each of the three paths."""
    spaces: tuple[Space, ...] = ("z-slerp", "z-lerp", "w-lerp")
    steps = [index / 8 for index in range(9)]
    cells: list[Cell] = []
    for space in spaces:
        cells.append(Cell(None, space.replace("-", " ")))
        for t in steps:
            recipe = _changed(request.recipe, t=t, space=space)
            cells.append(Cell(recipe, f"{t:g}", {"t": t, "space": space}))
    note = "A to B along the sphere in Z, straight in Z, straight in W."
    return Sheet(cells, len(steps) + 1, note)


def directions(request: Request) -> Sheet:
    """A strip for each slider: its direction from -3 to 3 sigmas, all others as they are."""
    shifts = range(-STRIP_SIGMAS, STRIP_SIGMAS + 1)
    cells: list[Cell] = []
    for row in request.rows:
        cells.append(Cell(None, row.name))
        others = [e for e in request.recipe.edits if e.direction != row.edit.direction]
        for shift in shifts:
            moved = row.edit.model_copy(update={"shift": float(shift)})
            edits = (*others, moved) if shift else tuple(others)
            changes = {"edits": [edit.model_dump(mode="json") for edit in edits]}
            label = f"{shift:+d} σ" if shift else "0"
            cells.append(Cell(_changed(request.recipe, edits=edits), label, changes))
    note = "Each slider from -3 to 3 sigmas, the others as they are. Click a step to go to it."
    return Sheet(cells, len(shifts) + 1, note)


def _beside(point: Point, step: int) -> Point:
    """The seed `step` after that of `point`."""
    return Point(x=(_seed(point) + step) % SEEDS)


def _seed(point: Point) -> int:
    return seed_at(round(point.x), round(point.y))


SHEETS: dict[str, Callable[[Request], Sheet]] = {
    "seeds": seeds,
    "truncation": truncation,
    "mixing": mixing,
    "paths": paths,
    "directions": directions,
}


def thumbnail(pixels: Pixels) -> Pixels:
    """At most `THUMB` pixels on the longer side, reduced with Lanczos."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return np.asarray(picture)


class NoiseStatistics:
    """Mean and standard deviation of pictures that differ in their noise, at full resolution."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = np.zeros(())  # [H, W, 3] once there is a picture
        self._squares = np.zeros(())

    def add(self, pixels: Pixels) -> None:
        """Take in one picture [H, W, 3]."""
        values = pixels.astype(np.float64)
        self._count += 1
        self._sum = self._sum + values
        self._squares = self._squares + values**2

    def result(self) -> tuple[list[Pixels], str]:
        """Thumbnails of the mean and of the deviation, scaled to white, and what white means."""
        mean = self._sum / self._count
        variance = np.maximum(self._squares / self._count - mean**2, 0)
        deviation = np.sqrt(variance).mean(axis=2)  # [H, W], grey levels
        peak = float(deviation.max())
        scaled = np.zeros_like(deviation) if peak == 0 else deviation * (255 / peak)
        grey = np.repeat(scaled.astype(np.uint8)[..., None], 3, axis=2)
        note = (
            f"Standard deviation over {self._count} noise seeds: white is {peak:.1f} of 255 grey "
            f"levels, the average {float(deviation.mean()):.1f}."
        )
        return [thumbnail(mean.astype(np.uint8)), thumbnail(grey)], note


def noise_recipes(recipe: Recipe) -> list[Recipe]:
    """The recipe under as many noise seeds as the noise picture needs."""
    return [
        _changed(recipe, noise=recipe.noise.model_copy(update={"mode": "random", "seed": seed}))
        for seed in range(NOISE_SEEDS)
    ]
