import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from explorer.directions.direction import Direction, step_of
from explorer.errors import ExplorerError, RecipeError
from explorer.links import link_of, recipe_of_link, shared_by
from explorer.packing import packed, to_base64
from explorer.paint import paint
from explorer.recipe import Edit, Mix, ModelRef, NoiseChoice, Point, Recipe, parse
from explorer.ui.wire import from_wire
from tests.fuzz.sharing import damaged_links
from tests.recipes import RECIPES, WORKED, walk

DATA = Path(__file__).parent / "data"
RNG = np.random.default_rng(2)
MUTATIONS = 300


def own(count, size=512, **known):
    steps = [step_of("w", RNG.standard_normal(size), 1.3) for _ in range(count)]
    return [Direction(f"Wearing glasses {n}", step, n / 7) for n, step in enumerate(steps)]


def fullest(directions, digits):
    """As much as a picture of a 1024-pixel StyleGAN2 can say, in numbers of so many digits."""

    def some(low, high, count):
        return tuple(round(n, digits) for n in RNG.uniform(low, high, count).tolist())

    return Recipe(
        model=ModelRef(name="stylegan2-ffhq-1024x1024", hash=RNG.bytes(32).hex()),
        a=Point(x=some(0, 1e6, 1)[0], y=some(0, 9, 1)[0]),
        b=Point(x=2.0**32 - 1),
        t=some(0, 1, 1)[0],
        clip=some(1, 3, 1)[0],
        label=some(0, 1, 3),
        psi=some(0, 1, 1)[0],
        cutoff=8,
        mix=Mix(source=Point(x=77.0), weights=some(0, 1, 18)),
        noise=NoiseChoice(mode="random", seed=2**32 - 1, strength=some(0, 4, 17)),
        edits=tuple(
            Edit(
                direction=one.key,
                shift=some(-5, 5, 1)[0],
                layers=tuple(sorted(RNG.choice(18, 9, replace=False).tolist())),
            )
            for one in directions
        ),
    )


@settings(deadline=None, max_examples=300)
@given(RECIPES)
def test_any_recipe_survives_its_link(recipe):
    link = link_of(recipe)
    assert recipe_of_link(f"https://example.org/a/path{link}") == recipe
    assert recipe_of_link(link).key == recipe.key


@pytest.mark.parametrize(
    "recipe", [WORKED, Recipe(), walk("w-lerp"), walk("z-lerp", psi=0.5)], ids=str
)
def test_a_recipe_out_of_a_link_draws_the_same_bytes(tiny, recipe):
    again = recipe_of_link(link_of(recipe))
    assert paint(tiny, again).tobytes() == paint(tiny, recipe).tobytes()


@pytest.mark.parametrize("digits", [2, 17])
def test_the_fullest_link_has_under_2000_characters_and_17000_with_own_vectors(digits):
    directions = own(12)
    recipe = fullest(directions, digits)
    query, _, fragment = link_of(recipe, directions).partition("#")
    assert len(query) < 2000
    assert len(fragment) + 1 < 17_000
    assert shared_by(f"{query}#{fragment}").recipe == recipe


def test_own_directions_follow_in_the_fragment_and_others_stay_out():
    used, other = own(2, 16)
    recipe = Recipe(edits=(Edit(direction=used.key, shift=1.0),))
    link = link_of(recipe, [other, used])
    assert "#v=" in link and "v=" not in link.partition("#")[0]
    (found,) = shared_by(link).directions
    assert (found.key, found.name, found.boundary) == (used.key, used.name, used.boundary)
    assert "#" not in link_of(recipe, [other])


def test_where_gauges_would_be_too_long_they_stay_out_with_their_boundaries():
    directions = []
    for plain in own(12):
        wide = plain.step.numbers.astype(np.float64)
        gauge = (wide / (wide @ wide)).astype(np.float16)
        directions.append(Direction(plain.name, plain.step, plain.boundary, gauge=gauge))

    def carried(count):
        chosen = directions[:count]
        edits = tuple(Edit(direction=one.key) for one in chosen)
        return shared_by(link_of(Recipe(edits=edits), chosen)).directions

    assert all(one.gauge is not None and one.boundary is not None for one in carried(5))
    assert all(one.gauge is None and one.boundary is None for one in carried(12))
    assert [one.key for one in carried(12)] == [one.key for one in directions]


def test_a_link_that_would_be_too_long_says_so_and_offers_the_png():
    many = Recipe(label=tuple(RNG.uniform(0, 1, 1000).tolist()))
    with pytest.raises(RecipeError, match=r"characters long, 2,000 are kept .* PNG instead"):
        link_of(many)
    wide = Direction("wide", step_of("w", RNG.standard_normal((18, 512))))
    with pytest.raises(RecipeError, match=r"characters long, 17,000 are kept .* PNG instead"):
        link_of(Recipe(edits=(Edit(direction=wide.key),)), [wide])


@pytest.mark.parametrize("version", [1, 2])
def test_links_that_were_made_once_open_for_ever(version):
    rows = json.loads((DATA / f"links_{version}.json").read_text())
    assert len(rows) >= 5
    for row in rows:
        shared = shared_by(row["link"])
        assert shared.recipe == parse(row["recipe"])
        made = [from_wire(value) for value in row.get("directions", [])]
        for found, one in zip(shared.directions, made, strict=True):
            assert (found.key, found.name, found.boundary) == (one.key, one.name, one.boundary)
            assert found.layers == one.layers
            assert (found.gauge is None) == (one.gauge is None)


def test_a_recipe_in_the_fragment_is_found_too():
    link = link_of(Recipe(psi=0.5))
    assert recipe_of_link(f"http://localhost/#{link[1:]}").psi == 0.5


def v1(value):
    return "?r=" + to_base64(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("", "The link holds no recipe. Copy it again, whole."),
        ("https://example.org/?x=1", "holds no recipe"),
        ("http://[::1", "The link is damaged"),
        ("?r=%25%25%25", "damaged"),
        ("?r=2.AAAA", "The text is"),
        ("?r=9.AAAA", "made by a newer explorer. Update this one"),
        ("?r=x.AAAA", "The link is damaged"),
        ("?r=" + to_base64(b"{"), "The link is damaged: it holds no recipe"),
        ("?r=" + to_base64(b"\xff\xfe"), "The link is damaged: it holds no recipe"),
        ("?r=2." + packed(b"[" * 60_000), "The link is damaged: it holds no recipe"),
        ("?r=2." + packed(b" " * 70_000), "The text holds more than 65536 bytes"),
        ("?r=" + to_base64(b" " * 70_000), "The link is damaged: it holds no recipe"),
        (v1([]), "The link is damaged: it holds no recipe"),
        (v1({"psi": 9}), "psi is 9"),
        (v1({"a": None}), "a is null"),
        (v1({"version": 2}), "version 2"),
        (v1({"colour": 1}), "no field"),
        (v1({}) + "#v=1.AAAA", "The directions that came with the recipe are damaged"),
        ("x" * (5 << 20), "far too long"),
    ],
)
def test_a_bad_link_gets_one_sentence(link, sentence):
    with pytest.raises(ExplorerError, match=sentence):
        shared_by(link)


def test_a_mutated_link_is_a_recipe_or_one_sentence():
    finds, refused = [], 0
    for outcome in damaged_links(MUTATIONS, 0):
        finds += [outcome.what] if outcome.kind == "find" else []
        refused += outcome.kind == "refusal"
    assert finds == []
    assert refused > MUTATIONS / 4
