"""What a stranger may send: an ASGI layer that bounds the JSON of functions and events.

Gradio bounds uploads, but would parse a request of any size to a server function or an event.
"""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.recipe import MAX_BYTES

GUARDED = re.compile(r"/(component_server|queue/join|(call|run|api)/.*)/?$")


class TooLarge(Exception):
    """The body went over the limit while it was read."""


class LimitBody:
    """Answer 413 to a body over `limit` bytes on the path of server functions."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BYTES):
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not GUARDED.search(scope.get("path", "")):
            await self._app(scope, receive, send)
            return
        if self._declared(scope) > self._limit:
            await self._refuse(send)
            return
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except TooLarge:
            if not started:
                await self._refuse(send)

    def _declared(self, scope: Scope) -> int:
        values = [value for name, value in scope["headers"] if name == b"content-length"]
        return int(values[0]) if values and values[0].isdigit() else 0

    async def _refuse(self, send: Send) -> None:
        text = f"A request here has at most {self._limit} bytes.".encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": text})
