"""Saved pictures: PNG with the recipe, a description in words, and own directions.

The page, the API and the command line write them here, so that their bytes agree.
"""

from collections.abc import Mapping, Sequence

from explorer import images
from explorer.carried import from_text, to_text
from explorer.directions.direction import Direction
from explorer.errors import DirectionError
from explorer.latents import seed_at
from explorer.links import Shared
from explorer.pixels import Pixels
from explorer.recipe import Point, Recipe

KEY = "latent-explorer-directions"
DESCRIPTION = "Description"  # a keyword of the PNG specification, section 11.3.3.2
NOISES = {"const": "", "random": "random noise", "none": "no noise"}


def keepsake(
    pixels: Pixels,
    recipe: Recipe,
    shipped: Sequence[Direction] = (),
    own: Sequence[Direction] = (),
) -> bytes:
    """The PNG of a picture; of directions, those that the recipe uses go with it.

    Args:
        shipped: Directions of the model's folder, which travel by their hash alone.
        own: Others; what is too large to go with a picture is left out.
    """
    used = {edit.direction for edit in recipe.edits}
    known = {one.key for one in shipped}
    carried = {one.key: one for one in own if one.key in used and one.key not in known}
    names = {one.key: one.name for one in (*own, *shipped)}
    texts = {DESCRIPTION: description_of(recipe, names)}
    try:
        text = to_text([carried[e.direction] for e in recipe.edits if e.direction in carried])
    except DirectionError:
        text = ""  # whoever opens the picture is told that it needs a direction
    if text:
        texts[KEY] = text
    return images.png(pixels, recipe, texts)


def shared_in(data: bytes) -> Shared:
    """What a saved picture carries.

    Raises:
        RecipeError: It is no PNG, or carries no recipe, or a broken one.
        DirectionError: Its directions are damaged.
    """
    texts = images.texts_of(data)
    recipe = images.recipe_among(texts)
    return Shared(recipe, from_text(texts[KEY]) if KEY in texts else ())


def description_of(recipe: Recipe, names: Mapping[str, str]) -> str:
    """What a recipe draws, in words, for whoever looks at the file.

    Args:
        names: Of directions, by hash.

    >>> description_of(Recipe(psi=0.7), {})
    'Drawn by a StyleGAN: seed 0, truncation psi 0.7.'
    """
    who = recipe.model.name or "a StyleGAN"
    parts = [_seed(recipe.a), f"truncation psi {recipe.psi:g}"]
    if recipe.t:
        parts[0] = f"{recipe.t:.0%} of the way from {_seed(recipe.a)} to {_seed(recipe.b)}"
        parts[0] += f" ({recipe.space})"
    if isinstance(recipe.label, int):
        parts.append(f"class {recipe.label}")
    elif recipe.label is not None:
        parts.append("several classes")
    if any(recipe.mix.weights):
        parts.append(f"styles mixed with {_seed(recipe.mix.source)}")
    if noise := NOISES[recipe.noise.mode]:
        parts.append(noise)
    for edit in recipe.edits:
        name = names.get(edit.direction, f"direction {edit.direction[:8]}")
        parts.append(f"{name} {edit.shift:+g} sigma")
    text = f"Drawn by {who}: {', '.join(parts)}."
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _seed(point: Point) -> str:
    """The seed nearest to a point on the grid."""
    whole = point.x.is_integer() and point.y.is_integer()
    return f"{'' if whole else 'near '}seed {seed_at(round(point.x), round(point.y))}"
