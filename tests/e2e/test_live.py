"""A slider is dragged, and the picture follows and comes to rest."""

from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import expect

GOLDEN = "sg2_skip_32"
SLIDERS = {
    "psi": (None, lambda recipe: recipe.psi),
    "t": (None, lambda recipe: recipe.t),
    "clip": (None, lambda recipe: recipe.clip),
    "cutoff": (None, lambda recipe: recipe.cutoff),
    "mix_coarse": ("mixing", lambda recipe: recipe.mix.weights[0]),
    "mix_middle": ("mixing", lambda recipe: recipe.mix.weights[4]),
    "mix_fine": ("mixing", lambda recipe: recipe.mix.weights[9]),
    "noise_strength": ("noise", lambda recipe: recipe.noise.strength[8]),
}


@pytest.mark.parametrize("name", SLIDERS)
def test_a_dragged_slider_changes_the_picture_which_rests_on_its_value(visit, name):
    panel, value_in = SLIDERS[name]
    if panel:
        visit.open_panel(panel)
    before = visit.image.get_attribute("data-recipe")
    seen = len(visit.frames_seen)

    value = visit.drag(name, 0.5, 0.2, 0.35, frames=3)

    assert value_in(visit.recipe) == pytest.approx(value)
    frames = visit.frames_seen[seen:]
    assert len({recipe for _, _, recipe in frames} - {before}) >= 2
    assert frames[-1][2] == visit.recipe.key
    expect(visit.box(name)).to_have_value(f"{value:g}")


def test_a_dragged_slider_changes_the_pixels_themselves(visit):
    pictures = [visit.picture]
    for share in (0.2, 0.6):
        visit.drag("psi", 0.5, share)
        pictures.append(visit.picture)
    assert len(set(pictures)) == 3


def test_noise_changes_the_picture_of_a_golden_file_where_its_effect_is_large(fresh):
    fresh.with_model(GOLDEN).open_panel("noise")
    before = fresh.picture
    value = fresh.drag("noise_strength", 0.25, 0.9)
    assert fresh.recipe.noise.strength == pytest.approx([value] * len(fresh.recipe.noise.strength))
    assert fresh.recipe.model.name == GOLDEN
    assert fresh.picture != before


def test_frames_are_counted_and_never_go_back(visit):
    visit.drag("psi", 0.2, 0.9, 0.1, 0.8, frames=3)
    frames = visit.frames_seen
    numbers = [seq for seq, _, _ in frames]
    assert numbers == sorted(numbers)
    assert all(later == earlier + 1 for (_, earlier, _), (_, later, _) in pairwise(frames))
    assert int(visit.image.get_attribute("data-frames")) == frames[-1][1]


def test_the_picture_rests_only_while_the_last_value_is_shown_in_full_quality(visit):
    place = visit.range("psi").bounding_box()
    mouse, y = visit.page.mouse, place["y"] + place["height"] / 2
    mouse.move(place["x"] + 100, y)
    mouse.down()
    visit.rest()
    for step in range(20):
        mouse.move(place["x"] + 100 + 5 * step, y)
        seq, rest, source = visit.page.evaluate(
            "(({ dataset, src }) => [dataset.seq, dataset.rest, src.slice(0, 5)])"
            "(document.querySelector('#live img'))"
        )
        assert rest == "0" or source == "http:"
    mouse.up()
    visit.next_rest(int(seq) - 1)
    assert visit.image.get_attribute("src").startswith(visit.url)
    assert visit.recipe.psi == pytest.approx(float(visit.range("psi").input_value()))


def test_a_value_that_was_left_and_taken_up_again_comes_to_rest(visit):
    before = visit.recipe
    seq = visit.seq
    visit.range("psi").focus()
    visit.page.keyboard.press("ArrowRight")
    expect(visit.image).not_to_have_attribute("data-seq", str(seq))
    visit.page.keyboard.press("ArrowLeft")
    visit.next_rest(seq + 1)
    assert visit.recipe == before


def test_the_status_line_tells_size_device_precision_and_times(visit):
    text = visit.status.inner_text()
    assert text.startswith("128 × 128 · CPU · float32 · ")
    assert text.endswith(" ms · full quality")
    visit.page.evaluate(
        """window.texts = []; new MutationObserver(() =>
             window.texts.push(document.querySelector('#live .status').textContent)
           ).observe(document.querySelector('#live .status'), { childList: true });"""
    )
    visit.drag("psi", 0.2, 0.9)
    assert any("frames/s" in text for text in visit.page.evaluate("window.texts"))


def test_every_control_of_the_issue_has_its_id_once_its_panel_is_open(visit):
    visit.open_panel("mixing", "noise", "mix_layers", "noise_layers")
    names = [
        "model",
        "label",
        "seed_a",
        "seed_b",
        "t",
        "space",
        "clip",
        "psi",
        "cutoff",
        "mix_seed",
        "mix_coarse",
        "mix_middle",
        "mix_fine",
        "noise_mode",
        "noise_seed",
        "noise_strength",
        "live",
        "save",
        "reset",
    ]
    names += [f"mix_layer_{layer}" for layer in range(12)]
    names += [f"noise_layer_{layer}" for layer in range(9)]
    expect(visit.page.locator("#noise_layer_8")).to_be_attached()
    hidden = [name for name in names if visit.page.locator(f"#{name}").count() != 1]
    assert hidden == ["label"]  # the shipped model has no classes


def test_five_public_endpoints_are_for_programs(server):
    names = httpx.get(f"{server.url}/gradio_api/info").json()["named_endpoints"]
    assert list(names) == ["/render", "/models", "/directions", "/mapping", "/grid"]
