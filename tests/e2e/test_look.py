"""What the page looks like: reachable, readable, nothing jumps, the picture never leaves."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.steps import PHONE, WIDE

LOOKS = [
    pytest.param({"viewport": size, "color_scheme": scheme}, id=f"{size['width']}-{scheme}")
    for size in (WIDE, PHONE)
    for scheme in ("light", "dark")
]
PANELS = (
    "mixing",
    "mix_layers",
    "noise",
    "noise_layers",
    "presets",
    "film",
    "interpolation",
)
UNLABELLED = """
[...document.querySelectorAll('#columns input, #header input:not([type=file]), #columns select')]
  .filter((input) => !input.labels?.length && !input.getAttribute('aria-label'))
  .map((input) => input.outerHTML)
"""
FOCUSED = """
(() => {
  const names = [...document.activeElement.classList];
  for (let part = document.activeElement; part; part = part.parentElement) names.push(part.id);
  return names;
})()
"""
# Labels of Gradio's lie on layers of their own, and may shine through.
ABOVE_THE_PICTURE = """
[...document.querySelectorAll('#controls [data-testid=block-info], #controls button')]
  .map((part) => [part, part.getBoundingClientRect()])
  .filter(([part, { x, y }]) => {
    const top = document.elementFromPoint(x + 3, y + 3);
    const stage = document.querySelector('#live .stage').getBoundingClientRect();
    const isBehind = x > stage.left && x < stage.right && y > stage.top && y < stage.bottom;
    return isBehind && part.contains(top);
  })
  .map(([part]) => part.textContent)
"""
OVERLAPS = """
(() => {
  const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const parts = [...document.querySelectorAll(
    '#title h1, #model, #address, #fetch, #upload, #undo, #redo, #pin, #copy, #save, #reset,' +
    '#live .stage, #live .bar, .tray .loop, .tray .strip,' +
    '#controls > .block, #controls > .column > .block, #study .tabs, #study .tools,' +
    '#study_body')].filter(shown);
  const boxes = parts.map((part) => [part, part.getBoundingClientRect()]);
  const found = [];
  for (const [a, p] of boxes) for (const [b, q] of boxes) {
    if (a === b || a.contains(b) || b.contains(a)) continue;
    const [x, y] = [Math.min(p.right, q.right) - Math.max(p.left, q.left),
                    Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top)];
    if (x > 1 && y > 1) found.push(`${a.id || a.className} / ${b.id || b.className}: ${x} x ${y}`);
  }
  return found;
})()
"""


def violations(visit):
    found = Axe().run(visit.page, context={"exclude": [["footer"]]}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def to_top(visit):
    visit.page.evaluate("scrollTo(0, 0); document.querySelector('#controls').scrollTop = 0")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_every_input_has_a_label(visitor, look):
    visit = visitor(**look).open()
    visit.sheet("seeds", 16)
    assert violations(visit) == []
    visit.open_panel(*PANELS)
    visit.page.evaluate("window.explorer.set('psi', 7)")
    expect(visit.page.locator("#noise_layer_8")).to_be_attached()
    visit.sheet("paths", 27)
    assert violations(visit) == []
    assert visit.page.evaluate(UNLABELLED) == []


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_overlaps_or_scrolls_sideways_and_the_picture_is_in_view(visitor, look):
    visit = visitor(**look).open()
    visit.sheet("seeds", 16)
    for panels in ((), PANELS):
        visit.open_panel(*panels)
        to_top(visit)
        assert visit.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert visit.page.evaluate(OVERLAPS) == []
        stage = visit.place("#live .stage")
        assert stage["y"] >= 0
        assert stage["y"] + stage["height"] <= look["viewport"]["height"]
        assert stage["height"] <= 0.66 * look["viewport"]["height"]


def test_on_a_phone_what_keeps_a_picture_shares_one_row(visitor):
    visit = visitor(viewport=PHONE).open()
    for width in (PHONE["width"], 320):
        visit.page.set_viewport_size({**PHONE, "width": width})
        row = [visit.place(f"#{name}") for name in ("undo", "redo", "pin", "copy", "save", "reset")]
        assert len({place["y"] for place in row}) == 1
        assert len({round(place["width"]) for place in row}) == 1


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_the_picture_stays_while_the_page_is_scrolled(visitor, size):
    visit = visitor(viewport=size).open()
    visit.open_panel(*PANELS)
    visit.sheet("paths", 27)
    visit.page.mouse.move(size["width"] - 20, size["height"] - 20)
    visit.page.mouse.wheel(0, 900)
    visit.page.wait_for_function("scrollY > 0")
    stage = visit.place("#live .stage")
    assert stage["y"] >= 0
    assert stage["y"] + stage["height"] <= size["height"]
    assert visit.page.evaluate(ABOVE_THE_PICTURE) == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_nothing_jumps_when_a_picture_or_a_message_arrives(visitor, size):
    visit = visitor(viewport=size)
    visit.page.goto(visit.url)
    visit.image.wait_for(state="attached")
    stage = visit.place("#live .stage")
    visit.rest()
    visit.sheet("seeds", 16)
    to_top(visit)
    assert visit.place("#live .stage") == stage
    study = visit.place("#study")
    visit.drag("psi", 0.5, 0.2)
    visit.page.evaluate("window.explorer.set('psi', 7)")
    expect(visit.message).to_be_visible()
    visit.sheet("seeds", 16)
    to_top(visit)
    assert visit.place("#live .stage") == stage
    assert visit.place("#study")["y"] == study["y"]


def test_every_control_is_reached_by_tab(fresh):
    fresh.open_panel("mixing", "mix_layers", "noise", "noise_layers")
    expect(fresh.page.locator("#noise_layer_8")).to_be_attached()
    fresh.page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(150):
        fresh.page.keyboard.press("Tab")
        reached |= set(fresh.page.evaluate(FOCUSED))
    names = (
        "model address fetch upload undo redo pin copy save reset seed_a seed_b t space clip psi "
        "cutoff mix_seed mix_coarse mix_middle mix_fine noise_mode noise_seed noise_strength "
        "mix_layer_0 mix_layer_9 noise_layer_0 noise_layer_8 stage true-size play way "
        "speed tray study_noise study_body"
    )
    assert set(names.split()) - reached == set()


@pytest.mark.parametrize("name", ["psi", "t", "mix_layer_3"])
def test_arrow_keys_move_a_slider_and_the_picture_comes_to_rest_without_a_release(visit, name):
    visit.open_panel("mixing", "mix_layers")
    visit.range(name).focus()
    before, frames = visit.recipe, len(visit.frames_seen)
    recipe = visit.settled(lambda: visit.page.keyboard.press("ArrowRight"))
    assert recipe != before
    assert len(visit.frames_seen) > frames


def test_true_pixels_show_the_picture_unenlarged(fresh):
    button = fresh.page.get_by_role("button", name="true pixels")
    assert fresh.place("#live img")["height"] > 128
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert fresh.place("#live img")["height"] == 128
