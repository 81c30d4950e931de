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

from explorer.directions.direction import Direction, require_fit
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
from explorer.ui.wire import from_wire

T = TypeVar("T")
Reply = dict[str, Any]
Samples = NDArray[np.float32]  # [N, D], untruncated w of the last layer

PROGRESS_SECONDS = 0.2
MOST_NETWORKS = 4  # that visitors brought; each has up to 64 MB
MOST_NAMES = 2000  # of visitors who brought one
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

    def drop(self, key: str) -> None:
        """Keep nothing there."""
        with self._lock:
            self._items.pop(key, None)

    def put(self, key: str, value: Any) -> None:
        """Keep `value`; the one used longest ago goes if there are too many."""
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._most:
                self._items.popitem(last=False)


class Networks:
    """The classifiers that visitors brought, the ones used last. For any thread.

    Of one that had to go it is remembered that it was there: numbers of another classifier must
    not come in its place without a word.
    """

    def __init__(self) -> None:
        self._networks = Shelf(MOST_NETWORKS)
        self._names = Shelf(MOST_NAMES)

    def get(self, visitor: str) -> OnnxNetwork | None:
        """That of `visitor`, None if he brought none.

        Raises:
            AnalysisError: He did, but it had to go.
        """
        name, network = self._names.get(visitor), self._networks.get(visitor)
        if name is not None and network is None:
            raise AnalysisError(
                f"{name} is no longer here: others have opened classifiers since.",
                fix="Open it again.",
            )
        found: OnnxNetwork | None = network
        return found

    def put(self, visitor: str, network: OnnxNetwork) -> None:
        """Keep the network of `visitor` in the place of what he brought before.

        Raises:
            AnalysisError: He has no name: it would be that of everybody without one.
        """
        if not visitor:
            raise AnalysisError(
                "A visitor without a name cannot keep a classifier.",
                fix="Send a name as `visitor`.",
            )
        self._networks.put(visitor, network)
        self._names.put(visitor, network.name)

    def forget(self, visitor: str) -> None:
        """He wants the model's own again."""
        self._names.drop(visitor)
        self._networks.drop(visitor)


@dataclass(frozen=True)
class Bench:
    """Where long work on directions is done.

    Args:
        classifier: An ONNX classifier for models that have none, given on the command line.
        networks: What visitors brought.
        samples: The w of models, by hash.
    """

    engine: Engine
    artist: Artist
    vectors: Vectors
    classifier: Path | None = None
    networks: Networks = field(default_factory=Networks)
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
        return Sampler(self.model.generator, label=self.label())

    def label(self) -> int | None:
        """The class of the samples; None takes all in turn.

        Raises:
            AnalysisError: The recipe mixes classes.
        """
        if isinstance(self.recipe.label, tuple):
            raise AnalysisError("Samples are not drawn of mixed classes.", fix="Choose one class.")
        return self.recipe.label

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
        key = f"{self.model.ref.hash} {self.label()}"
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
            AnalysisError: There is none, or the visitor's had to go.
        """
        brought = self.bench.networks.get(self.visitor)
        if brought is not None:
            return brought
        path = self.model.classifier or self.bench.classifier
        if path is None:
            raise AnalysisError(
                f"{self.model.ref.name} comes without a classifier.",
                fix="Open an ONNX classifier, or label pictures by hand.",
            )
        return open_network(path)

    def direction(self, value: Any) -> Direction:
        """A direction of the request, which this model can take.

        Raises:
            DirectionError: It is none, or of another model.
        """
        found, generator = from_wire(value), self.model.generator
        require_fit(found, generator.z_dim, generator.w_dim, generator.num_ws)
        return found

    def number(self, name: str, low: int, high: int, usual: int) -> int:
        """A whole number of the request.

        Raises:
            AnalysisError: It is none, or out of range.
        """
        value = self.body.get(name, usual)
        if type(value) is not int or not low <= value <= high:
            raise AnalysisError(
                f"{name} has to be a whole number from {low:,} to {high:,}.", fix="Choose one."
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
