"""The command line: `python -m explorer` with the name of a command."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from explorer import images
from explorer.arguments import arguments
from explorer.chosen import models_of
from explorer.commands.convert import convert
from explorer.commands.info import info
from explorer.datasets import dataset
from explorer.directions.vectors import Vectors
from explorer.engine import Engine
from explorer.errors import ExplorerError
from explorer.keepsakes import keepsake, shared_in
from explorer.links import Shared, recipe_of_link, shared_by
from explorer.measuring import compare, ppl, separability
from explorer.recipe import Recipe, parse


def seeds_of(text: str) -> list[int]:
    """The seeds of "0-3,7", in order; both ends of a range count.

    >>> seeds_of("0-3,7")
    [0, 1, 2, 3, 7]

    Raises:
        ExplorerError: Not of that form, out of range, or over a thousand.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})(?:-(\d{1,10}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if not first <= last < 2**32 or last - first >= 1000:
            raise ExplorerError(
                f"{part!r} is no seed or range of seeds.",
                fix="Write for example 0-3,7; seeds run from 0 to 4294967295.",
            )
        seeds += range(first, last + 1)
    return seeds


def read(path: Path) -> bytes:
    """The bytes of a file that a person named.

    Raises:
        ExplorerError: It is not there or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(images.MAX_FILE + 1)
    except OSError as error:
        raise ExplorerError(
            f"{path} cannot be read: {error.strerror}.", fix="Check the path."
        ) from error


def recipe_in(path: Path) -> Recipe:
    """The recipe in a JSON file or in a PNG."""
    return shared_at(path).recipe


def shared_at(path: Path) -> Shared:
    """What a JSON file or a PNG carries: a recipe, and own directions that it uses."""
    data = read(path)
    return shared_in(data) if data.startswith(b"\x89PNG") else Shared(parse(data))


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
    shared = {
        "psi": options.trunc,
        "label": options.label,
        "noise": {"mode": options.noise_mode},
    }
    return [Shared(parse({"a": {"x": seed}, **shared})) for seed in seeds_of(options.seeds)]


def render(options: argparse.Namespace) -> None:
    """Draw one file for each recipe."""
    wanted_pictures = wanted_of(options)
    vectors = Vectors()
    models, ref = models_of(options.model, options.device)
    engine = Engine(
        lambda recipe, visitor: models.open(recipe.model, visitor).generator,
        steps_of=lambda recipe, visitor: models.steps(recipe, visitor, vectors),
    )
    try:
        for shared in wanted_pictures:
            recipe = shared.recipe
            for direction in shared.directions:
                vectors.put(direction.step)
            wanted = recipe.model if recipe.model.hash and not options.model else ref
            model = models.open(wanted)
            recipe = recipe.model_copy(update={"model": model.ref})
            out = options.out
            if len(wanted_pictures) > 1:
                out = out.with_stem(f"{out.stem}-{round(recipe.a.x)}")
            pixels = engine.draw(recipe).pixels
            write(out, keepsake(pixels, recipe, model.directions, shared.directions))
    finally:
        engine.close()
        models.close()


def write(path: Path, data: bytes) -> None:
    """Write `data` and say so.

    Raises:
        ExplorerError: The place cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ExplorerError(
            f"{path} cannot be written: {error.strerror}.", fix="Choose another place."
        ) from error
    print(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0, or 2 with one sentence for a mistake of the person, or 130 if stopped."""
    options = arguments(__doc__).parse_args(argv)
    commands: dict[str, Callable[[argparse.Namespace], None]] = {
        "render": render,
        "show": lambda options: print(shown(options).to_json()),
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
