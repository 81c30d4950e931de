"""Faces under control: one identity made neutral along directions, then varied along one at a time.

As the benchmarks of Colbois 2021: a face is first brought to where each attribute is undecided. All
directions are solved for together, because a step along one raises the places of others too. Every
face is a recipe; nothing is drawn here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from explorer import latents
from explorer.directions.direction import Direction, Step, place_by
from explorer.errors import DirectionError
from explorer.networks import Generator
from explorer.recipe import MAX_EDITS, MAX_SHIFT, Edit, Point, Recipe
from explorer.scene import Scene

Vector = NDArray[np.float64]

DIGITS = 4  # of a shift; a ten-thousandth of a sigma is not seen
MEAN_FACE: dict[str, object] = {"psi": 0.0, "cutoff": None, "edits": ()}


@dataclass(frozen=True)
class Variation:
    """What is done to a neutral face.

    Args:
        index: Of the direction that it is varied along; None leaves it neutral.
        sigma: How far.
    """

    index: int | None = None
    sigma: float = 0.0


@dataclass(frozen=True, eq=False)
class Control:
    """How the faces of one model are controlled.

    Args:
        base: What all recipes share: model, psi, noise, and a class if all have the same.
        directions: 1 to 12 of them, that fit the generator.
    """

    generator: Generator
    base: Recipe
    directions: tuple[Direction, ...]

    def __post_init__(self) -> None:
        keys = {direction.key for direction in self.directions}
        if not 0 < len(self.directions) <= MAX_EDITS or len(keys) < len(self.directions):
            raise DirectionError(
                f"{len(self.directions)} directions are named, {len(keys)} of them different.",
                fix=f"Name 1 to {MAX_EDITS} different ones.",
            )

    def neutral(self, seed: int) -> tuple[float, ...]:
        """The shift along each direction that makes the face of `seed` neutral.

        Its places come to the boundaries, or for directions without one to where the mean face
        stands; as near as the limits of a recipe let them. First those of z, which move w too.
        """
        shifts = np.zeros(len(self.directions))
        for space in ("z", "w"):
            own = [i for i, one in enumerate(self.directions) if one.step.space == space]
            if own:
                away = -self.strengths(self.recipe(seed, tuple(shifts.tolist())))[own]
                effect = self._effects[np.ix_(own, own)]
                found = lsq_linear(effect, away, bounds=(-MAX_SHIFT, MAX_SHIFT)).x
                shifts[own] = np.clip(found.round(DIGITS), -MAX_SHIFT, MAX_SHIFT)
        return tuple((shifts + 0.0).tolist())

    def recipe(
        self, seed: int, neutral: Sequence[float], variation: Variation = Variation()
    ) -> Recipe:
        """The face of `seed` with the shifts `neutral`, varied; the limits of a recipe cut it."""
        shifts = list(neutral)
        if variation.index is not None:
            wanted = shifts[variation.index] + variation.sigma
            shifts[variation.index] = min(max(round(wanted, DIGITS), -MAX_SHIFT), MAX_SHIFT)
        edits = tuple(
            Edit(direction=one.key, shift=shift, layers=one.layers)
            for one, shift in zip(self.directions, shifts, strict=True)
        )
        label = self.base.label
        if label is None and self.generator.c_dim:
            label = seed % self.generator.c_dim
        fresh = {"a": Point(x=float(seed)), "edits": edits, "label": label}
        return self.base.model_copy(update=fresh)

    def strengths(self, recipe: Recipe) -> Vector:
        """How many sigmas the face of `recipe` stands from neutral along each direction, [K]."""
        neutral = np.zeros(len(self.directions))
        if any(one.boundary is None and one.step.space == "w" for one in self.directions):
            neutral = self._places(recipe.model_copy(update=MEAN_FACE))
        for i, one in enumerate(self.directions):
            if one.boundary is not None or one.step.space == "z":  # the mean of z is 0
                neutral[i] = one.boundary or 0.0
        return self._places(recipe) - neutral

    def row(self, recipe: Recipe) -> NDArray[np.float32]:
        """The w of `recipe` as a row [F], whose Euclidean distances are those of w [L, D].

        Such a distance is the root of the mean over the layers of the squared distances of D
        numbers. Layers that no direction tells apart stand in it once.
        """
        w = Scene(self.generator, recipe, self._steps).w()[0].float().cpu().numpy()
        parts = [w[layers[0]] * np.sqrt(len(layers) / len(w)) for layers in self._alike]
        return np.concatenate(parts).astype(np.float32)

    @property
    def columns(self) -> int:
        """How many numbers a row has."""
        return len(self._alike) * self.generator.w_dim

    def _places(self, recipe: Recipe) -> Vector:
        scene = Scene(self.generator, recipe, self._steps)
        layers = {one.key: one.layers for one in self.directions}
        gauges = {one.key: one.gauge for one in self.directions if one.gauge is not None}
        found = scene.places(layers, gauges)
        return np.array([found[one.key] for one in self.directions])

    @cached_property
    def _steps(self) -> dict[str, Step]:
        return {one.key: one.step for one in self.directions}

    @cached_property
    def _effects(self) -> Vector:
        """How much a step along direction j raises the place along i, [K, K]; same spaces only."""
        count, generator = len(self.directions), self.generator
        effects = np.zeros((count, count))
        still = torch.zeros(1, generator.num_ws, generator.w_dim)
        for j, moved in enumerate(self.directions):
            step = moved.step.tensor()
            if moved.step.space == "w":
                step = latents.shift(still, step, 1.0, moved.layers)[0]
            for i, one in enumerate(self.directions):
                if one.step.space == moved.step.space:
                    effects[i, j] = place_by(one.gauge, one.step, step, one.layers)
        return effects

    @cached_property
    def _alike(self) -> list[list[int]]:
        """The layers of w in groups that every recipe gives the same w."""
        groups: dict[tuple[object, ...], list[int]] = {}
        for layer in range(self.generator.num_ws):
            wide = any(one.step.numbers.ndim == 2 for one in self.directions)
            own = tuple(not one.layers or layer in one.layers for one in self.directions)
            key = (layer if wide else None, own)
            groups.setdefault(key, []).append(layer)
        return list(groups.values())


def variations(count: int, sigmas: Sequence[float]) -> tuple[Variation, ...]:
    """The neutral face, and each of `count` directions at each of `sigmas` but 0.

    >>> len(variations(3, [-2, 0, 2]))
    7
    """
    varied = [Variation(i, sigma) for i in range(count) for sigma in sigmas if sigma]
    return (Variation(), *varied)


def file_names(directions: Sequence[Direction], varied: Sequence[Variation]) -> tuple[str, ...]:
    """The name of each variation's file: `neutral.png`, `smile+2.0.png`."""
    words = list(_words(directions))
    return tuple(
        "neutral.png" if one.index is None else f"{words[one.index]}{float(one.sigma):+}.png"
        for one in varied
    )


def _words(directions: Sequence[Direction]) -> Iterator[str]:
    """Names for files: names of directions come from strangers, and may be alike in them."""
    taken: set[str] = set()
    for number, one in enumerate(directions, 1):
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in one.name.lower())
        word = plain.strip("_")[:40] or "direction"
        word = f"{word}-{number}" if word in taken else word
        taken.add(word)
        yield word


def is_clipped(recipe: Recipe) -> bool:
    """Whether a shift is at the limit of a recipe, so that the face may be less than asked."""
    return any(abs(edit.shift) >= MAX_SHIFT for edit in recipe.edits)
