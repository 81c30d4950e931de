"""The endpoints for programs, called as Gradio calls them; clients are in `tests/e2e`."""

import io
import json
import threading
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from explorer import images
from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import Vectors
from explorer.library import to_file
from explorer.recipe import ModelRef, parse
from explorer.ui import api as endpoints
from explorer.ui.api import Endpoints, fitted
from explorer.ui.artist import EngineArtist
from explorer.ui.live_view import make_render
from tests.recipes import latent

AGE = Direction(
    "age",
    step_of("w", np.arange(1.0, 7), 2.0),
    boundary=0.5,
    layers=(0, 2),
    origin={"found": "here"},
)


@pytest.fixture
def models(folder, write, open_models):
    """`one`, in memory, `two`, and `wide`, whose pictures are larger; `known` has a direction."""
    write("one")
    write("two", seed=2)
    write("wide", seed=3, channels=(8, 6, 4, 4))
    known = write("known", seed=4)
    (folder / "known").mkdir()
    known.rename(folder / "known" / "model.safetensors")
    (folder / "known" / "config.json").write_text("{}")
    (folder / "known" / "directions.safetensors").write_bytes(to_file([AGE]))
    models = open_models()
    models.open(ModelRef(name="one"))
    return models


@pytest.fixture
def api(engine, models, vectors):
    return Endpoints(engine, EngineArtist(engine, models), models, vectors)


def sentence(call, *arguments, **named):
    """What a caller is told, one sentence and what to do; and no trace in the log."""
    with pytest.raises(gr.Error) as caught:
        call(*arguments, **named)
    assert caught.value.print_exception is False
    text = str(caught.value.message)
    assert "\n" not in text and text.endswith(".")
    return text


def pixels_of(file):
    return np.asarray(Image.open(file.path))


def test_models_are_listed_without_opening_any(api, models):
    found = {row["name"]: row for row in api.models()}
    assert found.keys() == {"one", "two", "wide", "known"}
    known = models.open(ModelRef(name="one"))
    assert found["one"]["hash"] == known.ref.hash
    assert (found["one"]["height"], found["one"]["layers"]) == (16, known.generator.num_ws)
    assert found["one"]["family"] == known.summary.family
    assert found["one"]["in_memory"] is True
    assert found["two"].keys() == {"name", "bytes", "hash", "in_memory"}
    assert (found["two"]["hash"], found["two"]["in_memory"]) == ("", False)
    assert found["two"]["bytes"] > 1000
    assert models.in_memory()[0] == 1


def test_an_upload_is_listed_for_its_visitor_alone(api, models, write, tmp_path):
    file = write("mine", seed=9).rename(tmp_path / "mine.safetensors")
    models.upload(file, "anna")
    assert "mine" in [row["name"] for row in api.models("anna")]
    assert "mine" not in [row["name"] for row in api.models("bert") + api.models()]


def test_directions_tell_a_model_and_what_is_known_of_each_direction(api, models):
    found = api.directions("known")
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["model"]["name"] == "known" and len(found["model"]["hash"]) == 64
    assert found["directions"] == [
        {
            "name": "age",
            "key": AGE.key,
            "space": "w",
            "boundary": 0.5,
            "layers": [0, 2],
            "origin": {"found": "here"},
        }
    ]
    assert api.directions(found["model"]["hash"]) == found
    assert api.directions() == found  # the default, the first by name


def test_what_is_asked_of_a_model_that_is_not_here_is_one_sentence(api):
    assert "'nope' is not here" in sentence(api.directions, "nope")
    assert "is not here" in sentence(api.directions, "0" * 64)
    assert "model.name is 7" in sentence(api.directions, 7)
    assert "visitor's name is not valid" in sentence(api.models, ["x"])


def test_mapping_gives_the_w_of_the_picture_and_its_places(api, models):
    recipe = {"model": {"name": "known"}, "a": {"x": 5}, "psi": 0.5}
    moved = {**recipe, "edits": [{"direction": AGE.key, "shift": 1.5, "layers": [0, 2]}]}
    w, places = api.mapping(recipe)
    model = models.open(ModelRef(name="known"))
    expected = latent(model.generator, parse(recipe))[0]
    assert np.array_equal(np.array(w, np.float32), expected.numpy())
    there, further = api.mapping(moved)
    assert further[AGE.key] == pytest.approx(places[AGE.key] + 1.5, abs=1e-4)
    assert np.array(there)[1].tolist() == w[1] and np.array(there)[0].tolist() != w[0]


@pytest.mark.parametrize(
    "recipe, problem",
    [
        ({"psi": 9}, "psi is 9: it must be less than or equal to 2"),
        (None, "A recipe is a JSON object, this is null"),
        ("{", "The recipe is not valid JSON"),
        ({"edits": [{"direction": "0" * 64, "shift": 1}]}, "1 direction(s) that are not here"),
        ({"mix": {"weights": [1]}}, "The mix has 1 weights"),
    ],
)
def test_a_recipe_that_has_no_latent_is_one_sentence(api, recipe, problem):
    assert problem in sentence(api.mapping, recipe)


def test_on_a_lent_gpu_latents_are_not_told(engine, models, vectors):
    away = Endpoints(engine, EngineArtist(engine, models), models, vectors, is_open=False)
    assert sentence(away.mapping, {}).startswith("Latents are not told here")
    assert pixels_of(away.grid([1, 2], columns=2)).shape == (16, 34, 3)


def test_when_too_many_ask_it_says_so(models, vectors, start_engine):
    full = start_engine(lambda recipe, visitor: models.open(recipe.model).generator, most_waiting=1)
    go = threading.Event()
    busy = [full.live("first", parse({})), full.task(go.wait)]
    api = Endpoints(full, EngineArtist(full, models), models, vectors)
    busy[0].result()
    waiting = full.live("second", parse({}))
    text = sentence(api.mapping, {})
    go.set()
    waiting.result()
    assert text == "Too many people are drawing at once. Try again in a moment."


def test_a_grid_of_seeds_has_the_pixels_of_each_picture(api, engine, models):
    render = make_render(EngineArtist(engine, models), Vectors())
    file = api.grid([7, 0, 4294967295], {"psi": 0.5, "t": 0.4}, columns=2)
    whole = pixels_of(file)
    assert whole.shape == (34, 34, 3)
    for seed, (y, x) in zip([7, 0, 4294967295], [(0, 0), (0, 18), (18, 0)], strict=True):
        path, _ = render({"a": {"x": seed}, "psi": 0.5})
        assert np.array_equal(whole[y : y + 16, x : x + 16], np.asarray(Image.open(path)))
    assert (whole[18:, 18:] == 255).all()
    assert (file.orig_name, file.mime_type) == ("grid.png", "image/png")


def test_a_grid_of_recipes_may_name_models_of_one_size(api):
    recipes = [{"model": {"name": name}} for name in ("one", "two")]
    assert pixels_of(api.grid(recipes=recipes)).shape == (16, 34, 3)
    recipes.append({"model": {"name": "wide"}})
    assert sentence(api.grid, recipes=recipes).startswith("The pictures of a grid have one size.")


def test_equal_grids_are_equal_files(api):
    first, again = (Path(api.grid([1, 2]).path).read_bytes() for _ in range(2))
    assert first == again
    assert images.png(np.asarray(Image.open(io.BytesIO(first)))) == first


def test_pictures_of_a_grid_may_be_made_smaller_and_never_larger(api):
    pixels = np.zeros((40, 20, 3), np.uint8)
    assert fitted(pixels, 16).shape == (16, 8, 3)
    assert fitted(pixels, 0) is pixels and fitted(pixels, 40) is pixels
    recipes = [{"model": {"name": "wide"}}]
    assert pixels_of(api.grid(recipes=recipes, side=16)).shape == (16, 16, 3)


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ({}, "A grid is of seeds or of recipes"),
        ({"seeds": [1], "recipes": [{}]}, "A grid is of seeds or of recipes"),
        ({"seeds": []}, "A grid has 1 to 64 pictures"),
        ({"seeds": [0] * 65}, "A grid has 1 to 64 pictures"),
        ({"seeds": "1-3"}, "A grid has 1 to 64 pictures"),
        ({"seeds": [1.5]}, "A seed has to be a whole number from 0 to 4294967295"),
        ({"seeds": [True]}, "A seed has to be a whole number"),
        ({"seeds": [-1]}, "A seed has to be a whole number"),
        ({"seeds": [1], "recipe": {"psi": "high"}}, 'psi is "high"'),
        ({"recipes": [{}, {"t": 2}]}, "t is 2"),
        ({"seeds": [1], "columns": 0}, "columns has to be a whole number from 1 to 64"),
        ({"seeds": [1], "side": 8}, "side has to be a whole number from 16 to 2048"),
    ],
)
def test_a_grid_that_cannot_be_drawn_is_one_sentence(api, arguments, problem):
    assert problem in sentence(api.grid, **arguments)


def test_a_grid_that_would_fill_the_memory_is_refused_before_it_is_drawn(api, monkeypatch):
    monkeypatch.setattr(endpoints, "MOST_PIXELS", 1000)
    assert "million pixels" in sentence(api.grid, [0, 1, 2, 3])
    assert pixels_of(api.grid([0, 1, 2])).shape == (16, 52, 3)


def test_every_endpoint_explains_itself_and_its_arguments():
    for name in ("models", "directions", "mapping", "grid"):
        about, arguments, returns = gr.utils.get_function_description(getattr(Endpoints, name))
        assert about.endswith(".") and returns
        assert all(text.endswith(".") for key, text in arguments.items() if key != "self"), name
    about, arguments, _ = gr.utils.get_function_description(make_render(None, None))
    assert "seed" in about and all(text.endswith(".") for text in arguments.values())
