import json
import math

import pytest
from pydantic import ValidationError

from explorer.errors import RecipeError
from explorer.recipe import (
    MAX_BYTES,
    Edit,
    Mix,
    ModelRef,
    NoiseChoice,
    Point,
    Recipe,
    Transform,
    parse,
)

FULL = Recipe(
    edits=(Edit(direction="0b" * 32, shift=-2.5, layers=(1, 2)),),
    transform=Transform(rotate=30.0, x=0.25),
    model=ModelRef(name='<img src=x onerror="alert(1)">', hash="0a" * 32),
    a=Point(x=-3.5, y=2.0**33),
    b=Point(x=4.0, y=0.25),
    t=0.125,
    space="w-lerp",
    clip=2.5,
    label=(0.5, 0.5),
    psi=-0.75,
    cutoff=4,
    mix=Mix(source=Point(x=9.0, y=1.0), weights=(0.0, 0.5, 1.0)),
    noise=NoiseChoice(mode="random", seed=2**32 - 1, strength=(4.0, 0.0)),
)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


FAR_TOO_LARGE = {
    "digits": ({"version": 10**5000}, "has version a far too large int"),
    "digits in text": ('{"version": ' + "9" * 5000 + "}", "The recipe is not valid JSON"),
    "text": (" " * (MAX_BYTES + 1), "The recipe is 65537 bytes long, the limit is 65536. Check"),
    "brackets": ("[" * 50_000, "The recipe is not valid JSON"),
    "number": ({"a": {"x": nested(50)}}, r"a.x is \[+\]+\.\.\.: it must be a valid number"),
    "deep number": (
        {"a": {"x": nested(50_000)}},
        "a.x is a far too large list: it must be a valid",
    ),
    "deep part": ({"a": nested(50_000)}, "a is a far too large list: it must be"),
    "deep recipe": (nested(50_000), "A recipe is a JSON object, this is a far too large list"),
}


def test_the_default_is_seed_0_as_nvidias_tools_draw_it():
    recipe = Recipe()
    assert (recipe.a, recipe.t, recipe.psi) == (Point(x=0, y=0), 0, 1)
    assert (recipe.cutoff, recipe.clip, recipe.label) == (None, None, None)
    assert (recipe.mix.weights, recipe.noise) == ((), NoiseChoice(mode="const"))


@pytest.mark.parametrize("recipe", [Recipe(), FULL, Recipe(label=3), Recipe(t=0.1 + 0.2)])
def test_a_recipe_survives_its_json(recipe):
    text = recipe.to_json()
    assert parse(text) == parse(text.encode()) == parse(json.loads(text)) == recipe
    assert parse(text).to_json() == text


def test_an_empty_object_is_the_default_recipe():
    assert parse({}) == parse("{}") == Recipe()


@pytest.mark.parametrize(
    "one, other",
    [
        ('{"psi": 1}', '{"psi": 1.0}'),
        ('{"t": 0}', '{"t": -0.0}'),
        ('{"a": {"x": 3}, "t": 0.5}', '{"t": 0.50, "a": {"y": 0, "x": 3}}'),
        ('{"mix": {"weights": [0, 1]}}', '{"mix": {"weights": [0.0, 1.0]}}'),
    ],
)
def test_equal_recipes_have_one_key(one, other):
    assert parse(one) == parse(other)
    assert parse(one).key == parse(other).key
    assert hash(parse(one)) == hash(parse(other))


def test_whatever_changes_a_recipe_changes_its_key():
    changes = [{name: getattr(FULL, name)} for name in Recipe.model_fields if name != "version"]
    keys = {Recipe().model_copy(update=change).key for change in changes}
    assert len(keys | {Recipe().key}) == len(changes) + 1


def test_the_key_is_64_hexadecimal_digits_and_the_same_in_every_process():
    assert Recipe().key == "71976fc8850444dfb7ebfecc7bca460a85f73985eff63a9b330acbc7cf9a2e9c"


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().psi = 0.5
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().mix.weights = (1.0,)


@pytest.mark.parametrize(
    "path, low, high",
    [
        ("psi", -1, 2),
        ("t", 0, 1),
        ("clip", 0.2, 4),
        ("cutoff", 0, 64),
        ("label", 0, 2047),
        ("a.x", -(2**33), 2**33),
        ("noise.seed", 0, 2**32 - 1),
        ("noise.strength", 0, 4),
        ("mix.weights", 0, 1),
    ],
)
def test_a_number_is_taken_within_its_range_and_refused_beyond(path, low, high):
    def recipe(value):
        for name in reversed(path.split(".")):
            value = {name: [value] if name in ("strength", "weights") else value}
        return parse(value)

    for inside in (low, high):
        recipe(inside)
    for outside in (low - 1, high + 1, -math.inf, math.inf, math.nan, 1e30, "1", True, [], {}):
        with pytest.raises(RecipeError, match=f"^{path}(.0)? is .*: it must be .*allowed value"):
            recipe(outside)


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"psi": math.nan}, "psi is nan: it must be a finite number. Set it to an allowed value."),
        ('{"psi": NaN}', "psi is nan: it must be a finite number"),
        ({"psi": 3}, "psi is 3: it must be less than or equal to 2"),
        ({"noise": {"seed": -1}}, "noise.seed is -1: it must be greater than or equal to 0"),
        ({"noise": {"seed": 1e30}}, r"noise.seed is 1e\+30: it must be a valid integer"),
        ({"noise": {"seed": "seven"}}, 'noise.seed is "seven": it must be a valid integer'),
        ({"noise": {"mode": "loud"}}, "noise.mode is \"loud\": it must be 'const', 'random' or"),
        ({"space": "x-lerp"}, "space is \"x-lerp\": it must be 'z-slerp', 'z-lerp' or 'w-lerp'"),
        ({"mix": {"weights": [0, 2]}}, "mix.weights.1 is 2: it must be less than or equal to 1"),
        ({"label": [0.5, 2]}, "label.1 is 2: it must be less than or equal to 1"),
        ({"label": "cat"}, 'label is "cat": it must be'),
        ({"label": []}, r"label is \[\]: it must be"),
        ({"a": None}, "a is null: it must be"),
        ({"model": {"hash": "f00"}}, 'model.hash is "f00": it must be 64 hexadecimal digits, or'),
        ({"model": {"name": "x" * 201}}, "model.name is .*at most 200 characters"),
        ({"model": {"name": "\ud800"}}, "model.name is .*valid string"),
        ({"mix": {"weights": [0] * 65}}, r"mix.weights is \[0, .*\.\.\.: it must"),
        ({"speed": 1}, 'A recipe has no field "speed". Remove it, or update the explorer.'),
        ({"a": {"z": 1}}, 'A recipe has no field "a.z"'),
        ({"version": 2}, "has version 2, this explorer reads up to 1. Update the explorer"),
        ({"version": 0}, "version is 0: it must be 1"),
        ({"version": "1"}, 'version is "1": it must be 1'),
        (None, "A recipe is a JSON object, this is null. Copy the whole recipe."),
        ([], r"A recipe is a JSON object, this is \[\]"),
        ("7", "A recipe is a JSON object, this is 7"),
        (object(), "A recipe is a JSON object, this is .*object"),
        ("", "The recipe is not valid JSON. Copy it again, from { to }."),
        ('{"psi": 1', "The recipe is not valid JSON"),
        (b"\xff\xfe{", "The recipe is not valid JSON"),
    ],
)
def test_what_is_no_recipe_gets_one_sentence(data, sentence):
    with pytest.raises(RecipeError, match=sentence):
        parse(data)


@pytest.mark.parametrize("name", FAR_TOO_LARGE)
def test_what_is_far_too_large_gets_a_short_sentence(name):
    data, sentence = FAR_TOO_LARGE[name]
    with pytest.raises(RecipeError, match=sentence) as caught:
        parse(data)
    assert len(str(caught.value)) < 200


def test_every_range_and_default_reaches_the_page_through_the_schema():
    schema = Recipe.model_json_schema()
    assert schema["properties"]["psi"] == {
        "default": 1.0,
        "maximum": 2,
        "minimum": -1,
        "title": "Psi",
        "type": "number",
    }
    assert set(schema["properties"]) == set(Recipe.model_fields)
    assert json.loads(json.dumps(schema)) == schema


def test_a_changed_copy_of_a_drawn_recipe_has_its_own_key():
    drawn = Recipe()
    before = drawn.key
    assert drawn.model_copy(update={"psi": 0.0}).key == Recipe(psi=0.0).key != before


def test_edits_survive_json_and_name_each_direction_once():
    edits = ({"direction": "0a" * 32, "shift": -1.5, "layers": [0, 3]}, {"direction": "0b" * 32})
    recipe = parse({"edits": edits})
    assert parse(recipe.to_json()) == recipe
    assert recipe.edits[1].shift == 0
    with pytest.raises(RecipeError, match=r"edits .*names each direction once"):
        parse({"edits": [edits[0], edits[0]]})


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"direction": "abc"}, r"edits.0.direction is .*64 hexadecimal digits"),
        (
            {"direction": "0a" * 32, "shift": 5.5},
            r"edits.0.shift is 5.5: .*less than or equal to 5",
        ),
        ({"direction": "0a" * 32, "shift": math.nan}, r"edits.0.shift is nan"),
        ({"direction": "0a" * 32, "layers": [64]}, r"edits.0.layers.0 is 64: .*less than 64"),
        ({"shift": 1}, r"edits.0.direction"),
    ],
)
def test_an_edit_that_is_wrong_is_one_sentence(edit, message):
    with pytest.raises(RecipeError, match=message):
        parse({"edits": [edit]})


def test_there_are_at_most_twelve_edits():
    edits = [{"direction": f"{index:064x}"} for index in range(13)]
    assert len(parse({"edits": edits[:12]}).edits) == 12
    with pytest.raises(RecipeError, match="at most 12"):
        parse({"edits": edits})
