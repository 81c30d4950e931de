"""A model in memory, and what its own files say of it besides the weights."""

from dataclasses import dataclass
from pathlib import Path

import torch

from explorer.directions.direction import Direction
from explorer.errors import CheckpointError, RecipeError
from explorer.formats.checkpoint import open_checkpoint
from explorer.formats.summary import Summary
from explorer.networks import Generator
from explorer.recipe import ModelRef, Recipe, parse


@dataclass(frozen=True)
class Card:
    """What a model's own files say of it, besides the weights.

    Args:
        first_recipe: What the page shows first.
        classes: Names of the classes, empty when the files name none.
        directions: Those in the model's folder, which all visitors share.
    """

    first_recipe: Recipe
    classes: tuple[str, ...]
    directions: tuple[Direction, ...] = ()


@dataclass(frozen=True)
class Weights:
    """A generator in memory; files with the same content share it."""

    generator: Generator
    summary: Summary

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(tensor.nbytes for tensor in self.generator.tensors().values())


@dataclass(frozen=True)
class Model:
    """A model in memory under the name of one entry."""

    ref: ModelRef
    generator: Generator
    summary: Summary
    first_recipe: Recipe
    classes: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = ()


def read(path: Path, name: str, device: torch.device) -> tuple[Weights, Card]:
    """Read the checkpoint at `path`, which people know as `name`, and its card.

    Raises:
        CheckpointError: It cannot be read, or its card is wrong.
    """
    checkpoint = open_checkpoint(path)
    summary = checkpoint.summary()
    generator = checkpoint.generator.to(device)
    try:
        first = parse(checkpoint.card.get("first_recipe", {}))
    except RecipeError as error:
        raise CheckpointError(
            f"{name}: its first_recipe is wrong: {error.problem}", fix=error.fix
        ) from error
    if generator.c_dim and first.label is None:
        first = first.model_copy(update={"label": 0})
    names = checkpoint.card.get("classes")
    plain = [n for n in names if not isinstance(n, list | dict)] if isinstance(names, list) else []
    classes = tuple(map(str, plain)) if len(plain) == generator.c_dim else ()
    return Weights(generator, summary), Card(first, classes)
