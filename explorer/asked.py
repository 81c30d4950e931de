"""What a command line names: seeds, recipes in files, and where a result goes."""

import argparse
import re
from pathlib import Path

from explorer import images
from explorer.errors import ExplorerError
from explorer.keepsakes import shared_in
from explorer.links import Shared
from explorer.recipe import Recipe, parse


def seeds_of(text: str) -> list[int]:
    """The seeds of "0-3,7", in order; both ends of a range count.

    >>> seeds_of("0-3,7")
    [0, 1, 2, 3, 7]

    Raises:
        ExplorerError: Not of that form, out of range, or a range of over a thousand.
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


def recipes_of_seeds(options: argparse.Namespace) -> list[Recipe]:
    """A recipe for each of --seeds, with --trunc, --class and --noise-mode."""
    shared = {
        "psi": options.trunc,
        "label": options.label,
        "noise": {"mode": options.noise_mode},
    }
    return [parse({"a": {"x": seed}, **shared}) for seed in seeds_of(options.seeds)]


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
