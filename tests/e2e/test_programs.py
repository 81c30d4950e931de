"""Programs that draw: `gradio_client`, the command line and an MCP client, on the real server."""

import asyncio
import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from benchmarks.serving import ROOT, serving
from explorer.images import recipe_of
from explorer.library import from_file
from explorer.recipe import Recipe
from tests import processes
from tests.e2e.conftest import AVATARS
from tests.e2e.steps import link
from tests.test_counters import parsed

GLASSES = from_file((AVATARS / "directions.safetensors").read_bytes()).directions[0].key
WEIGHTS = [index / 11 for index in range(12)]
TEN = [
    {},
    {"a": {"x": 4294967295}, "psi": 0.7},
    {"a": {"x": 2.25, "y": -1.5}, "psi": -0.6, "cutoff": 5},
    {"b": {"x": 9}, "t": 0.3, "space": "z-lerp", "clip": 1.2},
    {"b": {"x": 9}, "t": 0.6, "space": "w-lerp"},
    {"a": {"x": 3.5}, "b": {"x": 12.5}, "t": 0.5, "space": "z-slerp"},
    {"mix": {"source": {"x": 21}, "weights": WEIGHTS}, "psi": 0.8},
    {"noise": {"mode": "random", "seed": 77, "strength": [2.0] * 11}},
    {"noise": {"mode": "none"}, "edits": [{"direction": GLASSES, "shift": 2.5, "layers": [0, 3]}]},
    {"model": {"name": "avatars-64"}, "a": {"x": 5}},
]


def drawn_on_the_command_line(recipe, folder):
    """The bytes that `python -m explorer render` writes in a process of its own."""
    (folder / "recipe.json").write_text(recipe.to_json())
    words = ["render", "--recipe", "recipe.json", "--out", "out.png", "--device", "cpu"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    done = processes.run("explorer.cli:main", *words, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return (folder / "out.png").read_bytes()


@pytest.mark.parametrize("recipe", TEN, ids=lambda recipe: ",".join(recipe) or "default")
def test_save_the_client_and_the_command_line_give_equal_bytes(visit, server, tmp_path, recipe):
    client = Client(server.url, verbose=False, download_files=tmp_path / "client")
    name = recipe.get("model", {}).get("name", "avatars")
    model = client.predict(name, api_name="/directions")["model"]
    named = {**recipe, "model": {"name": name, "hash": model["hash"]}}

    visit.settled(lambda: visit.paste(server.url + link(named)))
    saved = visit.saved(visit.page.locator("#save")).read_bytes()
    exact = recipe_of(saved)
    assert exact == Recipe.model_validate(named)

    path, details = client.predict(exact.model_dump(mode="json"), api_name="/render")
    assert details["recipe"] == exact.key
    assert Path(path).read_bytes() == saved
    assert drawn_on_the_command_line(exact, tmp_path) == saved


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """The explorer with an MCP server and counters."""
    log = tmp_path_factory.mktemp("programs") / "log"
    arguments = ["--checkpoint", str(AVATARS), "--device", "cpu", "--mcp", "--metrics"]
    with serving(log, arguments) as served:
        yield served
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def client(open_server, tmp_path_factory):
    return Client(open_server.url, verbose=False, download_files=tmp_path_factory.mktemp("files"))


def mcp(url, talk):
    """What `talk` returns, a coroutine function of a session with the server's MCP endpoint."""

    async def session():
        address = f"{url}/gradio_api/mcp/"
        async with (
            streamable_http_client(address) as (read, write, _),
            ClientSession(read, write) as open_session,
        ):
            await open_session.initialize()
            return await talk(open_session)

    with ThreadPoolExecutor(1) as thread:  # a browser test leaves a loop in this one
        return thread.submit(asyncio.run, session()).result(60)


def call(url, tool, arguments, **options):
    return mcp(url, lambda session: session.call_tool(tool, arguments, **options))


def test_the_api_page_lists_the_endpoints_with_their_types(client):
    found = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert found.keys() == {"/render", "/models", "/directions", "/mapping", "/grid"}
    assert all(endpoint["description"].endswith(".") for endpoint in found.values())
    types = {
        name: {one["parameter_name"]: one["type"] for one in endpoint["parameters"]}
        for name, endpoint in found.items()
    }
    assert types["/render"]["recipe"]["type"] == types["/mapping"]["recipe"]["type"] == "object"
    assert types["/grid"]["columns"] == {"type": "integer"}
    assert types["/directions"]["model"] == {"type": "string"}


def test_a_client_gets_latents_models_directions_and_a_grid(client):
    assert client.predict(api_name="/models")[0]["name"] == "avatars"
    found = client.predict("avatars", api_name="/directions")
    assert found["directions"][0]["key"] == GLASSES
    edits = [{"direction": GLASSES, "shift": 1.0}]
    w, places = client.predict({}, api_name="/mapping")
    moved, further = client.predict({"edits": edits}, api_name="/mapping")
    assert np.shape(w) == np.shape(moved) == (12, 256)
    assert further[GLASSES] > places[GLASSES] + 0.5
    path = client.predict([1, 2, 3], {"psi": 0.7}, None, 2, 64, api_name="/grid")
    assert Image.open(path).size == (130, 130)


@pytest.mark.parametrize(
    "endpoint, arguments, sentence",
    [
        ("/render", ({"psi": 9},), "psi is 9: it must be less than or equal to 2."),
        ("/mapping", ({"model": {"name": "x'y"}},), 'The model "x\'y" is not here'),
        ("/directions", ("nope",), "The model 'nope' is not here"),
        ("/grid", ([-1],), "A seed has to be a whole number from 0 to 4294967295."),
    ],
)
def test_a_mistake_of_a_program_is_one_sentence(client, endpoint, arguments, sentence):
    with pytest.raises(Exception, match="^" + sentence.replace(".", r"\.")) as caught:
        client.predict(*arguments, api_name=endpoint)
    assert "Traceback" not in str(caught.value) and "\n" not in str(caught.value)


def test_an_mcp_client_lists_the_tools_with_what_they_do(open_server):
    tools = {tool.name: tool for tool in mcp(open_server.url, lambda s: s.list_tools()).tools}
    assert tools.keys() == {"render", "models", "directions", "mapping", "grid"}
    for tool in tools.values():
        properties = tool.inputSchema["properties"].values()
        assert len(tool.description) > 60
        assert all(one["description"] for one in properties), tool.name
    assert '"psi" from -1 to 2' in tools["render"].description
    assert tools["render"].inputSchema["properties"]["recipe"]["type"] == "object"


def test_an_mcp_client_calls_render_and_sees_the_picture(open_server, client):
    recipe = {"a": {"x": 7}, "psi": 0.7}
    path, details = client.predict(recipe, api_name="/render")

    async def note(done, total, message):
        pass

    # Whoever asks for progress, as assistants do, gets the picture itself.
    result = call(open_server.url, "render", {"recipe": recipe}, progress_callback=note)
    assert not result.isError
    image, address, told = result.content
    assert image.mimeType == "image/png"
    shown = Image.open(io.BytesIO(base64.b64decode(image.data)))
    assert np.array_equal(np.asarray(shown), np.asarray(Image.open(path)))
    assert details["recipe"] in told.text
    url = address.text.removeprefix("Image URL: ")
    assert httpx.get(url).content == Path(path).read_bytes()

    # Gradio gives others its address.
    plain = call(open_server.url, "render", {"recipe": recipe})
    assert not plain.isError and details["recipe"] in plain.content[0].text


def test_an_mcp_client_gets_a_grid_and_sentences(open_server):
    result = call(open_server.url, "grid", {"seeds": [1, 2], "side": 32})
    picture = Image.open(io.BytesIO(base64.b64decode(result.content[0].data)))
    assert picture.size == (66, 32)
    refused = call(open_server.url, "render", {"recipe": {"psi": 5}})
    assert refused.isError
    assert refused.content[0].text == (
        "psi is 5: it must be less than or equal to 2. Set it to an allowed value."
    )


def test_what_is_sent_to_the_mcp_server_is_bounded(open_server):
    for path in ("/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/messages/"):
        reply = httpx.post(open_server.url + path, content=b" " * ((1 << 20) + 1))
        assert reply.status_code == 413


def test_without_being_asked_for_there_is_no_mcp_server_and_no_metrics(server):
    assert httpx.get(f"{server.url}/metrics").status_code == 404
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert httpx.post(f"{server.url}/gradio_api/mcp/", json=body).status_code in (404, 405)


def test_the_metrics_count_and_name_nobody(open_server, client):
    before = parsed(httpx.get(f"{open_server.url}/metrics").text)
    recipe = {"a": {"x": 123456789}, "psi": 0.123}
    client.predict(recipe, 0, "visitor-anna", api_name="/render")
    text = httpx.get(f"{open_server.url}/metrics").text
    after = parsed(text)
    key = ("latent_explorer_requests_total", (("kind", "rest"), ("outcome", "drawn")))
    assert after[key] == before[key] + 1
    for name in ("latent_explorer_drawn_total", "latent_explorer_drawing_seconds_total"):
        assert after[name, ()] > before[name, ()]
    assert after["latent_explorer_models_bytes", ()] > 1 << 20
    for secret in ("anna", "123456789", "0.123", "avatars", json.dumps(recipe)):
        assert secret not in text
