"""The command line: `python -m explorer` with the name of a command."""

import argparse
import sys
from collections.abc import Callable, Sequence

from explorer.arguments import arguments
from explorer.asked import recipe_in, recipes_of_seeds, shared_at, write
from explorer.commands.convert import convert
from explorer.commands.info import info
from explorer.datasets import dataset
from explorer.errors import ExplorerError
from explorer.keepsakes import keepsake
from explorer.links import Shared, recipe_of_link, shared_by
from explorer.making import grid, strip, video
from explorer.measuring import compare, ppl, separability
from explorer.recipe import Recipe
from explorer.studio import studio


def shown(options: argparse.Namespace) -> Recipe:
    """What `show` is to print.

    Raises:
        ExplorerError: Neither a picture nor a link is named, or there is no recipe in it.
    """
    if options.link is not None:
        return recipe_of_link(options.link)
    if options.picture is None:
        raise ExplorerError("Nothing is named.", fix="Name a PNG, or give --link.")
    return recipe_in(options.picture)


def wanted_of(options: argparse.Namespace) -> list[Shared]:
    """What `render` is to draw."""
    if options.link is not None:
        return [shared_by(options.link)]
    if options.recipe is not None:
        return [shared_at(options.recipe)]
    return [Shared(recipe) for recipe in recipes_of_seeds(options)]


def render(options: argparse.Namespace) -> None:
    """Draw one file for each recipe."""
    wanted = wanted_of(options)
    if not options.out.name:
        raise ExplorerError(f"{options.out} is no name of a file.", fix="Write for example a.png.")
    with studio(options.model, options.device) as place:
        for shared in wanted:
            place.lend(shared.directions)
            recipe = place.settled(shared.recipe)
            out = options.out
            if len(wanted) > 1:
                out = out.with_stem(f"{out.stem}-{round(recipe.a.x)}")
            pixels = place.engine.draw(recipe).pixels
            shipped = place.model(recipe).directions
            write(out, keepsake(pixels, recipe, shipped, shared.directions))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0, or 2 with one sentence for a mistake of the person, or 130 if stopped."""
    options = arguments(__doc__).parse_args(argv)
    commands: dict[str, Callable[[argparse.Namespace], None]] = {
        "render": render,
        "show": lambda options: print(shown(options).to_json()),
        "grid": grid,
        "strip": strip,
        "video": video,
        "info": lambda options: info(options.address, options.json),
        "convert": lambda options: convert(options.address, options.out, options.force),
        "evaluate": compare,
        "separability": separability,
        "ppl": ppl,
        "dataset": dataset,
    }
    try:
        commands[options.command](options)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return 0
