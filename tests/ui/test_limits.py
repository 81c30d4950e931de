import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.recipe import MAX_BYTES
from explorer.ui.limits import LimitBody

LIMIT = 100
LIMITED = [
    "/gradio_api/component_server",
    "/gradio_api/component_server/",
    "/gradio_api/queue/join",
    "/gradio_api/call/render",
    "/gradio_api/call/v2/render",
    "/gradio_api/run/render",
    "/gradio_api/api/render/",
    "/gradio_api/mcp/",
    "/gradio_api/reset",
    "/gradio_api/cancel",
    "/gradio_api/stream/abc",
    "/gradio_api/process_recording",
    "/login",
    "/whatever/comes/next",
]
UPLOADS = ["/gradio_api/upload", "/gradio_api/upload/"]


async def length(request: Request):
    return PlainTextResponse(str(len(await request.body())))


async def impatient(request: Request):
    """Begins its answer before it has read the body."""

    async def parts():
        yield b"begun"
        async for part in request.stream():
            yield part

    return StreamingResponse(parts())


def client(endpoint=length, **options):
    routes = [Route(path, endpoint, methods=["POST"]) for path in LIMITED + UPLOADS]
    layers = [Middleware(LimitBody, **options)]
    return TestClient(Starlette(routes=routes, middleware=layers), root_path="")


def chunks(size):
    """The body in parts, without a content-length."""
    return (b"x" * min(30, size - at) for at in range(0, size, 30))


def whole(size):
    return b"x" * size


@pytest.mark.parametrize("body", [whole, chunks])
@pytest.mark.parametrize("path", LIMITED)
def test_a_body_up_to_the_limit_passes(path, body):
    for size in (0, 1, LIMIT):
        answer = client(limit=LIMIT).post(path, content=body(size))
        assert (answer.status_code, answer.text) == (200, str(size))


@pytest.mark.parametrize("body", [whole, chunks])
@pytest.mark.parametrize("path", LIMITED)
@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
def test_a_body_over_the_limit_is_refused_with_a_sentence(path, body, size):
    answer = client(limit=LIMIT).post(path, content=body(size))
    assert answer.status_code == 413
    assert answer.text == f"A request here has at most {LIMIT} bytes."
    assert answer.headers["connection"] == "close"


def test_a_body_that_was_declared_small_is_counted_all_the_same():
    answer = client(limit=LIMIT).post(
        LIMITED[0], content=chunks(LIMIT + 1), headers={"content-length": "5"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("declared", ["-5", "many", ""])
def test_a_content_length_that_is_no_number_is_not_trusted(declared):
    answer = client(limit=LIMIT).post(
        LIMITED[0], content=chunks(LIMIT + 1), headers={"content-length": declared}
    )
    assert answer.status_code == 413


def test_an_answer_that_has_begun_gets_no_second_beginning():
    answer = client(impatient, limit=LIMIT).post(LIMITED[0], content=chunks(LIMIT + 1))
    assert answer.status_code == 200
    assert "at most" not in answer.text


@pytest.mark.parametrize("body", [whole, chunks])
@pytest.mark.parametrize("path", UPLOADS)
def test_uploads_are_for_another_layer(path, body):
    answer = client(limit=LIMIT).post(path, content=body(10 * LIMIT))
    assert (answer.status_code, answer.text) == (200, str(10 * LIMIT))


def test_the_limit_is_that_of_a_recipe():
    sizes = (MAX_BYTES, MAX_BYTES + 1)
    answers = [client().post(LIMITED[0], content=whole(size)) for size in sizes]
    assert [answer.status_code for answer in answers] == [200, 413]
