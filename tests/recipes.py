"""Recipes that several tests draw."""

from explorer.recipe import Mix, NoiseChoice, Point, Recipe
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
