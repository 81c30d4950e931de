"""The engine: turns a recipe into pixels, doing each costly step once.

Knows no file, no page and no registry of models: it is given `load`. It decides when and how a
picture is drawn; drawing it is `paint`.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from explorer.batches import SIZES, alike
from explorer.cache import LruCache, Shelf
from explorer.devices import has_bfloat16
from explorer.directions.direction import Step
from explorer.directions.vectors import UnknownSteps
from explorer.film import Shot
from explorer.habits import Habits, new_habits
from explorer.networks import Generator, Memory
from explorer.paint import NO_STEPS, paint_all, threads_for
from explorer.pixels import Pixels
from explorer.previews import Policy, View
from explorer.recipe import Recipe
from explorer.scene import Between, Described, Remember, Scene
from explorer.turns import Refusal, Turns

log = logging.getLogger(__name__)

T = TypeVar("T")
LATENT_BYTES = 64 << 20
PIXEL_BYTES = 64 << 20
ACTIVATION_BYTES, ACTIVATIONS = 192 << 20, 48  # one picture of 1024 pixels, some of small models
MODELS = 64  # whose times and colours are remembered


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
    """Pixels, and what the status line says of them.

    Args:
        is_full: Whether it is the picture at rest, not a preview.
    """

    pixels: Pixels
    milliseconds: float
    device: str
    precision: str
    is_full: bool = True


class Engine:
    """Draws recipes, one at a time, for many visitors. Safe to call from any thread.

    Args:
        steps_of: Finds the steps that a visitor's recipe names.
        budget_ms: Time for a picture while the hand moves.
        precision: Number format of the pictures; "auto" is the model's usual one, and for previews
            bfloat16 where it is faster here.
        on_drawn: Told how many pictures were drawn at once, and in how many seconds.
    """

    def __init__(
        self,
        load: Loader,
        most_waiting: int = 64,
        steps_of: StepsOf = without_steps,
        budget_ms: float = 60.0,
        precision: Policy = "auto",
        on_drawn: Callable[[int, float], None] = lambda pictures, seconds: None,
    ):
        self._load = load
        self._steps_of = steps_of
        self._budget_ms, self._precision = budget_ms, precision
        self._on_drawn = on_drawn
        self._has_bfloat16 = has_bfloat16()
        self._cores = torch.get_num_threads()
        self._turns = Turns(most_waiting)
        self._latents: LruCache[Tensor] = LruCache(LATENT_BYTES, lambda w: w.nbytes)
        self._pictures: LruCache[Picture] = LruCache(PIXEL_BYTES, lambda p: p.pixels.nbytes)
        self._activations: LruCache[Tensor] = LruCache(
            ACTIVATION_BYTES, lambda x: x.nbytes, ACTIVATIONS
        )
        self._habits: LruCache[Habits] = LruCache(MODELS, lambda habits: 1)

    @property
    def waiting(self) -> int:
        """How many visitors wait for a picture."""
        return self._turns.waiting

    def live(
        self, visitor: str, recipe: Recipe, number: float = 0.0
    ) -> "Future[Picture | Refusal]":
        """Draw for a visitor whose hand is on a slider: only the highest `number` counts.

        It is a preview if the full picture takes longer than the budget.
        """
        return self._turns.live(
            f"visitor {visitor}", lambda: self._preview(recipe, visitor), number
        )

    def rest(self, recipe: Recipe, visitor: str) -> "Future[Picture | Refusal]":
        """Draw in turn with the visitors; nothing overtakes it.

        What one visitor, or all programs without a name, ask for waits in one line of its own.
        """
        return self._turns.queue(f"rest {visitor}", lambda: self._draw(recipe, visitor))

    def draw(self, recipe: Recipe, visitor: str = "") -> Picture:
        """Draw when no visitor is kept waiting by it; blocks."""
        return self.task(lambda: self._draw(recipe, visitor)).result()

    def draw_each(self, recipes: Sequence[Recipe], visitor: str = "") -> Iterator[Picture]:
        """Draw many as long work, a few at once where that is faster on this machine; blocks."""
        while recipes:
            drawn = self.task(partial(self._draw_some, recipes, visitor)).result()
            yield from drawn
            recipes = recipes[len(drawn) :]

    def shoot(
        self, shots: Sequence[Shot], visitor: str = "", *, is_draft: bool = False
    ) -> "Future[list[Pixels]]":
        """Draw the first of `shots` as long work, as many as are best drawn at once.

        Args:
            is_draft: Smaller and coarser, as while a hand moves.
        """
        return self._turns.task(partial(self._shoot, shots, visitor, is_draft))

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

    def _scene(self, recipe: Recipe, visitor: str) -> Scene:
        generator = self._load(recipe, visitor)  # first: it also checks that he may use it
        steps = self._steps_of(recipe, visitor)
        return Scene(generator, recipe, steps, self._remembering(recipe))

    def _habits_of(self, scene: Described) -> Habits:
        def make() -> Habits:
            return new_habits(
                scene.generator,
                self._precision,
                self._budget_ms,
                self._later,
                has_bfloat16=self._has_bfloat16,
            )

        return self._habits.get(scene.recipe.model.hash, make)

    def _later(self, run: Callable[[], None]) -> None:
        self._turns.spare(run).add_done_callback(_log_failure)

    def _draw(self, recipe: Recipe, visitor: str) -> Picture:
        """The full picture."""
        scene = self._scene(recipe, visitor)
        habits = self._habits_of(scene)
        return self._drawn(scene, habits, habits.at_rest)

    def _preview(self, recipe: Recipe, visitor: str) -> Picture:
        """The full picture if it is here or quick to draw, else a preview."""
        scene = self._scene(recipe, visitor)
        habits = self._habits_of(scene)
        full = self._pictures.find((recipe.key, habits.at_rest, False))
        if full is not None:
            return full
        view = habits.pace.choose()
        return self._drawn(scene, habits, view, habits.colours.at(scene.generator, view.size))

    def _drawn(
        self,
        scene: Scene,
        habits: Habits,
        view: View,
        colour: Tensor | None = None,
        *,
        is_awaited: bool = True,
    ) -> Picture:
        """A single picture. Long work must not push out the activations that a hand starts from."""
        shelf = Shelf(self._activations, scene.recipe.model.hash) if is_awaited else None

        def make() -> Picture:
            full = view == habits.at_rest
            [picture] = self._timed([scene], view, colour, shelf, is_full=full)
            habits.pace.note(view, picture.milliseconds)
            return picture

        return self._pictures.get((scene.recipe.key, view, colour is not None), make)

    def _draw_some(self, recipes: Sequence[Recipe], visitor: str) -> list[Picture]:
        """The full pictures of the first of `recipes`, as many as are best drawn at once."""
        first = self._scene(recipes[0], visitor)
        habits = self._habits_of(first)
        view = habits.at_rest
        # What was drawn in a batch may round otherwise: it is good enough for a strip alone.
        for kept in ((recipes[0].key, view, False), (recipes[0].key, "in a batch")):
            if picture := self._pictures.find(kept):
                return [picture]
        batch = habits.batches[view]
        count = batch.next(alike(recipes))
        if count == 1:
            drawn = [self._drawn(first, habits, view, is_awaited=False)]
        else:
            scenes = [self._scene(recipe, visitor) for recipe in recipes[:count]]
            drawn = self._timed(scenes, view)
            for scene, picture in zip(scenes, drawn, strict=True):
                self._pictures.keep((scene.recipe.key, "in a batch"), picture)
        batch.note(count, sum(picture.milliseconds for picture in drawn))
        return drawn

    def _shoot(self, shots: Sequence[Shot], visitor: str, is_draft: bool) -> list[Pixels]:
        if shots[0].is_key and not is_draft:
            return [self._draw(shots[0].settings, visitor).pixels]
        # A keyframe is a picture at rest, and those are drawn alone.
        some = takewhile(lambda shot: is_draft or not shot.is_key, shots[: SIZES[-1]])
        scenes = [self._between(shot, visitor) for shot in some]
        habits = self._habits_of(scenes[0])
        view = habits.draft if is_draft else habits.at_rest
        batch = habits.batches[view]
        count = batch.next(alike([scene.recipe for scene in scenes]))
        colour = habits.colours.at(scenes[0].generator, view.size) if is_draft else None
        drawn = self._timed(scenes[:count], view, colour, is_full=not is_draft)
        batch.note(count, sum(picture.milliseconds for picture in drawn))
        return [picture.pixels for picture in drawn]

    def _between(self, shot: Shot, visitor: str) -> Between:
        start, end = (self._scene(recipe, visitor) for recipe in (shot.a, shot.b))
        return Between(start, end, shot.share, shot.settings)

    def _timed(
        self,
        scenes: Sequence[Described],
        view: View,
        colour: Tensor | None = None,
        memory: Memory | None = None,
        *,
        is_full: bool = True,
    ) -> list[Picture]:
        generator = scenes[0].generator
        torch.set_num_threads(threads_for(generator, self._cores))
        started = time.perf_counter()
        drawn = paint_all(scenes, view, colour, memory)
        seconds = time.perf_counter() - started
        self._on_drawn(len(drawn), seconds)
        each = seconds * 1000 / len(drawn)
        for pixels in drawn:
            pixels.flags.writeable = False  # they are shared from now on
        device, precision = str(generator.w_avg.device), view.precision or generator.precisions[0]
        return [Picture(pixels, each, device, precision, is_full) for pixels in drawn]


def _log_failure(work: "Future[None]") -> None:
    if not work.cancelled() and (error := work.exception()):
        log.error("Work in the background has failed", exc_info=error)
