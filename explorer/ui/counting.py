"""Counting what pages and programs are answered, and the page of numbers at `/metrics`.

The two ways to a picture are wrapped as they are: nothing in them knows that it is counted.
"""

import base64
import binascii
import functools
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from explorer.counters import (
    PREFIX,
    TEXT,
    Counters,
    Metric,
    Outcome,
    exposition,
    gauge,
    resident_memory,
)
from explorer.engine import Engine
from explorer.errors import BusyError, ExplorerError
from explorer.models import Models
from explorer.ui.live_view import OUR_FAULT, Answer, Reply

Render = Callable[..., tuple[str | None, Reply]]
Credentials = tuple[str, str]  # name and password
TOLD: tuple[Outcome, ...] = ("dropped", "busy", "loading", "need")  # by the key of a live reply


def counted_draw(draw: Answer, counters: Counters) -> Answer:
    """The live view's server function, counted."""

    @functools.wraps(draw)
    async def counted(body: Any) -> Reply:
        reply = await draw(body)
        counters.answered("live", outcome_of(reply))
        return reply

    return counted


def outcome_of(reply: Reply) -> Outcome:
    """What became of a live request, by its reply."""
    if "image" in reply:
        return "drawn"
    if "problem" in reply:
        return "failed" if reply["problem"] == OUR_FAULT else "refused"
    return next((outcome for outcome in TOLD if outcome in reply), "failed")


def counted_render(render: Render, counters: Counters) -> Render:
    """The queued event `render`, counted."""

    @functools.wraps(render)
    def counted(*args: Any, **named: Any) -> tuple[str | None, Reply]:
        outcome: Outcome = "failed"
        try:
            path, details = render(*args, **named)
            outcome = "drawn" if path else "need"
        except gr.Error as error:
            if isinstance(error.__cause__, ExplorerError):
                outcome = "busy" if isinstance(error.__cause__, BusyError) else "refused"
            raise
        finally:
            counters.answered("rest", outcome)
        return path, details

    return counted


def metrics_of(counters: Counters, engine: Engine, models: Models) -> Iterator[Metric]:
    """All numbers of a server as they are now."""
    yield from counters.metrics()
    yield gauge(f"{PREFIX}visitors_waiting", "Visitors in line for a picture.", engine.waiting)
    count, size = models.in_memory()
    yield gauge(f"{PREFIX}models", "Models in memory.", count)
    yield gauge(f"{PREFIX}models_bytes", "Bytes of their weights.", size)
    yield from resident_memory()


def metrics_route(
    counters: Counters, engine: Engine, models: Models, login: Credentials | None = None
) -> Route:
    """`/metrics`; where the page asks for a login, so does this, as HTTP's basic one."""

    def metrics(request: Request) -> Response:
        if login is not None and not _is_let_in(request.headers.get("authorization", ""), login):
            asking = {"www-authenticate": 'Basic realm="metrics"'}
            return PlainTextResponse("The metrics need the page's login.", 401, asking)
        text = exposition(metrics_of(counters, engine, models))
        return Response(text, headers={"content-type": TEXT, "cache-control": "no-store"})

    return Route("/metrics", metrics, methods=["GET"])


def _is_let_in(header: str, login: Credentials) -> bool:
    scheme, _, text = header.partition(" ")
    try:
        given = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and secrets.compare_digest(given, ":".join(login).encode())
