"""What a stranger may send: ASGI layers that bound JSON and uploads, which must be whole.

Gradio bounds each file, but would parse a request of any size to a server function or an event,
hold text of any length in an upload, and keep what it has of one that breaks off.
"""

import re

from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.recipe import MAX_BYTES

UPLOAD = re.compile(r"/upload/?$")
FIELD = b"files"  # where the page's files are in an upload
AROUND = 1 << 20  # bytes of an upload that are not its files


class TooLarge(Exception):
    """The body went over the limit while it was read."""


class LimitBody:
    """Answer 413 to a body over `limit` bytes, on every path but that of uploads."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BYTES):
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or UPLOAD.search(scope.get("path", "")):
            await self._app(scope, receive, send)
            return
        if _declared(scope) > self._limit:
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

    async def _refuse(self, send: Send) -> None:
        text = f"A request here has at most {self._limit} bytes.".encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": text})


class WholeUploads:
    """Let an upload pass that is whole, has files alone, and at most `limit` bytes.

    Gradio would keep the file of a form that just ends and, in memory, text of any length. It
    deletes what it has of a form that it refuses: so what goes wrong is told in its own words, and
    it answers 413 to what is too large.
    """

    def __init__(self, app: ASGIApp, limit: int):
        self._app = app
        self._limit = limit + AROUND

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content_type = Headers(scope=scope).get("content-type") if scope["type"] == "http" else None
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if boundary is None or not UPLOAD.search(scope.get("path", "")):
            await self._app(scope, receive, send)
            return
        form = Form(boundary)
        seen = 0
        is_over = False

        async def checked() -> Message:
            nonlocal seen, is_over
            if not is_over and _declared(scope) > self._limit:
                is_over = True
                raise self._too_large()
            message = await receive()
            if is_over:
                return message
            seen += len(message.get("body", b""))
            is_over = message["type"] != "http.request" or not message.get("more_body")
            if seen > self._limit:
                raise self._too_large()
            form.write(message.get("body", b""))
            if message["type"] != "http.request" or (is_over and not form.is_whole):
                raise MultiPartException("The upload broke off.")
            return message

        await self._app(scope, checked, send)

    def _too_large(self) -> MultiPartException:
        return MultiPartException(f"An upload's maximum allowed size is {self._limit} bytes.")


class Form:
    """What a form says of itself while it comes, read by the parser that Gradio reads it with.

    Args:
        boundary: The line between its parts.
        is_whole: Becomes True with the line that ends it.
    """

    def __init__(self, boundary: bytes):
        self.is_whole = False
        self._name = b""
        self._value = b""
        self._disposition = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_to_name,
                "on_header_value": self._add_to_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._check_part,
                "on_end": self._end,
            },
        )

    def write(self, data: bytes) -> None:
        """Read on.

        Raises:
            MultiPartException: A part is no file for the page.
            MultipartParseError: It is no form.
        """
        self._parser.write(data)

    def _begin_part(self) -> None:
        self._disposition = b""

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def _check_part(self) -> None:
        options = parse_options_header(self._disposition)[1]
        if options.get(b"name") != FIELD or b"filename" not in options:
            raise MultiPartException("An upload here has files and nothing else.")

    def _end(self) -> None:
        self.is_whole = True


def _declared(scope: Scope) -> int:
    """The length that a request says it has, 0 if that is no number."""
    values = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(values[0]) if values and values[0].isdigit() else 0
