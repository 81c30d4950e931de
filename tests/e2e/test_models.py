"""Choosing and uploading models; what a model cannot do; names from files are text."""

import shutil

import pytest
from playwright.sync_api import expect

from explorer.formats import save
from tests.e2e.conftest import HOSTILE, golden
from tests.e2e.steps import PATIENCE, link
from tests.formats.pickles import Evil, NestedEvil, dump, module_tree
from tests.networks.builders import tiny_generator


def names(visit):
    visit.page.locator("#model input").click()
    found = visit.options.all_inner_texts()
    visit.page.keyboard.press("Escape")
    return [name.removeprefix("✓").strip() for name in found]


def test_the_list_names_every_checkpoint_once_the_shipped_model_first(fresh):
    assert names(fresh) == [
        "avatars", "sg2_skip_32", "sg2_cond_16", "sg3r_32",
        HOSTILE, "judged", "named", "no-noise", "slow", "avatars-64",
    ]  # fmt: skip


def test_a_conditional_model_lets_its_class_be_picked(visitor):
    visit = visitor().open()
    expect(visit.page.locator("#label")).to_be_hidden()
    visit.with_model("sg2_cond_16")
    assert visit.recipe.label == 0
    before = visit.picture
    visit.page.locator("#label input").click()
    expect(visit.options).to_have_count(5)
    assert visit.settled(visit.options.nth(3).click).label == 3
    assert visit.picture != before
    expect(visit.title("class")).to_contain_text("Class · 3")
    visit.with_model("avatars")
    expect(visit.page.locator("#label")).to_be_hidden()


def test_a_model_without_noise_says_so_instead_of_showing_dead_controls(visitor):
    visit = visitor().open().with_model("no-noise")
    visit.open_panel("noise")
    expect(visit.page.locator("#no_noise")).to_contain_text("has no noise inputs")
    expect(visit.page.locator("#noise_mode")).to_be_hidden()
    expect(visit.title("noise")).to_contain_text("none in this model")
    expect(visit.page.locator("#study .note")).to_contain_text("no noise inputs")
    visit.with_model("avatars")
    expect(visit.page.locator("#noise_mode")).to_be_visible()
    expect(visit.page.locator("#no_noise")).to_be_hidden()


def test_a_small_model_shows_no_group_that_it_has_no_layers_for(visitor):
    visit = visitor().open().with_model("no-noise").open_panel("mixing", "mix_layers")
    expect(visit.page.locator("#mix_middle")).to_be_visible()
    expect(visit.page.locator("#mix_fine")).to_be_hidden()
    expect(visit.page.locator("#mix_layers .layer-row")).to_have_count(6)


def test_names_from_files_are_text_everywhere(visitor):
    visit = visitor().open().with_model(HOSTILE)
    expect(visit.page.locator("#model input")).to_have_value(HOSTILE)
    assert visit.image.get_attribute("alt").startswith(f"Picture of {HOSTILE},")

    visit.with_model("named")
    visit.page.locator("#label input").click()
    visit.settled(visit.options.nth(1).click)
    expect(visit.title("class")).to_contain_text(HOSTILE)

    friend = visitor().open(link({"model": {"name": HOSTILE, "hash": "0" * 64}}))
    friend.says(HOSTILE)
    assert not visit.is_hacked()
    assert not friend.is_hacked()


def test_an_uploaded_checkpoint_is_drawn_and_listed_for_its_visitor_only(visitor, tmp_path):
    file = tmp_path / "brought.pkl"
    shutil.copy(golden("sg2_orig_16"), file)
    visit, other = visitor().open(), visitor().open()
    before = visit.seq
    visit.upload(file)
    expect(visit.page.locator("#model input")).to_have_value("brought")
    visit.next_rest(before)
    assert visit.recipe.model.name == "brought"
    assert "brought" in names(visit)

    assert "brought" not in names(other.reload())

    assert visit.reload().recipe.model.name == "brought"
    assert "brought" in names(visit)


def test_an_uploaded_name_is_text(visitor, tmp_path):
    file = tmp_path / f"{HOSTILE}.safetensors"
    save(tiny_generator(9), file)
    visit = visitor().open()
    visit.upload(file)
    expect(visit.page.locator("#live img[alt*='img']")).to_be_attached(timeout=PATIENCE)
    assert not visit.is_hacked()


def garbage(path, marker):
    path.write_bytes(b"not a checkpoint " * 50)


def truncated(path, marker):
    data = golden("sg2_orig_16").read_bytes()
    path.write_bytes(data[: len(data) // 2])


def hostile(path, marker):
    dump({"G_ema": Evil(marker)}, path)


def hostile_inside(path, marker):
    tensors = {"mapping.fc0.weight": NestedEvil(marker)}
    source = f"import os; os.system('touch {marker}')"
    dump({"G_ema": module_tree(tensors, module_src=source)}, path)


@pytest.mark.parametrize("make", [garbage, truncated, hostile, hostile_inside])
def test_a_bad_upload_gets_a_sentence_and_nothing_is_lost(fresh, tmp_path, make):
    path, marker = tmp_path / f"{make.__name__}.pkl", tmp_path / "ran"
    make(path, marker)
    fresh.drag("psi", 0.5, 0.4)
    before = fresh.recipe
    fresh.upload(path)
    fresh.says(path.stem)
    assert not marker.exists()
    assert fresh.recipe == before
    expect(fresh.page.locator("#model input")).to_have_value("avatars")
    expect(fresh.range("psi")).to_have_value(f"{before.psi:g}")
    assert fresh.drag("psi", 0.4, 0.6) == fresh.recipe.psi
    assert path.stem not in names(fresh)


@pytest.mark.parametrize("name", ["large", HOSTILE])
def test_an_upload_over_the_limit_gets_a_sentence_and_nothing_is_lost(fresh, tmp_path, name):
    file = tmp_path / f"{name}.pkl"
    file.write_bytes(bytes(3 << 19))  # 1.5 MB
    before = fresh.recipe
    fresh.upload(file)
    fresh.says(f"{name}.pkl has 1.5 MB, this server takes up to 1.0 MB.")
    assert not fresh.is_hacked()
    assert fresh.recipe == before
    assert fresh.drag("psi", 0.4, 0.6) == fresh.recipe.psi
