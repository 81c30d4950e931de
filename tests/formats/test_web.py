"""Checkpoints from URLs, against real servers on this machine."""

import hashlib
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import quote

import pytest
from huggingface_hub import constants

from explorer.errors import CheckpointError
from explorer.formats import load, save
from explorer.formats.sources import fetch
from explorer.formats.trust import COMMAND_LINE, visitor
from explorer.formats.web import Network, fetch_url
from tests.formats.servers import CERTIFICATE, Answer, serving
from tests.networks.builders import tiny_generator

DATA = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
VISITOR = visitor(limit_bytes=1 << 20)
HERE, INSIDE = "127.0.0.1", "127.0.0.2"  # one stands for the internet, the other for our network


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own, and trust in the certificate of models.example."""
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    return tmp_path / "home" / "stylegan-explorer"


@pytest.fixture
def server():
    with serving() as running:
        running.answers["/net.pkl"] = Answer(DATA)
        yield running


@pytest.fixture
def secure():
    with serving(tls=True) as running:
        running.answers["/net.pkl"] = Answer(DATA)
        yield running


def names(**addresses):
    """A network in which `models` is models.example, and only HERE is public."""
    table = {f"{name}.example": list(found) for name, found in addresses.items()}
    return Network(lambda host, port: table.get(host, []), lambda address: address == HERE)


def test_a_url_opens_like_a_file(server, tmp_path):
    save(tiny_generator(), tmp_path / "tiny")
    server.answers["/a/tiny.safetensors"] = Answer((tmp_path / "tiny").read_bytes())
    path = fetch(f"{server.url}/a/tiny.safetensors?download=true", COMMAND_LINE)
    assert path.name == "tiny.safetensors"
    assert load(path).config == tiny_generator().config


def test_progress_is_told_in_bytes(server):
    seen = []
    fetch(f"{server.url}/net.pkl", COMMAND_LINE, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(DATA), len(DATA))
    assert seen == sorted(seen)
    assert len(seen) > 1


def test_the_right_hash_is_accepted_and_not_asked_for_again(server):
    address = f"{server.url}/net.pkl#sha256={DIGEST.upper()}"
    path = fetch(address, COMMAND_LINE)
    assert path.read_bytes() == DATA
    assert fetch(address, COMMAND_LINE) == path
    assert len(server.requests) == 1


def test_another_hash_is_refused_and_nothing_is_kept(server, cache):
    with pytest.raises(CheckpointError, match=rf"its SHA-256 is {DIGEST}, expected was 0000"):
        fetch(f"{server.url}/net.pkl#sha256={'0' * 64}", COMMAND_LINE)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_a_file_with_the_same_etag_is_not_fetched_again(server):
    server.answers["/net.pkl"] = Answer(DATA, headers={"ETag": '"one"'})
    path = fetch(f"{server.url}/net.pkl", COMMAND_LINE)
    before = path.stat().st_mtime_ns
    assert fetch(f"{server.url}/net.pkl", COMMAND_LINE) == path
    assert path.stat().st_mtime_ns == before
    server.answers["/net.pkl"] = Answer(b"new", headers={"ETag": '"two"'})
    assert fetch(f"{server.url}/net.pkl", COMMAND_LINE).read_bytes() == b"new"
    assert path.read_bytes() == DATA


def test_a_file_without_an_etag_is_fetched_anew(server):
    fetch(f"{server.url}/net.pkl", COMMAND_LINE)
    server.answers["/net.pkl"] = Answer(b"new")
    assert fetch(f"{server.url}/net.pkl", COMMAND_LINE).read_bytes() == b"new"


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (Answer(status=404), r"'127\.0\.0\.1/net\.pkl': there is no such file.*\(status 404\)"),
        (Answer(status=401), "the server wants a login"),
        (Answer(status=500), r"cannot hand it out now \(status 500\)"),
        (Answer(b"x" * 99, length=10_000), "the server cannot be reached, or broke off"),
        (Answer(b"x", headers={"Content-Encoding": "gzip"}), "sends it compressed"),
        (Answer(status=302, headers={"Location": "/net.pkl"}), "redirects again and again"),
        (Answer(status=302, headers={"Location": "http://["}), "cannot be reached, or broke off"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "which is not https"),
    ],
)
def test_what_the_server_does_wrong_is_one_sentence(server, cache, answer, sentence):
    server.answers["/net.pkl"] = answer
    with pytest.raises(CheckpointError, match=sentence):
        fetch(f"{server.url}/net.pkl", COMMAND_LINE)
    assert not [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize("length", [None, -1], ids=["declared", "counted"])
def test_a_file_over_the_limit_is_refused(server, length, cache):
    server.answers["/net.pkl"] = Answer(DATA, length=length)
    small = replace(COMMAND_LINE, limit_bytes=200_000)
    with pytest.raises(CheckpointError, match=r"larger than 0\.2 MB, which is the limit"):
        fetch(f"{server.url}/net.pkl", small)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_no_server_is_one_sentence():
    with pytest.raises(CheckpointError, match="cannot be reached"):
        fetch("http://127.0.0.1:9/net.pkl", COMMAND_LINE)


@pytest.mark.parametrize(
    "address, sentence",
    [
        ("https://", "'https://' is no link"),
        ("https://example.org/\x01.pkl", "is no link"),
        ("http://a/b#sha256=12", "'sha256=12' behind the # is no hash"),
        ("ftp://a/b", "'ftp://a/b' is no address"),
        ("file:///etc/passwd", "is no address"),
    ],
)
def test_an_address_that_is_none_says_so(address, sentence):
    with pytest.raises(CheckpointError, match=sentence):
        fetch(address, COMMAND_LINE)


def test_passwords_and_signatures_are_not_repeated(server):
    address = f"http://user:secret@127.0.0.1:{server.port}/gone.pkl?signature=secret"
    with pytest.raises(CheckpointError) as caught:
        fetch(address, COMMAND_LINE)
    assert "secret" not in str(caught.value)


def test_a_path_is_for_the_command_line_only(tmp_path):
    assert fetch(str(tmp_path), COMMAND_LINE) == tmp_path
    with pytest.raises(CheckpointError, match="is no address of a checkpoint"):
        fetch(str(tmp_path), VISITOR)


def test_a_long_name_in_any_script_is_kept_under_its_end(server):
    for letter in ("a", "é", "日", "\U00020000"):
        server.answers[f"/{quote(letter * 120)}.pkl"] = Answer(DATA)
        path = fetch(f"{server.url}/{letter * 120}.pkl", COMMAND_LINE)
        assert path.read_bytes() == DATA
        assert path.name.endswith(f"{letter * 15}.pkl")


# What a visitor may not do


def test_a_visitor_gets_https_from_a_public_address(secure, cache):
    url = f"https://models.example:{secure.port}/net.pkl"
    path = fetch_url(url, VISITOR, network=names(models=[HERE]))
    assert path.read_bytes() == DATA
    assert cache / "public" in path.parents
    assert secure.names == ["models.example"]
    assert secure.requests[0][2]["host"] == f"models.example:{secure.port}"


def test_a_name_is_looked_up_once_so_that_it_cannot_change_after_the_check(secure):
    answers = [[HERE], [INSIDE]]
    network = Network(lambda host, port: answers.pop(0), lambda address: address == HERE)
    url = f"https://models.example:{secure.port}/net.pkl"
    assert fetch_url(url, VISITOR, network=network).read_bytes() == DATA
    assert answers == [[INSIDE]]


def test_the_certificate_is_checked_against_the_name_and_not_the_address(secure):
    url = f"https://other.example:{secure.port}/net.pkl"
    with pytest.raises(CheckpointError, match="cannot be reached"):
        fetch_url(url, VISITOR, network=names(other=[HERE]))


def test_one_private_address_among_public_ones_is_enough_to_refuse(secure):
    url = f"https://models.example:{secure.port}/net.pkl"
    with pytest.raises(CheckpointError, match=r"'models\.example', which is not on the public"):
        fetch_url(url, VISITOR, network=names(models=[HERE, INSIDE]))
    assert not secure.requests


def test_a_redirect_into_the_private_network_is_refused(secure):
    with serving(tls=True, host=INSIDE, port=secure.port) as inside:
        inside.answers["/net.pkl"] = Answer(DATA)
        where = f"https://inside.example:{secure.port}/net.pkl"
        secure.answers["/net.pkl"] = Answer(status=302, headers={"Location": where})
        network = names(models=[HERE], inside=[INSIDE])
        with pytest.raises(CheckpointError, match=r"'inside\.example', which is not on the public"):
            fetch_url(f"https://models.example:{secure.port}/net.pkl", VISITOR, network=network)
        assert secure.requests
        assert not inside.requests


def test_a_redirect_to_plain_http_is_refused(secure, server):
    there = f"http://models.example:{server.port}/net.pkl"
    secure.answers["/net.pkl"] = Answer(status=302, headers={"Location": there})
    with pytest.raises(CheckpointError, match="which is not https"):
        url = f"https://models.example:{secure.port}/net.pkl"
        fetch_url(url, VISITOR, network=names(models=[HERE]))
    assert not server.requests


def test_a_relative_redirect_stays_with_the_name(secure):
    secure.answers["/old.pkl"] = Answer(status=301, headers={"Location": "net.pkl"})
    url = f"https://models.example:{secure.port}/old.pkl"
    fetch_url(url, VISITOR, network=names(models=[HERE]))
    assert secure.names == ["models.example"] * 2


def test_passwords_of_the_host_are_not_sent_for_a_visitor(secure, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    url = f"https://models.example:{secure.port}/net.pkl"
    fetch_url(url, VISITOR, network=names(models=[HERE]))
    assert "authorization" not in secure.requests[0][2]


def test_the_next_address_of_a_name_is_tried_if_one_is_dead(secure):
    network = Network(lambda host, port: [INSIDE, HERE], lambda address: True)
    url = f"https://models.example:{secure.port}/net.pkl"
    assert fetch_url(url, VISITOR, network=network).read_bytes() == DATA


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/a.pkl",
        "https://localhost/a.pkl",
        "https://[::1]/a.pkl",
        "https://[::ffff:127.0.0.1]/a.pkl",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/a.pkl",
        "https://0.0.0.0/a.pkl",
        "https://2130706433/a.pkl",
        "https://0x7f.1/a.pkl",
        "https://[64:ff9b::7f00:1]/a.pkl",
        "https://[2002:7f00:1::]/a.pkl",
        "https://[fe80::1%25lo]/a.pkl",
        "https://224.0.0.1/a.pkl",
        "https://[fec0::1]/a.pkl",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(address):
    with pytest.raises(
        CheckpointError, match=r"not on the public internet|no server called|no link"
    ):
        fetch(address, VISITOR)


def test_plain_http_is_refused_to_a_visitor():
    with pytest.raises(CheckpointError, match="which is not https"):
        fetch("http://example.org/a.pkl", VISITOR)


def test_a_name_that_nobody_knows_is_one_sentence():
    with pytest.raises(CheckpointError, match=r"there is no server called 'nobody\.example'"):
        fetch_url("https://nobody.example/a.pkl", VISITOR, network=names())


def test_visitors_do_not_find_what_the_host_fetched(secure):
    with ExitStack() as stack:
        own = stack.enter_context(serving())
        own.answers["/net.pkl"] = Answer(DATA)
        fetch(f"{own.url}/net.pkl#sha256={DIGEST}", COMMAND_LINE)
    url = f"https://models.example:{secure.port}/net.pkl#sha256={DIGEST}"
    fetch_url(url, VISITOR, network=names(models=[HERE]))
    assert len(secure.requests) == 1
