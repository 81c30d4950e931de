"""How handlers get pictures: from the engine's thread, or from a ZeroGPU worker."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from explorer.engine import Engine, Picture
from explorer.model import Model
from explorer.models import Models
from explorer.recipe import ModelRef, Recipe
from explorer.turns import granted


class Artist(Protocol):
    """Opens models and draws recipes for handlers that may wait."""

    def open(self, ref: ModelRef, visitor: str) -> Model:
        """The model, loaded if need be."""

    def draw(self, recipe: Recipe, visitor: str) -> Picture:
        """Draw one recipe in full quality, in turn with the other visitors."""

    def draw_each(self, recipes: Sequence[Recipe], visitor: str) -> Iterator[Picture]:
        """Draw many, as long work: whoever drags goes first."""


class EngineArtist:
    """Draws on the engine's thread."""

    def __init__(self, engine: Engine, models: Models):
        self._engine = engine
        self._models = models

    def open(self, ref: ModelRef, visitor: str) -> Model:
        """See `Artist.open`."""
        known = self._models.peek(ref, visitor)
        return known or self._engine.task(lambda: self._models.open(ref, visitor)).result()

    def draw(self, recipe: Recipe, visitor: str) -> Picture:
        """See `Artist.draw`."""
        return granted(self._engine.rest(recipe, visitor).result())

    def draw_each(self, recipes: Sequence[Recipe], visitor: str) -> Iterator[Picture]:
        """See `Artist.draw_each`."""
        return self._engine.draw_each(recipes, visitor)
