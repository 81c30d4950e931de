"""The live path on a bad network: far away, narrow, late, and gone for a while."""

import pytest
from playwright.sync_api import expect

from benchmarks.serving import ROOT, free_port, serving
from tests.e2e.conftest import AVATARS
from tests.e2e.steps import WIDE, Visit

NETWORK = (ROOT / "explorer" / "ui" / "js" / "network.js").read_text(encoding="utf-8")
# Notes each live request with how many are in flight then and what came back. The next reply is
# held back where `hold` is set, until `letGo()`; with `isDeaf` nothing comes back at all.
SPY = """
window.draws = []; window.hold = false; window.isDeaf = false;
const fetched = window.fetch;
let flying = 0;
window.fetch = async (...request) => {
  const body = String(request[1]?.body);
  if (!String(request[0]).includes('component_server')) return fetched(...request);
  if (window.isDeaf) return new Promise(() => {});
  if (!body.includes('"fn_name":"draw"')) return fetched(...request);
  const draw = { flying: ++flying, ...JSON.parse(body).data };
  window.draws.push(draw);
  const isHeld = window.hold;
  window.hold = false;
  try {
    const response = await fetched(...request);
    draw.reply = await response.clone().json();
    if (isHeld) await new Promise((done) => (window.letGo = done));
    return response;
  } finally {
    flying -= 1;
  }
};
"""


@pytest.fixture
def watched(visitor):
    """A page whose live requests are noted."""
    visit = visitor()
    visit.page.add_init_script(SPY)
    return visit.open()


@pytest.fixture
def link(watched):
    """Sets the round trip in ms, and the bandwidth each way in Mbit/s, of that page."""
    session = watched.page.context.new_cdp_session(watched.page)

    def throttle(latency=0, mbit=0):
        speed = mbit * 1e6 / 8 if mbit else -1
        conditions = {"downloadThroughput": speed, "uploadThroughput": speed}
        conditions |= {"offline": False, "latency": latency}
        session.send("Network.emulateNetworkConditions", conditions)

    yield throttle
    session.detach()


def plan(browser, *known):
    """What network.js decides from `replies`, `trips` and the bytes allowed `before`."""
    page = browser.new_page()
    found = page.evaluate(f"known => {{ {NETWORK}; return planOf(...known); }}", known)
    page.close()
    return found


def frames(whole, took, size=10_000, count=5):
    return [{"whole": whole, "took": took, "bytes": size}] * count


def test_nothing_is_known_of_the_way_before_the_first_reply(browser):
    assert plan(browser, [], []) == {"depth": 1, "pace": 0, "bytes": None}


@pytest.mark.parametrize(
    ("way", "took", "depth"),
    [
        (0, 10, 1),
        (5, 500, 1),  # a slow model next door: what is asked early would only be old
        (10, 10, 2),
        (100, 500, 2),
        (100, 10, 3),
        (1000, 10, 3),  # never more
    ],
)
def test_as_many_are_in_flight_as_hide_the_way(browser, way, took, depth):
    found = plan(browser, frames(way + took, took), [way])
    assert found["depth"] == depth
    assert took < found["pace"] < 1.2 * took  # about as often as the server can


@pytest.mark.parametrize("first", [1500, 10_000, 100_000])
def test_frames_get_the_size_of_which_25_a_second_come_through(browser, first):
    # 20 ms there and back, and 100 bytes a millisecond: 4000 bytes in 40 ms.
    size, allowed = first, None
    for _ in range(12):
        found = plan(
            browser, frames(20 + 10 + size / 100, took=10, size=size), [20, 30, 25], allowed
        )
        allowed = found["bytes"]
        size = allowed if allowed else 1_000_000
    assert 0.7 * 4000 < allowed < 4000
    assert found["pace"] > allowed / 100  # or they would queue in the link


def test_frames_of_any_usual_size_come_through_a_wide_link(browser):
    wide = plan(browser, frames(20 + 10 + 12, took=10, size=10_000), [20])
    assert wide["bytes"] > 10 * 10_000


@pytest.mark.parametrize("trips", [[], [91], [100], [150]])
def test_without_a_sign_of_a_narrow_link_frames_have_any_size(browser, trips):
    assert plan(browser, frames(110, 10), trips)["bytes"] is None


def test_the_limit_of_bytes_goes_half_the_way_because_smaller_frames_are_measured_next(browser):
    replies = frames(20 + 10 + 100, took=10)
    target = plan(browser, replies, [20])["bytes"]
    for before in (target / 3.9, target, target * 3.9):
        found = plan(browser, replies, [20], before)["bytes"]
        assert found == pytest.approx((before * target) ** 0.5, abs=2)
    assert plan(browser, replies, [20], 100 * target)["bytes"] == 50 * target
    assert plan(browser, frames(20, 10), [20], 2000)["bytes"] == 4000  # the link is wide again
    assert plan(browser, frames(20, 10), [20], 9e6)["bytes"] is None


def test_one_slow_reply_changes_nothing(browser):
    usual = frames(30, 10, count=8)
    assert plan(browser, [*usual, *frames(3000, 10, count=1)], [15, 900]) == plan(
        browser, usual, [15]
    )


def draws(visit):
    """What was asked for since the last drag began, and what came back."""
    return visit.page.evaluate("window.draws")


def drag_until(visit, is_so):
    """Drag a slider to and fro until `is_so` of the number of requests in flight at most."""
    for _ in range(8):
        visit.page.evaluate("window.draws.length = 0")
        visit.drag("psi", 0.2, *[share / 20 for share in range(5, 17)])
        flying = [draw["flying"] for draw in draws(visit)]
        if is_so(max(flying[len(flying) // 2 :])):
            return
    pytest.fail(f"There were {flying} in flight.")


def test_more_are_in_flight_to_a_distant_server_and_fewer_again_to_a_near_one(watched, link):
    watched.with_model("slow")  # it works so long that the way to a near server is nothing
    link(latency=1500)
    drag_until(watched, lambda flying: flying == 3)
    link()
    drag_until(watched, lambda flying: flying < 3)


def test_frames_shrink_for_a_narrow_link_and_the_picture_at_rest_is_whole(watched, link):
    assert all("quality" not in draw["reply"] for draw in draws(watched))
    link(latency=40, mbit=1)
    watched.page.evaluate(
        """window.texts = []; new MutationObserver(() => {
             const text = document.querySelector('#live .status').textContent;
             if (text.includes('JPEG quality')) window.texts.push(text);
           }).observe(document.querySelector('#live .status'), { childList: true });"""
    )
    drag_until(watched, lambda flying: watched.page.evaluate("window.texts.length"))
    narrow = [draw for draw in draws(watched) if draw.get("reply", {}).get("quality")]
    assert narrow
    assert all(draw["reply"]["quality"] < 95 and draw["bytes"] for draw in narrow)
    picture = watched.page.evaluate(
        "(({ naturalWidth, src }) => [naturalWidth, src])(document.querySelector('#live img'))"
    )
    assert picture[0] == 128
    assert watched.picture.startswith(b"\x89PNG")
    assert watched.recipe.psi == pytest.approx(float(watched.range("psi").input_value()))
    expect(watched.status).not_to_contain_text("JPEG")


def test_a_late_reply_is_never_shown(watched, link):
    link(latency=300)
    drag_until(watched, lambda flying: flying > 1)
    watched.range("psi").focus()
    before = watched.seq
    watched.page.evaluate("window.hold = true")
    watched.page.keyboard.press("ArrowRight")
    answered = "number => window.draws.some(({ seq, reply }) => seq === number && reply)"
    watched.page.wait_for_function(answered, arg=before + 1)
    watched.page.keyboard.press("ArrowRight")
    watched.next_rest(before + 1)
    shown = len(watched.frames_seen)
    watched.page.evaluate("window.letGo()")
    link()
    watched.page.keyboard.press("ArrowRight")
    watched.next_rest(before + 2)
    numbers = [seq for seq, _, _ in watched.frames_seen]
    assert numbers == sorted(numbers)
    assert before + 1 not in numbers
    assert {seq for seq, _, _ in watched.frames_seen[shown:]} == {before + 3}


def test_a_server_that_never_answers_is_told_of_and_asked_again(watched):
    watched.page.evaluate("window.isDeaf = true")
    watched.range("psi").focus()
    watched.page.keyboard.press("ArrowRight")
    watched.says("The server does not answer")
    watched.page.evaluate("window.isDeaf = false")
    expect(watched.message).to_be_hidden()
    watched.rest()
    assert watched.recipe.psi == pytest.approx(float(watched.range("psi").input_value()))


def is_still_there(visit):
    """Marks the page, or tells whether it is the page that was marked."""
    return visit.page.evaluate("(window.mark = (window.mark ?? 0) + 1) > 1")


def moves_while_lost(visit):
    """Move a slider twice while the server is not there; the value it ends on."""
    visit.range("psi").focus()
    for _ in range(2):
        visit.page.keyboard.press("ArrowRight")
        visit.says("The server does not answer; trying again. Nothing is lost")
    return float(visit.range("psi").input_value())


@pytest.fixture
def lonely(browser):
    """Makes a visitor with a browser of his own, who may complain in the console."""
    contexts = []

    def enter(url):
        contexts.append(browser.new_context(viewport=WIDE))
        visit = Visit(contexts[-1].new_page(), url).open()
        visit.sheet("seeds", 16)
        visit.page.wait_for_timeout(500)  # Gradio hears that the sheet is done
        return visit

    yield enter
    for context in contexts:
        context.close()


def test_what_is_moved_while_the_browser_is_offline_is_drawn_afterwards(lonely, server):
    visit = lonely(server.url)
    is_still_there(visit)
    visit.page.context.set_offline(True)
    value = moves_while_lost(visit)
    visit.page.context.set_offline(False)
    expect(visit.message).to_be_hidden()
    assert visit.recipe.psi == pytest.approx(value)
    assert is_still_there(visit)


def test_what_is_moved_while_the_server_restarts_is_drawn_afterwards(lonely, tmp_path):
    arguments, port = ["--checkpoint", str(AVATARS)], free_port()
    with serving(tmp_path / "first", arguments, port=port) as served:
        visit = lonely(served.url)
        visit.drag("psi", 0.5, 0.3)
        is_still_there(visit)
    value = moves_while_lost(visit)
    expect(visit.range("psi")).to_be_visible()
    expect(visit.image).to_be_visible()
    with serving(tmp_path / "second", arguments, port=port):
        expect(visit.message).to_be_hidden()
        assert visit.recipe.psi == pytest.approx(value)
        assert is_still_there(visit)
        assert visit.drag("psi", 0.3, 0.6) == visit.recipe.psi


def test_a_reload_while_the_server_is_lost_keeps_the_recipe(lonely, server):
    visit = lonely(server.url)
    before = visit.page.url
    visit.page.context.set_offline(True)
    visit.range("psi").focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_function("before => location.href !== before", arg=before)
    address = visit.page.url.removeprefix(visit.url)
    visit.page.context.set_offline(False)
    assert visit.open(address).recipe.psi == pytest.approx(0.71)
