"""A model in memory, and what its own files say of it besides the weights."""

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from explorer.directions.direction import Direction, require_fit
from explorer.errors import CheckpointError, DirectionError, RecipeError
from explorer.formats.checkpoint import open_checkpoint
from explorer.formats.summary import Summary
from explorer.library import LARGEST, from_file
from explorer.networks import Generator
from explorer.recipe import ModelRef, Recipe, parse

FLOAT = 4  # bytes of a number of a generator
DIRECTIONS, CLASSIFIER = "directions.safetensors", "attributes.onnx"  # in a model's folder


@dataclass(frozen=True)
class Card:
    """What a model's own files say of it, besides the weights.

    Args:
        first_recipe: What the page shows first.
        classes: Names of the classes, empty when the files name none.
        directions: Those in the model's folder, which all visitors share.
        classifier: The ONNX classifier in the model's folder, if there is one.
        note: What was wrong with the directions there, if something was.
    """

    first_recipe: Recipe
    classes: tuple[str, ...]
    directions: tuple[Direction, ...] = ()
    classifier: Path | None = None
    note: str = ""


@dataclass(frozen=True)
class Weights:
    """A generator in memory; files with the same content share it."""

    generator: Generator
    summary: Summary

    @cached_property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(FLOAT * math.prod(shape) for shape in self.generator.shapes().values())


@dataclass(frozen=True)
class Listing:
    """What is known of a model that may be opened.

    Args:
        size: Bytes of its file.
        summary: What is in it; None until somebody has opened it here.
    """

    name: str
    size: int
    summary: Summary | None
    is_in_memory: bool


@dataclass(frozen=True)
class Model:
    """A model in memory under the name of one entry."""

    ref: ModelRef
    generator: Generator
    summary: Summary
    first_recipe: Recipe
    classes: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = ()
    classifier: Path | None = None
    note: str = ""


def read(path: Path, name: str, device: torch.device) -> tuple[Weights, Card]:
    """Read the checkpoint at `path`, which people know as `name`, and its card.

    Raises:
        CheckpointError: It cannot be read, or its card is wrong.
    """
    checkpoint = open_checkpoint(path)
    summary = checkpoint.summary()
    generator = checkpoint.generator.to(device)
    try:
        first = parse(checkpoint.card.get("first_recipe", truncation_of(generator)))
    except RecipeError as error:
        raise CheckpointError(
            f"{name}: its first_recipe is wrong: {error.problem}", fix=error.fix
        ) from error
    if generator.c_dim and first.label is None:
        first = first.model_copy(update={"label": 0})
    names = checkpoint.card.get("classes")
    plain = [n for n in names if not isinstance(n, list | dict)] if isinstance(names, list) else []
    classes = tuple(map(str, plain)) if len(plain) == generator.c_dim else ()
    classifier = path / CLASSIFIER if (path / CLASSIFIER).is_file() else None
    directions, note = directions_of(path, generator, summary.content_hash)
    return Weights(generator, summary), Card(first, classes, directions, classifier, note)


def truncation_of(generator: Generator) -> dict[str, object]:
    """The fields of a recipe that cut `generator` as its own code does when nothing is said.

    StyleGAN1's truncates the coarse half of the published networks (Karras 2019, Appendix B).
    """
    if generator.family != "stylegan1":
        return {}
    return {"psi": 0.7, "cutoff": 8 if generator.num_ws > 8 else None}


def directions_of(
    path: Path, generator: Generator, content_hash: str
) -> tuple[tuple[Direction, ...], str]:
    """The directions in the model folder `path`, or why they are left out, as a sentence.

    They are an extra: what is wrong with them must not hide the model.
    """
    file = path / DIRECTIONS
    if not file.is_file():
        return (), ""
    try:
        found = from_file(read_bounded(file))
        if found.model not in ("", content_hash):
            raise DirectionError("They are those of another model.", fix="Make them anew.")
        for one in found.directions:
            require_fit(one, generator.z_dim, generator.w_dim, generator.num_ws)
    except DirectionError as error:
        return (), f"The directions of {path.name} are left out. {error}"
    return found.directions, ""


def read_bounded(path: Path) -> bytes:
    """The bytes of a library, and one more than it may have at the most."""
    with path.open("rb") as file:
        return file.read(LARGEST + 1)
