"""The strips and tables under the picture: drawing them as long work, with progress."""

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from explorer import images, sheets
from explorer.directions.direction import NAME_LENGTH
from explorer.directions.vectors import UnknownSteps
from explorer.errors import ExplorerError, RecipeError
from explorer.latents import SEEDS
from explorer.networks import GROUPS
from explorer.pixels import Pixels
from explorer.recipe import MAX_EDITS, Edit, Recipe, parse
from explorer.sheets import Cell, Request, Sheet
from explorer.ui.artist import Artist
from explorer.ui.jobs import Job, Jobs, Stopped, ticket_of
from explorer.ui.live_view import checked_visitor

Reply = dict[str, Any]
PROGRESS_SECONDS = 0.2
MOST_ROWS = MAX_EDITS

TEMPLATE = """
<div class="tabs" role="tablist" aria-label="Strips and tables"></div>
<div class="tools">
  <span class="pages"><button type="button" class="back" aria-label="Earlier seeds">‹</button>
    <button type="button" class="on" aria-label="Later seeds">›</button></span>
  <label class="target">a click sets <select><option value="seed_a">seed A</option>
    <option value="seed_b">seed B</option><option value="mix_seed">the mixing seed</option>
    </select></label>
  <label class="group">layers taken from the columns <select>
    <option>coarse</option><option>middle</option><option>fine</option></select></label>
  <span class="note"></span>
  <button type="button" class="draw">Draw</button>
  <span class="work"><progress max="1" aria-label="Progress"></progress><span class="left"></span>
    <button type="button" class="cancel">Cancel</button></span>
</div>
<div id="study_body" role="tabpanel" tabindex="0" aria-label="Pictures to pick from">
  <div class="cells"></div>
</div>
"""


def make_study(artist: Artist, jobs: Jobs) -> Callable[[Any], Iterator[Reply]]:
    """The queued event behind the study panel: progress, then one sheet.

    Or else a problem, or what it would `need`: keys of directions that are not here.
    """

    def study(body: Any) -> Iterator[Reply]:
        ticket = ticket_of(body)
        try:
            for reply in _replies(artist, jobs, body):
                yield {"ticket": ticket, **reply}
        except Stopped:
            yield {"ticket": ticket, "stopped": True}
        except UnknownSteps as error:
            yield {"ticket": ticket, "need": list(error.keys)}
        except ExplorerError as error:
            yield {"ticket": ticket, "problem": str(error)}

    return study


def _replies(artist: Artist, jobs: Jobs, body: Any) -> Iterator[Reply]:
    request, visitor = checked_request(artist, body)
    work = Work(artist, visitor, jobs.begin(visitor, "study", ticket_of(body)))
    if request.kind == "noise":
        recipes = sheets.noise_recipes(request.recipe)
        statistics = sheets.NoiseStatistics()
        yield from work.draw(recipes, statistics.add)
        pictures, note = statistics.result()
        cells = [Cell(request.recipe, label) for label in ("mean picture", "where noise matters")]
        yield {"sheet": laid_out(request.kind, Sheet(cells, 2, note), pictures)}
        return
    sheet = sheets.SHEETS[request.kind](request)
    if not sheet.cells:
        raise RecipeError("There is no slider to draw a strip of.", fix="Add a direction first.")
    recipes = [cell.recipe for cell in sheet.cells if cell.recipe is not None]
    thumbs: list[Pixels] = []
    yield from work.draw(recipes, lambda p: thumbs.append(sheets.thumbnail(p)))
    rest = iter(thumbs)
    blank = np.full_like(thumbs[0], 255)
    pictures = [next(rest) if cell.recipe else blank for cell in sheet.cells]
    yield {"sheet": laid_out(request.kind, sheet, pictures)}


@dataclass(frozen=True)
class Work:
    """Drawing for somebody who may stop it."""

    artist: Artist
    visitor: str
    job: Job

    def draw(self, recipes: Sequence[Recipe], keep: Callable[[Pixels], None]) -> Iterator[Reply]:
        """Draw, hand each picture to `keep`, and tell the share done and the seconds left.

        Raises:
            Stopped: Nobody waits for it any more.
        """
        started = told = time.monotonic()
        pictures = self.artist.draw_each(recipes, self.visitor)
        for done, picture in enumerate(pictures, start=1):
            self.job.check()
            keep(picture.pixels)
            now = time.monotonic()
            if now - told > PROGRESS_SECONDS:
                told = now
                left = (now - started) / done * (len(recipes) - done)
                yield {"progress": done / len(recipes), "left": round(left, 1)}


def laid_out(kind: str, sheet: Sheet, pictures: Sequence[Pixels]) -> Reply:
    """The pictures of `sheet` on one page, and what its cells mean."""
    page = images.sheet(pictures, sheet.columns, gap=0)
    data = base64.b64encode(images.jpeg(page)).decode()
    height, width, _ = pictures[0].shape
    return {
        "kind": kind,
        "image": f"data:image/jpeg;base64,{data}",
        "columns": sheet.columns,
        "rows": -(-len(sheet.cells) // sheet.columns),
        "width": width,
        "height": height,
        "note": sheet.note,
        "cells": [
            {"label": cell.label, "changes": cell.changes, "heading": cell.recipe is None}
            for cell in sheet.cells
        ],
    }


def checked_request(artist: Artist, body: Any) -> tuple[Request, str]:
    """The sheet that a page asks for, and for whom. A stranger may ask too.

    Raises:
        ExplorerError: It is none, or its model is not here.
    """
    if not isinstance(body, dict) or body.get("kind") not in (*sheets.SHEETS, "noise"):
        raise RecipeError("There is no such study.", fix="Reload the page.")
    visitor = checked_visitor(body.get("visitor", ""))
    recipe = parse(body.get("recipe"))
    first, group = body.get("first", 0), body.get("group", "coarse")
    if not isinstance(first, int) or not 0 <= first < SEEDS or group not in GROUPS:
        raise RecipeError("The study was asked for wrongly.", fix="Reload the page.")
    model = artist.open(recipe.model, visitor)
    recipe = recipe.model_copy(update={"model": model.ref})
    return Request(body["kind"], recipe, model, first, group, _directions(body)), visitor


def _directions(body: dict[str, Any]) -> tuple[sheets.Row, ...]:
    """The sliders on the page, for the strips along them."""
    rows = body.get("directions", [])
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        raise RecipeError(f"There are strips for up to {MOST_ROWS} sliders.", fix="Remove some.")
    try:
        return tuple(
            sheets.Row(str(row["name"])[:NAME_LENGTH], Edit.model_validate(row["edit"]))
            for row in rows
        )
    except (TypeError, KeyError, ValueError) as error:  # pydantic's are ValueErrors
        raise RecipeError("The study was asked for wrongly.", fix="Reload the page.") from error


def build() -> gr.HTML:
    """The component; the page wires its events."""
    return gr.HTML(
        {},
        html_template=TEMPLATE,
        js_on_load="window.explorer.mountStudy({ element, props, watch });",
        elem_id="study",
        apply_default_css=False,
    )
