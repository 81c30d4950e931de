"""Style mixing and noise: for all layers, for groups, for each layer; resetting a slider."""

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import WIDE


def layers(visit, kind):
    visit.open_panel({"mix": "mixing", "noise": "noise"}[kind], f"{kind}_layers")
    expect(visit.page.locator(f"#{kind}_layer_0")).to_be_attached()
    return visit


@pytest.mark.parametrize(
    ("group", "inside"), [("coarse", range(3)), ("middle", range(3, 7)), ("fine", range(7, 12))]
)
def test_a_mixing_group_writes_its_layers_only(visit, group, inside):
    layers(visit, "mix")
    value = visit.drag(f"mix_{group}", 0.02, 0.6)
    expected = [value if layer in inside else 0 for layer in range(12)]
    assert visit.recipe.mix.weights == pytest.approx(expected)
    for layer in range(12):
        expect(visit.range(f"mix_layer_{layer}")).to_have_value(f"{expected[layer]:g}")
    expect(visit.title("mixing")).to_contain_text(f"{group} {value:g}")


def test_a_mixing_layer_writes_itself_and_its_group_shows_the_mean(visit):
    layers(visit, "mix")
    value = visit.drag("mix_layer_4", 0.02, 0.8)
    weights = visit.recipe.mix.weights
    assert weights == pytest.approx([value if layer == 4 else 0 for layer in range(12)])
    expect(visit.title("mixing")).to_contain_text("middle mixed")
    assert float(visit.range("mix_middle").input_value()) == pytest.approx(value / 4, abs=0.006)


def test_the_mixing_seed_says_whose_style_is_blended_in(visit):
    visit.open_panel("mixing")
    visit.drag("mix_coarse", 0.02, 0.9)
    before = visit.picture
    recipe = visit.settled(lambda: visit.type_in("mix_seed", "5"))
    assert recipe.mix.source.x == 5
    assert visit.picture != before
    rolled = visit.settled(visit.page.get_by_role("button", name="Roll mixing seed").click)
    assert rolled.mix.source.x != 5


def test_noise_has_a_mode_a_seed_and_a_strength_for_all_groups_and_layers(visit):
    layers(visit, "noise")
    random = visit.page.locator("#noise_mode").get_by_label("random")
    assert visit.settled(random.check).noise.mode == "random"
    assert visit.settled(lambda: visit.type_in("noise_seed", "9")).noise.seed == 9
    rolled = visit.settled(visit.page.get_by_role("button", name="Roll noise seed").click)
    assert rolled.noise.seed != 9

    value = visit.drag("noise_strength", 0.25, 0.5)
    assert visit.recipe.noise.strength == pytest.approx([value] * 11)
    coarse = visit.drag("noise_coarse", 0.5, 0.8)
    assert visit.recipe.noise.strength[:3] == pytest.approx([coarse] * 3)
    assert visit.recipe.noise.strength[3:] == pytest.approx([value] * 8)
    expect(visit.title("noise")).to_contain_text("strength mixed")
    one = visit.drag("noise_layer_8", 0.5, 0.1)
    assert visit.recipe.noise.strength[8] == pytest.approx(one)

    none = visit.page.locator("#noise_mode").get_by_label("none")
    assert visit.settled(none.check).noise.mode == "none"
    expect(visit.title("noise")).to_contain_text("off")


@pytest.mark.parametrize(
    ("name", "panels"),
    [
        ("psi", []),
        ("t", []),
        ("mix_fine", ["mixing"]),
        ("noise_strength", ["noise"]),
        ("mix_layer_2", ["mixing", "mix_layers"]),
    ],
)
def test_a_double_click_resets_a_slider_to_the_models_default(visit, name, panels):
    visit.open_panel(*panels)
    usual, shown = visit.recipe, visit.range(name).input_value()
    visit.drag(name, 0.3, 0.9)
    assert visit.recipe != usual
    assert visit.settled(visit.range(name).dblclick) == usual
    expect(visit.range(name)).to_have_value(shown)


def test_reset_brings_back_the_first_picture_and_every_control(visit):
    first = visit.recipe
    visit.open_panel("mixing", "noise")
    visit.drag("psi", 0.5, 0.2)
    visit.drag("mix_fine", 0.02, 0.7)
    visit.drag("noise_strength", 0.25, 0.7)
    assert visit.settled(visit.page.locator("#reset").click) == first
    for name, value in {"psi": "0.7", "mix_fine": "0", "noise_strength": "1"}.items():
        expect(visit.range(name)).to_have_value(value)


def test_the_titles_of_closed_panels_say_their_state(fresh):
    assert fresh.page.viewport_size == WIDE
    fresh.drag("psi", 0.5, 0.2)
    psi = fresh.recipe.psi
    expect(fresh.title("truncation")).to_contain_text(f"Truncation · psi {psi:.2f}")
    fresh.title("truncation").click()
    expect(fresh.range("psi")).to_be_hidden()
    expect(fresh.title("truncation")).to_contain_text(f"psi {psi:.2f}")
    expect(fresh.title("mixing")).to_contain_text("Style mixing · off")
    expect(fresh.title("noise")).to_contain_text("Noise · stored, as trained")
    assert fresh.settled(lambda: fresh.type_in("seed_a", "99")).a.x == 99
    expect(fresh.title("latent")).to_contain_text("seed 99")
