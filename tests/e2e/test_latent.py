"""Seeds, the way between them, and walking by dragging the picture."""

import pytest
from playwright.sync_api import expect

from explorer.latents import seed_at
from tests.e2e.steps import PHONE


def seed_of(point):
    return seed_at(round(point.x), round(point.y))


@pytest.mark.parametrize(("name", "field"), [("seed_a", "a"), ("seed_b", "b")])
def test_a_seed_can_be_typed_stepped_with_arrow_keys_and_rolled(visit, name, field):
    visit.drag("t", 0.1, 0.5)  # so that both seeds matter

    typed = visit.settled(lambda: visit.type_in(name, "77"))
    assert seed_of(getattr(typed, field)) == 77
    stepped = visit.settled(lambda: visit.page.keyboard.press("ArrowUp"))
    assert seed_of(getattr(stepped, field)) == 78
    stepped = visit.settled(lambda: visit.page.keyboard.press("ArrowDown"))
    assert seed_of(getattr(stepped, field)) == 77

    label = f"Roll seed {field.upper()}"
    roll = visit.page.get_by_role("button", name=label)
    rolled = visit.settled(roll.click)
    assert seed_of(getattr(rolled, field)) != 77
    expect(visit.box(name)).to_have_value(str(seed_of(getattr(rolled, field))))


def test_the_largest_seed_is_shown_whole(visit):
    typed = visit.settled(lambda: visit.type_in("seed_a", "4294967295"))
    assert seed_of(typed.a) == 2**32 - 1
    box = visit.box("seed_a")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


@pytest.mark.parametrize("space", ["z-lerp", "w-lerp"])
def test_the_path_between_the_seeds_can_be_chosen(visit, space):
    visit.drag("t", 0.1, 0.5)
    before = visit.picture
    choice = visit.page.locator("#space").get_by_label(space.replace("-", " "))
    assert visit.settled(choice.check).space == space
    assert visit.picture != before


def test_tail_clipping_at_its_top_is_off(visit):
    value = visit.drag("clip", 0.98, 0.3)
    assert visit.recipe.clip == pytest.approx(value)
    visit.drag("clip", 0.3, 1.1)
    assert visit.recipe.clip is None


def test_the_picture_dragged_by_mouse_walks_source_a(visit):
    visit.drag("t", 0.1, 0.5)
    place, start, seq = visit.place("#live .stage"), visit.recipe.a, visit.seq
    mouse, y = visit.page.mouse, place["y"] + place["height"] / 2
    frames = len(visit.frames_seen)
    mouse.move(place["x"] + place["width"] * 0.7, y)
    mouse.down()
    mouse.move(place["x"] + place["width"] * 0.2, y - 40, steps=15)
    mouse.up()
    visit.next_rest(seq)
    recipe = visit.recipe
    assert recipe.a.x == pytest.approx(start.x + 0.75, abs=0.02)  # half a width of 1.5 seeds
    assert recipe.a.y > start.y
    assert recipe.t == 0
    assert len(visit.frames_seen) - frames > 3
    # Source A and t follow on their controls.
    expect(visit.box("seed_a")).to_have_value(str(seed_of(recipe.a)))
    expect(visit.range("t")).to_have_value("0")


def test_the_picture_dragged_by_finger_walks_source_a(visitor):
    visit = visitor(viewport=PHONE, has_touch=True, is_mobile=True).open()
    place, start, seq = visit.place("#live .stage"), visit.recipe.a, visit.seq
    touch = visit.page.context.new_cdp_session(visit.page)
    x, y = place["x"] + place["width"] * 0.8, place["y"] + place["height"] / 2
    points = [{"x": x - 20 * step, "y": y} for step in range(10)]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    visit.next_rest(seq)
    assert visit.recipe.a.x > start.x + 0.3
    assert visit.page.evaluate("scrollY") == 0


def test_a_slider_dragged_by_finger_is_followed(visitor):
    visit = visitor(viewport=PHONE, has_touch=True, is_mobile=True).open()
    visit.range("t").scroll_into_view_if_needed()
    place, seq = visit.range("t").bounding_box(), visit.seq
    touch = visit.page.context.new_cdp_session(visit.page)
    y = place["y"] + place["height"] / 2
    points = [{"x": place["x"] + 8 + 15 * step, "y": y} for step in range(10)]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    visit.next_rest(seq)
    assert visit.recipe.t == pytest.approx(float(visit.range("t").input_value()))
    assert visit.recipe.t > 0.2


@pytest.mark.parametrize(
    ("key", "step"),
    [
        ("ArrowRight", (0.1, 0)),
        ("ArrowDown", (0, 0.1)),
        ("Shift+ArrowLeft", (-1, 0)),
        ("Shift+ArrowUp", (0, -1)),
    ],
)
def test_arrow_keys_on_the_picture_walk_source_a(visit, key, step):
    start = visit.recipe.a
    visit.page.locator("#live .stage").focus()
    recipe = visit.settled(lambda: visit.page.keyboard.press(key))
    assert (recipe.a.x, recipe.a.y) == pytest.approx((start.x + step[0], start.y + step[1]))
