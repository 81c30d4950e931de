"""`hf://` addresses, against a real server that answers like the hub, in processes of their own.

huggingface_hub reads HF_ENDPOINT when it is imported, so each test runs the command line anew.
"""

import json
from pathlib import Path

import pytest

from explorer import images
from explorer.errors import CheckpointError
from explorer.formats import content_hash, inspect, load
from explorer.formats.hub import Place, choose, place_of
from tests.conftest import AVATARS
from tests.formats.servers import COMMIT, Answer, add_repository, environment, refuse, serving
from tests.networks import golden
from tests.processes import run

ROOT = Path(__file__).parents[2]
NAME = "sg2_orig_16"
PICKLE = golden.checkpoint(NAME).read_bytes()


@pytest.fixture(scope="module")
def hub():
    """A hub with a few repositories."""
    with serving() as server:
        add_repository(server, "me/one", {"README.md": b"# one", "weights/net.pkl": PICKLE})
        add_repository(server, "me/two", {"a.pkl": b"a", "b.pt": b"b", "notes.txt": b""})
        add_repository(server, "me/none", {"README.md": b"# none"})
        add_repository(
            server,
            "me/folder",
            {name: (AVATARS / name).read_bytes() for name in ("model.safetensors", "config.json")},
        )
        add_repository(server, "me/gated", {"net.pkl": PICKLE})
        refuse(server, f"/me/gated/resolve/{COMMIT}/net.pkl", 401, "GatedRepo")
        refuse(server, "/api/models/me/gone", 404, "RepoNotFound")
        refuse(server, "/api/models/me/one/revision/v9", 404, "RevisionNotFound")
        server.answers["/api/models/me/broken"] = Answer(b"", 418)
        yield server


def explore(server, home, *words, place="explorer.cli:main", **more):
    """`python -m explorer` with `words`, with `server` as the hub and its cache in `home`."""
    return run(place, *words, env=environment(server, home, **more), cwd=ROOT)


def fetching(server, home, *addresses, limit=0, **more):
    """[path or sentence, progress] of each address, fetched for a visitor if there is a `limit`."""
    place = "tests.formats.fetching:main"
    done = explore(server, home, str(limit), *addresses, place=place, **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fetch(server, home, *addresses, **options):
    """The path or sentence of each."""
    return [outcome for outcome, _ in fetching(server, home, *addresses, **options)]


def test_the_only_checkpoint_of_a_repository_is_taken_and_kept(hub, tmp_path):
    first = explore(hub, tmp_path, "info", "hf://me/one", "--json")
    assert first.returncode == 0, first.stderr
    found = json.loads(first.stdout)
    assert found["file"] == "net.pkl"
    assert found["content_hash"] == inspect(golden.checkpoint(NAME)).content_hash
    before = len(hub.requests)
    again = explore(hub, tmp_path, "info", "hf://me/one/weights/net.pkl", "--json")
    assert json.loads(again.stdout) == found
    assert not [path for method, path, _ in hub.requests[before:] if "/resolve/" in path]


def test_what_was_fetched_once_opens_without_the_hub(tmp_path):
    with serving() as server:
        add_repository(server, "me/one", {"README.md": b"# one", "net.pkl": PICKLE})
        (online,) = fetch(server, tmp_path, "hf://me/one")
    assert Path(online).read_bytes() == PICKLE
    assert fetch(server, tmp_path, "hf://me/one") == [online]
    offline, never = fetch(server, tmp_path, "hf://me/one", "hf://me/two", HF_HUB_OFFLINE="1")
    assert offline == online
    assert never.startswith("hf://me/two: the hub cannot be reached, and it is not in the cache.")


def test_a_model_folder_keeps_its_card_and_the_name_of_its_repository(hub, tmp_path):
    out = tmp_path / "a.png"
    drawn = explore(hub, tmp_path, "render", "--model", "hf://me/folder", "--out", str(out))
    assert drawn.returncode == 0, drawn.stderr
    model = images.recipe_of(out.read_bytes()).model
    assert (model.name, model.hash) == ("folder", content_hash(load(AVATARS)))


SENTENCES = {
    "hf://me/two": "it has 2 files that may be one; its checkpoints are 'a.pkl', 'b.pt'. "
    "Write hf://owner/repo/file with one of them.",
    "hf://me/none": "it has no checkpoint. Choose another repository.",
    "hf://me/one/net.pkl": "it has no file 'net.pkl'; its checkpoints are 'weights/net.pkl'. "
    "Write hf://owner/repo/file with one of them.",
    "hf://me/gone": "there is no such repository, or it is private. "
    "Check the name, or log in with `hf auth login`.",
    "hf://me/one@v9": "it has no revision 'v9'. Check the revision.",
    "hf://me/gated": "its author wants to know who uses it (a gated repository). "
    "Agree to that on the repository's page, then log in with `hf auth login`.",
    "hf://me/broken": "the hub does not hand it out (status 418). Try again later.",
    "hf://me/--": "the hub has no such names. Write hf://owner/repo/file.",
}


def test_what_cannot_be_had_is_one_sentence(hub, tmp_path):
    outcomes = fetch(hub, tmp_path, *SENTENCES)
    assert outcomes == [f"{address}: {sentence}" for address, sentence in SENTENCES.items()]


def test_the_command_line_says_the_sentence_and_nothing_else(hub, tmp_path):
    told = explore(hub, tmp_path, "info", "hf://me/gone")
    assert told.returncode == 2
    assert told.stderr == f"hf://me/gone: {SENTENCES['hf://me/gone']}\n"


def test_the_token_is_sent_for_the_command_line_and_never_for_a_visitor(hub, tmp_path):
    def sent(limit):
        before = len(hub.requests)
        fetch(hub, tmp_path, "hf://me/one", limit=limit, HF_TOKEN="hf_secret")
        return {
            headers.get("authorization")
            for _, path, headers in hub.requests[before:]
            if "me/one" in path
        }

    assert sent(limit=0) == {"Bearer hf_secret"}
    assert sent(limit=1 << 30) == {None}


def test_a_visitor_does_not_find_what_the_token_opened(tmp_path):
    address = f"hf://me/one@{COMMIT}"
    with serving() as server:
        add_repository(server, "me/one", {"net.pkl": PICKLE})
        own = fetch(server, tmp_path, address)
        refuse(server, f"/me/one/resolve/{COMMIT}/net.pkl", 401, "GatedRepo")
        assert fetch(server, tmp_path, address) == own
        (refused,) = fetch(server, tmp_path, address, limit=1 << 30)
    assert "a gated repository" in refused


def test_a_size_over_the_limit_is_refused_before_the_download(hub, tmp_path):
    before = len(hub.requests)
    (refused,) = fetch(hub, tmp_path, "hf://me/one", limit=100_000)
    assert "hf://me/one: it has 0.2 MB, the limit here is 0.1 MB. Use a smaller file" in refused
    assert not [path for _, path, _ in hub.requests[before:] if "/resolve/" in path]


def test_progress_of_a_download_counts_all_its_files(hub, tmp_path):
    ((_, seen),) = fetching(hub, tmp_path, "hf://me/folder")
    total = sum((AVATARS / name).stat().st_size for name in ("model.safetensors", "config.json"))
    assert seen[-1] == [total, total]
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    "address, place",
    [
        ("hf://a/b", Place("a/b", None, None)),
        ("hf://a/b/", Place("a/b", None, None)),
        ("hf://a/b@refs/pr/1", Place("a/b", None, "refs/pr/1")),
        ("hf://a/b/c/d.pkl@v1", Place("a/b", "c/d.pkl", "v1")),
    ],
)
def test_an_address_is_taken_apart(address, place):
    assert place_of(address) == place


@pytest.mark.parametrize("address", ["hf://", "hf://a", "hf:///a/b", "hf://a/b@", "hf://a//b"])
def test_an_address_that_is_incomplete_says_how_to_write_it(address):
    with pytest.raises(CheckpointError, match=r"names nothing on the hub\. Write hf://owner"):
        place_of(address)


def test_a_folder_of_weights_without_a_card_is_one_file():
    sizes = {"model.safetensors": 1, "other.pkl": 1}
    assert choose(Place("a/b", None, None), sizes) == ["model.safetensors"]


def test_a_list_of_many_files_is_cut_short():
    sizes = {f"{index}.pkl": 1 for index in range(20)}
    with pytest.raises(CheckpointError, match=r"it has 20 files.*'15\.pkl', \.\.\.\. Write"):
        choose(Place("a/b", None, None), sizes)
