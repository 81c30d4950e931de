"""The page: where everything stands, and which event leads where."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.components.api_component import Api

from explorer.counters import Counters
from explorer.directions.vectors import Vectors
from explorer.downloads import Downloads
from explorer.engine import Engine
from explorer.model import Model
from explorer.models import Models
from explorer.ui import about, counting, directions, film, keeping, lab, live_view, panels, study
from explorer.ui.api import Endpoints
from explorer.ui.artist import Artist
from explorer.ui.bench import Bench
from explorer.ui.controls import QUIET, Panel, connect
from explorer.ui.fetching import Fetching
from explorer.ui.header import Header, build_header
from explorer.ui.jobs import Jobs
from explorer.ui.queued import PRIVATE, queued, reopening
from explorer.ui.switching import Switch

CACHE_SECONDS = (600, 3600)  # how often old files are looked for, how old they get
RECIPE_TYPE: dict[str, Any] = {"type": "object", "additionalProperties": {}}
TOLD_TYPE: dict[str, Any] = {"type": "array", "items": {}}
RENDERS_AT_ONCE = 32  # that wait for their turn; each holds one of Gradio's threads


@dataclass(frozen=True)
class Server:
    """What the page talks to.

    Args:
        vectors: The directions that pages have sent.
        live: Whether pictures follow the hand; on ZeroGPU they are drawn at rest only.
        jobs: The long work that visitors may stop.
        downloads: What fetches addresses for visitors; None where they may not ask for that.
        classifier: An ONNX classifier for models that have none of their own.
        counters: What has been answered, for a monitor.
    """

    engine: Engine
    models: Models
    artist: Artist
    vectors: Vectors
    live: bool = True
    downloads: Downloads | None = None
    jobs: Jobs = field(default_factory=Jobs)
    classifier: Path | None = None
    counters: Counters = field(default_factory=Counters)


def build(server: Server, model: Model) -> gr.Blocks:
    """The whole page, which opens with `model`."""
    with gr.Blocks(title="Latent Explorer", delete_cache=CACHE_SECONDS) as page:
        header = build_header(server.models, model, fetches=server.downloads is not None)
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=2, min_width=320, elem_id="controls"):
                parts = [
                    panels.latent(),
                    panels.classes(model),
                    panels.truncation(model),
                    panels.mixing(model),
                    panels.transform(model),
                    panels.noise(model),
                    directions.panel(),
                    keeping.panel(),
                    panels.interpolation(),
                    film.panel(),
                    about.panel(model),
                ]
            with gr.Column(scale=3, min_width=320, elem_id="pictures"):
                live = live_view.build(_functions(server), model, server.live)
                keeping.tray()
                sheet = study.build()
                bench = lab.build()
                errands = film.errands()
        _wire_controls(live, header.model, parts)
        _wire_render(live, server)
        _wire_study(live, sheet, server)
        _wire_lab(live, bench, server)
        _wire_film(live, errands, server)
        _wire_models(page, live, header, parts, server)
        keeping.connect(header.keep)
        reopening(live)
        header.reset.click(**QUIET, js="() => window.explorer.resetAll()")
        header.copy.click(**QUIET, js="() => window.explorer.copy()")
        header.save.click(**QUIET, js="() => window.explorer.save()")
        Endpoints(server.engine, server.artist, server.models, server.vectors, server.live).offer()
    return page


def _functions(server: Server) -> list[live_view.Answer]:
    """What the page asks without waiting in Gradio's queue."""
    return [
        counting.counted_draw(live_view.make_draw(server.engine, server.models), server.counters),
        live_view.ping,
        directions.make_bring(server.vectors),
        live_view.make_stop(server.jobs),
        keeping.check,
        directions.make_where(server.engine, server.models, server.vectors, server.live),
    ]


def _wire_controls(live: gr.HTML, model: gr.Dropdown, parts: Sequence[Panel]) -> None:
    """Recipe to controls: all of them, those that a drag moves, and the titles."""
    controls = {name: control for part in parts for name, control in part.controls.items()}
    for name, control in controls.items():
        connect(name, control)
    written: dict[str, Component] = {"model": model, **controls}

    def write(event: Callable[..., Any], names: Sequence[str]) -> None:
        js = f"() => window.explorer.values({json.dumps(names)})"
        event(**QUIET, js=js, outputs=[written[name] for name in names])

    write(live.sync, list(written))
    write(live.dragged, ["seed_a", "t"])
    layered = [name for name in controls if name.startswith(("mix_", "noise_"))]
    write(live.layered, [name for name in layered if not name.endswith(("_seed", "_mode"))])
    titled = [part for part in parts if part.name]
    names = json.dumps([part.name for part in titled])
    accordions = [part.accordion for part in titled]
    live.titles(**QUIET, js=f"() => window.explorer.titles({names})", outputs=accordions)
    for part in parts:
        name = json.dumps(part.opens or part.name)
        part.accordion.expand(**QUIET, js=f"() => window.explorer.panel({name})")


def _wire_render(live: gr.HTML, server: Server) -> None:
    """At rest: one queued, public, named event; and the same for a pinned picture."""
    _wire_drawing(live.rest, server, "resting", "final", "failed", api_name="render")
    _wire_drawing(live.pinned, server, "pinning", "pinned", "pinFailed", api_visibility="private")


def _wire_drawing(
    event: Callable[..., Any], server: Server, ask: str, take: str, fail: str, **api: Any
) -> None:
    """Draw what `ask` of the page gives, hand it to `take`, and call `fail` where that fails."""
    # Not gr.JSON: what that says of its type is no JSON schema, and MCP clients check it.
    recipe = Api({}, RECIPE_TYPE, "recipe")
    ticket = gr.Number(0, visible=False)
    visitor = gr.Textbox("", visible=False)
    told = Api([], TOLD_TYPE, "directions")
    picture = gr.Image(visible=False, type="filepath", format="png")
    details = gr.JSON(visible=False)
    render = live_view.make_render(server.artist, server.vectors)
    drawn = queued(
        event,
        counting.counted_render(render, server.counters),
        [recipe, ticket, visitor, told],
        [picture, details],
        js=f"() => window.explorer.{ask}()",
        trigger_mode="always_last",
        show_progress="hidden",
        concurrency_limit=RENDERS_AT_ONCE,
        **api,
    )
    drawn.success(
        **QUIET,
        inputs=[picture, details],
        js=f"(file, details) => window.explorer.{take}(file, details)",
    )
    drawn.failure(**QUIET, js=f"() => window.explorer.{fail}()")


def _wire_study(live: gr.HTML, sheet: gr.HTML, server: Server) -> None:
    """Strips and tables."""
    run = study.make_study(server.artist, server.jobs)
    _wire_long(live.study, run, [gr.JSON(visible=False)], sheet, ("studying", "studyFailed"))


def _wire_lab(live: gr.HTML, bench: gr.HTML, server: Server) -> None:
    """Work on directions: a request and, where there is one, a file that was sent before."""
    tools = Bench(server.engine, server.artist, server.vectors, server.classifier)
    run = lab.make_lab(tools, server.jobs, server.live)
    inputs = [gr.JSON(visible=False), gr.File(visible=False)]
    _wire_long(live.lab, run, inputs, bench, ("labbing", "labFailed"))


def _wire_film(live: gr.HTML, errands: gr.HTML, server: Server) -> None:
    """Work that ends in a file."""
    maker = film.Maker(server.engine, server.artist, server.vectors, server.live)
    run = film.make_film(maker, server.jobs)
    _wire_long(live.film, run, [gr.JSON(visible=False)], errands, ("filming", "filmFailed"))


def _wire_long(
    event: Callable[..., Any],
    run: Callable[..., Any],
    inputs: Sequence[Component],
    output: gr.HTML,
    calls: tuple[str, str],
) -> None:
    """Long work with progress, which a new request or a button stops.

    Args:
        calls: What the page is asked for the inputs, and what it is told of a failure.
    """
    asks, fails = calls
    work = queued(
        event,
        run,
        inputs,
        [output],
        js=f"() => window.explorer.{asks}()",
        trigger_mode="multiple",
        concurrency_limit=8,
        **PRIVATE,
    )
    work.failure(**QUIET, js=f"() => window.explorer.{fails}()")


def _wire_models(
    page: gr.Blocks, live: gr.HTML, header: Header, parts: Sequence[Panel], server: Server
) -> None:
    """Another model: chosen, uploaded, or asked for by a link."""
    visitor = gr.Textbox("", visible=False)
    wanted = gr.JSON(visible=False)
    own_name = "() => [window.explorer.visitor]"
    adapting = [row for part in parts for row in part.adapting]
    outputs = [live, header.model, *(component for component, _ in adapting)]
    switch = Switch(server.models, server.artist, adapting)
    queued(
        header.model.input,
        switch.choose,
        [header.model, visitor],
        outputs,
        js="name => window.explorer.choosing(name, name)",
        **PRIVATE,
    )
    queued(
        live.uploaded,
        switch.upload,
        [header.upload, visitor],
        outputs,
        js="() => window.explorer.transfers.uploaded()",
        trigger_mode="multiple",
        **PRIVATE,
    )
    fetching = Fetching(switch, server.models, server.downloads)
    event = queued(
        partial(gr.on, [header.fetch.click, header.address.submit]),
        fetching.fetch,
        [header.address, visitor],
        outputs,
        js="address => window.explorer.transfers.fetching(address)",
        trigger_mode="multiple",
        concurrency_limit=None,  # `Downloads` has a sentence for who comes too much
        **PRIVATE,
    )
    event.failure(**QUIET, js="() => window.explorer.transfers.failed()")
    live.cancel(fetching.cancel, [visitor], js=own_name, queue=False, **PRIVATE)
    opening = "() => window.explorer.opening()"
    queued(live.open, switch.open, [wanted, visitor], outputs, js=opening, **PRIVATE)
    page.load(switch.names, [visitor], [header.model], js=own_name, **PRIVATE)
