"""Downloads for visitors, from real servers on this machine."""

import tempfile
import threading
import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from explorer import downloads as module
from explorer.downloads import AT_ONCE, THREADS, Cancelled, Downloads
from explorer.errors import CheckpointError, ModelError
from explorer.formats.trust import cache_folder, visitor
from explorer.formats.web import Network, fetch_url
from tests.formats.servers import CERTIFICATE, Answer, serving

SIZE = 300_000
LARGEST = 1 << 20
HERE = "127.0.0.1"  # stands for the internet
NETWORK = Network(lambda host, port: [HERE], lambda address: address == HERE)


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A cache and a folder for temporary files of the test's own."""
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    (tmp_path / "temporary").mkdir()


@pytest.fixture
def cache():
    return cache_folder(visitor(LARGEST))


@pytest.fixture
def gate():
    """What comes from `server` comes up to its half until this is set."""
    event = threading.Event()
    event.set()
    yield event
    event.set()


@pytest.fixture
def server(gate):
    with serving(tls=True) as running:
        for index in range(9):
            etag = {"ETag": f'"{index}"'}
            body = bytes([index]) * SIZE
            running.answers[f"/{index}.pkl"] = Answer(body, headers=etag, gate=gate)
        yield running


@pytest.fixture
def downloads(cache):
    """Downloads with the rights of a visitor; `models.example` is this machine."""

    def made(cache_bytes=8 * LARGEST, fetch=None):
        who = visitor(LARGEST)

        def fetched(address, report):
            return fetch_url(address, who, report, NETWORK)

        return Downloads(fetch or fetched, cache, cache_bytes=cache_bytes, largest=LARGEST)

    return made


def address(server, index=0):
    return f"https://models.example:{server.port}/{index}.pkl"


def files(folder):
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


def wait_until(test):
    until = time.monotonic() + 30
    while not test():
        assert time.monotonic() < until
        time.sleep(0.01)


def bring(downloads, server, index):
    """Fetch a file to the end and give it back."""
    download = downloads.start(address(server, index), "anna")
    download.result()
    download.close()


def test_a_file_arrives_outside_of_the_cache_under_its_name_and_is_deleted_at_the_end(
    downloads, server, cache
):
    download = downloads().start(address(server), "anna")
    path = download.result()
    assert path.name == "0.pkl"
    assert path.read_bytes() == bytes(SIZE)
    assert cache not in path.parents
    assert (download.done, download.total) == (SIZE, SIZE)
    download.close()
    assert not path.exists()
    assert files(cache) == ["0.pkl"]


def test_it_takes_no_second_room_on_the_same_disk(downloads, server, cache):
    download = downloads().start(address(server), "anna")
    path = download.result()
    (kept,) = cache.rglob("*.pkl")
    assert path.samefile(kept)


def test_a_file_is_not_fetched_twice(downloads, server):
    ours = downloads()
    bring(ours, server, 0)
    told = ours.start(address(server), "ben")
    assert told.result().read_bytes() == bytes(SIZE)
    assert told.done == 0


def test_a_model_folder_arrives_without_what_else_lies_there(downloads, tmp_path):
    folder = tmp_path / "models--me--faces" / "snapshots" / "c0ffee"
    folder.mkdir(parents=True)
    for name in ("model.safetensors", "config.json", "other.pkl"):
        (folder / name).write_text(name)
    path = downloads(fetch=lambda address, report: folder).start("hf://me/faces", "anna").result()
    assert path.name == "faces"
    assert files(path) == ["config.json", "model.safetensors"]


def test_the_cache_keeps_what_was_used_last_and_stays_within_its_bound(downloads, server, cache):
    ours = downloads(cache_bytes=LARGEST + 3 * SIZE)
    for index in (0, 1, 2, 0, 3):
        bring(ours, server, index)
    assert files(cache) == ["0.pkl", "1.pkl", "2.pkl", "3.pkl"]
    assert len(files(cache)) * SIZE < LARGEST + 3 * SIZE
    bring(ours, server, 4)
    assert files(cache) == ["0.pkl", "2.pkl", "3.pkl", "4.pkl"]  # 0 was asked for again


def test_what_goes_while_it_is_fetched_is_fetched_again(downloads, server, cache):
    who, taken = visitor(LARGEST), []

    def fetch(address, report):
        path = fetch_url(address, who, report, NETWORK)
        if not taken:
            taken.append(path)
            path.unlink()
        return path

    ours = downloads(fetch=fetch)
    download = ours.start(address(server), "anna")
    assert download.result().read_bytes() == bytes(SIZE)
    assert taken


def test_a_cancelled_download_stops_and_leaves_nothing(downloads, server, gate, cache, tmp_path):
    ours = downloads()
    gate.clear()
    download = ours.start(address(server), "anna")
    wait_until(lambda: download.done)
    assert len(files(cache)) == 1
    ours.cancel("ben")
    assert not download.is_closed
    ours.cancel("anna")
    gate.set()
    with pytest.raises(Cancelled):
        download.result()
    assert files(tmp_path) == []


def test_a_failed_download_leaves_nothing(downloads, server, tmp_path):
    server.answers["/0.pkl"] = Answer(bytes(SIZE), length=2 * SIZE)
    with pytest.raises(CheckpointError, match="cannot be reached, or broke off"):
        downloads().start(address(server), "anna").result()
    with pytest.raises(CheckpointError, match=r"larger than 1\.0 MB"):
        server.answers["/1.pkl"] = Answer(bytes(2 * LARGEST), length=-1)
        downloads().start(address(server, 1), "anna").result()
    assert files(tmp_path) == []


def test_what_arrives_for_nobody_is_deleted(downloads, server, gate, tmp_path, cache):
    ours = downloads()
    download = ours.start(address(server), "anna")
    download.result()
    assert files(tmp_path / "temporary") == ["0.pkl"]
    ours.cancel("anna")  # it has ended: nothing is under way
    download.close()
    assert files(tmp_path / "temporary") == []


def test_a_visitor_fetches_one_thing_at_a_time(downloads, server, gate):
    ours = downloads()
    gate.clear()
    first = ours.start(address(server, 0), "anna")
    with pytest.raises(ModelError, match="A download of yours is still on its way"):
        ours.start(address(server, 1), "anna")
    first.close()
    second = ours.start(address(server, 1), "anna")
    gate.set()
    assert second.result().name == "1.pkl"


@pytest.mark.parametrize("cache_bytes, most", [(100 * LARGEST, AT_ONCE), (2 * LARGEST, 2), (1, 1)])
def test_as_many_come_at_a_time_as_have_room_in_the_cache(
    downloads, server, gate, cache_bytes, most
):
    ours = downloads(cache_bytes=cache_bytes)
    gate.clear()
    running = [ours.start(address(server, index), f"visitor {index}") for index in range(most)]
    with pytest.raises(ModelError, match="as much as it can at a time"):
        ours.start(address(server, 8), "one too many")
    gate.set()
    for download in running:
        download.result()
    wait_until(lambda: ours.start(address(server, 8), "one too many").result())


@pytest.fixture
def stuck(downloads):
    """Downloads from a server that says nothing, so that their threads notice nothing."""
    end = threading.Event()
    yield downloads(cache_bytes=100 * LARGEST, fetch=lambda address, report: end.wait(60))
    end.set()


def test_downloads_that_nobody_waits_for_leave_their_place_to_others(stuck):
    for turn in range(THREADS // AT_ONCE):
        running = [stuck.start("https://a", f"visitor {turn} {index}") for index in range(AT_ONCE)]
        with pytest.raises(ModelError, match="as much as it can at a time"):
            stuck.start("https://a", "one too many")
        for download in running:
            download.close()
    with pytest.raises(ModelError, match="as much as it can at a time"):
        stuck.start("https://a", "a thread too many")


def test_a_download_that_takes_too_long_leaves_its_place_to_others(stuck, monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 0.0)
    for _ in range(AT_ONCE + 1):
        stuck.start("https://a", "anna")


def test_a_private_address_is_refused_also_here(downloads, server):
    who = visitor(LARGEST)
    ours = downloads(fetch=lambda address, report: fetch_url(address, who, report))
    with pytest.raises(CheckpointError, match="not on the public internet"):
        ours.start(f"https://127.0.0.1:{server.port}/0.pkl", "anna").result()
    assert not server.requests
