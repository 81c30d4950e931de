"""The recipe: the whole state of a picture as one small, immutable, versioned value.

The same thing serves as cache key, link, PNG metadata, undo step, API argument and bug report.
If something changes the pixels it is a field here; if it does not, it is not. The ranges in this
file are the ranges of the sliders: the page reads them from `Recipe.model_json_schema()`.

Nothing here knows a model, a tensor or a page. Whether a recipe fits a model (its layers, its
classes) is found out where it is drawn.
"""

import hashlib
import json
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    field_validator,
)

from explorer.errors import RecipeError

VERSION: Final = 1
MAX_BYTES = 64 * 1024
PNG_KEY = "latent-explorer-recipe"

Space = Literal["z-slerp", "z-lerp", "w-lerp"]


def _positive_zero(value: float) -> float:
    """-0.0 equals 0.0 but is written otherwise, and equal recipes have equal keys."""
    return value + 0.0


# Strict: pydantic would take "0.5" and True for numbers, a link should not.
Finite = Field(strict=True, allow_inf_nan=False)
Plus = AfterValidator(_positive_zero)
Seed = Annotated[StrictInt, Field(ge=0, le=2**32 - 1)]
Coordinate = Annotated[float, Finite, Field(ge=-(2.0**33), le=2.0**33), Plus]
Share = Annotated[float, Finite, Field(ge=0, le=1), Plus]
Strength = Annotated[float, Finite, Field(ge=0, le=4), Plus]
Clip = Annotated[float, Finite, Field(ge=0.2, le=4), Plus]
Degrees = Annotated[float, Finite, Field(ge=-180, le=180), Plus]
Offset = Annotated[float, Finite, Field(ge=-1, le=1), Plus]
Psi = Annotated[float, Finite, Field(ge=-1, le=2), Plus]
MAX_LAYERS = 64
MAX_CLASSES = 2048
MAX_EDITS = 12
MAX_SHIFT = 5.0
Shift = Annotated[float, Finite, Field(ge=-MAX_SHIFT, le=MAX_SHIFT), Plus]
LayerIndex = Annotated[StrictInt, Field(ge=0, lt=MAX_LAYERS)]
Cutoff = Annotated[StrictInt, Field(ge=0, le=MAX_LAYERS)]
ClassIndex = Annotated[StrictInt, Field(ge=0, lt=MAX_CLASSES)]
ClassWeights = Annotated[tuple[Share, ...], Field(min_length=1, max_length=MAX_CLASSES)]


class Part(BaseModel):
    """What every part of a recipe is: frozen, hashable, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelRef(Part):
    """Which model: its content hash decides, its name is for people. Empty: whatever is open."""

    name: Annotated[str, Field(max_length=200)] = ""
    hash: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class Point(Part):
    """A point on the endless grid of seeds: whole (x, y) is seed (x + 100 y) mod 2^32."""

    x: Coordinate = 0.0
    y: Coordinate = 0.0


class Mix(Part):
    """Style mixing: for each layer how much of the w of `source` it takes; () is none."""

    source: Point = Point(x=1.0)
    weights: Annotated[tuple[Share, ...], Field(max_length=MAX_LAYERS)] = ()


class NoiseChoice(Part):
    """The noise inputs; a strength for each noisy layer (1 = as trained), () is all 1."""

    mode: Literal["const", "random", "none"] = "const"
    seed: Seed = 0
    strength: Annotated[tuple[Strength, ...], Field(max_length=MAX_LAYERS)] = ()


class Edit(Part):
    """A step along a direction: it is named by its hash, and its vector comes from elsewhere.

    Args:
        shift: In standard deviations of the latents along it; 0 leaves the picture.
        layers: Of w, which it moves; () is all. Directions of z ignore it.
    """

    direction: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    shift: Shift = 0.0
    layers: Annotated[tuple[LayerIndex, ...], Field(max_length=MAX_LAYERS)] = ()


class Transform(Part):
    """StyleGAN3 only: how the picture is turned (degrees) and moved (in picture widths)."""

    rotate: Degrees = 0.0
    x: Offset = 0.0
    y: Offset = 0.0


class Recipe(Part):
    """Everything that decides the pixels. `Recipe()` is seed 0 at psi 1 with stored noise.

    Args:
        a, b: Where the walk starts and ends.
        t: How far from a to b.
        space: Along which path; `z-slerp` and `z-lerp` in Z, `w-lerp` in W.
        clip: Cuts the tails of z at ± this many sigmas; None leaves them.
        label: A class index, or a weight for each class; None for models without classes.
        psi: Truncation: 1 none, 0 the mean picture, below 0 its opposite.
        cutoff: How many layers the truncation reaches; None is all.
        edits: Added up, each direction once.
    """

    version: Literal[1] = VERSION
    model: ModelRef = ModelRef()
    a: Point = Point()
    b: Point = Point(x=1.0)
    t: Share = 0.0
    space: Space = "z-slerp"
    clip: Clip | None = None
    label: ClassIndex | ClassWeights | None = None
    psi: Psi = 1.0
    cutoff: Cutoff | None = None
    mix: Mix = Mix()
    noise: NoiseChoice = NoiseChoice()
    edits: Annotated[tuple[Edit, ...], Field(max_length=MAX_EDITS)] = ()
    transform: Transform = Transform()

    @field_validator("edits")
    @classmethod
    def _each_once(cls, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        if len({edit.direction for edit in edits}) < len(edits):
            raise ValueError("a list that names each direction once")
        return edits

    def to_json(self) -> str:
        """This recipe as compact JSON with every field; equal recipes give equal text."""
        return json.dumps(self.model_dump(mode="json"), separators=(",", ":"), sort_keys=True)

    @property
    def key(self) -> str:
        """SHA-256 of the JSON, 64 hexadecimal digits: what the page calls `data-recipe`."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def parse(data: Any) -> Recipe:
    """Make a recipe of what a stranger sent: JSON text, bytes, or what JSON decodes to.

    Raises:
        RecipeError: One sentence that names the field, the value and the allowed range.
    """
    if isinstance(data, str | bytes):
        data = _decode(data)
    if not isinstance(data, dict):
        raise RecipeError(
            f"A recipe is a JSON object, this is {_quote(data)}.", fix="Copy the whole recipe."
        )
    version = data.get("version", VERSION)
    if isinstance(version, int) and version > VERSION:
        raise RecipeError(
            f"This recipe has version {_quote(version)}, this explorer reads up to {VERSION}.",
            fix="Update the explorer, or make the picture anew here.",
        )
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise _sentence(error) from error
    except RecursionError as error:
        raise RecipeError("The recipe is nested too deeply.", fix="Copy it again.") from error


def _decode(text: str | bytes) -> Any:
    if len(text) > MAX_BYTES:
        raise RecipeError(
            f"The recipe is {len(text)} bytes long, the limit is {MAX_BYTES}.",
            fix="Check that this is a recipe.",
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError(
            "The recipe is not valid JSON.", fix="Copy it again, from { to }."
        ) from error


def _sentence(error: ValidationError) -> RecipeError:
    """The first thing wrong, in words; of a union, which reports every branch, the deepest."""
    first = max(error.errors(), key=lambda one: len(one["loc"]))
    steps = [str(step) for step in first["loc"] if isinstance(step, int) or step.isidentifier()]
    field = ".".join(steps) or "The recipe"
    if first["type"] == "extra_forbidden":
        return RecipeError(
            f"A recipe has no field {_quote(field)}.", fix="Remove it, or update the explorer."
        )
    return RecipeError(
        f"{field} is {_quote(first['input'])}: {_expectation(first)}.",
        fix="Set it to an allowed value.",
    )


def _expectation(first: Any) -> str:
    if first["type"] == "string_pattern_mismatch":
        return "it must be 64 hexadecimal digits, or empty"
    what = str(first["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"it must be {what}"


def _quote(value: Any) -> str:
    try:
        text = json.dumps(value, default=str) if not isinstance(value, float) else str(value)
    except (RecursionError, ValueError):  # nested as deep as Python goes, or millions of digits
        return f"a far too large {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
