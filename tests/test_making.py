"""Grids, strips and films from the command line."""

import json

import av
import numpy as np
import pytest
from PIL import Image

from explorer import images
from explorer.cli import main
from explorer.directions.direction import Direction, step_of
from explorer.keepsakes import keepsake, shared_in
from explorer.paint import paint
from explorer.recipe import Edit, Point, Recipe
from tests.networks import golden


def run(*words):
    return main([str(word) for word in words])


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_grid_shows_its_seeds_in_rows(tiny_file, tiny, tmp_path, capsys):
    out = tmp_path / "grid.png"
    words = ["--seeds=0-3,7", "--trunc=0.7", "--noise-mode=const", "--columns", 3, "--plain"]
    assert run("grid", "--model", tiny_file, *words, "--out", out) == 0
    assert capsys.readouterr().out == f"{out}\n"
    page = pixels(out)
    assert page.shape == (2 * 16 + 2, 3 * 16 + 4, 3)
    for number, seed in enumerate([0, 1, 2, 3, 7]):
        y, x = (18 * place for place in divmod(number, 3))
        alone = paint(tiny, Recipe(a=Point(x=seed), psi=0.7))
        assert np.abs(page[y : y + 16, x : x + 16].astype(int) - alone).max() <= 1


def test_a_grid_is_a_square_with_a_label_under_each_picture(tmp_path):
    out = tmp_path / "grid.png"
    assert run("grid", "--seeds", "0-3", "--out", out) == 0
    height, width, _ = pixels(out).shape
    assert width == 2 * 128 + 2
    assert height > 2 * 128 + 2 * 11
    band = pixels(out)[128 : 128 + 16, :128]
    assert band.min() < 100 and band.max() == 255  # ink on paper


def test_a_class_goes_to_every_picture(tmp_path):
    model, pages = golden.checkpoint("sg2_cond_16"), []
    for label in (1, 2):
        out = tmp_path / f"{label}.png"
        words = ["--seeds", "0-1", f"--class={label}", "--plain"]
        assert run("grid", "--model", model, *words, "--out", out) == 0
        pages.append(pixels(out))
    assert (pages[0] != pages[1]).any()


@pytest.mark.parametrize(
    "kind, columns, rows", [("truncation", 11, 1), ("interpolation", 10, 3), ("mixing", 7, 4)]
)
def test_a_strip_is_that_of_the_page_and_carries_its_recipe(
    tiny_file, tmp_path, kind, columns, rows
):
    out = tmp_path / "strip.png"
    words = ["--kind", kind, "--seeds", "3,8", "--plain"]
    assert run("strip", "--model", tiny_file, *words, "--out", out) == 0
    assert pixels(out).shape[:2] == (rows * 18 - 2, columns * 18 - 2)
    recipe = images.recipe_of(out.read_bytes())
    assert (recipe.a.x, recipe.b.x, recipe.mix.source.x) == (3, 8, 8)


def test_a_strip_of_seeds_begins_with_the_one_that_is_named(tiny_file, tiny, tmp_path):
    out = tmp_path / "strip.png"
    words = ["--kind", "seeds", "--seeds", 20, "--plain"]
    assert run("strip", "--model", tiny_file, *words, "--out", out) == 0
    first = paint(tiny, Recipe(a=Point(x=20)))
    assert np.abs(pixels(out)[:16, :16].astype(int) - first).max() <= 1


def test_a_strip_may_be_of_a_recipe(tmp_path, tiny_file):
    recipe, out = tmp_path / "r.json", tmp_path / "strip.png"
    recipe.write_text(json.dumps({"a": {"x": 5}, "psi": 0.5}))
    assert run("strip", "--model", tiny_file, "--recipe", recipe, "--out", out) == 0
    assert images.recipe_of(out.read_bytes()).a.x == 5


def probed(path):
    """(codec, pixel format, width, height, frames, seconds)"""
    with av.open(str(path)) as container:
        (stream,) = container.streams
        count = sum(1 for _ in container.decode(stream))
        coded = stream.codec_context
        seconds = container.duration / 1e6
        return coded.name, coded.pix_fmt, stream.width, stream.height, count, seconds


def test_a_film_of_seeds_has_the_length_rate_and_size_that_were_asked_for(tiny_file, tmp_path):
    out = tmp_path / "film.mp4"
    words = ["--seeds=1,5,9", "--seconds=2", "--fps=15", "--size=64", "--loop", "--easing=smooth"]
    assert run("video", "--model", tiny_file, *words, "--out", out) == 0
    assert probed(out) == ("h264", "yuv420p", 64, 64, 30, pytest.approx(2.0))


def test_a_film_goes_through_recipes_in_pictures_and_in_json(tiny_file, tiny, tmp_path):
    first, second, out = (tmp_path / name for name in ("a.png", "b.json", "film.gif"))
    model = ["--model", tiny_file]
    assert run("render", *model, "--seeds", 3, "--out", first) == 0
    second.write_text(json.dumps({"a": {"x": 8}}))
    words = ["--recipes", first, second, "--seconds", 0.5, "--fps", 10]
    assert run("video", *model, *words, "--out", out) == 0
    with Image.open(out) as film:
        assert (film.n_frames, film.size) == (5, (16, 16))
        for number, seed in ((0, 3), (4, 8)):
            film.seek(number)
            alone = paint(tiny, Recipe(a=Point(x=seed)))
            assert np.abs(np.asarray(film.convert("RGB")).astype(int) - alone).mean() < 5


def test_without_a_length_there_are_two_seconds_a_keyframe(tiny_file, tmp_path):
    out = tmp_path / "film.gif"
    words = ["--seeds", "1-3", "--fps", 5]
    assert run("video", "--model", tiny_file, *words, "--out", out) == 0
    with Image.open(out) as film:
        assert film.n_frames == 20


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["grid", "--seeds=5-3"], "no seed"),
        (["grid", "--seeds=0-900"], "901 pictures in rows of 31 cannot be laid out"),
        (["grid", "--columns=-1"], "16 pictures in rows of -1 cannot be laid out"),
        (["grid", "--trunc=9"], "less than or equal to 2"),
        (["strip", "--seeds=1,2,3"], "one or two seeds, not 3"),
        (["strip", "--recipe=gone.json"], "gone.json cannot be read"),
        (["video", "--seeds=1"], "A film needs two keyframes"),
        (["video", "--recipes", "gone.png"], "gone.png cannot be read"),
        (["video", "--fps=90"], "90 frames a second"),
        (["video", "--size=5000"], "5000 x 5000 pixels cannot be made"),
        (["video", "--seconds=0"], "0 seconds from keyframe to keyframe"),
        (["video", "--quality=0"], "no quality 0"),
        (["video", "--model=nobody"], "'nobody' is not here"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(words, sentence, tmp_path, capsys):
    out = tmp_path / ("film.mp4" if words[0] == "video" else "page.png")
    assert run(*words, "--out", out) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_video_is_refused_before_anything_is_drawn(tmp_path, capsys):
    assert run("video", "--out", tmp_path / "film.avi") == 2
    assert capsys.readouterr().err == (
        "film.avi is no name of a video. Let it end in .mp4, .webp or .gif.\n"
    )


@pytest.mark.parametrize("words", [["grid"], ["video", "--seconds=1"]])
def test_a_place_that_cannot_be_written_is_named(words, tmp_path, tiny_file, capsys):
    out = tmp_path / "no" / ("a.mp4" if words[0] == "video" else "a.png")
    assert run(*words, "--model", tiny_file, "--out", out) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_strip_of_seeds_begins_at_the_seed_of_any_point(tiny_file, tiny, tmp_path):
    recipe, out = tmp_path / "r.json", tmp_path / "strip.png"
    recipe.write_text(json.dumps({"a": {"x": 5, "y": 2}}))
    words = ["--kind", "seeds", "--recipe", recipe, "--plain"]
    assert run("strip", "--model", tiny_file, *words, "--out", out) == 0
    first = paint(tiny, Recipe(a=Point(x=205)))
    assert np.abs(pixels(out)[:16, :16].astype(int) - first).max() <= 1


def test_a_strip_carries_the_own_directions_of_its_recipe(tiny_file, tiny, tmp_path):
    own = Direction("nose", step_of("z", np.ones(8)))
    recipe = Recipe(edits=(Edit(direction=own.key, shift=1.0),))
    saved, out, again = (tmp_path / name for name in ("a.png", "strip.png", "b.png"))
    saved.write_bytes(keepsake(paint(tiny, recipe, {own.key: own.step}), recipe, (), [own]))
    assert run("strip", "--model", tiny_file, "--recipe", saved, "--out", out) == 0
    assert run("render", "--model", tiny_file, "--recipe", out, "--out", again) == 0
    assert [one.key for one in shared_in(again.read_bytes()).directions] == [own.key]
