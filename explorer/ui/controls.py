"""Controls: native components that patch one field of the recipe, and how they are wired.

A control hands its own value to `window.explorer`, in the browser, and is written from the recipe
by the live view's `sync`. What each id means stands in js/fields.js; ranges come from the schema.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from explorer.model import Model
from explorer.recipe import Recipe

QUIET: dict[str, Any] = {"fn": None, "api_visibility": "private", "queue": False}
SCHEMA = Recipe.model_json_schema()


# A component, and how it looks under a model.
Adapting = tuple[Block, Callable[[Model], Any]]


@dataclass(frozen=True)
class Panel:
    """One accordion of the page.

    Args:
        name: Its key in js/titles.js; None where the title never changes.
        controls: Its controls by element id, which is the name in js/fields.js.
        opens: The panel whose study stands under the picture once this one is opened, by its key
            in js/study.js; None where that is `name`.
        adapting: What looks otherwise under another model, and how.
    """

    accordion: gr.Accordion
    controls: dict[str, Component]
    name: str | None = None
    adapting: Sequence[Adapting] = ()
    opens: str | None = None


def limits(*path: str) -> tuple[float, float]:
    """(lowest, highest) that the recipe allows at `path`, e.g. ("noise", "strength", "[]").

    >>> limits("psi")
    (-1, 2)
    """
    node: dict[str, Any] = SCHEMA
    for key in path:
        node = _follow(node)
        node = node["items"] if key == "[]" else node["properties"][key]
    node = _follow(node)
    return node["minimum"], node["maximum"]


def _follow(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        found: dict[str, Any] = SCHEMA["$defs"][node["$ref"].split("/")[-1]]
        return found
    real = [one for one in node.get("anyOf", []) if one.get("type") != "null"]
    return _follow(real[0]) if real else node


def slider(name: str, label: str, info: str, path: tuple[str, ...], **more: Any) -> gr.Slider:
    """A slider over the range of the recipe's field at `path`."""
    low, high = limits(*path)
    options: dict[str, Any] = {"step": 0.01, "minimum": low, "maximum": high, **more}
    return gr.Slider(label=label, info=info, elem_id=name, buttons=[], **options)


def seed_box(name: str, label: str, info: str | None = None) -> gr.Number:
    """A box for a seed, with a button beside it that rolls one."""
    low, high = limits("noise", "seed")
    with gr.Row(elem_classes="seed-row"):
        box = gr.Number(
            label=label,
            info=info,
            elem_id=name,
            precision=0,
            step=1,
            minimum=low,
            maximum=high,
            min_width=110,
            buttons=[],
        )
        roll = gr.Button(f"Roll {label[0].lower()}{label[1:]}", size="sm", elem_classes="roll")
    roll.click(**QUIET, js=f"() => window.explorer.dice({json.dumps(name)})")
    return box


def connect(name: str, control: Component) -> None:
    """Let `control` patch its field, live, and settle when it is let go."""
    key = json.dumps(name)
    # `change` is never listened to: it fires for what the page itself writes.
    control.input(**QUIET, inputs=[control], js=f"v => window.explorer.set({key}, v)")  # type: ignore[attr-defined]
    let_go = f"v => window.explorer.release({key}, v)"
    if isinstance(control, gr.Slider):
        control.release(**QUIET, inputs=[control], js=let_go)
    if isinstance(control, gr.Number):
        gr.on([control.blur, control.submit], **QUIET, inputs=[control], js=let_go)
