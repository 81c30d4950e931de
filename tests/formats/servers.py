"""Real web servers on this machine, for what is fetched from the network."""

import json
import os
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# Made once for models.example and inside.example; opens nothing but the tests.
CERTIFICATE = Path(__file__).parents[1] / "data" / "tls" / "models.example.pem"
COMMIT = "c0" * 20


@dataclass(frozen=True)
class Answer:
    """What a server says to one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # what it says the body has; -1 says nothing
    gate: threading.Event | None = None  # the second half waits for it


@dataclass(frozen=True)
class Server:
    """A running server: what it answers by path, and the requests that came."""

    port: int
    answers: dict[str, Answer]
    requests: list[tuple[str, str, dict[str, str]]]  # method, path, headers in lower case
    names: list[str]  # that clients wanted to speak to, by TLS

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def handler_of(
    answers: dict[str, Answer], requests: list[tuple[str, str, dict[str, str]]]
) -> type[BaseHTTPRequestHandler]:
    """What answers each request from `answers` by its path, and notes it in `requests`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            requests.append((self.command, self.path, headers))
            answer = answers.get(path, Answer(b"nothing", 404))
            self.send_response(answer.status)
            length = len(answer.body) if answer.length is None else answer.length
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if length >= 0:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command == "HEAD":
                return
            half = len(answer.body) // 2 if answer.gate else len(answer.body)
            self.wfile.write(answer.body[:half])
            if answer.gate:
                answer.gate.wait(60)
                self.wfile.write(answer.body[half:])

        do_HEAD = do_GET

        def log_message(self, *words):
            pass

    return Handler


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request, address):
        """Clients that hang up are part of the tests."""


@contextmanager
def serving(*, tls: bool = False, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Serve until the block ends."""
    answers: dict[str, Answer] = {}
    requests: list[tuple[str, str, dict[str, str]]] = []
    names: list[str] = []
    server = Quiet((host, port), handler_of(answers, requests))
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        context.sni_callback = lambda connection, name, _: names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Server(server.server_address[1], answers, requests, names)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def add_repository(
    server: Server,
    repo: str,
    files: Mapping[str, bytes],
    gate: threading.Event | None = None,
    **more: object,
) -> None:
    """Let `server` answer like the hub for the main branch of `repo`; its files wait for `gate`."""
    info = {
        "id": repo,
        "modelId": repo,
        "sha": COMMIT,
        "siblings": [{"rfilename": name, "size": len(data)} for name, data in files.items()],
        **more,
    }
    listing = Answer(json.dumps(info).encode(), headers={"Content-Type": "application/json"})
    for revision in ("", "/revision/main", f"/revision/{COMMIT}"):
        server.answers[f"/api/models/{repo}{revision}"] = listing
    for name, data in files.items():
        headers = {"ETag": f'"{hash(name) & 0xFFFF}-{len(data)}"', "X-Repo-Commit": COMMIT}
        server.answers[f"/{repo}/resolve/{COMMIT}/{name}"] = Answer(
            data, headers=headers, gate=gate
        )


def refuse(server: Server, path: str, status: int, code: str) -> None:
    """Let `server` refuse `path` the way the hub does."""
    server.answers[path] = Answer(b"{}", status, headers={"X-Error-Code": code})


def environment(server: Server, home: Path, **more: str) -> dict[str, str]:
    """The environment of a process for which `server` is the hub, with its cache in `home`."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "HF_HOME": str(home / "hf"),
        "HF_ENDPOINT": server.url,
        "HF_HUB_ETAG_TIMEOUT": "2",
        "OMP_NUM_THREADS": "1",
        **more,
    }
