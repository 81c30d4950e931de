"""A real page on a real port, asked by programs: addresses, and uploads that break off."""

import socket
import time

import httpx
import pytest

import app
from explorer.ui.header import ADDRESS_HINT
from tests.conftest import AVATARS


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """(URL, folder of its files) of a page that may be reached by strangers."""
    folder = tmp_path_factory.mktemp("gradio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        options = app.arguments().parse_args(
            [
                "--checkpoint",
                str(AVATARS),
                "--host",
                "0.0.0.0",
                "--device",
                "cpu",
                "--max-upload-mb",
                "2",
            ]
        )
        blocks = app.launch(options, prevent_thread_lock=True, quiet=True)
        yield f"http://127.0.0.1:{blocks.server_port}", folder
        blocks.close()


def component(config, name):
    (found,) = [one for one in config["components"] if one["props"].get("elem_id") == name]
    return found


def event_of(config, name):
    """The number of the event that a press on the component `name` starts."""
    target = [component(config, name)["id"], "click"]
    (found,) = [one["id"] for one in config["dependencies"] if target in map(list, one["targets"])]
    return found


def test_where_strangers_come_the_field_is_not_shown_and_the_event_is_refused(strangers):
    url, _ = strangers
    config = httpx.get(f"{url}/config").json()
    assert component(config, "address")["props"]["visible"] is False
    assert component(config, "fetch")["props"]["visible"] is False
    call = {"data": ["hf://me/one", "anna"], "fn_index": event_of(config, "fetch")}
    api = f"{url}/gradio_api/queue"
    httpx.post(f"{api}/join", json={**call, "session_hash": "s"}).raise_for_status()
    told = httpx.get(f"{api}/data", params={"session_hash": "s"}, timeout=30).text
    assert "This server opens no addresses. Start it with --allow-downloads" in told


def test_the_hint_says_what_may_be_written():
    for form in ("hf://owner/repo,", "hf://owner/repo/file@revision", "https://"):
        assert form in ADDRESS_HINT


PART = b'Content-Disposition: form-data; name="files"; filename="a.pkl"\r\n\r\n'
TEXT = b'Content-Disposition: form-data; name="files"\r\n\r\n'
ELSEWHERE = b'Content-Disposition: form-data; name="other"; filename="a.pkl"\r\n\r\n'
FORM = "multipart/form-data; boundary=line"


def sent(folder):
    return [path for path in folder.iterdir() if path.is_file()]


def wait_until(test):
    until = time.monotonic() + 20
    while not test():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize(
    "kind",
    [
        FORM,
        "multipart/form-data; BOUNDARY=line",
        "multipart/form-data; xboundary=other; boundary=line",
        'multipart/form-data; boundary="line"',
    ],
)
def test_an_upload_that_breaks_off_leaves_no_file(strangers, kind):
    url, folder = strangers
    head = (
        "POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n"
        f"Content-Type: {kind}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
        connection.sendall(head.encode() + b"--line\r\n" + PART + bytes(1_000_000))
        wait_until(lambda: sent(folder))
    wait_until(lambda: not sent(folder))


@pytest.mark.parametrize(
    "body, status, sentence",
    [
        (PART + bytes(1000), 400, "The upload broke off."),
        (PART + b"x\r\n--line", 400, "The upload broke off."),
        (PART + b"x\r\n--line-", 400, "The upload broke off."),
        (PART[:30], 400, "The upload broke off."),
        (TEXT + b"x\r\n--line--\r\n", 400, "An upload here has files and nothing else."),
        (ELSEWHERE + b"x\r\n--line--\r\n", 400, "An upload here has files and nothing else."),
        (PART + b"x\r\n--line\r\n" + TEXT + b"x\r\n--line--", 400, "files and nothing else"),
        (PART + bytes(4_000_000) + b"\r\n--line--\r\n", 413, "maximum allowed size"),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("is_counted", [False, True], ids=["declared", "counted"])
def test_an_upload_that_is_none_is_refused_and_leaves_no_file(
    strangers, body, status, sentence, is_counted
):
    url, folder = strangers
    whole = b"--line\r\n" + body
    parts = (whole[at : at + 50_000] for at in range(0, len(whole), 50_000))
    answer = httpx.post(
        f"{url}/gradio_api/upload?upload_id=mine",
        content=parts if is_counted else whole,
        headers={"Content-Type": FORM},
    )
    assert answer.status_code == status
    assert sentence in answer.text
    assert not sent(folder)


def test_files_together_are_no_larger_than_an_upload(strangers):
    url, folder = strangers
    files = [("files", (f"{index}.pkl", bytes(1_500_000))) for index in range(3)]
    answer = httpx.post(f"{url}/gradio_api/upload", files=files)
    assert answer.status_code == 413
    assert answer.text == f"An upload's maximum allowed size is {3 << 20} bytes."
    assert not sent(folder)


@pytest.mark.parametrize("size", [0, 1, 256_000, 2 << 20])
@pytest.mark.parametrize("boundary", ["line", "a'()+_,-./:=?"])
def test_a_whole_upload_arrives_as_it_is(strangers, size, boundary):
    url, _ = strangers
    data = (bytes(range(256)) * (1 + size // 256))[:size]
    answer = httpx.post(
        f"{url}/gradio_api/upload",
        files={"files": ("a b.pkl", data)},
        headers={"Content-Type": f'multipart/form-data; boundary="{boundary}"'},
    )
    (path,) = answer.json()
    with open(path, "rb") as file:
        assert file.read() == data
