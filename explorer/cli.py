"""The command line: `python -m explorer` with render, show, info, convert or evaluate."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from explorer import images
from explorer.commands.convert import convert
from explorer.commands.evaluate import evaluate, told
from explorer.commands.info import info
from explorer.commands.opening import opened
from explorer.devices import device_of
from explorer.directions.vectors import Vectors
from explorer.engine import Engine
from explorer.errors import ExplorerError
from explorer.formats.sources import is_remote
from explorer.models import Models
from explorer.onnx_networks import open_network
from explorer.pictures import RealPictures
from explorer.recipe import ModelRef, Recipe, parse
from explorer.sampling import Sampler

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
ADDRESS = "a path, hf://owner/repo[/file][@revision], or https://...[#sha256=...]"


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


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m explorer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="draw a recipe, or seeds, as PNG")
    add = render.add_argument
    add("--model", help="a name in checkpoints/, or an address (default: the shipped model)")
    add("--seeds", default="0", help="such as 7 or 0-3,7")
    add("--trunc", type=float, default=1.0, metavar="PSI", help="truncation psi (default: 1)")
    add("--class", type=int, dest="label", metavar="K", help="class of a conditional model")
    add("--noise-mode", choices=["const", "random", "none"], default="const")
    add("--recipe", type=Path, help="a recipe as JSON, or a PNG that carries one")
    add("--device", default="auto", help="auto (default), cpu, cuda or mps")
    add("--out", type=Path, required=True, help="PNG to write; several seeds get their number")
    show = commands.add_parser("show", help="print the recipe of a PNG")
    show.add_argument("picture", type=Path)
    told = commands.add_parser("info", help="say what a checkpoint holds")
    told.add_argument("address", metavar="FILE", help=ADDRESS)
    told.add_argument("--json", action="store_true", help="for programs")
    converted = commands.add_parser("convert", help="write a checkpoint as safetensors")
    converted.add_argument("address", metavar="IN", help=ADDRESS)
    converted.add_argument("out", type=Path, metavar="OUT.safetensors")
    converted.add_argument("--force", action="store_true", help="replace OUT if it is there")
    add = commands.add_parser("evaluate", help="compare a model with real pictures").add_argument
    add("--model", help="a name in checkpoints/, or an address (default: the shipped model)")
    add("--features", type=Path, required=True, help="ONNX network, `image` to `features`")
    add("--real", type=Path, required=True, metavar="FOLDER_OR_NPY", help="real pictures")
    add("--samples", type=int, default=5000, help="pictures of each side (default: 5000)")
    add("--seed", type=int, default=0, help="first seed drawn, and that of the subsets")
    add("--trunc", type=float, default=1.0, metavar="PSI", help="truncation psi (default: 1)")
    add("--class", type=int, dest="label", metavar="K", help="one class (default: in turn)")
    add("--device", default="auto", help="auto (default), cpu, cuda or mps")
    add("--json", action="store_true", help="for programs")
    return parser


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
    data = read(path)
    return images.recipe_of(data) if data.startswith(b"\x89PNG") else parse(data)


def recipes_of(options: argparse.Namespace) -> list[Recipe]:
    """What `render` is to draw."""
    if options.recipe is not None:
        return [recipe_in(options.recipe)]
    shared = {
        "psi": options.trunc,
        "label": options.label,
        "noise": {"mode": options.noise_mode},
    }
    return [parse({"a": {"x": seed}, **shared}) for seed in seeds_of(options.seeds)]


def models_of(name: str | None, device: str) -> tuple[Models, ModelRef]:
    """The models to choose from and the one that `name`, a name or an address, means."""
    paths = [opened(name)] if name and (is_remote(name) or Path(name).exists()) else []
    models = Models([*paths, CHECKPOINTS], device_of(device))
    return models, ModelRef(name="" if paths or not name else name)


def render(options: argparse.Namespace) -> None:
    """Draw one file for each recipe."""
    recipes = recipes_of(options)
    models, ref = models_of(options.model, options.device)
    engine = Engine(
        lambda recipe, visitor: models.open(recipe.model, visitor).generator,
        steps_of=lambda recipe, visitor: models.steps(recipe, visitor, Vectors()),
    )
    try:
        for recipe in recipes:
            wanted = recipe.model if recipe.model.hash and not options.model else ref
            model = models.open(wanted)
            recipe = recipe.model_copy(update={"model": model.ref})
            out = options.out
            if len(recipes) > 1:
                out = out.with_stem(f"{out.stem}-{round(recipe.a.x)}")
            write(out, images.png(engine.draw(recipe).pixels, recipe))
    finally:
        engine.close()
        models.close()


def compare(options: argparse.Namespace) -> None:
    """Measure how near a model's pictures are to real ones."""
    if not 2 <= options.samples <= 1_000_000 or not 0 <= options.seed < 2**31:
        raise ExplorerError(
            f"{options.samples} samples from seed {options.seed} cannot be drawn.",
            fix="Take 2 to 1000000 samples, and a seed from 0 to 2147483647.",
        )
    parse({"psi": options.trunc})  # a recipe knows what psi may be
    network = open_network(options.features)
    models, ref = models_of(options.model, options.device)
    try:
        generator = models.open(ref).generator
        if generator.image_channels != 3:
            raise ExplorerError(
                f"{ref.name or 'The model'} draws {generator.image_channels} channels.",
                fix="Only RGB pictures can be compared.",
            )
        drawn = Sampler(generator, options.trunc, options.label)
        drawn.labels([options.seed])  # a class that is not there is said before any work
        seeds = range(options.seed, options.seed + options.samples)
        real = RealPictures(options.real, generator.resolution, options.samples)
        found = evaluate(real, drawn.pictures(seeds), network, options.seed)
    finally:
        models.close()
    print(told(found, options.json))


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
    """Run one command: 0, or 2 with one sentence for a mistake of the person."""
    options = arguments().parse_args(argv)
    try:
        if options.command == "render":
            render(options)
        elif options.command == "show":
            print(recipe_in(options.picture).to_json())
        elif options.command == "info":
            info(options.address, options.json)
        elif options.command == "evaluate":
            compare(options)
        else:
            convert(options.address, options.out, options.force)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
