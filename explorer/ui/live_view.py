"""The live view: the picture, the way of a live request, and the picture at rest.

`draw` answers while the hand moves; it bypasses Gradio's queue, is `async` so that waiting holds
no thread, and is a public API: any JSON may arrive. `render` is the queued, named event that
draws the full-quality picture at rest; programs call it too.
"""

import asyncio
import base64
import hashlib
import html
import logging
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from explorer import images
from explorer.directions.vectors import UnknownSteps, Vectors
from explorer.engine import Engine, Picture
from explorer.errors import ExplorerError, RecipeError
from explorer.keepsakes import keepsake
from explorer.model import Model
from explorer.models import Models
from explorer.recipe import ModelRef, Recipe, parse
from explorer.turns import Refusal
from explorer.ui.artist import Artist
from explorer.ui.jobs import Jobs, ticket_of
from explorer.ui.wire import own_of, to_wire

log = logging.getLogger(__name__)

Reply = dict[str, Any]
Answer = Callable[[Any], Awaitable[Reply]]  # a server function
VISITOR_LENGTH = 64
LEAST_BYTES = 1000  # of a frame; whatever a page says of its link
OUR_FAULT = "The explorer has failed; its log says why. Reset, or try another setting."
TEMPLATE = """
<div class="stage" tabindex="0" role="group"
     aria-label="Picture: drag it, or press the arrow keys, to walk through the seeds">
  <img alt="The picture is being drawn" draggable="false">
</div>
<p class="bar"><span class="status">Starting…</span>
  <button type="button" class="true-size" aria-pressed="false"
          title="Show every pixel of the model as it is, not enlarged">true pixels</button>
  <button type="button" class="open-file"
          title="Choose a PNG or a recipe saved here; or drop it on the page, or paste a link">
    open a picture</button></p>
<div class="notices"><div class="transfers"></div><div class="shelf"></div>
<p class="message" role="status" hidden></p></div>
"""
# Gradio makes a Python event of each name that stands in quotes in this script.
MOUNT = """
// Events: 'sync' 'titles' 'dragged' 'layered' 'rest' 'open' 'study' 'lab' 'film'
//   'uploaded' 'cancel' 'pinned' 'reopen'
window.explorer.mountLive({ element, props, trigger, server, watch });
"""


def describe(model: Model) -> Reply:
    """What the page has to know of a model, as JSON. Names in it come from strangers' files."""
    generator = model.generator
    layers = [
        {"name": layer.name, "resolution": list(layer.resolution), "group": layer.group}
        for layer in generator.layers
    ]
    noisy = [row for row, layer in zip(layers, generator.layers, strict=True) if layer.has_noise]
    return {
        "name": model.ref.name,
        "hash": model.ref.hash,
        "resolution": list(generator.resolution),
        "layers": layers,
        "noisy": noisy,
        "family": generator.family,
        "c_dim": generator.c_dim,
        "classes": list(model.classes),
        "directions": [to_wire(direction) for direction in model.directions],
        "note": model.note,
        "first_recipe": model.first_recipe.model_dump(mode="json"),
    }


def details_of(picture: Picture, recipe: Recipe) -> Reply:
    """What the status line and the tests want to know of a picture."""
    height, width, _ = picture.pixels.shape
    return {
        "recipe": recipe.key,
        "width": width,
        "height": height,
        "ms": round(picture.milliseconds, 1),
        "device": picture.device,
        "precision": picture.precision,
        "full": picture.is_full,
    }


def checked_visitor(value: Any) -> str:
    """The random name that a page gave itself; it serves fairness and owns uploads."""
    if not isinstance(value, str) or len(value) > VISITOR_LENGTH:
        raise RecipeError("The visitor's name is not valid.", fix="Reload the page.")
    return value


def checked_ref(value: Any) -> ModelRef:
    """Which model a page asks for: JSON of a `ModelRef`."""
    return parse({"model": value}).model


def checked_number(value: Any, problem: str) -> float:
    """A finite number out of a request.

    Raises:
        RecipeError: It is none; says `problem`.
    """
    if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:  # NaN is not
        raise RecipeError(problem, fix="Reload the page.")
    return float(value)


def checked_bytes(value: Any) -> int | None:
    """How many bytes a frame may have; None for any number."""
    if value is None:
        return None
    return max(LEAST_BYTES, round(checked_number(value, "The limit of bytes is no number.")))


def shown_as(frame: images.Frame) -> Reply:
    """A frame for the page, and what is less than full about it."""
    image = "data:image/jpeg;base64," + base64.b64encode(frame.data).decode()
    lowered = {"quality": frame.quality} if frame.is_lowered else {}
    return {"image": image, "width": frame.width, "height": frame.height, **lowered}


async def ping(body: Any) -> Reply:
    """Answers at once: how long that takes is the way to the server and back."""
    return {}


async def answered(work: Awaitable[Reply], name: str) -> Reply:
    """What a server function called `name` replies, whatever happens while it works."""
    try:
        return await work
    except UnknownSteps as error:
        return {"need": list(error.keys)}
    except ExplorerError as error:
        return {"problem": str(error)}
    except Exception:  # the edge: an exception would reach the page as `undefined`
        log.exception("%s failed", name)
        return {"problem": OUR_FAULT}


def make_draw(engine: Engine, models: Models) -> Answer:
    """The server function of the live view; it always answers, and never loads a model."""

    async def answer(body: Any) -> Reply:
        if not isinstance(body, dict):
            raise RecipeError("The request is no JSON object.", fix="Reload the page.")
        visitor = checked_visitor(body.get("visitor", ""))
        number = checked_number(body.get("seq", 0), "The request has no number.")
        most = checked_bytes(body.get("bytes"))
        started = time.perf_counter()
        recipe = parse(body.get("recipe"))
        model = models.peek(recipe.model, visitor)
        if model is None:
            return {"loading": True}
        recipe = recipe.model_copy(update={"model": model.ref})
        outcome = await asyncio.wrap_future(engine.live(visitor, recipe, number))
        if isinstance(outcome, Refusal):
            return {outcome.value: True, "waiting": engine.waiting}
        frame = await asyncio.to_thread(images.frame, outcome.pixels, most)
        took = round((time.perf_counter() - started) * 1000, 1)
        waiting = {"waiting": engine.waiting, "took": took}
        return {**details_of(outcome, recipe), **shown_as(frame), **waiting}

    async def draw(body: Any) -> Reply:
        return await answered(answer(body), "draw")

    return draw


def make_stop(jobs: Jobs) -> Answer:
    """The server function that stops long work: {visitor, kind, ticket}."""

    async def stop(body: Any) -> Reply:
        if isinstance(body, dict):
            jobs.stop(
                str(body.get("visitor"))[:VISITOR_LENGTH],
                str(body.get("kind"))[:16],
                ticket_of(body),
            )
        return {}

    return stop


def make_render(artist: Artist, vectors: Vectors) -> Callable[..., tuple[str | None, Reply]]:
    """The queued event `render`, for recipes that may name directions out of `vectors`."""

    def render(
        recipe: Any, ticket: float = 0, visitor: str = "", directions: Any = None
    ) -> tuple[str | None, Reply]:
        """Draw a picture with a StyleGAN generator from a recipe, in full quality.

        A recipe is a JSON object; every field may be left out, and {} is seed 0. The main ones:
        "model" {"name": ...} as the tool `models` lists them; "a" {"x": seed}, the seed of the
        picture; "psi" from -1 to 2, 1 the sample as it is, 0 the average, 0.7 a good choice;
        "b" {"x": seed} and "t" from 0 to 1, a walk from a to b; "space", the path of the walk:
        "z-slerp", "z-lerp" or "w-lerp"; "mix" {"source": {"x": seed}, "weights": [0 to 1 for each
        layer, coarse first]}; "noise" {"mode": "const", "random" or "none", "seed": number};
        "label", the number of a class; "edits" [{"direction": key, "shift": -5 to 5}] with keys
        of the tool `directions`. The same recipe always gives the same picture.

        Args:
            recipe: The recipe, for example {"a": {"x": 7}, "psi": 0.7}.
            ticket: Leave it out; it is handed back.
            visitor: Leave it out; a page sends its own random name here to see its uploads.
            directions: Leave it out; a page tells here of own directions: key, name and more.

        Returns:
            A PNG that carries the recipe, and details: its size and how it was drawn. Where
            directions of the recipe are not known here there is no picture, but `need` in the
            details lists their keys.
        """
        try:
            path, details = _rest_picture(artist, vectors, recipe, visitor, directions)
        except UnknownSteps as error:
            return None, {"ticket": ticket, "need": list(error.keys)}
        except ExplorerError as error:
            raise gr.Error(html.escape(str(error), quote=False), print_exception=False) from error
        return path, {"ticket": ticket, **details}

    return render


def _rest_picture(
    artist: Artist, vectors: Vectors, recipe: Any, visitor: str, directions: Any
) -> tuple[str, Reply]:
    """The file of the picture at rest, and what is said of it; see `render`."""
    wanted = parse(recipe if recipe is not None else {})
    who = checked_visitor(visitor or "")
    model = artist.open(wanted.model, who)
    wanted = wanted.model_copy(update={"model": model.ref})
    own = own_of(directions, wanted, model.directions, vectors)
    picture = artist.draw(wanted, who)
    data = keepsake(picture.pixels, wanted, model.directions, own)
    # What somebody calls his directions must not reach another who draws the same recipe.
    told = f"-{hashlib.sha256(data).hexdigest()[:32]}" if own else ""
    return written(data, f"{wanted.key}{told}.png"), details_of(picture, wanted)


def written(data: bytes, name: str) -> str:
    """Write a file that a browser may be fetching already: complete, under its final name.

    Gradio's own image output rewrites equal pictures in place while they are fetched.
    """
    folder = Path(get_upload_folder()) / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    handle, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(temporary, path)
    return str(path)


def build(
    functions: Sequence[Callable[[Any], Awaitable[Reply]]], model: Model, live: bool
) -> gr.HTML:
    """The component; its events are wired by the page, which also says what the server answers."""
    return gr.HTML(
        {},
        html_template=TEMPLATE,
        js_on_load=MOUNT,
        server_functions=list(functions),
        elem_id="live",
        apply_default_css=False,
        schema=Recipe.model_json_schema(),
        model=describe(model),
        live=live,
    )
