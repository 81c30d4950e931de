"""Looking over the recipes of a file of presets."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.recipe import Recipe
from explorer.ui.keeping import MOST_CHECKED, check
from tests.ui.test_wire import JSON


def checked(body):
    with ThreadPoolExecutor(1) as thread:  # the browser of other tests has a loop in this one
        return thread.submit(lambda: asyncio.run(check(body))).result()


def test_recipes_come_back_with_all_their_fields():
    reply = checked({"recipes": [{}, {"psi": 0.5}]})
    assert reply == {"recipes": [json.loads(r.to_json()) for r in (Recipe(), Recipe(psi=0.5))]}


def test_what_is_no_recipe_is_named_with_a_sentence():
    reply = checked({"recipes": [{}, {"psi": 7}, {"speed": 1}]})
    assert reply["index"] == 1
    assert reply["problem"].startswith("psi is 7: it must be less than or equal to 2.")


@pytest.mark.parametrize("body", [None, [], {}, {"recipes": {}}, {"recipes": [{}] * 101}])
def test_a_wrong_request_is_a_sentence(body):
    assert checked(body) == {"problem": "The request lists no recipes, up to 100. Reload."}
    assert MOST_CHECKED == 100


@given(JSON | st.fixed_dictionaries({"recipes": st.lists(JSON)}))
def test_whatever_is_sent_gets_an_answer(body):
    reply = checked(body)
    assert isinstance(reply.get("problem"), str) or isinstance(reply.get("recipes"), list)
