"""What the page shows of a StyleGAN3, and what it says of any model."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import HOSTILE


@pytest.fixture
def stylegan3(visitor):
    return visitor().open().with_model("sg3r_32")


@pytest.mark.parametrize("name, field", [("rotate", "rotate"), ("shift_x", "x"), ("shift_y", "y")])
def test_a_stylegan3_is_turned_and_moved_live(stylegan3, name, field):
    visit = stylegan3.open_panel("transform")
    before = visit.picture
    value = visit.drag(name, 0.6, 0.8)
    assert getattr(visit.recipe.transform, field) == pytest.approx(value)
    assert visit.picture != before
    expect(visit.title("transform")).to_contain_text("Rotate and move ·")


def test_its_layers_are_numbered_and_the_page_says_what_mixing_lacks(stylegan3):
    visit = stylegan3.open_panel("mixing")
    expect(visit.page.locator("#mix_coarse")).to_contain_text("Layers 0 to 7.")
    expect(visit.page.locator("#mix_fine")).to_contain_text("Layers 8 to 15.")
    expect(visit.page.locator("#mix_middle")).to_be_hidden()
    expect(visit.page.locator("#mix_caveat")).to_contain_text("without mixing regularisation")


def test_it_has_no_noise_and_says_so(stylegan3):
    visit = stylegan3.open_panel("noise")
    expect(visit.page.locator("#no_noise")).to_be_visible()


def test_other_models_are_not_turned_nor_moved(visitor):
    visit = visitor().open()
    expect(visit.page.locator("#panel_transform")).to_be_hidden()
    expect(visit.page.locator("#mix_caveat")).to_be_hidden()


def test_the_page_says_what_a_model_is(visitor):
    visit = visitor().open().open_panel("about")
    about = visit.page.locator("#about")
    expect(about).to_contain_text("stylegan2 skip")
    expect(about).to_contain_text(visit.recipe.model.hash)
    visit.with_model("sg2_skip_32")
    expect(about).to_contain_text("NVIDIA PyTorch")
    expect(about).to_contain_text("torch_utils.persistence")


def test_a_hostile_name_in_what_the_page_says_is_text(visitor):
    visit = visitor().open().with_model(HOSTILE).open_panel("about")
    expect(visit.page.locator("#about")).to_contain_text(HOSTILE)
    assert not visit.is_hacked()
