"""The JavaScript and CSS of the page, as Gradio takes them: one text each."""

from pathlib import Path

HERE = Path(__file__).parent
MODULES = (  # in this order: a later one may use what an earlier one defines
    "recipe.js",
    "compact.js",
    "carried.js",
    "address.js",
    "png.js",
    "visitor.js",
    "fields.js",
    "titles.js",
    "network.js",
    "pump.js",
    "rest.js",
    "listening.js",
    "view.js",
    "walk.js",
    "rows.js",
    "library.js",
    "edits.js",
    "slider.js",
    "directions.js",
    "finder.js",
    "charts.js",
    "answers.js",
    "labels.js",
    "separability.js",
    "leakage.js",
    "lengths.js",
    "lab.js",
    "errands.js",
    "stills.js",
    "thumbnail.js",
    "reel.js",
    "film.js",
    "study.js",
    "below.js",
    "transfers.js",
    "upload.js",
    "saving.js",
    "sharing.js",
    "opening.js",
    "controls.js",
    "history.js",
    "strip.js",
    "compare.js",
    "pin.js",
    "keyframes.js",
    "loop.js",
    "presets.js",
    "shelf.js",
    "keeping.js",
    "explorer.js",
)
STYLES = ("page.css", "keeping.css")  # what stands later wins


def head() -> str:
    """The page's modules as one script; they share one scope and leave `window.explorer`."""
    parts = [(HERE / "js" / name).read_text(encoding="utf-8") for name in MODULES]
    return "<script>(() => {\n'use strict';\n" + "\n".join(parts) + "})();</script>"


def css() -> str:
    """The page's style sheet."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
