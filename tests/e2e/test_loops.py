"""Playing: from A to B and back, and through recent steps."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.e2e.test_keeping import put, strip, undo

HIDE = """isHidden => {
    Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def play(visit, way="ab", speed="1"):
    visit.page.locator(".tray .way").select_option(way)
    visit.page.locator(".tray .speed").select_option(speed)
    button(visit).click()


def button(visit):
    return visit.page.locator(".tray .play")


def is_playing(visit, expected=True):
    expect(button(visit)).to_have_text("Pause" if expected else "Play")


def value(visit, name):
    return visit.page.evaluate(f"window.explorer.values(['{name}'])[0]")


def reaches(visit, condition):
    """Wait for t to fulfil `condition`, a JavaScript expression."""
    script = f"() => {{ const [t] = window.explorer.values(['t']); return {condition}; }}"
    visit.page.wait_for_function(script)


def test_a_to_b_and_back_without_a_jump_and_recorded_once_where_it_stops(fresh):
    fresh.page.evaluate(
        """() => { window.seen = []; const look = () => {
            window.seen.push(window.explorer.values(['t'])[0]); requestAnimationFrame(look); };
            look(); }"""
    )
    frames = len(fresh.frames_seen)
    play(fresh, speed="4")
    is_playing(fresh)
    reaches(fresh, "t > 0.95")
    reaches(fresh, "t < 0.05")
    reaches(fresh, "t > 0.3")
    assert len(fresh.frames_seen) > frames + 5  # live, through the same pump
    expect(strip(fresh)).to_have_count(1)  # nothing is recorded while it plays
    before = fresh.seq
    button(fresh).click()
    is_playing(fresh, False)
    recipe = fresh.next_rest(before).recipe
    assert 0 < recipe.t < 1
    assert abs(float(fresh.range("t").input_value()) - recipe.t) < 0.006
    expect(strip(fresh)).to_have_count(2)
    seen = fresh.page.evaluate("window.seen")
    # At this speed t changes by at most pi/2 a second; a tick counts for a quarter of one at most.
    assert max(abs(a - b) for a, b in pairwise(seen)) < 0.4
    assert fresh.settled(undo(fresh).click).t == 0


def test_it_goes_on_from_where_the_slider_stands(fresh):
    put(fresh, "t", 0.6)
    play(fresh, speed="0.25")
    reaches(fresh, "t > 0.6")
    assert value(fresh, "t") < 0.9


def test_nothing_plays_by_itself(fresh):
    is_playing(fresh, False)
    seq = fresh.seq
    fresh.page.wait_for_timeout(500)
    assert fresh.seq == seq


def touch_slider(visit):
    visit.range("psi").click()


def press_key(visit):
    visit.range("psi").focus()
    visit.page.keyboard.press("ArrowRight")


def walk(visit):
    visit.page.locator("#live .stage").focus()
    visit.page.keyboard.press("ArrowRight")


def press_undo(visit):
    undo(visit).click()


def pick_seed(visit):
    visit.page.locator("#study .cell").nth(3).click()


@pytest.mark.parametrize("touch", [touch_slider, press_key, walk, press_undo, pick_seed])
def test_it_stops_when_a_control_is_touched(fresh, touch):
    fresh.sheet("seeds", 16)
    put(fresh, "psi", 0.5)
    play(fresh)
    reaches(fresh, "t > 0.02")
    before = fresh.seq
    touch(fresh)
    is_playing(fresh, False)
    fresh.next_rest(before)


def test_save_while_it_plays_saves_where_it_stops(fresh):
    play(fresh)
    reaches(fresh, "t > 0.02")
    with fresh.page.expect_download():
        fresh.page.locator("#save").click()
    is_playing(fresh, False)


def test_it_pauses_in_a_hidden_tab_and_goes_on_afterwards(fresh):
    play(fresh)
    reaches(fresh, "t > 0.02")
    fresh.page.evaluate(HIDE, True)
    at = value(fresh, "t")
    fresh.page.wait_for_timeout(700)
    assert value(fresh, "t") == at
    expect(strip(fresh)).to_have_count(1)  # it has not stopped
    fresh.page.evaluate(HIDE, False)
    reaches(fresh, f"t > {at} + 0.02")
    assert value(fresh, "t") < at + 0.5  # and not where it would be by now


def test_recent_steps_are_played_through_and_round_again(fresh):
    put(fresh, "seed_a", 5)
    put(fresh, "psi", 1)
    put(fresh, "seed_a", 77)
    play(fresh, "steps", "4")
    passed = """() => { const [psi, a, b] = window.explorer.values(['psi', 'seed_a', 'seed_b']);
        (window.passed ??= new Set()).add([a, b].join());
        const way = ['77,13', '13,5', '5,77'];
        return way.every((leg) => window.passed.has(leg)) && psi > 0.71 && psi < 0.99; }"""
    fresh.page.wait_for_function(passed)
    expect(strip(fresh)).to_have_count(4)
    before = fresh.seq
    button(fresh).click()
    recipe = fresh.next_rest(before).recipe
    expect(strip(fresh)).to_have_count(5)
    assert fresh.box("seed_a").input_value() == str(int(recipe.a.x))
    assert abs(float(fresh.range("psi").input_value()) - recipe.psi) < 0.006


def test_other_models_steps_are_left_out(fresh):
    put(fresh, "psi", 0.2)
    fresh.with_model("sg2_skip_32")
    play(fresh, "steps")
    is_playing(fresh, False)
    fresh.says("There is one step only")


def test_where_nothing_would_move_a_sentence_says_so(fresh):
    put(fresh, "seed_b", 13)
    play(fresh)
    is_playing(fresh, False)
    fresh.says("Seed A and seed B are the same")


def test_the_speed_is_changed_while_it_plays(fresh):
    play(fresh, speed="0.25")
    reaches(fresh, "t > 0.001")
    at = value(fresh, "t")
    fresh.page.locator(".tray .speed").select_option("4")
    is_playing(fresh)
    assert value(fresh, "t") < at + 0.6
    reaches(fresh, "t > 0.9")


def test_the_keyboard_starts_and_pauses_it(fresh):
    button(fresh).focus()
    fresh.page.keyboard.press("Enter")
    is_playing(fresh)
    fresh.page.keyboard.press("Space")
    is_playing(fresh, False)
    expect(button(fresh)).to_be_focused()
