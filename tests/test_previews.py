from itertools import pairwise

import numpy as np
import pytest

from explorer.networks import shape_at
from explorer.previews import (
    ENOUGH,
    FORGET,
    SMALLEST,
    Pace,
    View,
    middle,
    precisions_of,
    views_of,
    work_of,
)
from tests.networks.builders import tiny_generator, tiny_stylegan1, tiny_stylegan3

BUDGET = 60.0
SIZES = (None, 512, 256, 128)
WORK = {128: 61.0, 256: 90.0, 512: 119.0, None: 149.0}  # GFLOP of config F at 1024 pixels
PLAIN = tuple(View(size, "float32") for size in SIZES)
BOTH = tuple(View(size, one) for size in SIZES for one in ("float32", "bfloat16"))


def a_machine(per_unit, *, bfloat16=0.5, **more):
    """The milliseconds of every view of BOTH; `more` are other factors by size."""
    factors = {"float32": 1.0, "bfloat16": bfloat16}
    return {
        view: WORK[view.size] * per_unit * factors[view.precision] * more.get(f"at{view.size}", 1.0)
        for view in BOTH
    }


def drag(pace, times, count, hiccup=lambda index: 1.0):
    """The views that are shown while a hand moves for `count` pictures."""
    shown = []
    for index in range(count):
        shown.append(pace.choose())
        pace.note(shown[-1], times[shown[-1]] * hiccup(index))
    return shown


def changes(shown):
    return sum(one != other for one, other in pairwise(shown))


def a_pace(views=PLAIN, budget=BUDGET):
    return Pace(views, WORK, budget)


def test_a_large_model_has_previews_of_128_pixels_and_more():
    large = tiny_generator(channels=(4,) * 9)
    assert views_of(large, ["float32"]) == PLAIN
    assert views_of(large, ["float32", "bfloat16"]) == BOTH


@pytest.mark.parametrize("base, sizes", [((4, 2), (None, 512, 256)), ((2, 8), (None, 512, 256))])
def test_it_is_the_shorter_side_that_has_128_pixels(base, sizes):
    generator = tiny_generator(channels=(4,) * 9, base=base)
    views = views_of(generator, ["float32"])
    assert tuple(view.size for view in views) == sizes
    shapes = [shape_at(generator.resolution, generator.stops, size) for size in sizes]
    assert min(map(min, shapes)) == SMALLEST


@pytest.mark.parametrize("blocks", [1, 3, 6])
def test_a_model_of_at_most_128_pixels_is_always_drawn_as_at_rest(blocks):
    generator = tiny_generator(channels=(4,) * blocks)
    assert views_of(generator, ["float32", "bfloat16"]) == (View(None, "float32"),)


@pytest.mark.parametrize(
    "generator",
    [
        tiny_stylegan1(channels=(4,) * 7),
        tiny_generator(channels=(4,) * 7, architecture="resnet"),
        tiny_generator(channels=(4,) * 7, architecture="orig"),
    ],
    ids=["stylegan1", "resnet", "orig"],
)
def test_without_a_running_picture_there_is_only_the_whole_one(generator):
    assert views_of(generator, ["float32"]) == (View(None, "float32"),)
    assert list(work_of(generator)) == [None]


@pytest.mark.parametrize(
    "policy, known, has_bfloat16, chosen",
    [
        ("auto", ("float32", "bfloat16"), True, ("float32", "bfloat16")),
        ("auto", ("float32", "bfloat16"), False, ("float32",)),
        ("auto", ("float32",), True, ("float32",)),
        ("auto", ("float16", "float32", "bfloat16"), False, ("float16",)),
        ("float32", ("float16", "float32", "bfloat16"), True, ("float32",)),
        ("float32", ("float32", "bfloat16"), True, ("float32",)),
        ("bfloat16", ("float32", "bfloat16"), False, ("bfloat16",)),
        ("float16", ("float32", "float16"), True, ("float16",)),
        ("float16", ("float32", "bfloat16"), True, ("float32",)),
        ("bfloat16", ("float32",), True, ("float32",)),
    ],
)
def test_what_a_person_asked_for_is_used_where_the_model_can(policy, known, has_bfloat16, chosen):
    assert precisions_of(known, policy, has_bfloat16=has_bfloat16) == chosen


def test_the_work_of_a_size_is_what_its_convolutions_multiply():
    generator = tiny_generator(channels=(8, 6, 4), base=(4, 2))
    first = 8 * 8 * 9 * 8
    second = 6 * 8 * 9 * 8 + 6 * 6 * 9 * 32  # the layer that doubles multiplies before it does
    third = 4 * 6 * 9 * 32 + 4 * 4 * 9 * 128
    torgb = 3 * 4 * 128
    work = work_of(generator)
    assert work[4] == pytest.approx(first, abs=1)
    assert work[8] == pytest.approx(first + second, abs=1)
    assert work[None] == pytest.approx(first + second + third + torgb, abs=1)


def test_work_grows_with_the_size_for_every_family():
    for generator in (tiny_generator(), tiny_stylegan1(), tiny_stylegan3()):
        work = work_of(generator)
        assert list(work) == [*generator.stops, None]
        assert sorted(work.values()) == list(work.values())


def test_of_two_times_the_one_without_the_hiccup_counts():
    assert [middle([5.0]), middle([90.0, 5.0]), middle([5.0, 90.0, 6.0])] == [5.0, 5.0, 6.0]


@pytest.mark.parametrize("size", SIZES)
def test_the_largest_picture_that_fits_is_found(size):
    per_unit = 0.8 * BUDGET / WORK[size]
    times = a_machine(per_unit)
    assert set(drag(a_pace(), times, 30)[4 * ENOUGH :]) == {View(size, "float32")}


def test_a_first_picture_that_is_far_too_slow_is_not_repeated_before_a_faster_way_is_tried():
    views = (View(128, "float32"), View(128, "bfloat16"))
    pace = Pace(views, {128: 1.0}, BUDGET)
    assert pace.choose() == views[0]
    pace.note(views[0], 5 * BUDGET)
    assert pace.choose() == views[1]


def test_at_first_the_smallest_is_drawn_and_larger_ones_soon():
    shown = drag(a_pace(), a_machine(0.01), 2 * ENOUGH)
    assert shown[0] == View(128, "float32")
    assert shown[-1] == View(None, "float32")


def test_what_is_known_from_a_picture_at_rest_decides_from_the_first_preview_on():
    for milliseconds, size in ((10.0, None), (80.0, 256), (800.0, 128)):
        pace = a_pace()
        pace.note(View(None, "float32"), milliseconds)
        assert pace.choose() == View(size, "float32")


def test_however_slow_the_machine_is_no_preview_is_smaller_than_the_smallest():
    assert set(drag(a_pace(), a_machine(50.0), 20)) == {View(128, "float32")}


def test_a_whole_picture_that_fits_is_drawn_as_at_rest_and_never_coarser():
    pace = a_pace(BOTH)
    pace.note(View(None, "float32"), 40.0)
    assert set(drag(pace, a_machine(40 / 149), 50)) == {View(None, "float32")}


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4])
def test_pictures_do_not_flicker_between_sizes_whatever_single_times_do(share):
    random = np.random.default_rng(0)
    noise = random.lognormal(0, 0.15, 400)
    noise *= np.where(random.random(400) < share / 2, 5, 1)  # hiccups
    for per_unit in np.geomspace(0.2, 1.5, 40):
        shown = drag(a_pace(), a_machine(per_unit), 400, lambda i: noise[i])
        assert changes(shown) <= 12, per_unit  # of 400
        assert all(
            len({*shown[at : at + ENOUGH]}) <= 2 for at in range(len(shown) - ENOUGH)
        )  # each is kept for a while


@pytest.mark.parametrize("per_unit", np.geomspace(0.2, 1.5, 12))
def test_one_hiccup_changes_nothing(per_unit):
    pace, times = a_pace(), a_machine(per_unit)
    before = drag(pace, times, 40)[-1]
    assert set(drag(pace, times, 20, lambda index: 9.0 if index == 4 else 1.0)) == {before}


def test_a_machine_that_gets_busy_gets_smaller_pictures_and_recovers():
    pace = a_pace()
    quiet, busy = a_machine(0.3), a_machine(0.6)
    assert drag(pace, quiet, 30)[-1].size is None
    assert drag(pace, busy, 30)[-1].size == 256
    assert drag(pace, quiet, 30)[-1].size is None


def test_a_size_that_is_slower_than_its_work_is_given_up_and_not_tried_at_once_again():
    times = a_machine(0.3, atNone=3.0)
    shown = drag(a_pace(), times, 200)
    assert shown[-1].size == 512
    assert shown.count(View(None, "float32")) == ENOUGH


def test_a_view_that_was_slow_once_is_tried_again_after_a_while():
    pace = a_pace()
    assert drag(pace, a_machine(0.3, atNone=3.0), 40)[-1].size == 512
    assert View(None, "float32") in drag(pace, a_machine(0.3), FORGET + 10 * ENOUGH)
    assert drag(pace, a_machine(0.3), 10)[-1].size is None


def test_pictures_at_rest_tell_that_the_whole_one_fits():
    pace = a_pace()
    drag(pace, a_machine(0.3, atNone=3.0), 40)
    for _ in range(5):
        pace.note(View(None, "float32"), 0.3 * 149)
    assert pace.choose().size is None


def test_lower_precision_is_taken_where_it_draws_a_larger_picture():
    shown = drag(a_pace(BOTH), a_machine(0.5, bfloat16=0.4), 60)
    assert shown[-1] == View(None, "bfloat16")


def test_lower_precision_that_is_slower_here_is_tried_and_then_left():
    shown = drag(a_pace(BOTH), a_machine(0.7, bfloat16=1.3), 200)
    assert set(shown[100:]) == {View(128, "float32")}
    assert 0 < sum(view.precision == "bfloat16" for view in shown) <= 2 * ENOUGH


@pytest.mark.parametrize("factor, precision", [(0.6, "bfloat16"), (0.97, "float32")])
def test_where_nothing_fits_lower_precision_has_to_be_worth_it(factor, precision):
    shown = drag(a_pace(BOTH), a_machine(5.0, bfloat16=factor), 100)
    assert {view.size for view in shown} == {128}
    assert set(shown[50:]) == {View(128, precision)}


def test_a_larger_budget_gives_larger_pictures():
    sizes = [drag(a_pace(budget=ms), a_machine(0.55), 40)[-1].size for ms in (1, 60, 90, 120)]
    assert sizes == [128, 256, 512, None]


def test_times_of_other_views_are_no_business_of_this_model():
    pace = a_pace()
    pace.note(View(None, "float16"), 0.001)
    assert pace.choose() == View(128, "float32")
