"""The lab under the picture: labels, separability, leakage, path length, and finding directions.

One queued event serves all of it: it takes a request as JSON, and a file where there is one; it
tells its progress, then one result. What each kind of request means stands in the modules beside.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import gradio as gr

from explorer.errors import AnalysisError, ExplorerError
from explorer.recipe import parse
from explorer.ui import finding, labels, lengths, measuring
from explorer.ui.bench import Bench, Reply, Task
from explorer.ui.jobs import Jobs, Stopped, ticket_of
from explorer.ui.live_view import OUR_FAULT, checked_visitor

log = logging.getLogger(__name__)

Kind = Callable[[Task], Generator[Reply, None, Reply]]
KINDS: Mapping[str, Kind] = {
    **labels.KINDS,
    **finding.KINDS,
    **measuring.KINDS,
    **lengths.KINDS,
}
TEMPLATE = """
<div class="work"><span class="what"></span>
  <progress max="1" aria-label="Progress"></progress> <span class="left"></span>
  <button type="button" class="cancel">Cancel</button></div>
<div class="panes"></div>
"""


def make_lab(bench: Bench, jobs: Jobs, is_open: bool) -> Callable[..., Iterator[Reply]]:
    """The queued event behind the lab.

    Args:
        is_open: Whether this server has a thread for such work; ZeroGPU has not.
    """

    def lab(body: Any, file: str | None = None) -> Iterator[Reply]:
        ticket = ticket_of(body)
        kind = body.get("kind") if isinstance(body, dict) else None
        try:
            if not is_open:
                raise AnalysisError(
                    "A ZeroGPU Space draws pictures only.", fix="Run the explorer on a machine."
                )
            if not isinstance(kind, str) or kind not in KINDS:
                raise AnalysisError("There is no such work.", fix="Reload the page.")
            work = KINDS[kind](_task(bench, jobs, body, file))
            result = yield from _told(work, ticket)
            yield {"ticket": ticket, "kind": kind, "result": result}
        except Stopped:
            yield {"ticket": ticket, "stopped": True}
        except ExplorerError as error:
            yield {"ticket": ticket, "problem": str(error)}
        except Exception:  # the edge: the person gets a sentence, the log the rest
            log.exception("the lab failed at %s", kind)
            yield {"ticket": ticket, "problem": OUR_FAULT}

    return lab


def _told(work: Generator[Reply, None, Reply], ticket: float) -> Generator[Reply, None, Reply]:
    """The progress of `work` under its ticket; its result."""
    while True:
        try:
            news = next(work)
        except StopIteration as end:
            result: Reply = end.value
            return result
        yield {"ticket": ticket, **news}


def _task(bench: Bench, jobs: Jobs, body: dict[str, Any], file: str | None) -> Task:
    """What a stranger asks for, checked as far as all kinds share it."""
    visitor = checked_visitor(body.get("visitor", ""))
    job = jobs.begin(visitor, "lab", ticket_of(body))
    recipe = parse(body.get("recipe"))
    model = bench.artist.open(recipe.model, visitor)
    recipe = recipe.model_copy(update={"model": model.ref})
    return Task(bench, visitor, model, recipe, body, job, file)


def build() -> gr.HTML:
    """The component; the page wires its event."""
    return gr.HTML(
        {},
        html_template=TEMPLATE,
        js_on_load="window.explorer.mountLab({ element, props, watch });",
        elem_id="lab",
        apply_default_css=False,
    )
