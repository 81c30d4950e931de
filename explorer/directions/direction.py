"""A direction of a latent space, as a value: one step, and what is known of it.

A `Step` is all that changes pixels, and its hash is how recipes name it. Its numbers are rounded to
half precision when it is made, so that a file, a link and a picture agree. A `Direction` adds what
only people and panels need: a name, where the boundary lies, which layers it is meant for.

Knows no file and no model but by the size of its vectors.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.errors import DirectionError
from explorer.transfer import sent

Space = Literal["z", "w"]
SPACES: tuple[Space, ...] = get_args(Space)
Numbers = NDArray[np.float16]

LONGEST = 4096  # numbers of one latent; the published models have 512
MOST_LAYERS = 64
NAME_LENGTH = 80  # characters
ROUNDED = 0.02  # that rounding to float16 may turn a step away from its gauge
FIX = "Make it again, or choose another file."


@dataclass(frozen=True, eq=False)
class Step:
    """One sigma of a direction.

    Args:
        space: `z` moves the random numbers before the mapping, `w` the styles after it.
        numbers: float16, [D], or [L, D] for a `w` with a step of its own in every layer. As long
            as one standard deviation of the latents along it.
    """

    space: Space
    numbers: Numbers

    def __post_init__(self) -> None:
        shape = self.numbers.shape
        wide = len(shape) == 2 and self.space == "w" and 1 <= shape[0] <= MOST_LAYERS
        fits = self.space in SPACES and (len(shape) == 1 or wide) and 1 <= shape[-1] <= LONGEST
        if self.numbers.dtype != np.float16 or not fits:
            raise DirectionError(
                f"A direction of shape {list(shape)} and type {self.numbers.dtype} in "
                f"{self.space!r} is none.",
                fix=f"It is [D], or [L, D] in w, of at most {LONGEST} numbers a layer.",
            )
        if not np.isfinite(self.numbers).all() or not self.numbers.any():
            raise DirectionError("A direction leads nowhere: it is 0, or no number.", fix=FIX)
        self.numbers.flags.writeable = False

    @cached_property
    def key(self) -> str:
        """SHA-256 of space, shape and numbers, 64 hexadecimal digits: how recipes name it."""
        shape = "x".join(map(str, self.numbers.shape))
        head = f"direction 1 {self.space} {shape}\n".encode()
        return hashlib.sha256(head + self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """The numbers as little-endian float16."""
        return self.numbers.astype("<f2").tobytes()

    def tensor(self, device: torch.device | str = "cpu") -> Tensor:
        """The numbers as float32 on `device`."""
        return sent(torch.from_numpy(self.numbers.astype(np.float32)), torch.device(device))

    def place(self, latent: Tensor, layers: Iterable[int] = ()) -> float:
        """How many steps a latent, z [Z] or w [L, D], stands from the origin along this one.

        Taking a step raises it by 1. Of w the `layers` that the step moves count; () is all.

        Raises:
            DirectionError: The latent has another size or fewer layers: it is of another model.
        """
        step = self.tensor(latent.device)
        if self.space == "w":
            chosen = list(layers) or list(range(len(latent)))
            if max(chosen) >= len(latent):
                raise other_layers("The direction", len(latent))
            latent = latent[chosen]
            step = step[chosen] if step.ndim == 2 and max(chosen) < len(step) else step
        if latent.shape[-1] != step.shape[-1] or (step.ndim == 2 and step.shape != latent.shape):
            raise other_size(self, latent.shape[-1])
        step = step.expand_as(latent)
        return float((latent * step).sum() / step.square().sum())


def step_of(space: Space, numbers: NDArray[np.floating], sigma: float = 1.0) -> Step:
    """The step along `numbers`, [D] or [L, D], as long as `sigma`; rounded to float16.

    Raises:
        DirectionError: The numbers are no direction.
    """
    wide = np.asarray(numbers, np.float64)
    with np.errstate(all="ignore"):  # what becomes infinite or 0, or no number, is refused
        # A step of every layer counts as long as the mean of its layers: that is how far w moves.
        length = float(np.linalg.norm(wide)) / math.sqrt(len(wide) if wide.ndim == 2 else 1)
        if not 0 < length < math.inf or not 0 < sigma < math.inf:
            raise DirectionError("A direction leads nowhere: it is 0, or no number.", fix=FIX)
        return Step(space, (wide * (sigma / length)).astype(np.float16))


def step_from(space: str, shape: Iterable[int], data: bytes) -> Step:
    """The step whose numbers are `data`, little-endian float16, as a stranger sent it.

    Raises:
        DirectionError: They are no direction of that shape.
    """
    sides = tuple(shape)
    if space not in SPACES or not sides or math.prod(sides) * 2 != len(data):
        raise DirectionError(
            f"{len(data)} bytes are no direction of shape {list(sides)} in {space!r}.", fix=FIX
        )
    numbers = np.frombuffer(data, "<f2").astype(np.float16).reshape(sides)
    return Step("z" if space == "z" else "w", numbers)


@dataclass(frozen=True, eq=False)
class Direction:
    """A step with what people know of it.

    Args:
        boundary: At which place the answer turns from no to yes; None for directions that no label
            stands behind.
        gauge: float16 [D], of w: a place is a w times it, and a step raises that by 1. None where
            places are measured along the step itself. It is the normal of a boundary, per sigma,
            where the step follows how w spreads and so leads elsewhere.
        layers: Which layers it is meant for; () is all.
        origin: How it was found: a sentence, numbers, whatever JSON holds.
    """

    name: str
    step: Step
    boundary: float | None = None
    layers: tuple[int, ...] = ()
    origin: Mapping[str, object] = field(default_factory=dict)
    gauge: Numbers | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= NAME_LENGTH:
            raise DirectionError(
                f"A direction has a name of 1 to {NAME_LENGTH} characters.", fix="Name it so."
            )
        if self.boundary is not None and not math.isfinite(self.boundary):
            raise DirectionError(f"The boundary of {self.name} is no number.", fix=FIX)
        if any(not 0 <= layer < MOST_LAYERS for layer in self.layers):
            raise DirectionError(f"{self.name} is for layers that do not exist.", fix=FIX)
        if self.gauge is not None:
            require_gauge(self.gauge, self.step)

    @property
    def key(self) -> str:
        """That of its step."""
        return self.step.key

    @property
    def facts(self) -> dict[str, object]:
        """What tells it from others, as JSON holds it: every file and answer begins with this."""
        return {
            "name": self.name,
            "key": self.key,
            "space": self.step.space,
            "boundary": self.boundary,
        }


def require_gauge(gauge: Numbers, step: Step) -> None:
    """Refuse a gauge that does not measure along `step`.

    Raises:
        DirectionError: It is none, of another size, or a step does not raise it.
    """
    fits = step.space == "w" and gauge.dtype == np.float16 and gauge.shape == step.numbers.shape
    if not fits or gauge.ndim != 1 or not np.isfinite(gauge).all():
        raise DirectionError("What measures the direction is of another shape.", fix=FIX)
    raised = float(gauge.astype(np.float64) @ step.numbers.astype(np.float64))
    if not abs(raised - 1) < ROUNDED:
        raise DirectionError("What measures the direction leads elsewhere.", fix=FIX)


def gauge_from(data: bytes) -> Numbers:
    """The gauge whose numbers are `data`, little-endian float16; what is wrong is found later."""
    return np.frombuffer(data[: len(data) // 2 * 2], "<f2").astype(np.float16)


def place_by(gauge: Numbers | None, step: Step, latent: Tensor, layers: Iterable[int]) -> float:
    """Where a latent, z [Z] or w [L, D], stands, by the gauge of a direction or along its step.

    Raises:
        DirectionError: The latent is of another model.
    """
    if gauge is None:
        return step.place(latent, layers)
    chosen = list(layers) or list(range(len(latent)))
    if latent.shape[-1] != len(gauge):
        raise other_size(step, latent.shape[-1])
    if max(chosen) >= len(latent):
        raise other_layers("The direction", len(latent))
    rows = latent[chosen].double().mean(0)
    return float(rows @ torch.from_numpy(gauge.astype(np.float64)).to(rows.device))


def require_fit(direction: Direction, z_dim: int, w_dim: int, layers: int) -> None:
    """Refuse a direction that a model of these sizes, with so many `layers` of w, cannot take.

    Raises:
        DirectionError: It is of another model.
    """
    step = direction.step
    size = z_dim if step.space == "z" else w_dim
    if step.numbers.shape[-1] != size:
        raise other_size(step, size)
    wide = step.numbers.ndim == 2 and len(step.numbers) != layers
    if wide or any(layer >= layers for layer in direction.layers):
        raise other_layers(direction.name, layers)


def other_layers(name: str, layers: int) -> DirectionError:
    """The error of a direction for layers that this model has not."""
    return DirectionError(
        f"{name} is for other layers than this model's 0 to {layers - 1}.",
        fix="Use it with the model that it was made for.",
    )


def other_size(step: Step, size: int) -> DirectionError:
    """The error of a direction that is not of this model."""
    return DirectionError(
        f"The direction has shape {list(step.numbers.shape)}, this model's {step.space} has "
        f"{size} numbers.",
        fix="Use it with the model that it was made for.",
    )
