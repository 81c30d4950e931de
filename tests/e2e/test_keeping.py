"""Undo, redo and the strip of recent pictures."""

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import PHONE


def undo(visit):
    return visit.page.locator("#undo")


def redo(visit):
    return visit.page.locator("#redo")


def strip(visit):
    return visit.page.locator(".tray .strip button")


def put(visit, name, value):
    """Set a control as a hand would, and wait for rest."""
    return visit.settled(lambda: visit.page.evaluate(f"window.explorer.set('{name}', {value})"))


def five_changes(visit):
    """The recipe at first and after each of five changes, made by mouse and keyboard."""
    visit.open_panel("mixing")
    recipes = [visit.recipe]
    changes = [
        lambda: visit.drag("psi", 0.55, 0.4),
        lambda: visit.type_in("seed_a", "77"),
        lambda: visit.drag("t", 0.05, 0.4),
        lambda: visit.page.locator("#space label").nth(2).click(),
        lambda: visit.drag("mix_coarse", 0.05, 0.5),
    ]
    for change in changes:
        recipes.append(visit.settled(change))
    assert len(set(recipes)) == 6
    return recipes


def test_five_changes_three_undone_one_redone_and_a_reload_show_the_same_picture(fresh):
    recipes = five_changes(fresh)
    for expected in (4, 3, 2):
        assert fresh.settled(undo(fresh).click) == recipes[expected]
    assert fresh.settled(redo(fresh).click) == recipes[3]
    shown = fresh.picture
    fresh.reload()
    assert fresh.recipe == recipes[3]
    assert fresh.picture == shown
    # And the steps are there still, in both directions, with every control.
    expect(strip(fresh)).to_have_count(6)
    assert fresh.settled(redo(fresh).click) == recipes[4]
    assert fresh.settled(undo(fresh).click) == recipes[3]
    assert fresh.settled(undo(fresh).click) == recipes[2]
    assert fresh.box("seed_a").input_value() == "77"
    assert fresh.range("t").input_value() == "0"


def test_ctrl_z_and_ctrl_shift_z_work_outside_text_fields(fresh):
    before = fresh.recipe
    after = put(fresh, "psi", 0.2)
    press = fresh.page.keyboard.press
    fresh.range("psi").focus()  # a slider is no text field
    assert fresh.settled(lambda: press("Control+z")) == before
    assert fresh.settled(lambda: press("Control+Shift+Z")) == after
    assert fresh.settled(lambda: press("Control+z")) == before
    assert fresh.settled(lambda: press("Control+y")) == after


def test_in_a_text_field_ctrl_z_is_the_fields_own(fresh):
    put(fresh, "psi", 0.2)
    fresh.page.locator("#address input").click()
    fresh.page.keyboard.type("hf://")
    seq = fresh.seq
    fresh.page.keyboard.press("Control+z")
    fresh.page.keyboard.press("Control+Shift+Z")
    fresh.page.wait_for_timeout(300)
    assert fresh.seq == seq
    assert fresh.recipe.psi == 0.2


def test_a_drag_is_one_step(fresh):
    before = fresh.recipe
    frames = len(fresh.frames_seen)
    fresh.drag("psi", 0.5, 0.1, 0.9, 0.3, frames=3)
    assert len(fresh.frames_seen) > frames + 2
    assert fresh.settled(undo(fresh).click) == before


def test_what_has_not_come_to_rest_is_a_step_too(fresh):
    before = fresh.recipe
    fresh.page.evaluate("window.explorer.set('psi', 0.2)")
    assert fresh.settled(lambda: fresh.page.keyboard.press("Control+z")) == before
    assert fresh.settled(redo(fresh).click).psi == 0.2


def test_the_buttons_say_when_there_is_nothing_to_undo(fresh):
    put(fresh, "psi", 0.2)
    expect(undo(fresh)).to_have_attribute("aria-disabled", "false")
    expect(redo(fresh)).to_have_attribute("aria-disabled", "true")
    fresh.settled(undo(fresh).click)
    expect(undo(fresh)).to_have_attribute("aria-disabled", "true")
    expect(redo(fresh)).to_have_attribute("aria-disabled", "false")
    expect(undo(fresh)).to_have_attribute("title", "Undo the last change (Ctrl+Z)")
    seq = fresh.seq
    fresh.page.keyboard.press("Control+z")
    fresh.page.wait_for_timeout(200)
    assert fresh.seq == seq


def test_a_new_change_forgets_what_was_undone(fresh):
    put(fresh, "psi", 0.2)
    fresh.settled(undo(fresh).click)
    put(fresh, "psi", 0.9)
    expect(redo(fresh)).to_have_attribute("aria-disabled", "true")
    assert fresh.settled(undo(fresh).click).psi == 0.7


def test_undo_brings_back_another_model_with_its_recipe(fresh):
    put(fresh, "seed_a", 5)
    first = fresh.recipe
    fresh.with_model("sg3r_32")
    put(fresh, "rotate", 30)
    fresh.settled(undo(fresh).click)
    undo(fresh).click()
    expect(fresh.image).to_have_attribute("alt", "Picture of avatars, 128 by 128 pixels")
    assert fresh.recipe == first


def test_the_strip_shows_each_step_and_a_click_goes_there_as_a_new_step(fresh):
    first = fresh.recipe
    put(fresh, "psi", 0.2)
    put(fresh, "seed_a", 5)
    expect(strip(fresh)).to_have_count(3)
    expect(strip(fresh).nth(2)).to_have_attribute("aria-current", "true")
    alts = [picture.get_attribute("alt") for picture in strip(fresh).locator("img").all()]
    assert alts == [
        "Step 1: seed 13, psi 0.70",
        "Step 2: seed 13, psi 0.20",
        "Step 3: seed 5, psi 0.20",
    ]
    assert fresh.settled(strip(fresh).nth(0).click) == first
    expect(strip(fresh)).to_have_count(4)
    expect(strip(fresh).nth(3)).to_have_attribute("aria-current", "true")
    fresh.settled(undo(fresh).click)
    assert fresh.recipe.a.x == 5


def test_a_small_picture_shows_what_was_on_show(fresh):
    put(fresh, "psi", 0.2)
    script = """async (index) => {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 1;
        const image = new Image();
        image.src = index < 0 ? document.querySelector('#live img').src
          : document.querySelectorAll('.tray .strip img')[index].src;
        await image.decode();
        const pen = canvas.getContext('2d');
        pen.imageSmoothingQuality = 'high';
        pen.drawImage(image, 0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data]; }"""
    first, last, shown = (fresh.page.evaluate(script, index) for index in (0, 1, -1))
    assert last == pytest.approx(shown, abs=12)
    assert first != last


def test_the_strip_is_reached_by_tab_and_walked_with_arrows(fresh):
    first = fresh.recipe
    put(fresh, "psi", 0.2)
    fresh.page.locator(".tray .speed").focus()
    fresh.page.keyboard.press("Tab")
    expect(strip(fresh).nth(1)).to_be_focused()
    fresh.page.keyboard.press("ArrowLeft")
    expect(strip(fresh).nth(0)).to_be_focused()
    assert fresh.settled(lambda: fresh.page.keyboard.press("Enter")) == first


def test_a_long_strip_keeps_its_height_and_shows_the_newest(visitor):
    visit = visitor(viewport=PHONE).open()
    height = visit.place("#tray")["height"]
    for seed in range(8):
        put(visit, "seed_a", seed)
    row, last = visit.place(".tray .strip"), strip(visit).last.bounding_box()
    assert visit.place("#tray")["height"] == height
    assert row["x"] <= last["x"]
    assert last["x"] + last["width"] <= row["x"] + row["width"]
    assert visit.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_tabs_do_not_share_a_history(fresh, visitor):
    put(fresh, "psi", 0.2)
    other = visitor().open()
    expect(strip(other)).to_have_count(1)


def test_a_damaged_storage_is_a_fresh_history(fresh):
    put(fresh, "psi", 0.2)
    fresh.page.evaluate("sessionStorage.setItem('history', '{')")
    fresh.reload()
    expect(strip(fresh)).to_have_count(1)
    assert fresh.recipe.psi == 0.2


def test_where_there_is_no_room_the_page_says_so_and_undo_works(fresh):
    first = fresh.recipe
    fresh.page.evaluate(
        """() => { for (let size = 1 << 22; size >= 1; size >>= 1) {
            try { for (;;) sessionStorage.setItem(`fill${Math.random()}`, 'x'.repeat(size)); }
            catch {} } }"""
    )
    moves = 0
    while not fresh.message.is_visible():  # the first take the room of the small pictures
        moves += 1
        assert moves < 10
        put(fresh, "psi", moves / 10)
        fresh.page.wait_for_timeout(300)  # the step is kept after the picture is shown
    fresh.says("no room to keep the history")
    for _ in range(moves):
        last = fresh.settled(undo(fresh).click)
    assert last == first


def test_a_step_that_cannot_be_drawn_is_left_again_and_the_others_stay(fresh):
    for psi in (0.2, 0.4):
        put(fresh, "psi", psi)
    steps = "JSON.parse(sessionStorage.getItem('history')).steps"
    fresh.page.evaluate(
        """() => { const kept = JSON.parse(sessionStorage.getItem('history'));
            kept.steps[0].recipe.edits = [{ direction: 'a'.repeat(64), shift: 1, layers: [] }];
            sessionStorage.setItem('history', JSON.stringify(kept)); }"""
    )
    fresh.reload()
    assert fresh.settled(undo(fresh).click).psi == 0.2
    undo(fresh).click()
    fresh.says("a direction that is neither here nor in the link")
    assert fresh.rest().recipe.psi == 0.2
    assert fresh.page.evaluate(f"() => {steps}.length") == 3
    assert fresh.settled(redo(fresh).click).psi == 0.4


def test_while_steps_are_undone_the_strip_goes_to_them_and_forgets_none(fresh):
    for psi in (0.2, 0.4, 0.6):
        put(fresh, "psi", psi)
    for _ in range(3):
        fresh.settled(undo(fresh).click)
    assert fresh.settled(strip(fresh).nth(2).click).psi == 0.4
    expect(strip(fresh)).to_have_count(4)
    assert fresh.settled(redo(fresh).click).psi == 0.6
