"""Looking over the recipes of a file of presets."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.recipe import Recipe
from explorer.ui.keeping import MOST_CHECKED, check


def checked(body):
    return asyncio.run(check(body))


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


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON | st.fixed_dictionaries({"recipes": st.lists(JSON)}))
def test_whatever_is_sent_gets_an_answer(body):
    reply = checked(body)
    assert isinstance(reply.get("problem"), str) or isinstance(reply.get("recipes"), list)
