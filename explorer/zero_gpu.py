"""Drawing on Hugging Face's ZeroGPU, where a forked worker has the GPU for a moment.

Only queued events carry a visitor's quota there, so the live path is off and every picture is
drawn at rest. The worker draws with plain functions: its changes never reach the parent, so it
must not rely on a lock, a thread or a cache.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from explorer.directions.direction import Step
from explorer.engine import Picture, StepsOf, without_steps
from explorer.errors import ExplorerError, ModelError
from explorer.model import Model
from explorer.models import Models
from explorer.networks import Generator
from explorer.paint import paint
from explorer.pixels import Pixels
from explorer.recipe import ModelRef, Recipe

log = logging.getLogger(__name__)

SECONDS = 10  # of GPU asked for a call; shorter ones wait less


Draw = Callable[[list[str], Mapping[str, Step]], list[Pixels]]


def is_here(environment: Mapping[str, str]) -> bool:
    """Whether this process runs on ZeroGPU.

    >>> is_here({"SPACES_ZERO_GPU": "true"}), is_here({})
    (True, False)
    """
    return environment.get("SPACES_ZERO_GPU", "").lower() in ("true", "1")


def gpu_worker() -> Callable[[Draw], Draw]:
    """What makes a function run in a GPU worker.

    Imports `spaces`, which has to happen before torch touches CUDA, and nowhere else.
    """
    import spaces

    decorator: Callable[[Draw], Draw] = spaces.GPU(duration=SECONDS)
    return decorator


class ZeroGpuArtist:
    """Meets `ui.artist.Artist`; every model is put on the GPU before the first fork."""

    def __init__(
        self,
        models: Models,
        worker: Callable[[Draw], Draw],
        steps_of: StepsOf = without_steps,
    ):
        self._models = models
        self._steps_of = steps_of
        self._generators = generators = dict[str, Generator]()
        for name in models.names():
            try:
                model = models.open(ModelRef(name=name))
            except ExplorerError as error:
                log.warning("%s is left out: %s", name, error)
            else:
                generators[model.ref.hash] = model.generator

        def draw(recipes: list[str], steps: Mapping[str, Step]) -> list[Pixels]:
            parsed = [Recipe.model_validate_json(text) for text in recipes]
            return [paint(generators[recipe.model.hash], recipe, steps) for recipe in parsed]

        self._draw = worker(draw)

    def open(self, ref: ModelRef, visitor: str) -> Model:
        """The model, loaded if need be."""
        return self._models.open(ref, visitor)

    def draw(self, recipe: Recipe, visitor: str) -> Picture:
        """Draw one recipe in a worker."""
        return next(self.draw_each([recipe], visitor))

    def draw_each(self, recipes: Sequence[Recipe], visitor: str) -> Iterator[Picture]:
        """Draw all in one call, which costs one turn of the queue.

        Raises:
            ModelError: A model came after the start, so the worker does not have it.
            UnknownSteps: A recipe names directions that are not here.
        """
        steps: dict[str, Step] = {}
        for recipe in recipes:
            if recipe.model.hash not in self._generators:
                raise ModelError(
                    f"{recipe.model.name} cannot be drawn here: it came after the start.",
                    fix="Choose another model, or open this one on your own machine.",
                )
            steps |= self._steps_of(recipe, visitor)
        started = time.perf_counter()
        drawn = self._draw([recipe.to_json() for recipe in recipes], steps)
        each = (time.perf_counter() - started) * 1000 / len(drawn)
        for pixels in drawn:
            yield Picture(pixels, each, "cuda", "float16")
