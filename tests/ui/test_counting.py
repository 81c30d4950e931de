"""What is counted, and the page of numbers."""

import asyncio
import base64
import inspect
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer.counters import Counters
from explorer.directions.vectors import Vectors
from explorer.errors import BusyError, RecipeError
from explorer.recipe import ModelRef
from explorer.ui import live_view
from explorer.ui.artist import EngineArtist
from explorer.ui.counting import counted_draw, counted_render, metrics_route, outcome_of
from tests.test_counters import numbers, parsed


def counted(counters, kind):
    """The outcomes that were counted."""
    return {
        labels[1][1]: value
        for (name, labels), value in numbers(counters).items()
        if name == "latent_explorer_requests_total" and labels[0][1] == kind and value
    }


def run(coroutine):
    """What `coroutine` returns; in a thread, because a browser test leaves a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.mark.parametrize(
    "reply, outcome",
    [
        ({"image": "data:"}, "drawn"),
        ({"dropped": True, "waiting": 1}, "dropped"),
        ({"busy": True, "waiting": 64}, "busy"),
        ({"loading": True}, "loading"),
        ({"need": ["a"]}, "need"),
        ({"problem": "psi is 7."}, "refused"),
        ({"problem": live_view.OUR_FAULT}, "failed"),
        ({}, "failed"),
    ],
)
def test_a_live_reply_says_what_became_of_the_request(reply, outcome):
    assert outcome_of(reply) == outcome


def test_the_live_view_is_counted_and_answers_as_before(engine, models):
    counters = Counters()
    draw = counted_draw(live_view.make_draw(engine, models), counters)
    assert draw.__name__ == "draw"  # by which the page calls it
    assert "image" in run(draw({"recipe": {}, "visitor": "anna"}))
    assert "problem" in run(draw({"recipe": {"psi": 9}}))
    assert run(draw({"recipe": {"model": {"name": "two"}}})) == {"loading": True}
    assert run(draw({"recipe": {"edits": [{"direction": "0" * 64}]}})) == {"need": ["0" * 64]}
    assert counted(counters, "live") == {"drawn": 1, "refused": 1, "loading": 1, "need": 1}


def test_the_picture_at_rest_is_counted_and_answers_as_before(engine, models):
    counters = Counters()
    plain = live_view.make_render(EngineArtist(engine, models), Vectors())
    render = counted_render(plain, counters)
    assert (render.__name__, render.__doc__) == ("render", plain.__doc__)
    assert inspect.signature(render) == inspect.signature(plain)
    assert render({}, 7)[1]["ticket"] == 7
    assert render({"edits": [{"direction": "0" * 64}]})[0] is None
    with pytest.raises(gr.Error, match="psi is 9"):
        render({"psi": 9})
    assert counted(counters, "rest") == {"drawn": 1, "need": 1, "refused": 1}


@pytest.mark.parametrize(
    "error, outcome",
    [
        (BusyError("Too many.", fix="Wait."), "busy"),
        (RecipeError("psi.", fix="Other."), "refused"),
        (KeyError("ours"), "failed"),
    ],
)
def test_an_error_at_rest_is_counted_by_whose_it_is(error, outcome):
    def render():
        if isinstance(error, KeyError):
            raise error
        raise gr.Error(str(error)) from error

    counters = Counters()
    with pytest.raises((gr.Error, KeyError)):
        counted_render(render, counters)()
    assert counted(counters, "rest") == {outcome: 1}


@pytest.fixture
def monitor(engine, models):
    """Asks for `/metrics` of a server with a login, or without."""
    counters = Counters()

    def asking(login=None):
        app = Starlette(routes=[metrics_route(counters, engine, models, login)])
        return counters, TestClient(app)

    return asking


def test_the_page_of_numbers_is_one_that_prometheus_reads(monitor, models):
    counters, client = monitor()
    counters.answered("live", "drawn")
    reply = client.get("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = parsed(reply.text)
    size = models.in_memory()[1]
    assert found["latent_explorer_visitors_waiting", ()] == 0
    assert found["latent_explorer_models", ()] == 1
    assert found["latent_explorer_models_bytes", ()] == size > 0
    assert found["process_resident_memory_bytes", ()] > 1 << 20
    models.open(ModelRef(name="two"))
    assert parsed(client.get("/metrics").text)["latent_explorer_models", ()] == 2


def basic(text):
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def test_where_the_page_has_a_login_the_numbers_have_it_too(monitor):
    _, client = monitor(("ada", "a:b"))
    refused = [{}, basic("ada:wrong"), basic(""), {"authorization": "Basic %"}]
    refused += [{"authorization": "Bearer YWRhOmE6Yg=="}]
    for headers in refused:
        reply = client.get("/metrics", headers=headers)
        assert (reply.status_code, reply.text) == (401, "The metrics need the page's login.")
        assert reply.headers["www-authenticate"].startswith("Basic ")
    assert client.get("/metrics", headers=basic("ada:a:b")).status_code == 200
