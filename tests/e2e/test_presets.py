"""Presets: recipes under a name, exported and imported as one file."""

import json

import pytest
from playwright.sync_api import expect

from explorer.recipe import Recipe
from tests.e2e.conftest import HOSTILE
from tests.e2e.modules import asked
from tests.e2e.test_keeping import put, strip, undo


@pytest.fixture
def fresh(visitor):
    """A page whose browser keeps no preset."""
    visit = visitor()
    visit.page.goto(f"{visit.url}/robots.txt")  # quick, and it has the storage of the page
    visit.page.evaluate("localStorage.removeItem('latent-explorer-presets')")
    return visit.open().open_panel("presets")


def names(visit):
    return visit.page.locator(".presets .load")


def keep(visit, name):
    visit.page.locator(".presets .name").fill(name)
    visit.page.get_by_role("button", name="Keep this picture").click()


def by_name(visit, name):
    return visit.page.get_by_role("button", name=name, exact=True)


def exported(visit):
    return visit.saved(visit.page.locator(".presets .export"))


def bring(visit, file):
    visit.choose_file(visit.page.locator(".presets").get_by_role("button", name="Import"), file)


def written(tmp_path, value):
    path = tmp_path / "presets.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_a_preset_is_kept_listed_and_gone_back_to(fresh):
    expect(fresh.page.locator(".presets .empty")).to_be_visible()
    expect(fresh.title("presets")).to_contain_text("Presets · none")
    kept = put(fresh, "seed_a", 77)
    keep(fresh, "  red   hair ")
    expect(names(fresh)).to_have_text(["red hair"])
    expect(fresh.title("presets")).to_contain_text("Presets · 1")
    later = put(fresh, "psi", 0.2)
    assert fresh.settled(names(fresh).click) == kept
    assert fresh.settled(undo(fresh).click) == later
    expect(strip(fresh)).to_have_count(4)


def test_a_preset_without_a_name_is_called_what_it_shows_and_no_name_comes_twice(fresh):
    for _ in range(2):
        keep(fresh, "")
    fresh.page.locator(".presets .name").press("Enter")
    expected = ["seed 13, psi 0.70", "seed 13, psi 0.70 (2)", "seed 13, psi 0.70 (3)"]
    expect(names(fresh)).to_have_text(expected)


def test_a_preset_is_renamed_by_keyboard(fresh):
    keep(fresh, "one")
    by_name(fresh, "Rename one").click()
    fresh.page.keyboard.type("two")
    fresh.page.keyboard.press("Escape")
    expect(names(fresh)).to_have_text(["one"])
    by_name(fresh, "Rename one").click()
    fresh.page.keyboard.type("two")
    fresh.page.keyboard.press("Enter")
    expect(names(fresh)).to_have_text(["two"])
    expect(by_name(fresh, "Rename two")).to_be_focused()


def test_a_deleted_preset_is_brought_back_to_its_place(fresh):
    for name in ("one", "two", "three"):
        keep(fresh, name)
    by_name(fresh, "Delete two").click()
    expect(names(fresh)).to_have_text(["one", "three"])
    by_name(fresh, "Bring back two").click()
    expect(names(fresh)).to_have_text(["one", "two", "three"])


def test_presets_survive_a_reload_and_other_tabs_see_them(fresh, visitor):
    keep(fresh, "one")
    other = visitor().open().open_panel("presets")
    expect(names(other)).to_have_text(["one"])
    keep(other, "two")
    expect(names(fresh)).to_have_text(["one", "two"])
    fresh.reload().open_panel("presets")
    expect(names(fresh)).to_have_text(["one", "two"])


def test_presets_are_exported_as_one_file_and_imported_elsewhere(fresh, visitor, tmp_path):
    recipes = [put(fresh, "psi", 0.2), put(fresh, "seed_a", 77)]
    keep(fresh, "one")
    fresh.settled(undo(fresh).click)
    keep(fresh, HOSTILE)
    file = written(tmp_path, exported(fresh).read_text())
    found = json.loads(file.read_text())
    assert [preset["name"] for preset in found["presets"]] == ["one", HOSTILE]

    other = visitor(locale="de-DE").open().open_panel("presets")  # another browser
    expect(names(other)).to_have_count(0)
    bring(other, file)
    other.says("2 preset(s) were imported")
    expect(names(other)).to_have_text(["one", HOSTILE])
    assert not other.is_hacked()
    assert other.settled(names(other).nth(0).click) == recipes[1]
    assert other.settled(names(other).nth(1).click) == recipes[0]
    bring(other, file)
    expect(names(other)).to_have_text(["one", HOSTILE, "one (2)", f"{HOSTILE} (2)"])


def test_own_directions_travel_with_the_presets_that_use_them(fresh, visitor, tmp_path):
    fresh.find_directions("Random")
    slider = fresh.page.locator(".direction input[type=range]")
    recipe = fresh.settled(lambda: slider.fill("2"))
    assert len(recipe.edits) == 1
    keep(fresh, "along")
    file = written(tmp_path, exported(fresh).read_text())

    tab = visitor().open().open_panel("presets")  # knows the preset, but not the direction
    assert tab.settled(names(tab).click) == recipe
    other = visitor(locale="de-DE").open()
    other.page.evaluate("localStorage.clear()")
    other.open_panel("presets")
    bring(other, file)
    expect(names(other)).to_have_text(["along"])
    assert other.settled(names(other).click) == recipe
    assert other.picture == fresh.picture
    other.page.evaluate("localStorage.clear()")

    damaged = json.loads(file.read_text())
    damaged["directions"][0]["key"] = "0" * 64
    bring(other, written(tmp_path, damaged))
    other.says("Nothing was imported: its direction")


def preset(name="one", **recipe):
    return {"name": name, "recipe": {"version": 1, **recipe}}


REFUSED = {
    "no JSON": ("{", "holds no presets"),
    "another value": ([], "holds no presets"),
    "another version": ({"version": 2, "presets": []}, "holds no presets"),
    "no name": ({"version": 1, "presets": [preset(name=" ")]}, "holds no presets"),
    "too many": ({"version": 1, "presets": [preset()] * 101}, "holds no presets"),
    "no direction": (
        {"version": 1, "presets": [preset()], "directions": [7]},
        "holds no presets",
    ),
    "a recipe that is none": (
        {"version": 1, "presets": [preset(), preset(name="bad", psi=7)]},
        'because of the preset "bad": psi is 7: it must be less than or equal to 2',
    ),
    "too large": ("x" * (3 << 20), "The file has 3 MB, presets have at most 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_presets_is_refused_in_one_sentence(fresh, tmp_path, case):
    value, sentence = REFUSED[case]
    bring(fresh, written(tmp_path, value))
    fresh.says(sentence)
    expect(names(fresh)).to_have_count(0)


def test_a_hundred_presets_are_kept_and_no_more(fresh, tmp_path):
    many = [preset(name=str(number), psi=number / 100) for number in range(100)]
    bring(fresh, written(tmp_path, {"version": 1, "presets": many}))
    expect(names(fresh)).to_have_count(100)
    assert fresh.settled(names(fresh).nth(50).click).psi == Recipe(psi=0.5).psi
    keep(fresh, "more")
    fresh.says("There are 100 presets already")
    bring(fresh, written(tmp_path, {"version": 1, "presets": [preset()]}))
    fresh.says("There is room for 100 presets")
    expect(names(fresh)).to_have_count(100)


def test_where_the_browser_keeps_nothing_the_page_says_so(fresh):
    fresh.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new Error('forbidden'); } }"
    )
    keep(fresh, "one")
    fresh.says("export the presets before you close it")
    expect(names(fresh)).to_have_text(["one"])
    assert json.loads(exported(fresh).read_text())["presets"][0]["name"] == "one"


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1}', '{"version": 9, "presets": []}'])
def test_a_damaged_storage_holds_no_presets(fresh, text):
    fresh.page.evaluate("text => localStorage.setItem('latent-explorer-presets', text)", text)
    fresh.reload().open_panel("presets")
    expect(names(fresh)).to_have_count(0)
    keep(fresh, "one")
    expect(names(fresh)).to_have_text(["one"])


def test_presets_that_could_not_be_read_again_do_not_fit(fresh):
    script = """() => {
        const kept = new Map();
        const storage = { getItem: (key) => kept.get(key) ?? null,
                          setItem: (key, text) => kept.set(key, text) };
        const presets = createPresets(() => storage);
        for (let number = 0; number < 100; number += 1) {
            const key = String(number);
            const recipe = { edits: [{ direction: key }] };
            const more = { presets: [{ name: key, recipe }],
                           directions: [{ key, name: key, data: 'A'.repeat(25000) }] };
            if (!presets.fits(more)) return [number, presets.all().presets.length];
            presets.add(more);
        }
        return null; }"""
    count, kept = asked(fresh.page, script)
    assert count == kept > 50
