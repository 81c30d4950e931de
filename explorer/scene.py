"""A scene: a recipe on a generator, with the steps that its edits name. From it comes the w.

Everything here is latent algebra and the mapping network; nothing is drawn, and no page, file or
thread is known. What is costly, a run of the mapping network, may be remembered by the caller.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor

from explorer import latents
from explorer.directions.direction import Numbers, Step, other_size, place_by
from explorer.networks import Generator
from explorer.recipe import Edit, Point, Recipe
from explorer.transfer import sent

NO_GAUGES: Mapping[str, Numbers] = MappingProxyType({})
Remember = Callable[[tuple[object, ...], Callable[[], Tensor]], Tensor]


def forget(key: tuple[object, ...], make: Callable[[], Tensor]) -> Tensor:
    """Remember nothing."""
    return make()


class Described(Protocol):
    """What a picture is drawn of: a w, and the recipe that has its noise and its transform."""

    @property
    def generator(self) -> Generator: ...

    @property
    def recipe(self) -> Recipe: ...

    def w(self) -> Tensor: ...


@dataclass(frozen=True)
class Scene:
    """What decides a picture.

    Args:
        steps: At least those that the recipe's edits name, by hash.
        remember: Gives what was made for a key, or makes it.
    """

    generator: Generator
    recipe: Recipe
    steps: Mapping[str, Step] = field(default_factory=dict)
    remember: Remember = forget

    def w(self) -> Tensor:
        """The w [1, L, D] that the recipe describes, every edit applied.

        Seeds are mapped one at a time, whatever is remembered: a result must not depend on what
        was drawn before, and a batch may differ in the last bit.
        """
        recipe, centre = self.recipe, self._centre()
        w = latents.truncate(self._walk(), centre, recipe.psi, recipe.cutoff)
        if any(recipe.mix.weights):
            other = self._w_at(recipe.mix.source, is_edited=False)
            other = latents.truncate(other, centre, recipe.psi, recipe.cutoff)
            w = latents.mix(w, other, recipe.mix.weights)
        for edit in recipe.edits:
            step = self.steps[edit.direction]
            if edit.shift and step.space == "w":
                w = latents.shift(w, step.tensor(w.device), edit.shift, edit.layers)
        return w

    def z(self) -> Tensor:
        """The z [1, Z] at `t`, with the edits of z; straight between A and B for the path in w."""
        recipe = self.recipe
        start, end = self._z_at(recipe.a), self._z_at(recipe.b)
        if recipe.t in (0, 1):
            return end if recipe.t else start
        path = latents.slerp if recipe.space == "z-slerp" else torch.lerp
        return path(start, end, recipe.t)

    def places(
        self, keys: Mapping[str, tuple[int, ...]], gauges: Mapping[str, Numbers] = NO_GAUGES
    ) -> dict[str, float]:
        """Where the picture stands along the steps of `keys`, each over the layers given for it.

        Args:
            gauges: Of the directions whose places are not measured along their steps.
        """
        w, z = self.w()[0], self.z()[0]
        found = {}
        for key, layers in keys.items():
            step = self.steps[key]
            found[key] = place_by(gauges.get(key), step, w if step.space == "w" else z, layers)
        return found

    def slopes(self, keys: Iterable[str]) -> dict[str, float]:
        """How much one sigma more along each of `keys` raises its place: 1, but on an arc of z.

        There both ends are moved, and what is between them goes further.
        """
        found = {}
        for key in keys:
            found[key] = 1.0
            if self.steps[key].space == "z" and 0 < self.recipe.t < 1:
                shifts = {edit.direction: edit.shift for edit in self.recipe.edits}
                others = tuple(e for e in self.recipe.edits if e.direction != key)
                more = Edit.model_construct(direction=key, shift=shifts.get(key, 0.0) + 1.0)
                moved = self.recipe.model_copy(update={"edits": (*others, more)})
                there = replace(self, recipe=moved).z()[0]
                found[key] = self.steps[key].place(there) - self.steps[key].place(self.z()[0])
        return found

    def _centre(self) -> Tensor:
        """What truncation pulls towards, [D]; StyleGAN-XL has a mean for each class, [C, D]."""
        mean, label = self.generator.w_avg, self.recipe.label
        if mean.ndim == 1 or label is None:
            return mean
        shares = sent(latents.label_vector(label, self.generator.c_dim), mean.device)
        return (shares / shares.sum().clamp_min(1e-8) @ mean)[0]

    def _walk(self) -> Tensor:
        """The untruncated w [1, L, D] at `t` between the sources a and b."""
        recipe = self.recipe
        if recipe.t in (0, 1):
            return self._w_at(recipe.b if recipe.t else recipe.a)
        if recipe.space == "w-lerp":
            return torch.lerp(self._w_at(recipe.a), self._w_at(recipe.b), recipe.t)
        key = (recipe.a, recipe.b, recipe.t, recipe.space, recipe.clip, recipe.label)
        return self.remember((*key, self._z_edits()), lambda: self._map(self.z()))

    def _w_at(self, point: Point, *, is_edited: bool = True) -> Tensor:
        """The untruncated w [1, L, D] of a point on the grid of seeds."""
        if self.recipe.space == "w-lerp":
            corners = latents.neighbours(point.x, point.y)
            places = [(Point(x=seed), weight) for seed, weight in corners]
        else:
            places = [(point, 1.0)]
        edits = self._z_edits() if is_edited else ()

        def w_of(place: Point) -> Tensor:
            key = (place, self.recipe.clip, self.recipe.label, edits)
            return self.remember(key, lambda: self._map(self._z_at(place, is_edited=is_edited)))

        return latents.blend([(w_of(place), weight) for place, weight in places])

    def _z_at(self, point: Point, *, is_edited: bool = True) -> Tensor:
        """The z [1, Z] of a point on the grid, clipped, then edited."""
        parts = [
            (latents.sample_z(seed, self.generator.z_dim), weight)
            for seed, weight in latents.neighbours(point.x, point.y)
        ]
        z = latents.blend_z(parts)
        if self.recipe.clip is not None:
            z = latents.clip_tails(z, self.recipe.clip)
        for key, shift in self._z_edits() if is_edited else ():
            step = self.steps[key].tensor()
            if step.shape != z.shape[1:]:
                raise other_size(self.steps[key], z.shape[1])
            z = z + shift * step
        return z

    def _z_edits(self) -> tuple[tuple[str, float], ...]:
        """The edits that move z: (hash, shift)."""
        return tuple(
            (edit.direction, edit.shift)
            for edit in self.recipe.edits
            if edit.shift and self.steps[edit.direction].space == "z"
        )

    def _map(self, z: Tensor) -> Tensor:
        device = self.generator.w_avg.device
        label = None
        if self.recipe.label is not None:
            label = sent(latents.label_vector(self.recipe.label, self.generator.c_dim), device)
        return self.generator.mapping(sent(z, device), label)


@dataclass(frozen=True)
class Between:
    """What lies `share` (0 to 1) of the way from the w of one scene to that of another.

    Args:
        recipe: Has the noise and the transform.
    """

    start: Scene
    end: Scene
    share: float
    recipe: Recipe

    @property
    def generator(self) -> Generator:
        return self.start.generator

    def w(self) -> Tensor:
        """The w [1, L, D]; at the ends that of the scene there, to the last bit."""
        if self.share in (0, 1):
            return (self.end if self.share else self.start).w()
        return torch.lerp(self.start.w(), self.end.w(), self.share)
