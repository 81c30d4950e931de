"""Recipes that several tests draw."""

from hypothesis import strategies as st
from torch import Tensor

from explorer.paint import on_screen, rounded
from explorer.pixels import Pixels
from explorer.recipe import Edit, Mix, ModelRef, NoiseChoice, Point, Recipe, Transform
from explorer.scene import Scene

# Every step does something, on the tiny generator.
WORKED = Recipe(
    a=Point(x=3.0),
    b=Point(x=8.0, y=1.0),
    t=0.3,
    clip=1.5,
    psi=0.6,
    cutoff=4,
    mix=Mix(source=Point(x=5.0), weights=(0.0, 0.25, 0.5, 0.75, 1.0, 0.0)),
    noise=NoiseChoice(mode="random", seed=9, strength=(1.0, 2.0, 0.5, 0.0, 4.0)),
)


def walk(space: str, **changes: object) -> Recipe:
    """A point between two seeds on the path `space`, with `changes`."""
    recipe = Recipe(a=Point(x=3.0), b=Point(x=8.0, y=1.0), t=0.3, space=space)
    return recipe.model_copy(update=changes)


def latent(generator, recipe, steps=None):
    """The w [1, L, D] of a recipe."""
    return Scene(generator, recipe, steps or {}).w()


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers of a slider: hundredths, as people leave them, or any in the range."""
    return st.integers(int(low * 100), int(high * 100)).map(lambda n: n / 100) | st.floats(
        low, high
    )


def points() -> st.SearchStrategy[Point]:
    axis = st.integers(0, 2**32 - 1).map(float) | numbers(-(2.0**33), 2.0**33)
    return st.builds(Point, x=axis, y=axis)


HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LAYERS = st.lists(st.integers(0, 63), max_size=64).map(tuple)
LABELS = st.none() | st.integers(0, 2047) | st.lists(numbers(0, 1), min_size=1).map(tuple)

RECIPES = st.builds(
    Recipe,
    model=st.builds(ModelRef, name=TEXTS, hash=st.just("") | HASHES),
    a=points(),
    b=points(),
    t=numbers(0, 1),
    space=st.sampled_from(["z-slerp", "z-lerp", "w-lerp"]),
    clip=st.none() | numbers(0.2, 4),
    label=LABELS,
    psi=numbers(-1, 2),
    cutoff=st.none() | st.integers(0, 64),
    mix=st.builds(Mix, source=points(), weights=st.lists(numbers(0, 1), max_size=18).map(tuple)),
    noise=st.builds(
        NoiseChoice,
        mode=st.sampled_from(["const", "random", "none"]),
        seed=st.integers(0, 2**32 - 1),
        strength=st.lists(numbers(0, 4), max_size=17).map(tuple),
    ),
    edits=st.lists(
        st.builds(Edit, direction=HASHES, shift=numbers(-5, 5), layers=LAYERS),
        max_size=3,
        unique_by=lambda edit: edit.direction,
    ).map(tuple),
    transform=st.builds(Transform, rotate=numbers(-180, 180), x=numbers(-1, 1), y=numbers(-1, 1)),
)


def to_pixels(image: Tensor) -> Pixels:
    """What a screen shows of image [C, H, W]."""
    return on_screen(rounded(image[None]).numpy()[0])
