"""The lab as strangers meet it: whatever they send is answered, and stopped work leaves nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.ui import lab as labs
from explorer.ui import live_view
from explorer.ui.jobs import Jobs
from explorer.ui.lab import KINDS, make_lab
from explorer.ui.wire import to_wire
from tests.ui.driving import HOSTILE, NAMES, Lab
from tests.ui.test_directions import SMILE
from tests.ui.test_live_view import nested
from tests.ui.test_wire import JSON

FIELDS = ("labels", "name", "way", "space", "csv", "samples", "seed", "names", "spaces", "ends",
          "directions", "direction", "against", "count", "group", "format")  # fmt: skip
WRONG = [None, True, 7, -1, 1e300, float("nan"), "", "x", "\ud800", HOSTILE, "x" * 100_000, [],
         {}, [[]], [None], [7], [[0, True, 1]], [["0", True]], {"a": 1}, [{}],
         nested(5000)]  # fmt: skip


def test_what_the_page_asks_for_is_there():
    assert KINDS.keys() == {
        *("grid", "fit", "labels", "attributes", "classifier", "own", "separability", "leakage"),
        *("lengths", "curve", "pca", "sefa", "random", "orthogonalise", "import", "export"),
    }


def test_a_result_has_the_ticket_and_the_kind_of_its_request(lab):
    (last,) = list(lab.start(lab.body("attributes", ticket=1763.5)))
    assert (last["ticket"], last["kind"]) == (1763.5, "attributes")


@pytest.mark.parametrize(
    "body", [None, [], "x", 7, {}, {"kind": None}, {"kind": "x"}, {"kind": ["pca"]},
             {"kind": {}}, {"kind": nested(5000)}, {"kind": "__class__"}],
    ids=lambda body: type(body).__name__,
)  # fmt: skip
def test_what_is_no_work_is_a_sentence(lab, body):
    assert lab.answer(body) == {"ticket": 0, "problem": "There is no such work. Reload the page."}


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"visitor": 7}, "The visitor's name is not valid"),
        ({"visitor": "x" * 65}, "The visitor's name is not valid"),
        ({"recipe": None}, "A recipe is a JSON object"),
        ({"recipe": {"psi": 9}}, "psi is 9"),
        ({"recipe": {"model": {"name": HOSTILE}}}, f"The model '{HOSTILE}' is not here"),
        ({"recipe": {"edits": [{"direction": "0" * 63 + f"{i:x}"} for i in range(13)]}}, "edits"),
    ],
)
def test_what_all_work_shares_is_checked(lab, more, sentence):
    assert lab.problem("attributes", **more).startswith(sentence)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"curve"}))  # which asks for nothing
def test_wrong_values_everywhere_are_answered_with_a_sentence(lab, kind, caplog):
    for value in WRONG:
        last = lab.answer({**lab.body(kind), **dict.fromkeys(FIELDS, value)})
        assert last.get("problem") != live_view.OUR_FAULT, caplog.text
        assert len(last.get("problem", "")) < 600


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(sorted(KINDS.keys() - {"lengths", "curve", "grid"})),
    fields=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
)
def test_any_json_is_answered(lab, kind, fields):
    last = lab.answer({**lab.body(kind), "samples": 50, **fields})
    assert last.keys() in ({"ticket", "kind", "result"}, {"ticket", "problem"})
    assert last.get("problem") != live_view.OUR_FAULT


def test_on_zero_gpu_there_is_no_lab(bench):
    closed = Lab(bench, Jobs(), is_open=False)
    for kind in ("pca", "no such"):
        assert closed.problem(kind) == (
            "A ZeroGPU Space draws pictures only. Run the explorer on a machine."
        )


@pytest.mark.parametrize(
    "kind, more",
    [
        ("grid", {}),
        ("fit", {"labels": [[0, True], [1, True], [2, False], [3, False]]}),
        ("separability", {"samples": 200}),
        ("leakage", {"directions": [to_wire(SMILE)]}),
        ("lengths", {"samples": 50}),
        ("curve", {}),
        ("pca", {}),
        ("random", {}),
    ],
)
def test_stopped_work_says_so_and_the_visitor_may_go_on(fresh_lab, kind, more):
    lab = fresh_lab
    replies = lab.start(lab.body(kind, **more))
    first = next(replies)
    assert "progress" in first
    lab.jobs.stop("anna", "lab", 7)
    assert list(replies)[-1] == {"ticket": 7, "stopped": True}
    assert "names" in lab.answer(lab.body("attributes", ticket=8))["result"]


def test_work_that_was_stopped_before_it_began_is_not_done(lab):
    lab.jobs.stop("anna", "lab", 7)
    assert lab.answer(lab.body("pca")) == {"ticket": 7, "stopped": True}


def test_newer_work_ends_older_work_of_the_same_visitor_only(fresh_lab):
    lab = fresh_lab
    older, others = (one.start(one.body("lengths", samples=50)) for one in (lab, lab.of("ben")))
    assert "progress" in next(older) and "progress" in next(others)
    lab.answer(lab.body("attributes", ticket=8))
    assert list(older)[-1] == {"ticket": 7, "stopped": True}
    assert "result" in list(others)[-1]


def test_a_page_that_goes_away_leaves_nothing_behind(fresh_lab):
    lab = fresh_lab
    replies = lab.start(lab.body("pca"))
    next(replies)
    replies.close()
    assert "result" in lab.answer(lab.body("attributes", ticket=8))


def test_a_failure_of_ours_is_logged_and_answered_with_a_sentence(lab, monkeypatch, caplog):
    monkeypatch.setattr(labs, "KINDS", {"broken": lambda task: 1 / 0})
    assert lab.problem("broken") == live_view.OUR_FAULT
    assert "ZeroDivisionError" in caplog.text


def test_without_a_visitor_programs_are_answered_too(bench):
    *_, last = make_lab(bench, Jobs(), True)({"kind": "attributes", "recipe": {}})
    assert (last["ticket"], last["result"]["names"]) == (0, list(NAMES))
