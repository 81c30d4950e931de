"""What the panel of directions asks for: places, and the vectors that the server has not."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import Vectors
from explorer.recipe import ModelRef, Recipe, parse
from explorer.ui import directions, live_view
from explorer.ui.wire import to_wire
from tests.recipes import latent
from tests.ui.test_wire import JSON

SMILE = Direction("smile", step_of("w", np.arange(1.0, 7), 2.0))
ROUND = Direction("round", step_of("z", np.arange(1.0, 9)))
FOREIGN = Direction("foreign", step_of("w", np.ones(5)))
WIDE = Direction("wide", step_of("w", np.ones((4, 6))))
UNKNOWN = "f" * 64


def run(coroutine):
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(coroutine, 10)).result()


@pytest.fixture
def where(engine, models, vectors):
    function = directions.make_where(engine, models, vectors)

    def asked(*rows, recipe=None, visitor="anna"):
        reply = run(
            function({"visitor": visitor, "recipe": recipe or {}, "directions": list(rows)})
        )
        assert json.loads(json.dumps(reply, allow_nan=False)) == reply
        return reply

    return asked


def brought(vectors, *which):
    for one in which:
        vectors.put(one.step)


def row(direction, **more):
    return {"direction": direction.key, **more}


def test_a_vector_that_is_brought_is_known_by_its_key(vectors):
    reply = run(directions.make_bring(vectors)(to_wire(SMILE)))
    assert reply == {"key": SMILE.key}
    assert vectors.find([SMILE.key])[SMILE.key].to_bytes() == SMILE.step.to_bytes()


@pytest.mark.parametrize("body", [None, [], 7, "x", {}, {**to_wire(SMILE), "data": "é"}], ids=str)
def test_what_is_no_direction_is_not_brought(vectors, body):
    reply = run(directions.make_bring(vectors)(body))
    assert reply == {"problem": "What was sent is no direction. Reload the page."}
    assert not len(vectors)


@settings(deadline=None, max_examples=50)
@given(value=JSON)
def test_whatever_is_brought_gets_an_answer(value):
    reply = run(directions.make_bring(Vectors())(value))
    assert reply.keys() <= {"key", "problem"} and len(reply) == 1


def test_a_place_rises_by_the_shift_that_is_taken(where, vectors):
    brought(vectors, SMILE, ROUND)
    for one in (SMILE, ROUND):
        at = [
            where(row(one), recipe={"edits": [row(one, shift=shift)]})["places"][one.key]
            for shift in (0.0, 1.5)
        ]
        assert at[1] - at[0] == pytest.approx(1.5, abs=1e-3)


def test_a_place_is_that_of_the_picture(where, vectors, tiny):
    brought(vectors, SMILE)
    reply = where(row(SMILE), recipe={"a": {"x": 3.0}, "psi": 0.5})
    w = latent(tiny, parse({"a": {"x": 3.0}, "psi": 0.5}))[0].double().numpy()
    step = SMILE.step.numbers.astype(np.float64)
    assert reply["places"][SMILE.key] == pytest.approx(
        float((w @ step / (step @ step)).mean()), abs=1e-4
    )


def test_a_place_counts_the_layers_that_are_moved(where, vectors):
    brought(vectors, SMILE)
    edits = {"edits": [row(SMILE, shift=2.0, layers=[0, 1])]}
    moved, others = (
        [
            where(row(SMILE, layers=layers), recipe=recipe)["places"][SMILE.key]
            for recipe in ({}, edits)
        ]
        for layers in ([0, 1], [4, 5])
    )
    assert moved[1] - moved[0] == pytest.approx(2, abs=1e-3)
    assert others[1] == pytest.approx(others[0], abs=1e-6)


def test_the_vectors_that_are_not_here_are_asked_for(where, vectors):
    brought(vectors, SMILE)
    reply = where(row(SMILE), row(ROUND), recipe={"edits": [row(FOREIGN, shift=1.0)]})
    assert set(reply) == {"need"} and set(reply["need"]) == {ROUND.key, FOREIGN.key}


def test_a_model_that_is_not_in_memory_is_not_loaded_for_it(where, vectors, models):
    brought(vectors, SMILE)
    assert where(row(SMILE), recipe={"model": {"name": "two"}}) == {"loading": True}
    assert models.peek(ModelRef(name="two")) is None


def test_no_slider_has_no_place(where):
    assert where() == {"places": {}, "slopes": {}}


@pytest.mark.parametrize(
    "one, layers, sentence",
    [
        (FOREIGN, [], "The direction has shape [5], this model's w has 6 numbers. Use it with"),
        (WIDE, [], "The direction has shape [4, 6], this model's w has 6 numbers. Use it with"),
        (SMILE, [0, 40], "The direction is for other layers than this model's 0 to 5. Use it"),
    ],
)
def test_a_direction_of_another_model_is_a_sentence(where, vectors, one, layers, sentence, caplog):
    brought(vectors, one)
    assert where(row(one, layers=layers))["problem"].startswith(sentence)
    assert not caplog.records


def test_where_this_process_may_not_use_the_model_there_are_no_places(engine, models, vectors):
    function = directions.make_where(engine, models, vectors, is_open=False)
    assert run(function({"recipe": {}, "directions": [row(SMILE)]})) == {"places": {}}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "where",
        {},
        {"directions": {}},
        {"directions": [7]},
        {"directions": [{"direction": "x"}]},
        {"directions": [{"direction": UNKNOWN, "layers": ["0"]}]},
        {"directions": [{"direction": UNKNOWN}] * 65},
    ],
    ids=str,
)
def test_a_wrong_question_is_a_sentence(engine, models, vectors, body):
    reply = run(directions.make_where(engine, models, vectors)(body))
    assert reply == {"problem": "The directions were asked for wrongly. Reload the page."}


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(value=JSON, field=st.sampled_from(["directions", "visitor", "recipe", None]))
def test_any_question_gets_an_answer(engine, models, vectors, value, field):
    body = {"visitor": "anna", "recipe": {}, "directions": [row(SMILE)]}
    reply = run(
        directions.make_where(engine, models, vectors)({**body, field: value} if field else value)
    )
    assert reply.keys() <= {"places", "slopes", "need", "problem", "loading"} and reply
    assert reply.get("problem") != live_view.OUR_FAULT


def test_a_failure_of_ours_is_logged_and_answered(models, vectors, start_engine, caplog):
    engine = start_engine(lambda recipe, visitor: 1 / 0)
    brought(vectors, SMILE)
    body = {"recipe": Recipe().model_dump(mode="json"), "directions": [row(SMILE)]}
    reply = run(directions.make_where(engine, models, vectors)(body))
    assert reply == {"problem": live_view.OUR_FAULT} and "ZeroDivisionError" in caplog.text
