"""Streams of events that have come to the wrong replica: kept open, and silent.

Gradio tells the results of queued events to whoever joined, from the process that was joined. Where
a balancer brings the stream to another one, Gradio ends it with an error, and its page takes that
for a lost server and reloads itself: again and again, under the hand. A live picture needs no such
stream, so the page gets one on which nothing comes. Programs get the error: they wait for results.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/queue/data"
NOT_FOUND = b'"session_not_found":true'  # of a message that Gradio sends
BEAT = b'data: {"msg":"heartbeat"}\n\n'  # as Gradio's own, which its page passes over
BEAT_SECONDS = 15.0


class StrayStreams:
    """Keep a browser's stream open though its session is not known here."""

    def __init__(self, app: ASGIApp, beat_seconds: float = BEAT_SECONDS):
        self._app = app
        self._beat_seconds = beat_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_of_a_page(scope):
            await self._app(scope, receive, send)
            return
        is_stray = False

        async def watched(message: Message) -> None:
            nonlocal is_stray
            is_stray = is_stray or NOT_FOUND in message.get("body", b"")
            if not is_stray:
                await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:  # Gradio raises what it has told
            if not is_stray:
                raise
        if is_stray:
            await self._hold(receive, send)

    async def _hold(self, receive: Receive, send: Send) -> None:
        """Beat until the page goes away."""
        message: Message = {"type": ""}
        while message["type"] != "http.disconnect":
            await send({"type": "http.response.body", "body": BEAT, "more_body": True})
            try:
                message = await asyncio.wait_for(receive(), self._beat_seconds)
            except (TimeoutError, asyncio.TimeoutError):
                continue


def _is_of_a_page(scope: Scope) -> bool:
    if scope["type"] != "http" or not scope.get("path", "").endswith(PATH):
        return False
    return Headers(scope=scope).get("user-agent", "").startswith("Mozilla/")
