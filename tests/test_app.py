import json
import socket

import gradio as gr
import numpy as np
import pytest
import torch
from onnx import helper

import app
from explorer.directions.direction import Direction, step_of
from explorer.errors import ExplorerError
from explorer.ui import finding
from explorer.ui.wire import to_wire
from tests.onnx_networks import small


def test_without_arguments_gradio_decides_and_nothing_is_shared():
    options = app.arguments().parse_args([])
    assert (options.checkpoint, options.device) == ([], "auto")
    assert (options.host, options.port, options.root_path, options.auth) == (None,) * 4
    assert (options.share, options.allow_downloads, options.max_upload_mb) == (False, False, 1024)


@pytest.mark.parametrize(
    "words, environment, allowed",
    [
        ([], {}, True),
        (["--host", "localhost"], {}, True),
        (["--host", "127.0.0.2"], {}, True),
        (["--host", "::1"], {}, True),
        (["--share"], {}, False),
        (["--host", "0.0.0.0"], {}, False),
        (["--host", "192.168.0.7"], {}, False),
        (["--host", "example.org"], {}, False),
        ([], {"GRADIO_SERVER_NAME": "0.0.0.0"}, False),
        ([], {"GRADIO_SHARE": "True"}, False),
        (["--host", "127.0.0.1", "--share"], {}, False),
        (["--root-path", "/faces"], {}, False),
        ([], {"GRADIO_ROOT_PATH": "/faces"}, False),
        (["--root-path", "/faces", "--allow-downloads"], {}, True),
        (["--host", "0.0.0.0", "--allow-downloads"], {}, True),
        (["--share", "--allow-downloads"], {"GRADIO_SHARE": "true"}, True),
    ],
)
def test_the_page_fetches_addresses_for_this_machine_alone_or_if_it_is_told_so(
    monkeypatch, words, environment, allowed
):
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SHARE", "GRADIO_ROOT_PATH"):
        monkeypatch.setenv(name, environment.get(name, ""))
    downloads = app.downloads_of(app.arguments().parse_args(words))
    assert (downloads is not None) == allowed


@pytest.mark.parametrize(
    "words, variable, shared",
    [([], "", False), (["--share"], "", True), ([], "True", True), ([], "no", False)],
)
def test_gradio_is_told_whether_to_share_so_that_no_notebook_decides_it(
    monkeypatch, words, variable, shared
):
    told = []
    monkeypatch.setenv("GRADIO_SHARE", variable)
    monkeypatch.setattr(gr.Blocks, "launch", lambda blocks, **options: told.append(options))
    app.launch(app.arguments().parse_args([*words, "--device", "cpu"]))
    assert told[0]["share"] is shared


def test_previews_have_60_ms_and_the_models_own_precision_unless_told_otherwise():
    options = app.arguments().parse_args([])
    assert (options.preview_ms, options.precision) == (60.0, "auto")
    words = ["--preview-ms", "16.7", "--precision", "bfloat16"]
    options = app.arguments().parse_args(words)
    assert (options.preview_ms, options.precision) == (16.7, "bfloat16")


def test_the_engine_draws_in_the_precision_that_was_asked_for():
    server, model = app.prepare(
        app.arguments().parse_args(["--device", "cpu", "--precision", "bfloat16"])
    )
    assert server.engine.draw(model.first_recipe).precision == "bfloat16"
    server.models.close()
    server.engine.close()


def test_checkpoints_may_be_given_several_times():
    options = app.arguments().parse_args(["--checkpoint", "a.pkl", "--checkpoint", "b c"])
    assert options.checkpoint == ["a.pkl", "b c"]


@pytest.mark.parametrize(
    "argument, sentence",
    [
        (["--device", "toaster"], "invalid choice: 'toaster'"),
        (["--port", "high"], "invalid int value: 'high'"),
        (["--max-upload-mb", "many"], "invalid int value: 'many'"),
        (["--precision", "double"], "invalid choice: 'double'"),
        (["--preview-ms", "soon"], "'soon' is no number of milliseconds above 0"),
        (["--preview-ms", "0"], "'0' is no number of milliseconds above 0"),
        (["--preview-ms", "nan"], "'nan' is no number of milliseconds above 0"),
        (["--preview-ms", "inf"], "'inf' is no number of milliseconds above 0"),
        (["--speed"], "unrecognized arguments: --speed"),
    ],
)
def test_an_argument_that_does_not_exist_ends_with_2_and_says_why(argument, sentence, capsys):
    with pytest.raises(SystemExit, match="2"):
        app.main(argument)
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, parts",
    [(None, None), ("anna:secret", ("anna", "secret")), ("anna:a:b:", ("anna", "a:b:"))],
)
def test_a_login_is_a_name_and_a_password(text, parts):
    assert app.login(text) == parts


@pytest.mark.parametrize("text", ["", ":", "hunter2", "hunter2:", ":hunter2"])
def test_half_a_login_is_refused_without_telling_the_password(text):
    with pytest.raises(ExplorerError, match="--auth needs a name and a password") as caught:
        app.login(text)
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def problem(capsys, *arguments):
    """The one sentence on stderr that `main` ends with."""
    assert app.main(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_checkpoint_that_does_not_exist_is_named(capsys, tmp_path):
    wanted = str(tmp_path / "lost.pkl")
    assert problem(capsys, "--checkpoint", wanted) == f"{wanted} does not exist. Check the path."


def test_a_checkpoint_that_is_none_is_named(capsys, tmp_path):
    path = tmp_path / "page.pkl"
    path.write_text("<html>not found</html>")
    assert problem(capsys, "--checkpoint", str(path)).startswith("page.pkl: ")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has mps")
def test_a_device_that_is_not_there_is_named(capsys):
    assert problem(capsys, "--device", "mps") == "There is no mps device here. Leave --device out."


def test_half_a_login_ends_with_2(capsys):
    sentence = "--auth needs a name and a password. Write USER:PASSWORD."
    assert problem(capsys, "--auth", "anna") == sentence


def test_language_models_and_monitors_are_let_in_only_where_that_is_asked_for():
    options = app.arguments().parse_args([])
    assert (options.mcp, options.metrics) == (False, False)


def test_an_mcp_server_behind_a_login_of_the_page_is_refused(capsys):
    sentence = "--mcp cannot ask for a login. Leave --auth out, and let a proxy ask for it."
    assert problem(capsys, "--mcp", "--auth", "ada:secret") == sentence


def test_an_mcp_server_without_its_package_is_refused(capsys, monkeypatch):
    monkeypatch.setattr(app.importlib.util, "find_spec", lambda name: None)
    sentence = "--mcp needs the package mcp. Run pip install -r requirements.txt."
    assert problem(capsys, "--mcp") == sentence


@pytest.mark.parametrize("words, told", [([], False), (["--mcp"], True)])
def test_gradio_is_told_whether_to_serve_mcp_so_that_no_variable_decides_it(
    monkeypatch, words, told
):
    options = []
    monkeypatch.setenv("GRADIO_MCP_SERVER", "True")
    monkeypatch.setattr(gr.Blocks, "launch", lambda blocks, **named: options.append(named))
    app.launch(app.arguments().parse_args([*words, "--device", "cpu"]))
    assert options[0]["mcp_server"] is told


def test_a_port_in_use_is_named(capsys, taken_port):
    sentence = f"Port {taken_port} is in use. Choose another one with --port."
    assert problem(capsys, "--port", str(taken_port)) == sentence


def test_a_classifier_is_for_models_that_have_none(tmp_path):
    assert app.arguments().parse_args([]).attributes is None
    path = tmp_path / "mine.onnx"
    path.write_bytes(small.classifier(np.eye(3), np.zeros(3)))
    options = app.arguments().parse_args(["--attributes", str(path), "--device", "cpu"])
    server, _ = app.prepare(options)
    assert server.classifier == path
    server.models.close()
    server.engine.close()


FEATURES = helper.make_node("GlobalAveragePool", ["image"], ["features"])


@pytest.mark.parametrize(
    "data, sentence",
    [
        (None, "No such file"),
        (b"<html>", "mine.onnx is no ONNX file. It needs one input"),
        (small.with_outside_weights(), "mine.onnx keeps its weights in another file."),
        (small.model([FEATURES], ["features"]), "mine.onnx is no classifier: it has no output"),
    ],
)
def test_a_classifier_that_is_none_is_said_at_the_start(capsys, tmp_path, data, sentence):
    path = tmp_path / "mine.onnx"
    if data is not None:
        path.write_bytes(data)
    assert sentence in problem(capsys, "--attributes", str(path), "--device", "cpu")


def test_the_page_may_send_a_whole_library_of_directions():
    many = [
        Direction(f"d{i}", step_of("w", np.random.default_rng(i).normal(size=512)))
        for i in range(finding.MOST_SAVED)
    ]
    body = {"kind": "export", "directions": [to_wire(one) for one in many]}
    assert len(json.dumps(body)) < app.BODY
