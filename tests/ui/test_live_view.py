import asyncio
import base64
import io
import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from explorer import images
from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import Vectors
from explorer.keepsakes import shared_in
from explorer.paint import paint
from explorer.recipe import Edit, ModelRef, Recipe
from explorer.ui import directions, live_view
from explorer.ui.artist import EngineArtist
from explorer.ui.jobs import Jobs, Stopped
from explorer.ui.wire import to_wire

SOON = 10
HOSTILE = "<img src=x onerror=alert(1)>"
SMILE = Direction("smile", step_of("w", np.arange(1.0, 7), 3.0))
FOREIGN = Direction("foreign", step_of("w", np.ones(5)))


def run(coroutine):
    """What `coroutine` returns; in a thread, because a browser test leaves a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.fixture
def models(write, open_models):
    """Two models, `one` and `two`, of which the first is in memory."""
    write("one", seed=1)
    write("two", seed=2)
    models = open_models()
    models.open(ModelRef())
    return models


@pytest.fixture
def vectors():
    return Vectors()


@pytest.fixture
def engine(models, vectors, start_engine):
    return start_engine(
        lambda recipe, visitor: models.open(recipe.model, visitor).generator,
        steps_of=lambda recipe, visitor: models.steps(recipe, visitor, vectors),
    )


@pytest.fixture
def draw(engine, models):
    """Calls the server function as Gradio does, with whatever a stranger sent."""
    function = live_view.make_draw(engine, models)

    def answered(body):
        reply = run(asyncio.wait_for(function(body), SOON))
        assert json.loads(json.dumps(reply)) == reply
        return reply

    return answered


@pytest.fixture
def render(engine, models, vectors, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    return live_view.make_render(EngineArtist(engine, models), vectors)


def ask(recipe=None, visitor="anna"):
    return {"visitor": visitor, "recipe": {} if recipe is None else recipe}


def test_a_request_gets_a_picture_and_its_details(draw, engine, models):
    reply = draw(ask({"psi": 0.5}))
    recipe = Recipe(model=models.open(ModelRef()).ref, psi=0.5)
    head, _, data = reply.pop("image").partition(",")
    assert head == "data:image/jpeg;base64"
    shown = Image.open(io.BytesIO(base64.b64decode(data)))
    pixels = engine.draw(recipe).pixels
    assert (shown.format, shown.size) == ("JPEG", (16, 16))
    assert base64.b64decode(data) == images.jpeg(pixels)
    assert np.abs(np.asarray(shown).astype(int) - pixels).mean() < 15
    assert reply.pop("took") >= reply.pop("ms") >= 0
    assert reply == {
        "waiting": 0,
        "recipe": recipe.key,
        "width": 16,
        "height": 16,
        "device": "cpu",
        "precision": "float32",
        "full": True,
    }


def test_a_frame_for_a_narrow_link_tells_its_quality_and_has_the_same_recipe(draw):
    whole, narrow = draw(ask({"psi": 0.5})), draw(ask({"psi": 0.5}) | {"bytes": 1})
    assert narrow["quality"] in images.LOWER_QUALITIES
    assert "quality" not in whole
    assert len(narrow["image"]) < len(whole["image"])
    assert [narrow[key] for key in ("recipe", "width")] == [
        whole[key] for key in ("recipe", "width")
    ]
    for most in (None, live_view.LEAST_BYTES, 1e300, 2.5):
        assert "image" in draw(ask() | {"bytes": most})


def test_whatever_a_page_says_a_frame_may_have_some_bytes():
    assert live_view.checked_bytes(None) is None
    told = {-5: 1000, 0: 1000, 999.6: 1000, 4000.4: 4000, 10**6: 10**6}
    assert {value: live_view.checked_bytes(value) for value in told} == told


@pytest.mark.parametrize("most", ["9", [], {}, math.nan, math.inf, -math.inf])
def test_a_limit_of_bytes_that_is_no_number_gets_a_sentence(draw, most):
    sentence = "The limit of bytes is no number. Reload the page."
    assert draw(ask() | {"bytes": most}) == {"problem": sentence}


def test_a_frame_of_a_large_picture_tells_the_size_that_it_has():
    pixels = np.random.default_rng(0).integers(0, 255, (256, 512, 3), np.uint8)
    reply = live_view.shown_as(images.frame(pixels, live_view.LEAST_BYTES))
    shown = Image.open(io.BytesIO(base64.b64decode(reply["image"].partition(",")[2])))
    assert shown.size == (reply["width"], reply["height"]) == (256, 128)


@pytest.mark.parametrize("body", [None, {}, "x"])
def test_an_empty_request_gets_an_empty_answer(body):
    assert run(live_view.ping(body)) == {}


@pytest.mark.parametrize(
    "body",
    [None, [], "draw", 7, math.nan, True, nested(50_000)],
    ids=lambda body: type(body).__name__,
)
def test_a_body_that_is_no_object_gets_a_sentence(draw, body):
    assert draw(body) == {"problem": "The request is no JSON object. Reload the page."}


@pytest.mark.parametrize("visitor", [None, 7, [], {}, True, "x" * 65])
def test_a_visitor_without_a_proper_name_gets_a_sentence(draw, visitor):
    assert draw(ask(visitor=visitor)) == {
        "problem": "The visitor's name is not valid. Reload the page."
    }


@pytest.mark.parametrize("visitor", ["", "x" * 64, HOSTILE, "\ud800", "\0", "rest 0"])
def test_any_short_text_names_a_visitor(draw, visitor):
    assert "image" in draw(ask(visitor=visitor))


@pytest.mark.parametrize(
    "recipe, sentence",
    [
        ("a recipe", "The recipe is not valid JSON"),
        (7, "A recipe is a JSON object, this is 7"),
        ({"psi": math.nan}, "psi is nan: it must be a finite number"),
        ({"psi": "1"}, 'psi is "1": it must be a valid number'),
        ({"noise": {"seed": -1}}, "noise.seed is -1"),
        ({"version": 99}, "This recipe has version 99"),
        ({"speed": 1}, 'A recipe has no field "speed"'),
        ({"label": 0}, "This model has no classes"),
        ({"mix": {"weights": [1, 1]}}, "The mix has 2 weights, this model 6 layers"),
        ({"noise": {"strength": [1]}}, "The noise has 1 strengths"),
        ({"model": {"name": HOSTILE}}, f"The model '{HOSTILE}' is not here; here are one, two"),
        ({"model": {"hash": "../secret"}}, 'model.hash is "../secret": it must be 64 hexadecimal'),
    ],
)
def test_a_recipe_that_cannot_be_drawn_gets_a_sentence(draw, recipe, sentence):
    reply = draw(ask(recipe))
    assert list(reply) == ["problem"]
    assert reply["problem"].startswith(sentence)


@pytest.mark.parametrize("recipe", [{"a": {"x": nested(50_000)}}, {"a": nested(50_000)}])
def test_a_hugely_nested_recipe_gets_a_sentence(draw, recipe):
    assert "far too large list" in draw(ask(recipe))["problem"]


def test_after_any_problem_the_next_request_is_drawn(draw):
    assert "problem" in draw(ask({"psi": 9}))
    assert "image" in draw(ask({"psi": 1}))


def test_a_model_that_is_not_in_memory_is_not_loaded_by_a_live_request(draw, models):
    assert draw(ask({"model": {"name": "two"}})) == {"loading": True}
    assert models.peek(ModelRef(name="two")) is None
    models.open(ModelRef(name="two"))
    assert "image" in draw(ask({"model": {"name": "two"}}))


def test_of_two_requests_of_a_visitor_the_overtaken_one_is_dropped(engine, models):
    function = live_view.make_draw(engine, models)
    gate, reached = threading.Event(), threading.Event()
    engine.task(lambda: (reached.set(), gate.wait(SOON)))
    assert reached.wait(SOON)

    async def drag():
        bodies = (ask({"psi": 0.1}), ask({"psi": 0.2}), ask(visitor="ben"))
        older, *others = [asyncio.ensure_future(function(body)) for body in bodies]
        reply = await asyncio.wait_for(older, SOON)  # while the engine is busy
        assert reply["dropped"] is True
        gate.set()
        return await asyncio.wait_for(asyncio.gather(*others), SOON)

    assert all("image" in reply for reply in run(drag()))


def test_a_visitor_too_many_is_told_to_wait(models, start_engine):
    engine = start_engine(lambda recipe, visitor: None, most_waiting=0)
    function = live_view.make_draw(engine, models)
    assert run(function(ask()))["busy"] is True


def test_a_failure_of_ours_is_logged_and_answered_with_a_sentence(models, start_engine, caplog):
    engine = start_engine(lambda recipe, visitor: 1 / 0)
    reply = run(live_view.make_draw(engine, models)(ask()))
    assert reply == {"problem": live_view.OUR_FAULT}
    assert "ZeroDivisionError" in caplog.text


def test_a_picture_at_rest_is_a_png_that_carries_its_recipe(render, engine, models):
    path, details = render('{"psi": 0.5}', 7, "anna")
    recipe = Recipe(model=models.open(ModelRef()).ref, psi=0.5)
    data = Path(path).read_bytes()
    assert images.recipe_of(data) == recipe
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), engine.draw(recipe).pixels)
    assert (details["ticket"], details["recipe"], details["width"]) == (7, recipe.key, 16)


def test_the_same_picture_at_rest_is_the_same_file_and_no_other_is_left(render):
    path, _ = render({"psi": 0.5})
    first = Path(path).read_bytes()
    assert render({"psi": 0.5})[0] == path
    assert Path(path).read_bytes() == first
    assert list(Path(path).parent.iterdir()) == [Path(path)]


def test_without_a_recipe_the_default_one_is_drawn(render):
    assert render(None)[1]["recipe"] == render({})[1]["recipe"]


def test_a_picture_at_rest_loads_its_model(render, models):
    path, _ = render({"model": {"name": "two"}})
    assert images.recipe_of(Path(path).read_bytes()).model == models.peek(ModelRef(name="two")).ref


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (({"psi": math.nan},), "psi is nan: it must be a finite number"),
        (("{",), "The recipe is not valid JSON"),
        (({}, 0, 7), "The visitor's name is not valid"),
        (
            ({"model": {"name": HOSTILE}},),
            "&lt;img src=x onerror=alert\\(1\\)&gt;' is not here",
        ),
        (({"a": {"x": nested(50_000)}},), "a.x is a far too large list"),
    ],
)
def test_a_problem_at_rest_is_a_message_with_nothing_to_execute(render, arguments, sentence):
    with pytest.raises(gr.Error, match=sentence):
        render(*arguments)


def test_the_page_learns_the_layers_of_a_model_and_which_are_noisy(models):
    told = live_view.describe(models.open(ModelRef()))
    assert json.loads(json.dumps(told)) == told
    assert (told["name"], told["resolution"], told["c_dim"]) == ("one", [16, 16], 0)
    assert [layer["name"] for layer in told["layers"]][::5] == ["b4.conv1", "b16.torgb"]
    assert told["noisy"] == told["layers"][:5]
    assert told["first_recipe"]["model"] == {"name": "one", "hash": told["hash"]}


def test_a_model_reference_from_the_page_is_checked():
    assert live_view.checked_ref({"name": "one"}) == ModelRef(name="one")
    with pytest.raises(live_view.RecipeError, match=r"model\.hash is .*64 hexadecimal digits"):
        live_view.checked_ref({"hash": "x"})


def moved(*which, shift=1.5):
    return {"edits": [{"direction": one.key, "shift": shift} for one in which]}


def test_a_direction_that_is_not_here_is_asked_for_and_then_drawn(draw, vectors, models):
    assert draw(ask(moved(SMILE))) == {"need": [SMILE.key]}
    assert run(directions.make_bring(vectors)(to_wire(SMILE))) == {"key": SMILE.key}
    reply = draw(ask(moved(SMILE)))
    model = models.open(ModelRef())
    recipe = Recipe(model=model.ref, edits=(Edit(direction=SMILE.key, shift=1.5),))
    pixels = paint(model.generator, recipe, {SMILE.key: SMILE.step})
    assert base64.b64decode(reply["image"].partition(",")[2]) == images.jpeg(pixels)
    assert reply["recipe"] == recipe.key
    assert not np.array_equal(pixels, paint(model.generator, Recipe(model=model.ref)))


def test_at_rest_a_direction_that_is_not_here_is_asked_for_and_then_drawn(render, vectors, models):
    path, details = render(moved(SMILE), 7, "anna")
    assert (path, details) == (None, {"ticket": 7, "need": [SMILE.key]})
    vectors.put(SMILE.step)
    path, details = render(moved(SMILE), 8, "anna")
    model = models.open(ModelRef())
    recipe = images.recipe_of(Path(path).read_bytes())
    assert recipe.edits == (Edit(direction=SMILE.key, shift=1.5),)
    pixels = paint(model.generator, recipe, {SMILE.key: SMILE.step})
    assert np.array_equal(np.asarray(Image.open(path)), pixels)
    assert "need" not in details


def test_all_directions_that_are_missing_are_named_at_once(draw, vectors):
    vectors.put(SMILE.step)
    assert draw(ask(moved(SMILE, FOREIGN))) == {"need": [FOREIGN.key]}
    other = Direction("other", step_of("z", np.ones(8)))
    assert set(draw(ask(moved(FOREIGN, SMILE, other)))["need"]) == {FOREIGN.key, other.key}


def test_twelve_directions_move_a_picture_and_not_thirteen(draw, vectors):
    many = [
        Direction(f"{i}", step_of("w", np.random.default_rng(i).normal(size=6))) for i in range(13)
    ]
    for one in many:
        vectors.put(one.step)
    assert "image" in draw(ask(moved(*many[:12], shift=0.1)))
    assert draw(ask(moved(*many, shift=0.1)))["problem"].startswith("edits is ")


def test_a_direction_of_another_size_is_a_sentence_live_and_at_rest(draw, render, vectors):
    vectors.put(FOREIGN.step)
    sentence = "The direction has shape [5], this model's w [6, 6]. Use it with the model"
    assert draw(ask(moved(FOREIGN)))["problem"].startswith(sentence)
    with pytest.raises(gr.Error, match="The direction has shape"):
        render(moved(FOREIGN))


def test_the_page_learns_the_directions_of_a_models_folder(models):
    model = models.open(ModelRef())
    told = live_view.describe(replace(model, directions=(SMILE,)))
    assert told["directions"] == [to_wire(SMILE)]
    assert live_view.describe(model)["directions"] == []


def test_a_visitor_stops_his_work_and_nobody_elses():
    jobs = Jobs()
    mine, others = jobs.begin("anna", "lab", 7), jobs.begin("ben", "lab", 7)
    assert run(live_view.make_stop(jobs)({"visitor": "anna", "kind": "lab", "ticket": 7})) == {}
    with pytest.raises(Stopped):
        mine.check()
    others.check()
    jobs.begin("anna", "study", 1).check()


@pytest.mark.parametrize(
    "body",
    [None, [], "x", {}, {"ticket": "x"}, {"visitor": [], "kind": {}, "ticket": math.nan},
     {"visitor": "x" * 10**6, "kind": "x" * 10**6, "ticket": 1e300}],
    ids=lambda body: type(body).__name__,
)  # fmt: skip
def test_a_stop_that_means_nothing_is_answered_too(body):
    assert run(live_view.make_stop(Jobs())(body)) == {}


def test_at_rest_the_picture_carries_own_directions_as_their_owner_calls_them(
    render, vectors, models
):
    vectors.put(SMILE.step)
    told = [{"key": SMILE.key, "name": "my smile", "boundary": 0.5}, {"key": []}, 7]
    path, _ = render(moved(SMILE), 7, "anna", told)
    (found,) = shared_in(Path(path).read_bytes()).directions
    assert (found.key, found.name, found.boundary) == (SMILE.key, "my smile", 0.5)
    # Another visitor of the same picture gets another file, with nothing of that in it.
    other, _ = render(moved(SMILE), 7, "bert")
    assert other != path
    assert shared_in(Path(other).read_bytes()).directions[0].name == f"direction {SMILE.key[:8]}"
    with pytest.raises(gr.Error, match="What was sent is no direction"):
        render(moved(SMILE), 7, "anna", [{"key": SMILE.key, "boundary": "0"}])


@pytest.mark.parametrize("number", [10**400, float("nan"), float("inf"), True, "1"])
@pytest.mark.parametrize("field", ["seq", "bytes"])
def test_a_number_of_any_size_is_a_mistake_of_the_page_and_not_ours(draw, field, number):
    assert draw(ask() | {field: number})["problem"].endswith("is no number. Reload the page.") or (
        draw(ask() | {field: number})["problem"] == "The request has no number. Reload the page."
    )
