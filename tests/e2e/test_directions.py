"""Directions as sliders: where they come from, what they do, and that nothing of them is lost."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from explorer.library import from_file
from tests.e2e.steps import link


@pytest.fixture
def tab(visitor):
    """A page just opened, with the panel of directions open and nothing on it."""
    visit = visitor().open()
    visit.open_panel("directions")
    return visit


@pytest.fixture
def judged(visitor):
    """A page on a model with a direction in its folder."""
    visit = visitor().open().with_model("judged")
    visit.open_panel("directions")
    return visit


def pixels(png):
    """What is to be seen, without the recipe that the file carries."""
    return Image.open(io.BytesIO(png)).tobytes()


def add(visit, name):
    """Put a direction of the library on the panel."""
    visit.page.get_by_label("Directions in the library").select_option(label=name)
    visit.page.locator(".directions .add").get_by_role("button", name="Add").click()


def name_of(slider):
    return slider.get_attribute("id")


def one(tab):
    """One random direction on the panel: its row, and its name."""
    row = tab.find_directions("Random").first
    return row, name_of(row)


@pytest.mark.parametrize(("source", "first"), [("PCA of W", "PCA 1"), ("SeFa", "SeFa 1")])
def test_directions_are_found_without_labels(tab, source, first):
    rows = tab.find_directions(source)
    expect(rows.first.locator(".head label")).to_have_text(first)
    rows.first.locator("summary").click()
    expect(rows.first.locator(".origin")).to_contain_text("In W")


def test_a_slider_moves_the_picture_and_rests_on_its_value(tab):
    _, name = one(tab)
    before, frames = tab.picture, len(tab.frames_seen)
    value = tab.drag(name, 0.5, 0.6, 0.9)
    (edit,) = tab.recipe.edits
    assert edit.shift == pytest.approx(value)
    assert value > 2
    assert tab.picture != before
    assert len(tab.frames_seen) > frames + 1
    expect(tab.title("directions")).to_contain_text("1 active")


def test_a_slider_goes_back_to_0_by_its_button_and_by_a_double_click(tab):
    row, name = one(tab)
    before = tab.picture
    for back in (row.get_by_role("button", name="Reset").click, tab.range(name).dblclick):
        tab.drag(name, 0.5, 0.8)
        assert tab.settled(back).edits == ()
        assert tab.picture == before


def test_sliders_add_up(tab):
    rows = tab.find_directions("SeFa", 2)
    names = [name_of(row) for row in rows.all()]
    shifts = [tab.drag(name, 0.5, 0.7) for name in names]
    assert [edit.shift for edit in tab.recipe.edits] == pytest.approx(shifts)
    expect(tab.title("directions")).to_contain_text("2 active")


def test_twelve_directions_move_a_picture_and_a_thirteenth_is_refused(tab):
    rows = tab.find_directions("SeFa", 13)
    names = [name_of(row) for row in rows.all()]
    edits = ", ".join(f"'{name}'" for name in names)
    tab.page.evaluate(
        f"""for (const name of [{edits}]) {{
              const range = document.getElementById(`${{name}}_range`);
              range.value = 1; range.dispatchEvent(new Event('input')); }}"""
    )
    tab.says("At most 12 directions")
    tab.page.wait_for_timeout(500)
    assert len(tab.recipe.edits) == 12


def test_the_layers_of_a_direction_can_be_chosen(tab):
    row, name = one(tab)
    tab.drag(name, 0.5, 0.8)
    row.locator("summary").click()
    choice = row.get_by_label("Layers", exact=True)
    recipe = tab.settled(lambda: choice.select_option("fine"))
    assert recipe.edits[0].layers == (7, 8, 9, 10, 11)
    row.get_by_label("first layer").fill("9")
    recipe = tab.settled(lambda: row.get_by_label("first layer").press("Enter"))
    assert recipe.edits[0].layers == (9, 10, 11)
    recipe = tab.settled(lambda: choice.select_option("all"))
    assert recipe.edits[0].layers == ()


def test_the_directions_of_a_group_are_meant_for_its_layers(tab):
    tab.page.locator("#find_group").select_option("middle")
    row = tab.find_directions("SeFa", 1).first
    tab.drag(name_of(row), 0.5, 0.8)
    assert tab.recipe.edits[0].layers == (3, 4, 5, 6)


def test_an_inverted_slider_shows_the_same_picture_the_other_way(tab):
    row, name = one(tab)
    tab.drag(name, 0.5, 0.8)
    before, (edit,) = tab.picture, tab.recipe.edits
    row.locator("summary").click()
    recipe = tab.settled(row.get_by_role("button", name="Invert").click)
    assert recipe.edits[0].shift == -edit.shift
    assert recipe.edits[0].direction != edit.direction
    assert pixels(tab.picture) == pixels(before)
    expect(tab.sliders(1).first.locator(".head label")).to_contain_text("not random")


def test_a_direction_is_renamed_removed_and_deleted(tab):
    row, _ = one(tab)
    row.locator("summary").click()
    row.get_by_label("Name").fill("<b>curls</b>")
    row.get_by_label("Name").press("Enter")
    expect(tab.sliders(1).first.locator(".head label")).to_have_text("<b>curls</b>")
    tab.sliders(1).first.get_by_role("button", name="Remove").click()
    tab.sliders(0)
    picker = tab.page.get_by_label("Directions in the library")
    add(tab, "<b>curls</b>")
    row = tab.sliders(1).first
    row.locator("summary").click()
    row.get_by_role("button", name="Delete").click()
    tab.sliders(0)
    expect(picker).to_contain_text("in the library")
    expect(picker).not_to_contain_text("curls")
    tab.page.get_by_role("button", name="Bring back <b>curls</b>").click()
    expect(tab.sliders(1).first.locator(".head label")).to_have_text("<b>curls</b>")


def test_own_directions_survive_a_reload_and_so_does_the_picture(tab):
    _, name = one(tab)
    tab.drag(name, 0.5, 0.9)
    recipe, picture = tab.recipe, tab.picture
    tab.reload()
    assert (tab.recipe, tab.picture) == (recipe, picture)
    tab.open_panel("directions")
    assert float(tab.range(name).input_value()) == pytest.approx(recipe.edits[0].shift)


def test_a_link_with_a_direction_that_nobody_has_says_so(visitor):
    visit = visitor()
    visit.page.goto(visit.url + link({"edits": [{"direction": "0a" * 32, "shift": 1}]}))
    visit.says("neither here nor in the link")
    assert visit.recipe.edits == ()
    visit.drag("psi", 0.4, 0.8)


def test_the_directions_of_a_models_folder_are_there_for_everybody(judged):
    add(judged, "shipped")
    row = judged.sliders(1).first
    expect(row.locator(".place")).to_contain_text("from the boundary")
    judged.drag(name_of(row), 0.5, 0.8)
    assert judged.recipe.edits[0].shift > 1
    judged.page.evaluate("sessionStorage.clear()")
    assert judged.reload().recipe.edits[0].shift > 1


def test_a_button_moves_the_picture_onto_the_boundary(judged):
    add(judged, "shipped")
    row = judged.sliders(1).first
    expect(row.locator(".mark")).to_be_visible()
    before = judged.seq
    row.get_by_role("button", name="To the boundary").click()
    judged.next_rest(before)
    expect(row.locator(".place")).to_contain_text("0.00 σ from the boundary")
    shift = judged.recipe.edits[0].shift
    assert float(judged.range(name_of(row)).input_value()) == pytest.approx(shift, abs=0.01)


def test_locked_directions_stay_still_and_without_a_lock_a_sentence_says_so(tab):
    rows = tab.find_directions("SeFa", 2)
    row = rows.first
    row.locator("summary").click()
    row.get_by_role("button", name="Orthogonalise").click()
    tab.says("Lock the directions first")
    rows.nth(1).get_by_label("Lock").check()
    tab.sliders(2).first.get_by_role("button", name="Orthogonalise").click()
    made = tab.page.locator(".directions .direction", has_text="SeFa 1 ⊥")
    expect(made).to_have_count(1)
    tab.sliders(2)


def test_the_strips_go_from_minus_3_to_3_sigmas_and_follow_a_click(tab):
    row, name = one(tab)
    cells = tab.study("directions").sheet("directions", 7)
    assert cells.all_inner_texts() == ["-3 σ", "-2 σ", "-1 σ", "0", "+1 σ", "+2 σ", "+3 σ"]
    recipe = tab.settled(cells.last.click)
    assert recipe.edits[0].shift == 3
    expect(tab.range(name)).to_have_value("3")
    assert tab.page.locator("#study .heading").inner_text().startswith("random")
    assert row


def test_without_a_slider_the_strips_say_what_to_do(tab):
    tab.study("directions")
    expect(tab.page.locator("#study .note")).to_contain_text("No slider yet")


def test_a_library_is_saved_and_opened_again(tab, visitor, tmp_path):
    tab.find_directions("PCA", 2)
    file = tab.saved(tab.page.get_by_role("button", name="Export library"))
    kept = from_file(file.read_bytes())
    assert [direction.name for direction in kept.directions] == ["PCA 1", "PCA 2"]
    copy = tmp_path / "mine.safetensors"
    copy.write_bytes(file.read_bytes())
    other = visitor().open()
    other.page.evaluate("sessionStorage.clear()")
    other.reload()
    other.open_panel("directions")
    other.choose_file(other.page.get_by_role("button", name="Import"), copy)
    names = other.sliders(2).locator(".head label").all_inner_texts()
    assert names == ["PCA 1", "PCA 2"]


def test_a_direction_is_exported_as_interfacegan_writes_it(tab):
    row, _ = one(tab)
    row.locator("summary").click()
    file = tab.saved(row.get_by_role("button", name="Export .npy"))
    numbers = np.load(file, allow_pickle=False)
    assert numbers.shape == (1, 256)
    assert np.linalg.norm(numbers) == pytest.approx(1, abs=1e-5)


def test_a_direction_of_another_models_size_is_one_sentence(tab, tmp_path):
    one(tab)
    file = tmp_path / "smile_w_boundary.npy"
    np.save(file, np.ones((1, 512), np.float32))
    tab.choose_file(tab.page.get_by_role("button", name="Import"), file)
    tab.says("512")
    tab.sliders(1)


def test_a_file_that_is_no_direction_is_one_sentence(tab, tmp_path):
    file = tmp_path / "smile.npy"
    file.write_bytes(b"garbage")
    tab.choose_file(tab.page.get_by_role("button", name="Import"), file)
    tab.says("smile.npy")
    tab.drag("psi", 0.4, 0.8)
