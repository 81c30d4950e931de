"""A stream whose session is unknown here, as Gradio answers it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.ui.streams import BEAT, StrayStreams

BROWSER = [(b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)")]
LOST = b'data: {"msg":"unexpected_error","message":"404","session_not_found":true}\n\n'
NEWS = b'data: {"msg":"process_starts"}\n\n'


def sends(*bodies, error=None):
    """An ASGI app that answers with `bodies` and may raise an error at the end."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for body in bodies:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        if error:
            raise error

    return app


def answer(app, path="/gradio_api/queue/data", headers=BROWSER, beats=3):
    """The bodies that a visitor gets who leaves after some beats."""
    found = []

    async def send(message):
        if message["type"] == "http.response.body":
            found.append(message["body"])

    async def receive():
        if found.count(BEAT) < beats:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    scope = {"type": "http", "path": path, "headers": headers}
    stray = StrayStreams(app, beat_seconds=0.001)(scope, receive, send)
    with ThreadPoolExecutor(1) as thread:  # a browser test leaves a loop in this one
        thread.submit(asyncio.run, asyncio.wait_for(stray, 10)).result()
    return found


def test_a_page_at_the_wrong_replica_gets_a_silent_stream_until_it_leaves():
    assert answer(sends(LOST, error=RuntimeError("404"))) == [BEAT] * 3


def test_what_came_before_is_passed_on():
    assert answer(sends(NEWS, LOST)) == [NEWS, *[BEAT] * 3]


def test_a_stream_that_is_at_home_is_passed_on_as_it_is():
    assert answer(sends(NEWS, NEWS)) == [NEWS, NEWS]
    with pytest.raises(RuntimeError, match="ours"):
        answer(sends(NEWS, error=RuntimeError("ours")))


@pytest.mark.parametrize(
    "options",
    [
        {"headers": []},
        {"headers": [(b"user-agent", b"gradio_client/2.7.2")]},
        {"path": "/gradio_api/queue/join"},
    ],
)
def test_programs_and_other_paths_get_the_error(options):
    assert answer(sends(LOST), **options) == [LOST]
    with pytest.raises(RuntimeError, match="404"):
        answer(sends(LOST, error=RuntimeError("404")), **options)
