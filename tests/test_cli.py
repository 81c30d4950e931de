import json

import numpy as np
import pytest
from huggingface_hub import constants
from PIL import Image

from explorer import images
from explorer.asked import seeds_of
from explorer.cli import main
from explorer.directions.direction import Direction, step_of
from explorer.errors import ExplorerError
from explorer.keepsakes import shared_in
from explorer.links import link_of
from explorer.recipe import Edit, Recipe
from tests.formats.servers import Answer, serving
from tests.networks import golden


def run(*words):
    return main([str(word) for word in words])


def test_render_draws_a_png_that_carries_its_recipe(tiny_file, tmp_path):
    out = tmp_path / "a.png"
    assert run("render", "--model", tiny_file, "--seeds", 7, "--trunc", 0.8, "--out", out) == 0
    recipe = images.recipe_of(out.read_bytes())
    assert (recipe.a.x, recipe.psi, recipe.model.name) == (7, 0.8, "tiny")
    assert len(recipe.model.hash) == 64


def test_a_model_may_be_a_link(tiny_file, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
    out = tmp_path / "a.png"
    with serving() as server:
        server.answers["/models/tiny.safetensors"] = Answer(tiny_file.read_bytes())
        address = f"{server.url}/models/tiny.safetensors"
        assert run("render", "--model", address, "--out", out) == 0
    assert images.recipe_of(out.read_bytes()).model.name == "tiny"


def test_several_seeds_are_several_pictures_with_their_number(tiny_file, tmp_path):
    assert run("render", "--model", tiny_file, "--seeds", "3-4,7", "--out", tmp_path / "p.png") == 0
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["p-3.png", "p-4.png", "p-7.png"]


def test_show_prints_a_recipe_that_draws_the_same_bytes(tiny_file, tmp_path, capsys):
    first, second, recipe = (tmp_path / name for name in ("a.png", "b.png", "a.json"))
    run("render", "--model", tiny_file, "--seeds", 5, "--noise-mode", "none", "--out", first)
    capsys.readouterr()
    assert run("show", first) == 0
    recipe.write_text(capsys.readouterr().out)
    assert json.loads(recipe.read_text())["noise"]["mode"] == "none"
    assert run("render", "--model", tiny_file, "--recipe", recipe, "--out", second) == 0
    assert first.read_bytes() == second.read_bytes()


def test_a_png_serves_as_a_recipe_too(tmp_path):
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    assert run("render", "--seeds", 3, "--out", first) == 0
    assert run("render", "--recipe", first, "--out", second) == 0
    assert first.read_bytes() == second.read_bytes()


def test_a_class_is_chosen_by_number(tmp_path):
    model, out = golden.checkpoint("sg2_cond_16"), tmp_path / "a.png"
    assert run("render", "--model", model, "--class", 2, "--out", out) == 0
    assert images.recipe_of(out.read_bytes()).label == 2


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--seeds", "-1"], "no seed"),
        (["--seeds", "1e30"], "no seed"),
        (["--seeds", "text"], "no seed"),
        (["--seeds", "4294967296"], "no seed"),
        (["--seeds", "5-3"], "no seed"),
        (["--trunc", "nan"], "psi is nan"),
        (["--trunc", "9"], "less than or equal to 2"),
        (["--class", "1"], "no classes"),
        (["--model", "nobody"], "'nobody' is not here"),
        (["--recipe", "gone.json"], "gone.json cannot be read"),
        (["--device", "quantum"], "no quantum device"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(words, sentence, tmp_path, capsys):
    # argparse takes "-1" for a flag unless it is glued on with "=".
    glued = [f"{words[0]}={words[1]}"]
    assert run("render", *glued, "--out", tmp_path / "a.png") == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    "recipe, sentence",
    [
        ({"version": 9}, "version 9"),
        (
            {"model": {"name": "ffhq", "hash": "0" * 64}},
            "'ffhq' (hash 000000000000...) is not here",
        ),
        ({"a": {"x": 1e30}}, "a.x is 1e+30"),
        ({"mix": {"weights": [1, 0]}}, "2 weights"),
    ],
)
def test_a_recipe_that_cannot_be_drawn_here_says_why(recipe, sentence, tmp_path, capsys):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(recipe))
    assert run("render", "--recipe", path, "--out", tmp_path / "a.png") == 2
    assert sentence in capsys.readouterr().err


def test_a_checkpoint_that_is_none_is_named(tmp_path, capsys):
    path = tmp_path / "web.pkl"
    path.write_text("<!DOCTYPE html><html></html>")
    assert run("render", "--model", path, "--out", tmp_path / "a.png") == 2
    assert "web.pkl" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(tmp_path, capsys):
    assert run("render", "--out", tmp_path / "no" / "a.png") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_show_of_a_picture_without_a_recipe_says_so(tmp_path, capsys):
    path = tmp_path / "plain.png"
    path.write_bytes(images.png(np.zeros((4, 4, 3), np.uint8)))
    assert run("show", path) == 2
    assert "carries no recipe" in capsys.readouterr().err


def test_too_many_seeds_at_once_are_refused():
    with pytest.raises(ExplorerError, match="no seed or range"):
        seeds_of("0-4000000000")


def test_a_link_shows_its_recipe_and_draws_the_same_bytes(tmp_path, capsys):
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    assert run("render", "--seeds", 3, "--trunc", 0.5, "--out", first) == 0
    recipe = images.recipe_of(first.read_bytes())
    link = f"https://example.org/page{link_of(recipe)}"
    capsys.readouterr()
    assert run("show", "--link", link) == 0
    assert capsys.readouterr().out == recipe.to_json() + "\n"
    assert run("render", "--link", link, "--out", second) == 0
    assert first.read_bytes() == second.read_bytes()


def test_own_directions_come_with_a_link_or_a_picture(tiny_file, tmp_path):
    own = Direction("own", step_of("w", np.arange(1.0, 7)), 0.5)
    link = link_of(Recipe(edits=(Edit(direction=own.key, shift=1.0),)), [own])
    plain, first, second = (tmp_path / name for name in ("p.png", "a.png", "b.png"))
    assert run("render", "--model", tiny_file, "--out", plain) == 0
    assert run("render", "--model", tiny_file, "--link", link, "--out", first) == 0
    assert run("render", "--model", tiny_file, "--recipe", first, "--out", second) == 0
    assert first.read_bytes() == second.read_bytes()
    assert shared_in(first.read_bytes()).directions[0].name == "own"
    drawn, without = (Image.open(path).tobytes() for path in (first, plain))
    assert drawn != without


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show"], "Nothing is named. Name a PNG, or give --link."),
        (["show", "--link", "https://example.org/"], "The link holds no recipe"),
        (["show", "--link", "?r=2.AA"], "The text is"),
    ],
)
def test_a_link_without_a_recipe_is_one_sentence(words, sentence, capsys):
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("seeds", ["0", "0,1"])
@pytest.mark.parametrize("out", [".", "/"])
def test_a_place_that_is_no_file_is_one_sentence(tiny_file, capsys, seeds, out):
    assert run("render", "--model", tiny_file, "--seeds", seeds, "--out", out) == 2
    assert capsys.readouterr().err == f"{out} is no name of a file. Write for example a.png.\n"
