"""An engine on the models that a command line names, for one command."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from explorer.chosen import models_of
from explorer.directions.direction import Direction
from explorer.directions.vectors import Vectors
from explorer.engine import Engine
from explorer.model import Model
from explorer.models import Models
from explorer.recipe import ModelRef, Recipe


@dataclass(frozen=True)
class Studio:
    """Where recipes are drawn.

    Args:
        named: The model that the command line names, or the shipped one.
        is_named: Whether it names one, which then draws every recipe.
    """

    engine: Engine
    models: Models
    named: ModelRef
    is_named: bool
    vectors: Vectors

    def lend(self, directions: Iterable[Direction]) -> None:
        """Let recipes use `directions` that are in no model's folder."""
        for direction in directions:
            self.vectors.put(direction.step)

    def model(self, recipe: Recipe) -> Model:
        """The model that draws `recipe`: its own, unless the command line names one.

        Raises:
            ExplorerError: It is not here.
        """
        is_own = recipe.model.hash and not self.is_named
        return self.models.open(recipe.model if is_own else self.named)

    def settled(self, recipe: Recipe) -> Recipe:
        """`recipe` with the name and hash of the model that draws it."""
        return recipe.model_copy(update={"model": self.model(recipe).ref})


@contextmanager
def studio(name: str | None, device: str) -> Iterator[Studio]:
    """Lend a studio with the model that `name`, a name or an address, means."""
    models, ref = models_of(name, device)
    vectors = Vectors()
    engine = Engine(
        lambda recipe, visitor: models.open(recipe.model, visitor).generator,
        steps_of=lambda recipe, visitor: models.steps(recipe, visitor, vectors),
    )
    try:
        yield Studio(engine, models, ref, bool(name), vectors)
    finally:
        engine.close()
        models.close()
