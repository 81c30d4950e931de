"""The endpoints for programs besides `render`: models, directions, mapping and grid.

They are on Gradio's API page, and tools of the MCP server where that is on: their docstrings are
read there by people and by language models, so they explain themselves. Anything may arrive; what
is wrong is one sentence. Gradio takes one line of help for each argument.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import gradio as gr
import numpy as np
from gradio import FileData
from gradio.events import api
from PIL import Image

from explorer import images
from explorer.directions.direction import Direction
from explorer.directions.origins import bounded
from explorer.directions.vectors import Vectors
from explorer.engine import Engine, Picture
from explorer.errors import ExplorerError, RecipeError
from explorer.latents import SEEDS
from explorer.model import Listing, Model
from explorer.models import Models
from explorer.pixels import Pixels
from explorer.recipe import ModelRef, Recipe, parse
from explorer.turns import granted
from explorer.ui.artist import Artist
from explorer.ui.live_view import checked_visitor, written

P = ParamSpec("P")
T = TypeVar("T")
Row = dict[str, Any]

AT_ONCE = 4  # calls of one endpoint; each holds one of Gradio's threads
MOST_PICTURES = 64  # of a grid
MOST_PIXELS = 32 << 20  # of a grid
SIDES = (16, 2048)  # pixels that a picture of a grid may be brought to


def in_a_sentence(work: Callable[P, T]) -> Callable[P, T]:
    """Tell the caller's mistakes as Gradio's error: one sentence, and no trace in the log."""

    @functools.wraps(work)
    def told(*args: P.args, **named: P.kwargs) -> T:
        try:
            return work(*args, **named)
        except ExplorerError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return told


@dataclass(frozen=True)
class Endpoints:
    """The endpoints of one server.

    Args:
        is_open: Whether this process may use the model; on ZeroGPU only a worker may.
    """

    engine: Engine
    artist: Artist
    models_here: Models
    vectors: Vectors
    is_open: bool = True

    def offer(self) -> None:
        """Make the endpoints part of the page that is being built."""
        for endpoint in (self.models, self.directions, self.mapping, self.grid):
            api(endpoint, concurrency_limit=AT_ONCE)

    @in_a_sentence
    def models(self, visitor: str = "") -> list[dict[str, Any]]:
        """List the generators that this server can draw with, the default first.

        A model that nobody has opened since the server started has its name and the bytes of its
        file only, and an empty hash: ask `directions` for it to learn the rest.

        Args:
            visitor: Leave it out; a page sends its own random name here to see its uploads.

        Returns:
            name, bytes, hash and in_memory of each, and of those that were opened family,
            architecture, height, width, z_dim, w_dim, layers, class_count and parameters.
        """
        return [listed(one) for one in self.models_here.listed(checked_visitor(visitor))]

    @in_a_sentence
    def directions(self, model: str = "", visitor: str = "") -> dict[str, Any]:
        """Say what a model is and which directions come with it.

        A direction is a slider such as "smile": put {"direction": its key, "shift": sigmas from
        -5 to 5, "layers": its layers} into `edits` of a recipe to move a picture along it. At its
        `boundary`, a place as `mapping` tells it, the answer turns from no to yes.

        Args:
            model: A name or hash that `models` lists; leave it out for the default model.
            visitor: Leave it out; a page sends its own random name here to see its uploads.

        Returns:
            The model as `models` tells it, with the names of its classes, and its directions.
        """
        who = checked_visitor(visitor)
        opened = self.artist.open(_ref_of(model), who)
        size = next(
            (one.size for one in self.models_here.listed(who) if one.name == opened.ref.name), 0
        )
        about = listed(Listing(opened.ref.name, size, opened.summary, is_in_memory=True))
        return {
            "model": {**about, "classes": list(opened.classes)},
            "directions": [_row_of(direction) for direction in opened.directions],
        }

    @in_a_sentence
    def mapping(
        self, recipe: dict[str, Any], visitor: str = ""
    ) -> tuple[list[list[float]], dict[str, float]]:
        """Give the latent w of a recipe, every edit applied, and where it stands along directions.

        The answer is long: w has a row of some hundred numbers for each layer of the generator.

        Args:
            recipe: As `render` takes it, for example {"a": {"x": 7}, "psi": 0.7}.
            visitor: Leave it out; a page sends its own random name here to see its uploads.

        Returns:
            w [L][D], coarse layers first, and for the key of each direction of the model's folder
            the place of the picture along it, in sigmas.
        """
        who = checked_visitor(visitor)
        wanted, model = self._opened(recipe, who)
        if not self.is_open:
            raise ExplorerError(
                "Latents are not told here: the GPU is lent for pictures alone.",
                fix="Run the explorer on your own machine.",
            )
        own = {one.key: one for one in model.directions}
        steps = dict(self.models_here.steps(wanted, who, self.vectors))
        steps |= {key: one.step for key, one in own.items()}
        gauges = {key: one.gauge for key, one in own.items() if one.gauge is not None}
        keys = {key: one.layers for key, one in own.items()}

        def look() -> tuple[list[list[float]], dict[str, float]]:
            scene = self.engine.scene(wanted, steps, who)
            return scene.w()[0].tolist(), scene.places(keys, gauges)

        return granted(self.engine.ask(who, look).result())

    @in_a_sentence
    def grid(
        self,
        seeds: list[int] | None = None,
        recipe: dict[str, Any] | None = None,
        recipes: list[dict[str, Any]] | None = None,
        columns: int = 8,
        side: int = 0,
        visitor: str = "",
    ) -> FileData:
        """Draw up to 64 pictures as one PNG, in rows: seeds under one recipe, or any recipes.

        Every picture is drawn in full quality, as `render` draws it.

        Args:
            seeds: Whole numbers from 0 to 4294967295, for example [0, 1, 2].
            recipe: With seeds: what they share, as `render` takes it, for example {"psi": 0.7}.
            recipes: Instead of seeds: a list of recipes, as `render` takes them.
            columns: How many pictures are in a row, 1 to 64.
            side: Bring each picture to at most so many pixels, 16 to 2048; 0 leaves its own size.
            visitor: Leave it out; a page sends its own random name here to see its uploads.

        Returns:
            The PNG.
        """
        who = checked_visitor(visitor)
        _require_whole("columns", columns, 1, MOST_PICTURES)
        if side != 0:
            _require_whole("side", side, *SIDES)
        given = _recipes_of(seeds, recipe, recipes)
        opened = [self._opened(one, who) for one in given]
        _require_fit([model for _, model in opened], side)
        drawn = self._drawn([wanted for wanted, _ in opened], who)
        pictures = [fitted(picture.pixels, side) for picture in drawn]
        data = images.png(images.sheet(pictures, min(columns, len(pictures))))
        path = written(data, f"grid-{hashlib.sha256(data).hexdigest()}.png")
        return FileData(path=path, orig_name="grid.png", mime_type="image/png", size=len(data))

    def _opened(self, recipe: Any, who: str) -> tuple[Recipe, Model]:
        """The recipe with the model that it then names, loaded."""
        wanted = recipe if isinstance(recipe, Recipe) else parse(recipe)
        model = self.artist.open(wanted.model, who)
        return wanted.model_copy(update={"model": model.ref}), model

    def _drawn(self, recipes: Sequence[Recipe], who: str) -> Iterator[Picture]:
        """One after the other, so that each has the bytes of `render`; a worker draws all so."""
        if not self.is_open:
            return self.artist.draw_each(recipes, who)
        return (self.artist.draw(recipe, who) for recipe in recipes)


def listed(one: Listing) -> Row:
    """A model as JSON. Names in it come from strangers' files."""
    row: Row = {"name": one.name, "bytes": one.size, "hash": "", "in_memory": one.is_in_memory}
    if (about := one.summary) is not None:
        height, width = about.resolution
        row |= {
            "hash": about.content_hash,
            "family": about.family,
            "architecture": about.architecture,
            "height": height,
            "width": width,
            "z_dim": about.z_dim,
            "w_dim": about.w_dim,
            "layers": about.num_ws,
            "class_count": about.c_dim,
            "parameters": about.parameters,
        }
    return row


def fitted(pixels: Pixels, side: int) -> Pixels:
    """Pixels of at most `side` on the longer side, reduced with Lanczos; 0 leaves them."""
    if not side or max(pixels.shape[:2]) <= side:
        return pixels
    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _ref_of(model: Any) -> ModelRef:
    """What a name or a hash means."""
    is_hash = (
        isinstance(model, str) and len(model) == 64 and not set(model) - set("0123456789abcdef")
    )
    return parse({"model": {"hash" if is_hash else "name": model}}).model


def _row_of(direction: Direction) -> Row:
    return {
        **direction.facts,
        "layers": list(direction.layers),
        "origin": bounded(direction.origin),
    }


def _recipes_of(seeds: Any, recipe: Any, recipes: Any) -> list[Recipe]:
    """The recipes of a grid.

    Raises:
        RecipeError: There are none, too many, or one of them is none.
    """
    if (seeds is None) == (recipes is None):
        raise RecipeError("A grid is of seeds or of recipes.", fix="Give one of the two.")
    given = recipes if seeds is None else seeds
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_PICTURES:
        raise RecipeError(f"A grid has 1 to {MOST_PICTURES} pictures.", fix="Give a list of them.")
    if seeds is None:
        return [parse(one) for one in given]
    for seed in given:
        _require_whole("A seed", seed, 0, SEEDS - 1)
    shared = parse({} if recipe is None else recipe).model_dump(mode="json")
    return [parse({**shared, "a": {"x": seed}, "t": 0}) for seed in given]


def _require_whole(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:  # a bool is no number here
        raise RecipeError(
            f"{name} has to be a whole number from {low} to {high}.", fix="Choose one of these."
        )


def _require_fit(models: Sequence[Model], side: int) -> None:
    """Refuse a grid of unequal pictures, or one too large for memory."""
    shapes = {model.generator.resolution for model in models}
    if len(shapes) > 1:
        raise RecipeError("The pictures of a grid have one size.", fix="Use one model in it.")
    [(height, width)] = shapes
    scale = min(1.0, side / max(height, width)) if side else 1.0
    if height * width * scale**2 * len(models) > MOST_PIXELS:
        raise RecipeError(
            f"A grid has at most {MOST_PIXELS >> 20} million pixels.",
            fix="Ask for fewer pictures, or for smaller ones with `side`.",
        )
