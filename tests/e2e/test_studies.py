"""The strips and tables under the picture: each appears with its panel, and a click uses a cell."""

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import PHONE, WIDE

NOT_DRAWN = 0


@pytest.mark.parametrize(
    ("panel", "kind", "pictures"),
    [("mixing", "mixing", 27), ("noise", "noise", 2), ("interpolation", "paths", 27)],
)
def test_a_panel_brings_its_study(fresh, panel, kind, pictures):
    fresh.open_panel(panel)
    fresh.sheet(kind, pictures)


@pytest.mark.parametrize("kind", ["seeds", "truncation", "mixing", "noise", "paths"])
def test_a_study_can_be_chosen_with_the_arrow_keys(visit, kind):
    visit.study("seeds")
    visit.page.locator("#study_seeds").focus()
    for _ in range(5):
        if visit.page.evaluate("document.activeElement.id") == f"study_{kind}":
            break
        visit.page.keyboard.press("ArrowRight")
    expect(visit.page.locator(f"#study_{kind}")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(
    ("target", "value_in"),
    [
        ("seed_a", lambda recipe: (recipe.a.x, recipe.t)),
        ("seed_b", lambda recipe: (recipe.b.x, 0)),
        ("mix_seed", lambda recipe: (recipe.mix.source.x, 0)),
    ],
)
def test_a_click_in_the_gallery_sets_a_or_b_or_the_mixing_seed(visit, target, value_in):
    cells = visit.study("seeds").sheet("seeds", 16)
    visit.page.locator("#study .target select").select_option(target)
    assert value_in(visit.settled(cells.filter(has_text="9").first.click)) == (9, 0)


def test_the_gallery_goes_on_to_later_seeds(visit):
    cells = visit.study("seeds").sheet("seeds", 16)
    visit.page.locator("#study .target select").select_option("seed_a")
    visit.page.get_by_role("button", name="Later seeds").click()
    expect(cells.first).to_have_text("16")
    assert visit.settled(cells.nth(2).click).a.x == 18
    visit.page.get_by_role("button", name="Earlier seeds").click()
    expect(cells.first).to_have_text("0")


def test_the_strip_of_psi_runs_from_minus_1_to_1_5(visit):
    cells = visit.study("truncation").sheet("truncation", 11)
    assert cells.all_inner_texts()[0::5] == ["-1", "0.25", "1.5"]
    assert visit.settled(cells.last.click).psi == 1.5
    expect(visit.box("psi")).to_have_value("1.5")


def test_the_mixing_table_takes_the_chosen_group_from_its_columns(visit):
    visit.open_panel("mixing")
    before = visit.settled(lambda: visit.type_in("mix_seed", "24"))
    cells = visit.study("mixing").sheet("mixing", 27)
    visit.page.locator("#study .group select").select_option("fine")
    expect(visit.page.locator("#study .note")).to_contain_text("fine layers")
    second = visit.page.locator("#study button.cell").nth(7)  # second row, second column
    recipe = visit.settled(second.click)
    assert recipe.a.x == before.a.x + 1
    assert recipe.mix.source.x == 25
    assert recipe.mix.weights == (0.0,) * 7 + (1.0,) * 5
    expect(cells.first).to_have_text("source 24")  # the table has not moved away under the hand
    assert visit.draw.is_hidden()


def test_the_mixing_table_follows_the_mixing_seed(visit):
    visit.open_panel("mixing")
    visit.study("mixing").sheet("mixing", 27)
    visit.settled(lambda: visit.type_in("mix_seed", "51"))
    expect(visit.sheet("mixing", 27).first).to_have_text("source 51")


def test_the_three_paths_stand_under_each_other(visit):
    cells = visit.study("paths").sheet("paths", 27)
    rows = visit.page.locator("#study .heading").all_inner_texts()
    assert rows == ["z slerp", "z lerp", "w lerp"]
    recipe = visit.settled(cells.nth(2 * 9 + 4).click)
    assert (recipe.space, recipe.t) == ("w-lerp", 0.5)
    expect(visit.page.locator("#space").get_by_label("w lerp")).to_be_checked()


def test_the_picture_of_noise_says_how_much_it_matters(visit):
    visit.study("noise").sheet("noise", 2)
    note = visit.page.locator("#study .note")
    expect(note).to_contain_text("Standard deviation over 50 noise seeds: white is ")
    expect(note).to_contain_text("of 255 grey levels")


@pytest.fixture
def slow(visitor):
    """A page on a model whose strips take longer than a second."""
    return visitor().open().with_model("slow")


def test_a_slow_study_waits_for_its_button_and_can_be_cancelled(slow):
    slow.study("paths")
    expect(slow.draw).to_contain_text("Draw (about")
    expect(slow.cells).to_have_count(NOT_DRAWN)
    slow.draw.click()
    cancel = slow.page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    expect(slow.page.locator("#study progress")).to_be_visible()
    cancel.click()
    expect(cancel).to_be_hidden()
    expect(slow.draw).to_be_visible()
    slow.drag("psi", 0.3, 0.8)  # the engine is free again, and no late sheet arrives
    expect(slow.cells).to_have_count(NOT_DRAWN)


def test_a_slow_study_shows_progress_and_leaves_the_picture_live(slow):
    slow.settled(lambda: slow.type_in("seed_a", "5"))  # of which nothing is remembered
    slow.study("paths")
    slow.draw.click()
    progress = slow.page.locator("#study progress")
    expect(progress).to_be_visible()
    slow.page.wait_for_function("document.querySelector('#study progress').value > 0")
    frames = len(slow.frames_seen)
    slow.range("psi").focus()
    for _ in range(5):
        slow.page.keyboard.press("ArrowRight")
    slow.page.wait_for_function("before => window.frames_seen.length > before", arg=frames)
    expect(progress).to_be_visible()
    expect(slow.cells).to_have_count(27)


def test_an_older_study_stays_until_the_new_one_is_whole(slow):
    cells = slow.study("paths").sheet("paths", 27)
    thumb = slow.page.locator("#study .thumb").first
    older = thumb.get_attribute("style")
    slow.settled(lambda: slow.type_in("seed_a", "8"))
    expect(cells).to_have_count(27)
    slow.draw.click()
    expect(slow.page.locator("#study progress")).to_be_visible()
    assert thumb.get_attribute("style") == older
    expect(thumb).not_to_have_attribute("style", older)
    expect(cells).to_have_count(27)


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_study_that_is_shorter_does_not_move_the_page(visitor, size):
    visit = visitor(viewport=size).open()
    visit.study("mixing").sheet("mixing", 27)
    visit.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    place = visit.page.evaluate("scrollY")
    assert place > 0
    visit.page.evaluate("window.least = scrollY; onscroll = () => least = Math.min(least, scrollY)")
    visit.page.locator("#study_truncation").evaluate(
        "tab => tab.click()"
    )  # without scrolling to it
    visit.ask_for("truncation")
    expect(visit.page.locator("#study .cells[data-kind=truncation] .cell")).to_have_count(11)
    visit.page.wait_for_timeout(200)
    assert visit.page.evaluate("[least, scrollY]") == [place, place]
    # Back at the top, nothing is kept of the room.
    visit.page.evaluate("scrollTo(0, 0)")
    visit.study("seeds").sheet("seeds", 16)
    bottom = "e => e.getBoundingClientRect().bottom"
    cells, last = "#study .cells", "#study .cell >> nth=-1"
    below = [visit.page.locator(where).evaluate(bottom) for where in (cells, last)]
    assert below[0] - below[1] < 121
