"""Servers that never come to an end."""

import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from huggingface_hub import constants

from explorer.errors import CheckpointError
from explorer.formats import web
from explorer.formats.trust import visitor
from explorer.formats.web import Network, fetch_url
from tests.formats.servers import CERTIFICATE

HERE = "127.0.0.1"  # stands for the internet
NETWORK = Network(lambda host, port: [HERE], lambda address: True)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A cache of the test's own, and trust in the certificate of models.example."""
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    return tmp_path


@contextmanager
def trickling(beginning, *, tls=False):
    """The port of a server that answers with `beginning` and then, slowly, with nothing to use."""
    with socket.create_server((HERE, 0)) as listening, ThreadPoolExecutor() as threads:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)

        def answer():
            connection, _ = listening.accept()
            if tls:
                connection = context.wrap_socket(connection, server_side=True)
            with connection, suppress(OSError):
                connection.recv(9999)
                connection.sendall(beginning)
                for _ in range(100):
                    connection.sendall(b"a")
                    time.sleep(0.1)

        threads.submit(answer)
        yield listening.getsockname()[1]


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    "beginning, limit, sentence",
    [
        (b"HTTP/1.1 200 OK\r\nX: ", "LONGEST_HEADERS", r"did not answer within 0\.5 seconds"),
        (CHUNKED, "LONGEST", "broke off"),
    ],
    ids=["headers", "body"],
)
def test_a_server_that_trickles_is_given_up(beginning, limit, sentence, tls, places, monkeypatch):
    monkeypatch.setattr(web, limit, 0.5)
    begun = time.monotonic()
    with trickling(beginning, tls=tls) as port:
        url = f"{'https' if tls else 'http'}://models.example:{port}/net.pkl"
        trust = replace(visitor(1 << 20), plain_http=True)
        with pytest.raises(CheckpointError, match=sentence):
            fetch_url(url, trust, network=NETWORK)
    assert time.monotonic() - begun < 5
    assert not [path for path in places.rglob("*") if path.is_file()]
