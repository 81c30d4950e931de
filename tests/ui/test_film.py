"""What the page gets for a film or a sheet, whatever it asks for."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from explorer import images
from explorer.directions.vectors import Vectors
from explorer.paint import paint
from explorer.recipe import Point, Recipe
from explorer.ui import film as films
from explorer.ui import study
from explorer.ui.artist import EngineArtist
from explorer.ui.film import Maker, make_film
from explorer.ui.jobs import Jobs

KEYS = [{"a": {"x": seed}} for seed in (1, 5, 9)]
FILM = {"kind": "film", "keys": KEYS, "seconds": 0.5, "fps": 10, "size": 32}
SHEET = {"kind": "sheet", "study": {"kind": "truncation", "recipe": {"a": {"x": 5}}}}


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where Gradio keeps files."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path / "films"


@pytest.fixture
def jobs():
    return Jobs()


@pytest.fixture
def maker(engine, models):
    return Maker(engine, EngineArtist(engine, models), Vectors())


@pytest.fixture
def ask(maker, jobs, monkeypatch):
    """All replies to a request of anna's."""
    for module in (films, study):
        monkeypatch.setattr(module, "PROGRESS_SECONDS", -1.0)

    def asked(body, by=maker):
        body = {"visitor": "anna", "ticket": 7, **body} if isinstance(body, dict) else body
        replies = list(make_film(by, jobs)(body))
        assert json.loads(json.dumps(replies, allow_nan=False)) == replies
        assert {reply["ticket"] for reply in replies} <= {0, 7}
        return replies

    return asked


def test_a_film_comes_with_progress_and_then_a_file(ask, temporary):
    *news, last = ask(FILM)
    shares = [one["progress"] for one in news]
    assert shares == pytest.approx([done / 10 for done in range(1, 11)])
    assert all(one["left"] >= 0 for one in news)
    assert (last["format"], last["width"], last["height"], last["seconds"]) == ("mp4", 32, 32, 1.0)
    path = Path(last["file"]["path"])
    assert path.parent == temporary
    assert path.stat().st_size == last["bytes"]
    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(1.0)
        assert container.streams[0].codec_context.name == "h264"


@pytest.mark.parametrize("format", ["webp", "gif"])
def test_a_film_may_be_a_picture_that_moves_and_loop(ask, format):
    last = ask({**FILM, "format": format, "loop": True, "easing": "linear"})[-1]
    with Image.open(last["file"]["path"]) as picture:
        assert (picture.format, picture.n_frames) == (format.upper(), 15)


def test_without_a_size_a_film_is_as_the_model_draws(ask):
    assert ask({**FILM, "size": 0})[-1]["width"] == 16


def test_a_preview_is_small_and_has_15_frames_a_second(ask):
    last = ask({**FILM, "kind": "preview", "fps": 50, "size": 1024, "seconds": 1.0})[-1]
    assert (last["width"], last["seconds"]) == (256, 2.0)
    with av.open(last["file"]["path"]) as container:
        assert container.streams[0].average_rate == 15


def test_a_sheet_has_its_pictures_at_full_size_with_labels_and_carries_the_recipe(ask, tiny):
    *news, last = ask(SHEET)
    assert len(news) == 11
    page = np.asarray(Image.open(last["file"]["path"]).convert("RGB"))
    assert (page.shape[1], page.shape[0]) == (last["width"], last["height"])
    for index, psi in ((0, -1.0), (6, 0.5)):
        alone = paint(tiny, Recipe(a=Point(x=5), psi=psi))
        assert np.abs(page[:16, index * 18 : index * 18 + 16].astype(int) - alone).max() <= 1
    assert page[16:, :16].min() < 200
    assert images.recipe_of(Path(last["file"]["path"]).read_bytes()).a.x == 5


@pytest.mark.parametrize("body", [FILM, {**FILM, "kind": "preview"}, SHEET])
def test_work_that_is_stopped_says_so_and_leaves_no_file(maker, jobs, body, temporary, monkeypatch):
    for module in (films, study):
        monkeypatch.setattr(module, "PROGRESS_SECONDS", -1.0)
    replies = make_film(maker, jobs)({"visitor": "anna", "ticket": 7, **body})
    assert "progress" in next(replies)
    jobs.stop("anna", "sheet" if body["kind"] == "sheet" else "film", 7)
    assert list(replies) == [{"ticket": 7, "stopped": True}]
    assert not list(temporary.glob("*")) if temporary.exists() else True


def test_a_film_goes_on_while_a_sheet_is_drawn(maker, jobs, ask, monkeypatch):
    replies = make_film(maker, jobs)({"visitor": "anna", "ticket": 7, **FILM})
    next(replies)
    assert "file" in ask({**SHEET, "ticket": 7})[-1]
    assert "file" in list(replies)[-1]


def test_who_goes_away_leaves_no_file(maker, jobs, temporary, monkeypatch):
    monkeypatch.setattr(films, "PROGRESS_SECONDS", -1.0)
    replies = make_film(maker, jobs)({"visitor": "anna", "ticket": 7, **FILM})
    next(replies)
    replies.close()
    assert not list(temporary.glob("*"))


@pytest.mark.parametrize(
    "body, sentence",
    [
        (None, "There is no such work"),
        ({"kind": ["film"]}, "There is no such work"),
        ({**FILM, "visitor": 5}, "visitor's name"),
        ({**FILM, "keys": None}, "asked for wrongly"),
        ({**FILM, "keys": KEYS * 40}, "asked for wrongly"),
        ({**FILM, "loop": "yes"}, "asked for wrongly"),
        ({**FILM, "keys": KEYS[:1]}, "2 to 64 keyframes, this one 1"),
        ({**FILM, "keys": [{"psi": 9}] * 2}, "psi is 9"),
        ({**FILM, "seconds": "2"}, "seconds of the film is no number that fits"),
        ({**FILM, "fps": 29.97}, "fps of the film is no number that fits"),
        ({**FILM, "seconds": 1e300}, "seconds of the film is no number that fits"),
        ({**FILM, "fps": True}, "fps of the film is no number"),
        ({**FILM, "fps": 1000}, "1000 frames a second"),
        ({**FILM, "easing": ["linear"]}, "no easing"),
        ({**FILM, "format": "avi"}, "not written as 'avi'"),
        ({**FILM, "format": {}}, "not written as"),
        ({**FILM, "quality": 0}, "no quality 0"),
        ({**FILM, "size": 4096}, "4096 pixels is too large for the page. Choose up to 1024"),
        ({**FILM, "size": 2}, "2 x 2 pixels cannot be made"),
        ({**FILM, "seconds": 500.0}, "10,000 frames, the page makes up to 3,600"),
        ({"kind": "sheet"}, "no such study"),
        ({"kind": "sheet", "study": {"kind": "noise", "recipe": {}}}, "not kept as a sheet"),
        ({"kind": "sheet", "study": {"kind": "directions", "recipe": {}}}, "no slider"),
        ({"kind": "sheet", "study": {"kind": "seeds", "recipe": {"psi": 9}}}, "psi is 9"),
    ],
)
def test_whatever_a_stranger_sends_is_answered_with_a_sentence(ask, body, sentence, temporary):
    (reply,) = ask(body)
    assert sentence in reply["problem"]
    assert reply["problem"].endswith(".")
    assert not temporary.exists() or not list(temporary.glob("*"))


def test_where_there_is_no_thread_for_films_the_page_says_so_and_still_keeps_sheets(maker, ask):
    closed = Maker(maker.engine, maker.artist, maker.vectors, is_open=False)
    (reply,) = ask(FILM, closed)
    assert "ZeroGPU" in reply["problem"]
    assert "file" in ask(SHEET, closed)[-1]


def test_files_are_told_of_as_gradio_knows_files_so_that_it_sweeps_them(ask):
    """A path in plain text would lie there for ever."""
    for request in (FILM, {**FILM, "kind": "preview"}):
        *_, last = ask(request)
        assert last["file"]["meta"] == {"_type": "gradio.FileData"}
