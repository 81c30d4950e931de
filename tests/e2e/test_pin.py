"""A pinned picture: compared by a divider and by flicker, kept over a reload, gone back to."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.steps import PHONE
from tests.e2e.test_keeping import put, strip, undo

PIXELS = """async () => {
    const url = getComputedStyle(document.querySelector('#live .pinned')).backgroundImage;
    return [...new Uint8Array(await (await fetch(url.slice(5, -2))).arrayBuffer())];
}"""


def pin(visit):
    visit.page.locator("#pin").click()
    expect(divider(visit)).to_be_visible()
    return visit


def divider(visit):
    return visit.page.get_by_role("slider", name="Divider")


def flicker(visit):
    return visit.page.locator(".compare-tools button").first


def chips(visit):
    return visit.page.locator("#live .chip").filter(visible=True)


def seen(visit):
    """The middle of the picture as it is on the screen, [H, W, 3]: no words stand there."""
    visit.page.mouse.move(0, 0)
    place = visit.place("#live .stage")
    side = place["height"]
    clip = {
        "x": place["x"] + (place["width"] - side) / 2,
        "y": place["y"] + side / 4,
        "width": side,
        "height": side / 2,
    }
    data = visit.page.screenshot(clip=clip)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def shares(pixels, start, end):
    """Columns between two shares of the width."""
    width = pixels.shape[1]
    return pixels[:, int(start * width) : int(end * width)]


def is_same(one, other):
    """Whether two parts of the screen show the same, but for a seam between a browser's tiles."""
    return np.abs(one - other).mean() < 0.5


def at(visit, percent):
    divider(visit).fill(str(percent))
    return seen(visit)


def test_left_of_the_divider_is_the_pinned_picture_and_right_of_it_the_one_of_now(fresh):
    before = seen(fresh)
    pin(fresh)
    put(fresh, "seed_a", 77)
    both = seen(fresh)
    some, none = at(fresh, 100), at(fresh, 0)
    now = fresh.page.locator("#pin").click() or seen(fresh)
    assert np.abs(before - now).mean() > 10
    assert is_same(shares(both, 0.05, 0.45), shares(before, 0.05, 0.45))
    assert is_same(shares(both, 0.55, 0.95), shares(now, 0.55, 0.95))
    assert is_same(shares(some, 0.05, 0.9), shares(before, 0.05, 0.9))
    assert is_same(shares(none, 0.1, 0.95), shares(now, 0.1, 0.95))


def test_the_divider_moves_by_keyboard_and_says_where_it_is(fresh):
    pin(fresh)
    divider(fresh).focus()
    fresh.page.keyboard.press("ArrowRight")
    expect(divider(fresh)).to_have_attribute("aria-valuetext", "51 % pinned")
    fresh.page.keyboard.press("Home")
    expect(divider(fresh)).to_have_attribute("aria-valuetext", "0 % pinned")
    assert chips(fresh).all_inner_texts() == ["pinned", "now"]


def test_dragging_the_divider_does_not_walk_and_dragging_the_picture_beside_it_does(fresh):
    pin(fresh)
    before = fresh.recipe
    stage = fresh.place("#live .stage")
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    mouse = fresh.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 90, y, steps=4)
    mouse.up()
    assert int(divider(fresh).input_value()) == pytest.approx(70, abs=3)
    assert fresh.recipe == before

    seq = fresh.seq
    mouse.move(x - 60, y)
    mouse.down()
    mouse.move(x - 160, y, steps=4)
    mouse.up()
    fresh.next_rest(seq)
    assert fresh.recipe.a != before.a


def test_flicker_shows_both_by_turns_until_it_is_pressed_again(fresh):
    pin(fresh)
    put(fresh, "psi", 0.2)
    flicker(fresh).click()
    for text in ("pinned", "now", "pinned"):
        expect(chips(fresh)).to_have_text([text])
    expect(flicker(fresh)).to_have_attribute("aria-pressed", "true")
    expect(divider(fresh)).to_be_hidden()
    flicker(fresh).click()
    expect(chips(fresh)).to_have_text(["pinned", "now"])
    expect(divider(fresh)).to_be_visible()


def test_who_wants_less_motion_swaps_by_hand(visitor):
    visit = visitor(reduced_motion="reduce").open()
    before = seen(visit)
    pin(visit)
    put(visit, "seed_a", 77)
    swap = visit.page.get_by_role("button", name="Swap")
    for texts in (["pinned"], ["now"], ["pinned", "now"]):
        swap.click()
        expect(chips(visit)).to_have_text(texts)
        visit.page.wait_for_timeout(700)  # longer than a turn
        expect(chips(visit)).to_have_text(texts)
        if texts == ["pinned"]:
            assert is_same(seen(visit), before)


def test_back_to_pinned_is_a_step_and_unpinning_keeps_the_picture_of_now(fresh):
    pinned = fresh.recipe
    pin(fresh)
    later = put(fresh, "psi", 0.2)
    back = fresh.page.get_by_role("button", name="Back to pinned")
    assert fresh.settled(back.click) == pinned
    expect(strip(fresh)).to_have_count(3)
    assert fresh.settled(undo(fresh).click) == later
    button = fresh.page.locator("#pin")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(divider(fresh)).to_have_count(0)
    expect(button).to_have_attribute("aria-pressed", "false")
    assert fresh.recipe == later


def test_the_pinned_picture_is_drawn_again_after_a_reload(fresh):
    pinned = fresh.recipe
    pin(fresh)
    pixels = fresh.page.evaluate(PIXELS)
    assert bytes(pixels) == fresh.picture
    later = put(fresh, "seed_a", 77)
    fresh.reload()
    expect(chips(fresh)).to_have_text(["pinned", "now"])
    assert fresh.page.evaluate(PIXELS) == pixels
    assert fresh.recipe == later
    assert fresh.settled(fresh.page.get_by_role("button", name="Back to pinned").click) == pinned
    fresh.page.locator("#pin").click()
    fresh.reload()
    expect(divider(fresh)).to_have_count(0)


def test_what_is_pinned_in_the_middle_of_a_move_is_the_last_value(fresh):
    fresh.page.evaluate("window.explorer.set('psi', 0.2); window.explorer.pin()")
    expect(divider(fresh)).to_be_visible()
    put(fresh, "psi", 1)
    back = fresh.page.get_by_role("button", name="Back to pinned")
    assert fresh.settled(back.click).psi == 0.2


def test_pictures_of_two_models_are_compared_whatever_their_sizes(fresh):
    before = seen(fresh)
    pin(fresh)
    fresh.with_model("sg2_skip_32")
    assert is_same(shares(seen(fresh), 0.05, 0.45), shares(before, 0.05, 0.45))


def test_true_pixels_show_both_unenlarged(fresh):
    pin(fresh)
    fresh.page.get_by_role("button", name="true pixels").click()
    assert fresh.place("#live .pinned") == fresh.place("#live img")
    assert fresh.place("#live .pinned")["height"] == 128
    assert divider(fresh).bounding_box()["width"] == 128 + 28


def test_a_pinned_picture_that_cannot_be_drawn_again_says_so(fresh):
    recipe = {**json.loads(fresh.recipe.to_json()), "model": {"name": "gone", "hash": "0" * 64}}
    fresh.page.evaluate("text => sessionStorage.setItem('pinned', text)", json.dumps(recipe))
    fresh.reload()
    expect(chips(fresh).first).to_have_text("pinned: not drawn")
    fresh.says("cannot be drawn here")
    fresh.page.locator("#pin").click()
    expect(divider(fresh)).to_have_count(0)


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "{}", '{"version": 1}'])
def test_a_damaged_pin_is_no_pin(fresh, text):
    fresh.page.evaluate("text => sessionStorage.setItem('pinned', text)", text)
    fresh.reload()
    expect(fresh.page.locator("#pin")).to_have_attribute("aria-pressed", "false")
    assert fresh.message.is_hidden()


def test_pinning_moves_nothing(visitor):
    visit = visitor(viewport=PHONE).open()
    places = [visit.place(part) for part in ("#live .stage", "#tray", "#panel_latent")]
    pin(visit)
    assert [visit.place(part) for part in ("#live .stage", "#tray", "#panel_latent")] == places
