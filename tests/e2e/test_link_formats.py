"""The browser's own reading and writing of links and pictures, held against Python's."""

import base64
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from explorer.carried import from_text, to_text
from explorer.keepsakes import keepsake
from explorer.links import recipe_of_link, text_of
from explorer.packing import packed, unpacked
from explorer.recipe import Recipe, parse
from explorer.ui.scripts import HERE
from explorer.ui.wire import from_wire, to_wire
from tests.e2e.conftest import DATA
from tests.fuzz.sharing import damaged, sample
from tests.recipes import RECIPES
from tests.test_images import png_with_text

MODULES = ("recipe.js", "edits.js", "compact.js", "carried.js", "address.js", "png.js")
MUTATIONS = 200
READ_EACH = """async ([texts, kind]) => {
    const readers = {
        recipe: (text) => fromText(text, usual), // never fails
        directions: (text) => carriedIn(text).catch((error) => null),
        png: (text) => textsOfPng(toBytes(text)).catch((error) => null),
    };
    const outcomes = [];
    for (const text of texts) outcomes.push(await readers[kind](text));
    return outcomes;
}"""


@pytest.fixture(scope="module")
def formats(browser):
    """A page with nothing but the modules on it."""
    page = browser.new_page()
    page.add_script_tag(content="\n".join((HERE / "js" / name).read_text() for name in MODULES))
    page.evaluate("schema => { window.usual = defaultsOf(schema); }", Recipe.model_json_schema())
    yield page
    page.close()


def read(page, kind, *texts):
    return page.evaluate(READ_EACH, [list(texts), kind])


def as_base64(data):
    return base64.b64encode(data).decode()


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(recipe=RECIPES)
def test_any_recipe_goes_from_the_browser_to_python_and_back(formats, recipe):
    text = formats.evaluate("recipe => toText(recipe, usual)", recipe.model_dump(mode="json"))
    assert recipe_of_link(f"?r={text}") == recipe
    (back,) = read(formats, "recipe", text_of(recipe))
    assert parse(back) == recipe


@pytest.mark.parametrize("version", [1, 2])
def test_links_that_were_made_once_open_for_ever(formats, version):
    rows = json.loads((DATA / f"links_{version}.json").read_text())
    for row in rows:
        query, _, fragment = row["link"].removeprefix("?r=").partition("#v=")
        assert read(formats, "recipe", query) == [row["recipe"]]
        if fragment:
            (found,) = read(formats, "directions", fragment)
            assert [from_wire(one).key for one in found] == [
                one["key"] for one in row["directions"]
            ]


def test_own_directions_go_from_the_browser_to_python_and_back(formats):
    rows = json.loads((DATA / "links_2.json").read_text())[-1]["directions"]
    own = [from_wire(row) for row in rows]
    text = formats.evaluate("directions => carriedText(directions)", [to_wire(one) for one in own])
    for found in (from_text(text), map(from_wire, read(formats, "directions", to_text(own))[0])):
        assert [{**to_wire(one), "origin": {}} for one in found] == [
            {**to_wire(one), "origin": {}} for one in own
        ]


def test_what_a_picture_carries_is_read_without_decoding_it(formats):
    recipe, own = sample()
    data = keepsake(np.zeros((4, 4, 3), np.uint8), recipe, (), own)
    zipped = png_with_text(recipe.to_json())  # as another program may write it again
    first, second = read(formats, "png", as_base64(data), as_base64(zipped))
    assert parse(first["recipe"]) == parse(second["recipe"]) == recipe
    assert [one.key for one in from_text(first["directions"])] == [one.key for one in own]
    assert second["directions"] is None


def test_a_mutated_link_or_picture_is_a_recipe_or_nothing(formats):
    """What it is then the server says; here nothing may hang, grow or throw past its reader."""
    recipe, own = sample()
    text, vectors = text_of(recipe), to_text(own)
    inner, carried = unpacked(text[2:], 1 << 16), unpacked(vectors[2:], 1 << 20)
    picture = keepsake(np.zeros((4, 4, 3), np.uint8), recipe, (), own)
    links = [one.decode("latin-1") for one in damaged(text.encode(), MUTATIONS, 1)]
    links += [f"2.{packed(one)}" for one in damaged(inner, MUTATIONS, 2)]
    outcomes = read(formats, "recipe", *links)
    assert outcomes.count(None) > MUTATIONS / 2
    assert all(one is None or one.keys() >= Recipe().model_dump().keys() for one in outcomes)
    texts = [one.decode("latin-1") for one in damaged(vectors.encode(), MUTATIONS, 3)]
    texts += [f"1.{packed(one)}" for one in damaged(carried, MUTATIONS, 4)]
    outcomes = read(formats, "directions", *texts)
    assert outcomes.count(None) > MUTATIONS / 2
    assert all(one is None or len(one) <= 12 for one in outcomes)
    files = [as_base64(one) for one in damaged(picture, MUTATIONS, 5)]
    for one in read(formats, "png", *files):
        assert one is None or one.keys() == {"recipe", "directions"}


def test_a_bomb_takes_no_more_memory_than_it_may(formats):
    bomb = packed(bytes(64 << 20))
    assert read(formats, "recipe", f"2.{bomb}") == [None]
    assert read(formats, "directions", f"1.{bomb}") == [None]
    (found,) = read(formats, "png", as_base64(png_with_text(" " * (4 << 20))))
    assert found is None


@pytest.mark.parametrize(
    "edits",
    [
        [None],
        [7],
        [{}],
        [{"direction": 5}],
        [{"direction": "a", "shift": "x"}],
        [{"direction": "a", "layers": "abc"}],
        [{"direction": "a", "layers": [0.5]}],
    ],
)
def test_edits_that_are_none_hold_no_recipe(formats, edits):
    text = json.dumps({"version": 1, "edits": edits})
    assert formats.evaluate("text => fromJson(text, usual)", text) is None


def test_an_edit_may_leave_out_what_is_usual(formats):
    text = json.dumps({"version": 1, "edits": [{"direction": "a" * 64}]})
    recipe = formats.evaluate("text => fromJson(text, usual)", text)
    assert recipe["edits"] == [{"direction": "a" * 64, "shift": 0, "layers": []}]
