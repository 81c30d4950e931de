"""The panel of directions: a stack of sliders, which the browser makes, and what it asks.

A page keeps its own directions, vectors included, and sends a vector once when the server asks for
it. Both functions below are public: any JSON may arrive, and is answered.
"""

import asyncio
from contextlib import suppress
from typing import Any

import gradio as gr
from pydantic import ValidationError

from explorer.directions.direction import Numbers
from explorer.directions.vectors import Vectors
from explorer.engine import Engine
from explorer.errors import DirectionError
from explorer.models import Models
from explorer.recipe import Edit, parse
from explorer.turns import Refusal
from explorer.ui.controls import Panel
from explorer.ui.live_view import Answer, Reply, answered, checked_visitor
from explorer.ui.wire import from_wire, gauge_of

MOST_ASKED = 64  # directions whose places are asked for at once


def panel() -> Panel:
    """The stack of sliders; made in the browser, because their number is a person's."""
    with gr.Accordion("Directions", open=False, elem_id="panel_directions") as accordion:
        gr.HTML(
            "",
            html_template='<div class="directions"></div>',
            js_on_load="window.explorer.mountDirections(element.querySelector('.directions'));",
            elem_id="directions",
            apply_default_css=False,
        )
    return Panel(accordion, {}, "directions")


def make_bring(vectors: Vectors) -> Answer:
    """The server function that takes a direction, so that recipes may name it."""

    async def answer(body: Any) -> Reply:
        return {"key": vectors.put(from_wire(body).step)}

    async def bring(body: Any) -> Reply:
        return await answered(answer(body), "bring")

    return bring


def asked_of(body: Any) -> tuple[list[Edit], dict[str, Numbers]]:
    """The directions, with layers, that a stranger asks about, and the gauges of some.

    Raises:
        DirectionError: They are none, or too many.
    """
    asked = body.get("directions") if isinstance(body, dict) else None
    if isinstance(asked, list) and len(asked) <= MOST_ASKED:
        with suppress(ValidationError, ValueError, TypeError, AttributeError):
            texts = [one.pop("gauge", None) for one in map(dict, asked)]
            rows = [{name: one[name] for name in one if name != "gauge"} for one in asked]
            edits = [Edit.model_validate(row) for row in rows]
            pairs = zip(edits, texts, strict=True)
            return edits, {edit.direction: gauge_of(text) for edit, text in pairs if text}
    raise DirectionError("The directions were asked for wrongly.", fix="Reload the page.")


def make_where(engine: Engine, models: Models, vectors: Vectors, is_open: bool = True) -> Answer:
    """The server function that tells where a picture stands along directions, in sigmas.

    Args:
        is_open: Whether this process may use the model; on ZeroGPU only a worker may.
    """

    async def answer(body: Any) -> Reply:
        edits, gauges = asked_of(body)
        visitor = checked_visitor(body.get("visitor", ""))
        recipe = parse(body.get("recipe"))
        if not is_open:
            return {"places": {}}
        model = models.peek(recipe.model, visitor)
        if model is None:
            return {"loading": True}
        recipe = recipe.model_copy(update={"model": model.ref})
        keys = {edit.direction: edit.layers for edit in edits}
        wanted = [*keys, *(edit.direction for edit in recipe.edits)]
        steps = vectors.find(wanted, model.directions)

        def look() -> Reply:
            scene = engine.scene(recipe, steps, visitor)
            return {"places": scene.places(keys, gauges), "slopes": scene.slopes(keys)}

        found = await asyncio.wrap_future(engine.ask(visitor, look))
        return {"places": {}} if isinstance(found, Refusal) else found

    async def where(body: Any) -> Reply:
        return await answered(answer(body), "where")

    return where
