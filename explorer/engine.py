"""The engine: turns a recipe into pixels, doing each costly step once.

Knows no file, no page and no registry of models: it is given `load`. The functions at the top are
the whole drawing, without a cache or a thread; a forked ZeroGPU worker uses just them.
"""

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.cache import LruCache
from explorer.directions.direction import Step
from explorer.directions.vectors import UnknownSteps
from explorer.errors import ExplorerError, LatentError
from explorer.networks import Generator, Noise
from explorer.recipe import Recipe, Transform
from explorer.scene import Remember, Scene, forget
from explorer.turns import Refusal, Turns

T = TypeVar("T")
Pixels = NDArray[np.uint8]  # [H, W, 3], RGB

CHECK = 8  # pixels of a square of the checkerboard behind transparent pictures
ONE_THREAD_PIXELS = 128 * 128  # up to here a second thread costs more in waiting than it draws
NO_STEPS: Mapping[str, Step] = MappingProxyType({})
LATENT_BYTES = 64 << 20
PIXEL_BYTES = 64 << 20


class Loader(Protocol):
    """Opens the model of a recipe for a visitor; the app passes `Models.generator`."""

    def __call__(self, recipe: Recipe, visitor: str) -> Generator: ...


StepsOf = Callable[[Recipe, str], Mapping[str, Step]]


def without_steps(recipe: Recipe, visitor: str) -> Mapping[str, Step]:
    """The steps of a recipe where no directions are known.

    Raises:
        UnknownSteps: It has edits.
    """
    if recipe.edits:
        raise UnknownSteps(edit.direction for edit in recipe.edits)
    return NO_STEPS


@dataclass(frozen=True)
class Picture:
    """Pixels, and what the status line says of them."""

    pixels: Pixels
    milliseconds: float
    device: str
    precision: str


def noise_of(recipe: Recipe) -> Noise:
    """The recipe's noise, in the words of the networks."""
    return Noise(recipe.noise.mode, recipe.noise.seed, recipe.noise.strength or None)


def transform_of(recipe: Recipe) -> Tensor | None:
    """The inverse of the picture's transform, [3, 3], as StyleGAN3 stores it; None for none.

    The picture is turned counter-clockwise by `rotate`, then moved right by x and down by y, as by
    NVIDIA's --rotate and --translate.
    """
    if recipe.transform == Transform():
        return None
    angle = math.radians(recipe.transform.rotate)
    sine, cosine = math.sin(angle), math.cos(angle)
    forward = torch.tensor(
        [
            [cosine, sine, recipe.transform.x],
            [-sine, cosine, recipe.transform.y],
            [0.0, 0.0, 1.0],
        ],
        dtype=torch.float64,
    )
    return torch.linalg.inv(forward).to(torch.float32)


def to_pixels(image: Tensor) -> Pixels:
    """What a screen shows of image [C, H, W]: uint8 [H, W, 3], as NVIDIA's tools round it.

    Grey is repeated; the fourth channel is opacity, shown on a checkerboard.
    """
    values = (image * 127.5 + 128).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    if values.shape[2] == 4:
        return _on_checkerboard(values)
    return np.ascontiguousarray(np.broadcast_to(values, (*values.shape[:2], 3)))


def _on_checkerboard(rgba: Pixels) -> Pixels:
    y, x = np.indices(rgba.shape[:2]) // CHECK
    board = np.where((x + y) % 2, 255, 204)[..., None]
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return (rgba[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)


def paint(
    generator: Generator,
    recipe: Recipe,
    steps: Mapping[str, Step] = NO_STEPS,
    remember: Remember = forget,
) -> Pixels:
    """Draw `recipe`, whose edits take `steps`: the whole way from seeds to pixels."""
    w = Scene(generator, recipe, steps, remember).w()
    image = generator.synthesis(w, noise_of(recipe), transform_of(recipe))
    if not torch.isfinite(image).all():
        raise LatentError(
            "This recipe leads to numbers that are no colours (NaN or infinity).",
            fix="Bring psi, the mix or the noise strength closer to their defaults.",
        )
    return to_pixels(image[0])


def threads_for(generator: Generator, cores: int) -> int:
    """How many threads draw pictures of `generator` fastest.

    Depends on nothing but the model and the machine: sums may round otherwise on more threads.
    """
    height, width = generator.resolution
    return 1 if height * width <= ONE_THREAD_PIXELS else cores


class Engine:
    """Draws recipes, one at a time, for many visitors. Safe to call from any thread.

    Args:
        steps_of: Finds the steps that a visitor's recipe names.
    """

    def __init__(self, load: Loader, most_waiting: int = 64, steps_of: StepsOf = without_steps):
        self._load = load
        self._steps_of = steps_of
        self._cores = torch.get_num_threads()
        self._turns = Turns(most_waiting)
        self._latents: LruCache[Tensor] = LruCache(LATENT_BYTES, lambda w: w.nbytes)
        self._pictures: LruCache[Picture] = LruCache(PIXEL_BYTES, lambda p: p.pixels.nbytes)

    @property
    def waiting(self) -> int:
        """How many visitors wait for a picture."""
        return self._turns.waiting

    def live(
        self, visitor: str, recipe: Recipe, number: float = 0.0
    ) -> "Future[Picture | Refusal]":
        """Draw for a visitor whose hand is on a slider: only the highest `number` counts."""
        return self._turns.live(f"visitor {visitor}", lambda: self._draw(recipe, visitor), number)

    def rest(self, recipe: Recipe, visitor: str) -> "Future[Picture | Refusal]":
        """Draw in turn with the visitors; nothing overtakes it.

        What one visitor, or all programs without a name, ask for waits in one line of its own.
        """
        return self._turns.queue(f"rest {visitor}", lambda: self._draw(recipe, visitor))

    def draw(self, recipe: Recipe, visitor: str = "") -> Picture:
        """Draw when no visitor is kept waiting by it; blocks."""
        return self.task(lambda: self._draw(recipe, visitor)).result()

    def task(self, run: Callable[[], T]) -> "Future[T]":
        """Run other work on the engine's thread, such as loading a model."""
        return self._turns.task(run)

    def ask(self, visitor: str, run: Callable[[], T]) -> "Future[T | Refusal]":
        """Run something short in turn with the visitors, of whom each may have so much waiting."""
        return self._turns.queue(f"ask {visitor}", run)

    def scene(self, recipe: Recipe, steps: Mapping[str, Step], visitor: str = "") -> Scene:
        """The scene of `recipe`, to be asked about its latents on this thread."""
        generator = self._load(recipe, visitor)
        return Scene(generator, recipe, steps, self._remembering(recipe))

    def close(self) -> None:
        """Stop the thread."""
        self._turns.close()

    def _remembering(self, recipe: Recipe) -> Remember:
        def remember(key: tuple[object, ...], make: Callable[[], Tensor]) -> Tensor:
            return self._latents.get((recipe.model.hash, *key), make)

        return remember

    def _draw(self, recipe: Recipe, visitor: str) -> Picture:
        generator = self._load(recipe, visitor)  # first: it also checks that he may use it
        steps = self._steps_of(recipe, visitor)

        def make() -> Picture:
            torch.set_num_threads(threads_for(generator, self._cores))
            started = time.perf_counter()
            pixels = paint(generator, recipe, steps, self._remembering(recipe))
            elapsed = (time.perf_counter() - started) * 1000
            pixels.flags.writeable = False  # it is shared from now on
            return Picture(pixels, elapsed, str(generator.w_avg.device), generator.precisions[0])

        return self._pictures.get(recipe.key, make)


def picture_or_error(outcome: Picture | Refusal) -> Picture:
    """The picture, or the sentence for a person who was refused one."""
    if isinstance(outcome, Picture):
        return outcome
    raise ExplorerError("Too many people are drawing at once.", fix="Try again in a moment.")
