"""What long work on directions needs: samples of a model, its classifier, and slices of the engine.

Every slice of drawing runs on the engine's thread, so that whoever drags goes first; between two
slices the work is stopped if nobody waits for it any more.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.directions.sigma import SigmaOf, sigmas_of
from explorer.directions.vectors import Vectors
from explorer.engine import Engine
from explorer.errors import AnalysisError
from explorer.labelling import gather_w
from explorer.model import Model
from explorer.onnx_networks import OnnxNetwork, open_network
from explorer.recipe import Recipe
from explorer.sampling import Sampler
from explorer.slices import Progress
from explorer.ui.artist import Artist
from explorer.ui.jobs import Job

T = TypeVar("T")
Reply = dict[str, Any]
Samples = NDArray[np.float32]  # [N, D], untruncated w of the last layer

PROGRESS_SECONDS = 0.2
MOST_NETWORKS = 4  # that visitors brought; each has up to 64 MB
MOST_SAMPLES = 3  # models whose w are kept: 20 MB each


class Shelf:
    """A few things by name, the ones used last. For any thread."""

    def __init__(self, most: int):
        self._most = most
        self._items: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Any:
        """What was put there, or None."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep `value`; the one used longest ago goes if there are too many."""
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._most:
                self._items.popitem(last=False)


@dataclass(frozen=True)
class Bench:
    """Where long work on directions is done.

    Args:
        classifier: An ONNX classifier for models that have none, given on the command line.
        networks: What visitors brought, by their name.
        samples: The w of models, by hash.
    """

    engine: Engine
    artist: Artist
    vectors: Vectors
    classifier: Path | None = None
    networks: Shelf = field(default_factory=lambda: Shelf(MOST_NETWORKS))
    samples: Shelf = field(default_factory=lambda: Shelf(MOST_SAMPLES))

    def run(self, work: Callable[[], T], /) -> T:
        """Run a slice on the engine's thread."""
        return self.engine.task(work).result()


@dataclass(frozen=True)
class Task:
    """One piece of work of one visitor.

    Args:
        body: What the page asked for; anything may be in it.
    """

    bench: Bench
    visitor: str
    model: Model
    recipe: Recipe
    body: dict[str, Any]
    job: Job
    file: str | None = None

    def sampler(self) -> Sampler:
        """Samples of the model at psi 1, of the recipe's class where there are classes."""
        label = self.recipe.label if isinstance(self.recipe.label, int) else None
        return Sampler(self.model.generator, label=label)

    def steps(
        self, work: Iterator[Progress | T], part: tuple[float, float] = (0.0, 1.0), what: str = ""
    ) -> Generator[Reply, None, T]:
        """Iterate over `work`, tell its progress as a `part` of the whole, and return its result.

        Raises:
            Stopped: Nobody waits for it any more.
        """
        started = told = time.monotonic()
        low, high = part
        for step in work:
            self.job.check()
            if not isinstance(step, Progress):
                return step
            now = time.monotonic()
            if now - told > PROGRESS_SECONDS:
                told = now
                left = (now - started) / step.done * (step.total - step.done)
                share = low + (high - low) * step.done / step.total
                yield {"progress": share, "left": round(left, 1), "what": what}
        raise AssertionError("the work ends with its result")

    def w_samples(self, part: tuple[float, float] = (0.0, 1.0)) -> Generator[Reply, None, Samples]:
        """The 10,000 w over which sigmas are taken; drawn once for a model and class."""
        label = self.recipe.label if isinstance(self.recipe.label, int) else None
        key = f"{self.model.ref.hash} {label}"
        known: Samples | None = self.bench.samples.get(key)
        if known is not None:
            return known
        work = gather_w(self.sampler(), run=self.bench.run)
        found: Samples = yield from self.steps(work, part, "measuring sigmas")
        self.bench.samples.put(key, found)
        return found

    def sigmas(self, part: tuple[float, float] = (0.0, 1.0)) -> Generator[Reply, None, SigmaOf]:
        """How far the model's latents spread along a normal."""
        samples = yield from self.w_samples(part)
        return sigmas_of(samples)

    def network(self) -> OnnxNetwork:
        """The network that judges pictures: of the visitor, of the model, or of the command line.

        Raises:
            AnalysisError: There is none.
        """
        brought: OnnxNetwork | None = self.bench.networks.get(self.visitor)
        if brought is not None:
            return brought
        path = self.model.classifier or self.bench.classifier
        if path is None:
            raise AnalysisError(
                f"{self.model.ref.name} comes without a classifier.",
                fix="Open an ONNX classifier, or label pictures by hand.",
            )
        return open_network(path)

    def number(self, name: str, low: int, high: int, usual: int) -> int:
        """A whole number of the request.

        Raises:
            AnalysisError: It is none, or out of range.
        """
        value = self.body.get(name, usual)
        if type(value) is not int or not low <= value <= high:
            raise AnalysisError(
                f"{name} is {str(value)[:40]}.", fix=f"Choose a number from {low} to {high}."
            )
        return value

    def text(self, name: str, most: int = 80) -> str:
        """A text of the request, which a person typed.

        Raises:
            AnalysisError: It is missing or too long.
        """
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip() or len(value.strip()) > most:
            raise AnalysisError(
                f"The {name} is missing, or has over {most} characters.", fix="Write a short one."
            )
        return value.strip()
