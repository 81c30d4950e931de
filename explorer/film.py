"""A film: keyframes that are recipes, and what is drawn at each frame between them.

Every keyframe is a frame of the film and is drawn exactly as its recipe. Between two keyframes
that differ in numbers alone (t, psi, tail clipping, shifts, mixing weights, strengths of the noise,
rotation and offsets) those numbers go from one to the other, so that the path is that of the
recipe: along the sphere for `z-slerp`. Where seeds, a class or a choice differ there is no recipe
in between: w goes straight from the w of one to the w of the other, strengths and transform with
it. Where the noise itself differs (its mode or seed) both pictures are drawn and faded over, for
no noise lies between two. Each of these is continuous, and so is the film.

Nothing here knows a model, a tensor or a file.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Literal, get_args

from explorer.errors import FilmError
from explorer.recipe import MAX_EDITS, Edit, Mix, NoiseChoice, Recipe, Transform

Easing = Literal["linear", "smooth", "smoother"]
EASINGS: tuple[Easing, ...] = get_args(Easing)

LEAST_KEYS, MOST_KEYS = 2, 64
LEAST_SECONDS, MOST_SECONDS = 0.1, 600.0  # from one keyframe to the next
MOST_FPS = 60
FREE = {"t", "psi", "clip", "mix", "noise", "edits", "transform"}  # what numbers alone may change


def _linear(x: float) -> float:
    return x


def _smoothstep(x: float) -> float:
    return x * x * (3 - 2 * x)


def _smootherstep(x: float) -> float:
    return x * x * x * (x * (6 * x - 15) + 10)


CURVES: Mapping[Easing, Callable[[float], float]] = {
    "linear": _linear,
    "smooth": _smoothstep,
    "smoother": _smootherstep,
}


@dataclass(frozen=True)
class Shot:
    """One picture to draw: `share` of the way from the w of `a` to the w of `b`.

    Args:
        settings: The recipe whose noise and transform it has.
        is_key: Whether it is the picture of a recipe that a person has chosen.
    """

    a: Recipe
    b: Recipe
    share: float
    settings: Recipe
    is_key: bool = False


@dataclass(frozen=True)
class Frame:
    """One frame: a picture, or `fade` of the way from the pixels of a first to those of a second.

    Args:
        shots: One or two.
    """

    shots: tuple[Shot, ...]
    fade: float = 0.0


@dataclass(frozen=True)
class Film:
    """Keyframes and the time between them.

    Args:
        keys: Recipes of one model, at least two.
        seconds: From one keyframe to the next.
        fps: Frames a second.
        is_loop: Whether the last keyframe leads back to the first; the frame after the last one
            then is the first, which is not repeated.

    Raises:
        FilmError: A number is out of range, or the keyframes are of several models.
    """

    keys: tuple[Recipe, ...]
    seconds: float = 2.0
    fps: int = 30
    easing: Easing = "smooth"
    is_loop: bool = False

    def __post_init__(self) -> None:
        if not LEAST_KEYS <= len(self.keys) <= MOST_KEYS:
            raise FilmError(
                f"A film has {LEAST_KEYS} to {MOST_KEYS} keyframes, this one {len(self.keys)}.",
                fix="Add another picture." if len(self.keys) < LEAST_KEYS else "Remove some.",
            )
        if not LEAST_SECONDS <= self.seconds <= MOST_SECONDS:
            raise FilmError(
                f"{self.seconds:g} seconds from keyframe to keyframe cannot be filmed.",
                fix=f"Choose {LEAST_SECONDS:g} to {MOST_SECONDS:g}.",
            )
        if not 1 <= self.fps <= MOST_FPS:
            raise FilmError(
                f"{self.fps} frames a second cannot be filmed.", fix=f"Choose 1 to {MOST_FPS}."
            )
        if self.easing not in EASINGS:
            raise FilmError(f"There is no easing {self.easing!r:.40}.", fix=_choices(EASINGS))
        if len({key.model.hash for key in self.keys}) > 1:
            names = sorted({key.model.name for key in self.keys})
            raise FilmError(
                f"The keyframes are of several models: {', '.join(names)}.",
                fix="Choose pictures of one model.",
            )
        if self.count < len(self.keys):
            raise FilmError(
                f"{self.count} frames cannot show {len(self.keys)} keyframes.",
                fix="Choose more seconds, or more frames a second.",
            )

    @property
    def steps(self) -> int:
        """Ways from a keyframe to the next."""
        return len(self.keys) if self.is_loop else len(self.keys) - 1

    @property
    def count(self) -> int:
        """Frames of the whole film."""
        return round(self.steps * self.seconds * self.fps)

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The frame of each keyframe; in a loop also that of the first one again, after the end."""
        end = self.count if self.is_loop else self.count - 1
        return tuple(round(step * end / self.steps) for step in range(self.steps + 1))

    def frame(self, number: int) -> Frame:
        """Frame `number`, from 0 to `count` - 1.

        Raises:
            IndexError: There is none.
        """
        if not 0 <= number < self.count:
            raise IndexError(number)
        step = min(bisect_right(self.places, number), self.steps) - 1
        first, last = self.places[step : step + 2]
        a, b = self.keys[step], self.keys[(step + 1) % len(self.keys)]
        return between(a, b, CURVES[self.easing]((number - first) / (last - first)))

    def __iter__(self) -> Iterator[Frame]:
        return (self.frame(number) for number in range(self.count))


def between(a: Recipe, b: Recipe, share: float) -> Frame:
    """What lies `share` (0 to 1) of the way from one recipe to another, by the law above."""
    if share in (0, 1):
        return Frame((_key(b if share else a),))
    recipe = numbers_between(a, b, share)
    if recipe is not None:
        return Frame((Shot(recipe, recipe, 0.0, recipe),))
    if a.model_copy(update={"noise": b.noise}) == b:
        return Frame((_key(a), _key(b)), share)  # each is drawn once for all frames
    transform = _transform(a.transform, b.transform, share)
    noise = _noise(a.noise, b.noise, share)
    noises = (a.noise, b.noise) if noise is None else (noise,)
    settings = (a.model_copy(update={"noise": one, "transform": transform}) for one in noises)
    return Frame(tuple(Shot(a, b, share, one) for one in settings), share if noise is None else 0.0)


def _key(recipe: Recipe) -> Shot:
    return Shot(recipe, recipe, 0.0, recipe, is_key=True)


def numbers_between(a: Recipe, b: Recipe, share: float) -> Recipe | None:
    """The recipe between two that differ in numbers alone; None where they differ in more."""
    if a.model_copy(update={name: getattr(b, name) for name in FREE}) != b:
        return None
    if (a.clip is None) != (b.clip is None):
        return None
    parts: dict[str, Any] = {
        "t": _lerp(a.t, b.t, share),
        "psi": _lerp(a.psi, b.psi, share),
        "clip": None if a.clip is None or b.clip is None else _lerp(a.clip, b.clip, share),
        "mix": _mix(a.mix, b.mix, share),
        "noise": _noise(a.noise, b.noise, share),
        "edits": _edits(a.edits, b.edits, share),
        "transform": _transform(a.transform, b.transform, share),
    }
    if any(parts[name] is None for name in ("mix", "noise", "edits")):
        return None
    return a.model_copy(update=parts)


def _lerp(a: float, b: float, share: float) -> float:
    return a if a == b else a + (b - a) * share


def _lerps(
    a: tuple[float, ...], b: tuple[float, ...], share: float, usual: float
) -> tuple[float, ...] | None:
    """Between two lists of numbers, of which an empty one is all `usual`."""
    if a and b and len(a) != len(b):
        return None
    return tuple(_lerp(x, y, share) for x, y in zip_longest(a, b, fillvalue=usual))


def _mix(a: Mix, b: Mix, share: float) -> Mix | None:
    weights = _lerps(a.weights, b.weights, share, 0.0)
    sources = {mix.source for mix in (a, b) if any(mix.weights)}
    if weights is None or len(sources) > 1:
        return None
    return Mix.model_construct(source=next(iter(sources), a.source), weights=weights)


def _noise(a: NoiseChoice, b: NoiseChoice, share: float) -> NoiseChoice | None:
    strength = _lerps(a.strength, b.strength, share, 1.0)
    is_other = a.mode != b.mode or (a.mode == "random" and a.seed != b.seed)
    if is_other or strength is None:
        return None
    return a.model_copy(update={"strength": strength})


def _edits(a: tuple[Edit, ...], b: tuple[Edit, ...], share: float) -> tuple[Edit, ...] | None:
    """Between two stacks of edits; one that only one of them has begins or ends at 0."""
    firsts = {edit.direction: edit for edit in a}
    lasts = {edit.direction: edit for edit in b}
    found = []
    for key in {**firsts, **lasts}:
        first, last = firsts.get(key), lasts.get(key)
        if first and last and first.layers != last.layers:
            return None
        shift = _lerp(first.shift if first else 0.0, last.shift if last else 0.0, share)
        found.append((first or lasts[key]).model_copy(update={"shift": shift}))
    return tuple(found) if len(found) <= MAX_EDITS else None


def _transform(a: Transform, b: Transform, share: float) -> Transform:
    """Turned the shorter way round."""
    turn = (b.rotate - a.rotate + 180) % 360 - 180
    rotate = (a.rotate + turn * share + 180) % 360 - 180 if turn else a.rotate
    return Transform.model_construct(
        rotate=rotate, x=_lerp(a.x, b.x, share), y=_lerp(a.y, b.y, share)
    )


def _choices(names: tuple[str, ...]) -> str:
    return f"Choose {', '.join(names[:-1])} or {names[-1]}."
