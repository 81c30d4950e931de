import gradio as gr
import pytest

from explorer.errors import RecipeError
from explorer.recipe import parse
from explorer.ui.controls import connect, limits, seed_box, slider

RANGES = {
    ("psi",): (-1, 2),
    ("t",): (0, 1),
    ("clip",): (0.2, 4),
    ("cutoff",): (0, 64),
    ("a", "x"): (-(2**33), 2**33),
    ("mix", "weights", "[]"): (0, 1),
    ("noise", "seed"): (0, 2**32 - 1),
    ("noise", "strength", "[]"): (0, 4),
}


def recipe_with(path, value):
    for key in reversed(path):
        value = [value] if key == "[]" else {key: value}
    return parse(value)


@pytest.mark.parametrize("path", RANGES)
def test_the_limits_of_a_control_are_those_that_a_recipe_takes(path):
    low, high = limits(*path)
    assert (low, high) == RANGES[path]
    recipe_with(path, low), recipe_with(path, high)
    for beyond in (low - 1, high + 1):
        with pytest.raises(RecipeError, match=r"it must be (greater|less) than or equal to"):
            recipe_with(path, beyond)


@pytest.mark.parametrize("path", [("speed",), ("mix", "speed")])
def test_a_field_that_does_not_exist_has_no_limits(path):
    with pytest.raises(KeyError, match="speed"):
        limits(*path)


def test_a_slider_has_the_range_the_names_and_no_reset_of_gradios():
    made = slider("psi", "Truncation", "How far from the average.", ("psi",), step=0.005)
    assert (made.minimum, made.maximum, made.step) == (-1, 2, 0.005)
    assert (made.elem_id, made.label, made.info) == (
        "psi",
        "Truncation",
        "How far from the average.",
    )
    assert made.buttons == []


def test_a_slider_may_be_narrower_than_its_field():
    assert slider("cutoff", "Cutoff", "", ("cutoff",), maximum=18).maximum == 18


def test_a_seed_box_takes_every_seed_and_has_a_button_that_rolls_one():
    with gr.Blocks() as blocks:
        box = seed_box("seed_a", "Seed A")
    assert (box.minimum, box.maximum, box.precision) == (0, 2**32 - 1, 0)
    labels = [block.value for block in blocks.blocks.values() if isinstance(block, gr.Button)]
    assert labels == ["Roll seed A"]


@pytest.mark.parametrize(
    "make, events",
    [
        (lambda: slider("psi", "", "", ("psi",)), ["input", "release"]),
        (lambda: gr.Number(elem_id="psi"), ["blur", "input", "submit"]),
        (lambda: gr.Dropdown(["a"], elem_id="psi"), ["input"]),
    ],
)
def test_a_control_speaks_to_the_page_alone_and_never_by_change(make, events):
    with gr.Blocks() as blocks:
        connect("psi", make())
    wired = list(blocks.fns.values())
    assert sorted(event for fn in wired for _, event in fn.targets) == events
    for fn in wired:
        assert fn.fn is None
        assert (fn.queue, fn.api_visibility) == (False, "private")
        method = "set" if fn.targets[0][1] == "input" else "release"
        assert fn.js == f'v => window.explorer.{method}("psi", v)'
