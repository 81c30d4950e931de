"""The command line: `python -m explorer` with the name of a command."""

import argparse
import sys
from collections.abc import Callable, Sequence

from explorer import images
from explorer.arguments import arguments
from explorer.asked import recipe_in, recipes_of_seeds, write
from explorer.commands.convert import convert
from explorer.commands.info import info
from explorer.errors import ExplorerError
from explorer.making import grid, strip, video
from explorer.measuring import compare, ppl, separability
from explorer.recipe import Recipe
from explorer.studio import studio


def recipes_of(options: argparse.Namespace) -> list[Recipe]:
    """What `render` is to draw."""
    if options.recipe is not None:
        return [recipe_in(options.recipe)]
    return recipes_of_seeds(options)


def render(options: argparse.Namespace) -> None:
    """Draw one file for each recipe."""
    recipes = recipes_of(options)
    with studio(options.model, options.device) as found:
        for recipe in recipes:
            recipe = found.settled(recipe)
            out = options.out
            if len(recipes) > 1:
                out = out.with_stem(f"{out.stem}-{round(recipe.a.x)}")
            write(out, images.png(found.engine.draw(recipe).pixels, recipe))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0, or 2 with one sentence for a mistake of the person, or 130 if stopped."""
    options = arguments(__doc__).parse_args(argv)
    commands: dict[str, Callable[[argparse.Namespace], None]] = {
        "render": render,
        "grid": grid,
        "strip": strip,
        "video": video,
        "show": lambda options: print(recipe_in(options.picture).to_json()),
        "info": lambda options: info(options.address, options.json),
        "convert": lambda options: convert(options.address, options.out, options.force),
        "evaluate": compare,
        "separability": separability,
        "ppl": ppl,
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
