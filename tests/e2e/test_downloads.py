"""Opening a checkpoint by its address, and what is seen while one is on its way."""

import shutil
import threading

import pytest
from playwright.sync_api import expect

from benchmarks.serving import serving
from explorer.formats import save
from explorer.quota import UPLOADS_EACH
from tests.e2e.conftest import golden, visiting
from tests.e2e.steps import PHONE
from tests.e2e.test_look import OVERLAPS, violations
from tests.e2e.test_models import names
from tests.formats import servers
from tests.networks.builders import tiny_generator

PICKLE = golden("sg2_orig_16").read_bytes()
MB = 1 << 20
LARGE = bytes(24 * MB)  # huggingface_hub tells every 10 MiB

SHIPPED = ("avatars", "avatars-64")


@pytest.fixture(scope="module")
def gate():
    """Open: what waits behind it comes."""
    return threading.Event()


@pytest.fixture(scope="module")
def hub(gate, tmp_path_factory):
    """A server that answers like the hub."""
    weights = tmp_path_factory.mktemp("hub") / "model.safetensors"
    save(tiny_generator(6), weights)
    with servers.serving() as running:
        for name in ("net", "again", "mine"):  # names of models differ, whoever's they are
            servers.add_repository(running, f"me/{name}", {f"{name}.pkl": PICKLE})
        servers.add_repository(
            running,
            "me/folder",
            {weights.name: weights.read_bytes(), "config.json": b'{"first_recipe": {"psi": 0.3}}'},
        )
        servers.add_repository(running, "me/large", {"large.pkl": LARGE}, gate)
        servers.add_repository(running, "me/huge", {"huge.pkl": bytes(33 * MB)})
        servers.refuse(running, "/api/models/me/gone", 404, "RepoNotFound")
        yield running
        gate.set()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where the server keeps what it fetched."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(browser, hub, home, tmp_path_factory):
    """The explorer on the shipped model; files up to 32 MB, from `hub`."""
    log = tmp_path_factory.mktemp("server") / "log"
    environment = servers.environment(hub, home, HF_TOKEN="hf_secret")
    with serving(log, ["--max-upload-mb", "32"], more=environment) as served:
        yield served
    assert "Traceback" not in log.read_text()


@pytest.fixture
def visitor(contexts, server):
    """Opens tabs at rest."""
    with visiting(contexts, server.url) as enter:
        yield lambda **options: enter(**options).open()


@pytest.fixture
def large(gate, home):
    """The address of a file that is not in the cache, and comes up to its half until `gate`."""
    shutil.rmtree(home / "hf" / "stylegan-explorer", ignore_errors=True)
    gate.clear()
    yield "hf://me/large"
    gate.set()


def ask(visit, address):
    """Type `address` and press the button."""
    visit.page.get_by_label("Address of a checkpoint").fill(address)
    visit.page.get_by_role("button", name="Open address").click()


def transfer(visit):
    return visit.page.locator("#live .transfer")


def is_shown_as(visit, name):
    """The model `name` is chosen, and drawn."""
    expect(visit.page.locator("#model input")).to_have_value(name)
    visit.page.wait_for_function(
        "name => document.querySelector('#live img').alt.startsWith(`Picture of ${name},`)",
        arg=name,
    )
    expect(transfer(visit)).to_have_count(0)
    assert visit.recipe.model.name == name


def kept(home):
    """The files in the cache that are more than notes."""
    files = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if path.stat().st_size > 1000]


def test_a_checkpoint_of_the_hub_is_drawn_and_listed_for_its_visitor_only(visitor, hub):
    visit, other = visitor(), visitor()
    ask(visit, " hf://me/net/net.pkl@main ")
    is_shown_as(visit, "net")
    assert names(visit) == [*SHIPPED, "net"]
    assert names(other.reload()) == [*SHIPPED]
    assert visit.reload().recipe.model.name == "net"
    assert "hf_secret" not in str(hub.requests)


def test_a_model_folder_of_the_hub_keeps_its_card(visitor):
    visit = visitor()
    visit.page.get_by_label("Address of a checkpoint").fill("hf://me/folder")
    visit.page.keyboard.press("Enter")
    is_shown_as(visit, "folder")
    assert visit.recipe.psi == 0.3


def test_bytes_are_told_while_it_comes_and_the_picture_follows_the_hand(visitor, large, gate):
    visit = visitor()
    stage = visit.place("#live .stage")
    ask(visit, large)
    expect(transfer(visit)).to_contain_text("Fetching hf://me/large")
    expect(transfer(visit)).to_contain_text("10.0 of 24.0 MB")
    bar = transfer(visit).locator("progress")
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == (str(10 * MB), str(24 * MB))
    assert visit.place("#live .stage") == stage
    visit.drag("psi", 0.5, 0.3)
    gate.set()
    visit.says("large")  # it holds nothing but zeros
    expect(transfer(visit)).to_have_count(0)
    expect(visit.page.locator("#model input")).to_have_value("avatars")
    assert names(visit) == [*SHIPPED]


def test_a_cancelled_download_leaves_nothing_and_another_may_begin(visitor, large, gate, home):
    visit = visitor()
    ask(visit, large)
    expect(transfer(visit)).to_contain_text("10.0 of 24.0 MB")
    assert [path.suffix for path in kept(home)] == [".incomplete"]
    transfer(visit).get_by_role("button", name="Cancel").click()
    expect(transfer(visit)).to_have_count(0)
    ask(visit, "hf://me/again")
    is_shown_as(visit, "again")
    gate.set()
    visit.page.wait_for_timeout(500)
    assert [path.stat().st_size for path in kept(home)] == [len(PICKLE)]
    assert names(visit) == [*SHIPPED, "again"]


def test_a_download_stops_when_its_page_is_left(visitor, large, gate, home):
    visit = visitor()
    ask(visit, large)
    expect(transfer(visit)).to_contain_text("10.0 of 24.0 MB")
    visit.page.goto("about:blank")
    visit.console.clear()  # Gradio's own: what was under way is reported as aborted
    other = visitor()  # opens in a second or two; meanwhile the server notices who left
    gate.set()
    other.page.wait_for_timeout(500)
    assert kept(home) == []


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("hf://me/gone", "hf://me/gone: there is no such repository, or it is private."),
        ("hf://me/huge", "the limit here is 33.6 MB."),
        ("https://127.0.0.1/net.pkl", "which is not on the public internet."),
        ("http://example.org/net.pkl", "which is not https."),
        ("/etc/passwd", "'/etc/passwd' is no address of a checkpoint."),
        ("", "'' is no address of a checkpoint."),
        ("<img src=x onerror=window.hacked=1>", "is no address of a checkpoint."),
    ],
)
def test_an_address_that_cannot_be_opened_gets_a_sentence_and_nothing_is_lost(
    visitor, address, sentence
):
    visit = visitor()
    before = visit.recipe
    ask(visit, address)
    visit.says(sentence)
    expect(transfer(visit)).to_have_count(0)
    assert not visit.is_hacked()
    assert visit.recipe == before
    expect(visit.page.locator("#model input")).to_have_value("avatars")


def test_a_visitor_with_enough_models_is_told_before_anything_is_fetched(visitor, hub):
    visit = visitor()
    for number in range(UPLOADS_EACH):
        ask(visit, "hf://me/mine")
        name = f"mine ({number + 1})" if number else "mine"
        expect(visit.page.locator("#model input")).to_have_value(name)
    before = len(hub.requests)
    ask(visit, "hf://me/mine")
    visit.says(f"You have brought {UPLOADS_EACH} models already.")
    assert len(hub.requests) == before


def slowly(visit, bytes_a_second):
    session = visit.page.context.new_cdp_session(visit.page)
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    throttled = {**conditions, "uploadThroughput": bytes_a_second}
    session.send("Network.emulateNetworkConditions", throttled)
    return session


def numbered(text):
    return float(text.split(" of ")[0])


def test_an_upload_tells_how_much_of_it_is_sent_and_ends_in_the_list(visitor, tmp_path):
    file = tmp_path / "brought.pkl"
    file.write_bytes(PICKLE)
    visit = visitor()
    visit.page.evaluate(
        """() => { window.told = [];
        new MutationObserver(() => {
          const row = document.querySelector('#live .transfer');
          const bar = row?.querySelector('progress');
          if (row) window.told.push([row.querySelector('.bytes').textContent, bar.value / bar.max]);
        }).observe(document.querySelector('#live'), { subtree: true, childList: true }); }"""
    )
    slowly(visit, 100_000)
    visit.upload(file)
    expect(transfer(visit)).to_contain_text("Sending brought.pkl")
    is_shown_as(visit, "brought")
    rows = visit.page.evaluate("window.told")
    told, bar = [numbered(text) for text, _ in rows], [share for _, share in rows]
    for steps, last in ((told, 0.2), (bar, 1)):
        assert steps == sorted(steps)
        assert 0 < steps[len(steps) // 2] < steps[-1] == last
    assert "brought" in names(visit)


def test_a_cancelled_upload_is_not_listed_and_says_nothing(visitor, tmp_path):
    file = tmp_path / "second.pkl"
    file.write_bytes(PICKLE)
    visit = visitor()
    session = slowly(visit, 20_000)
    visit.upload(file)
    transfer(visit).get_by_role("button", name="Cancel").click()
    expect(transfer(visit)).to_have_count(0)
    expect(visit.message).to_be_hidden()
    session.detach()
    assert names(visit) == [*SHIPPED]
    visit.upload(file)
    is_shown_as(visit, "second")


def test_an_upload_that_breaks_off_gets_a_sentence(visitor, tmp_path):
    file = tmp_path / "brought.pkl"
    file.write_bytes(PICKLE)
    visit = visitor()
    visit.page.route("**/upload", lambda route: route.abort())
    visit.upload(file)
    visit.says("brought.pkl was not sent: the connection broke off.")
    expect(transfer(visit)).to_have_count(0)
    visit.console.clear()  # the browser's own word on it


CUT_OFF = """
[...document.querySelectorAll('#live .transfer *, #address .info-text')].filter((part) => {
  const { left, right } = part.getBoundingClientRect();
  return left < 0 || right > innerWidth || right === left;
}).map((part) => part.outerHTML)
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_on_its_way_is_readable_on_a_phone(visitor, large, scheme):
    visit = visitor(viewport=PHONE, color_scheme=scheme)
    ask(visit, large)
    expect(transfer(visit)).to_contain_text("10.0 of 24.0 MB")
    visit.page.get_by_label("Address of a checkpoint").focus()
    expect(visit.page.get_by_text("A file on the Hugging Face Hub")).to_be_visible()
    assert visit.page.evaluate(CUT_OFF) == []
    assert violations(visit) == []
    visit.page.evaluate("document.activeElement.blur()")
    assert visit.page.evaluate(OVERLAPS) == []
    assert visit.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    transfer(visit).get_by_role("button", name="Cancel").click()
