"""What the page keeps beside the picture: history, a pinned picture, presets; and what plays.

All of it lives in the browser. The server draws a pinned picture again after a reload, and looks
over the recipes of a file of presets before the page takes them.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from explorer.errors import RecipeError
from explorer.recipe import parse
from explorer.ui.controls import QUIET, Panel
from explorer.ui.live_view import Reply, answered

MOST_CHECKED = 100  # recipes at once
TRAY = """
<div class="tray">
  <div class="loop" role="group" aria-label="Play">
    <button type="button" class="play"
            title="Let the picture move by itself, until you touch a control">Play</button>
    <select class="way" aria-label="What is played" title="A to B: there and back, along the path
chosen under Latent. Recent steps: through the last pictures on the right, and round again.">
      <option value="ab">A to B</option><option value="steps">recent steps</option></select>
    <select class="speed" aria-label="Speed" title="How fast it is played">
      <option value="0.25">¼ ×</option><option value="0.5">½ ×</option>
      <option value="1" selected>1 ×</option><option value="2">2 ×</option>
      <option value="4">4 ×</option></select>
  </div>
  <div class="strip" role="group" aria-label="Recent pictures: go back to one"></div>
</div>
"""


@dataclass(frozen=True)
class Buttons:
    """Those of the header."""

    undo: gr.Button
    redo: gr.Button
    pin: gr.Button


def buttons() -> Buttons:
    """Undo, redo and pin, where the caller stands in the layout."""

    def small(text: str, name: str) -> gr.Button:
        return gr.Button(text, size="sm", elem_id=name, scale=0, min_width=56)

    return Buttons(small("Undo", "undo"), small("Redo", "redo"), small("Pin", "pin"))


def tray() -> gr.HTML:
    """The row under the picture: what plays, and the strip of recent pictures."""
    return gr.HTML(
        "",
        html_template=TRAY,
        js_on_load="window.explorer.mountTray(element.querySelector('.tray'));",
        elem_id="tray",
        apply_default_css=False,
    )


def panel() -> Panel:
    """The presets; made in the browser, where they are kept."""
    with gr.Accordion("Presets", open=False, elem_id="panel_presets") as accordion:
        gr.HTML(
            "",
            html_template='<div class="presets"></div>',
            js_on_load="window.explorer.mountPresets(element.querySelector('.presets'));",
            elem_id="presets",
            apply_default_css=False,
        )
    return Panel(accordion, {}, "presets")


def connect(made: Buttons) -> None:
    """Let the buttons work, in the browser."""
    made.undo.click(**QUIET, js="() => window.explorer.undo()")
    made.redo.click(**QUIET, js="() => window.explorer.redo()")
    made.pin.click(**QUIET, js="() => window.explorer.pin()")


async def check(body: Any) -> Reply:
    """The server function that looks over {recipes}: each with all of its fields, or a sentence.

    Of a recipe that is none, `index` says which it is. Whether a recipe fits its model is found
    out when it is drawn.
    """
    return await answered(_checked(body), "check")


async def _checked(body: Any) -> Reply:
    recipes = body.get("recipes") if isinstance(body, dict) else None
    if not isinstance(recipes, list) or len(recipes) > MOST_CHECKED:
        raise RecipeError(f"The request lists no recipes, up to {MOST_CHECKED}.", fix="Reload.")
    good = []
    for index, recipe in enumerate(recipes):
        try:
            good.append(parse(recipe).model_dump(mode="json"))
        except RecipeError as error:
            return {"problem": str(error), "index": index}
    return {"recipes": good}
