"""The commands that draw many pictures: grid, strip and video."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from explorer import images
from explorer.asked import recipes_of_seeds, seeds_of, shared_at, write
from explorer.commands.progress import Countdown
from explorer.errors import ExplorerError, FilmError
from explorer.film import Film
from explorer.filming import make
from explorer.keepsakes import keepsake
from explorer.latents import SEEDS, seed_at
from explorer.links import Shared
from explorer.recipe import Mix, Point
from explorer.sheets import SHEETS, Cell, Request, Sheet
from explorer.stills import Still, numbers_of
from explorer.studio import Studio, studio
from explorer.video import FORMATS, Format, Look, Video

KINDS_OF_STRIP = {
    "seeds": "seeds",
    "truncation": "truncation",
    "interpolation": "paths",
    "mixing": "mixing",
}
STEP_SECONDS = 2.0  # from one keyframe to the next where nothing is said
MOST_CELLS = 400


def grid(options: argparse.Namespace) -> None:
    """Draw many seeds as one picture."""
    recipes = recipes_of_seeds(options)
    columns = options.columns or math.ceil(math.sqrt(len(recipes)))
    if not 1 <= columns <= MOST_CELLS or len(recipes) > MOST_CELLS:
        raise ExplorerError(
            f"{len(recipes)} pictures in rows of {columns} cannot be laid out.",
            fix=f"Choose up to {MOST_CELLS} pictures, in rows of at least one.",
        )
    with studio(options.model, options.device) as place:
        cells = [Cell(place.settled(one), f"{one.a.x:.0f}") for one in recipes]
        _draw(place, Sheet(cells, min(columns, len(cells))), options)


def strip(options: argparse.Namespace) -> None:
    """Draw one of the strips and tables of the page."""
    with studio(options.model, options.device) as place:
        base = _base(options)
        place.lend(base.directions)
        recipe = place.settled(base.recipe)
        request = Request(
            KINDS_OF_STRIP[options.kind],
            recipe,
            place.model(recipe),
            first=seed_at(round(recipe.a.x), round(recipe.a.y)),
            group=options.group,
        )
        _draw(place, SHEETS[request.kind](request), options, Shared(recipe, base.directions))


def _base(options: argparse.Namespace) -> Shared:
    """The recipe that a strip varies: of the first seed A, of the second B and the style mixed in.

    Raises:
        ExplorerError: There are more seeds.
    """
    if options.recipe is not None:
        return shared_at(options.recipe)
    first, *others = recipes_of_seeds(options)
    if len(others) > 1:
        raise ExplorerError(
            f"A strip has one or two seeds, not {len(others) + 1}.",
            fix="Write --seeds A,B; many seeds are a grid.",
        )
    second = others[0].a if others else Point(x=(first.a.x + 1) % SEEDS)
    return Shared(first.model_copy(update={"b": second, "mix": Mix(source=second)}))


def _draw(
    place: Studio, sheet: Sheet, options: argparse.Namespace, base: Shared | None = None
) -> None:
    """Draw the cells of `sheet` into one PNG, which carries what it is made of, `base`."""
    numbers = numbers_of(sheet)
    wanted = [cell.recipe for cell in sheet.cells if cell.recipe is not None]
    size = place.model(wanted[0]).generator.resolution
    still = Still(sheet, size, is_plain=options.plain)
    told = Countdown(sys.stderr, "pictures")
    try:
        told(0, len(wanted))
        for done, picture in enumerate(place.engine.draw_each(wanted), start=1):
            still.put(numbers[done - 1], picture.pixels)
            told(done, len(wanted))
    finally:
        told.close()
    page = still.result()
    if base is None:
        return write(options.out, images.png(page))
    shipped = place.model(base.recipe).directions
    write(options.out, keepsake(page, base.recipe, shipped, base.directions))


def video(options: argparse.Namespace) -> None:
    """Draw a film through keyframes."""
    keys = _keys(options)
    format = _format_of(options.out)
    steps = max(1, len(keys) if options.loop else len(keys) - 1)
    seconds = STEP_SECONDS if options.seconds is None else options.seconds / steps
    with studio(options.model, options.device) as place:
        for key in keys:
            place.lend(key.directions)
        film = Film(
            tuple(place.settled(key.recipe) for key in keys),
            seconds,
            options.fps,
            options.easing,
            options.loop,
        )
        resolution = place.model(film.keys[0]).generator.resolution
        size = _size(resolution, options.size)
        look = Look(format, size, options.fps, options.quality)
        told = Countdown(sys.stderr, "frames")
        try:
            told(0, film.count)
            with Video(options.out, look) as file:
                for progress in make(film, place.engine.shoot, file.write):
                    told(*progress)
        finally:
            told.close()
    print(options.out)


def _keys(options: argparse.Namespace) -> Sequence[Shared]:
    if options.recipes:
        return [shared_at(path) for path in options.recipes]
    if len(seeds_of(options.seeds)) < 2:
        raise FilmError("A film needs two keyframes.", fix="Write --seeds 1,5 or --recipes A B.")
    return [Shared(recipe) for recipe in recipes_of_seeds(options)]


def _format_of(path: Path) -> Format:
    """The format that the suffix of `path` stands for.

    Raises:
        FilmError: It stands for none.
    """
    for format in FORMATS:
        if path.suffix.lower() == f".{format}":
            return format
    raise FilmError(f"{path.name} is no name of a video.", fix="Let it end in .mp4, .webp or .gif.")


def _size(resolution: tuple[int, int], longer: int | None) -> tuple[int, int]:
    """(width, height) in pixels in the proportions of a picture (height, width)."""
    height, width = resolution
    share = 1.0 if longer is None else longer / max(resolution)
    return round(width * share), round(height * share)
