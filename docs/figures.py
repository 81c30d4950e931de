"""Draw the README's pictures of the shipped model: `python -m docs.figures`.

They are the tables of the page, cell for cell, under the recipe that the page starts from.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from explorer import images
from explorer.model import Model
from explorer.models import Models
from explorer.paint import paint
from explorer.pixels import Pixels
from explorer.recipe import Mix, ModelRef, NoiseChoice, Point, Recipe
from explorer.sheets import NoiseStatistics, Request, mixing, noise_recipes, truncation

FOLDER = Path(__file__).parent
SHIPPED = FOLDER.parent / "checkpoints" / "avatars"
GROUPS = ("coarse", "middle", "fine")
TRUNCATION_SEEDS = (13, 20)
NOISE_SEEDS = (13, 5, 20)
STRENGTHS = (0.0, 1.0, 2.0)


def mixing_table(model: Model) -> Pixels:
    """Rows of seeds with the layers of the sources above them: coarse, middle, fine, below each."""
    pages: list[Pixels] = []
    for group in GROUPS:
        page = mixing(Request("mixing", model.first_recipe, model, group=group))
        cells = [_drawn(model, cell.recipe) for cell in page.cells]
        rows = cells if not pages else cells[page.columns :]  # the sources stand there once
        pages += rows
    return images.sheet(pages, page.columns)


def truncation_strip(model: Model) -> Pixels:
    """Two seeds at psi from -1 to 1.5."""
    cells: list[Pixels] = []
    for seed in TRUNCATION_SEEDS:
        recipe = model.first_recipe.model_copy(update={"a": Point(x=seed), "mix": Mix()})
        page = truncation(Request("truncation", recipe, model))
        cells += [_drawn(model, cell.recipe) for cell in page.cells]
    return images.sheet(cells, page.columns)


def noise_picture(model: Model) -> Pixels:
    """Three seeds: noise at strength 0, 1 and 2, then where the noise seed changes the picture."""
    return images.sheet(list(_noise_cells(model)), len(STRENGTHS) + 1)


def _noise_cells(model: Model) -> Iterator[Pixels]:
    count = sum(layer.has_noise for layer in model.generator.layers)
    for seed in NOISE_SEEDS:
        recipe = model.first_recipe.model_copy(update={"a": Point(x=seed), "mix": Mix()})
        for strength in STRENGTHS:
            noise = NoiseChoice(mode="const", strength=(strength,) * count)
            yield _drawn(model, recipe.model_copy(update={"noise": noise}))
        statistics = NoiseStatistics()
        for one in noise_recipes(recipe):
            statistics.add(_drawn(model, one))
        (_, deviation), _ = statistics.result()
        yield deviation


def _drawn(model: Model, recipe: Recipe | None) -> Pixels:
    """The picture; white where a cell is a heading."""
    if recipe is None:
        return np.full((*model.generator.resolution, 3), 255, np.uint8)
    return paint(model.generator, recipe)


def main() -> None:
    """Write the three pictures beside this file."""
    model = Models([SHIPPED], torch.device("cpu")).open(ModelRef())
    for name, draw in (
        ("mixing", mixing_table),
        ("truncation", truncation_strip),
        ("noise", noise_picture),
    ):
        Image.fromarray(draw(model)).save(FOLDER / f"{name}.png", "PNG", optimize=True)


if __name__ == "__main__":
    main()
