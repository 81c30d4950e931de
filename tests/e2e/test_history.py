"""The stack of steps: what is a step, how it is kept, and what a damaged storage is."""

import json

import pytest

from tests.e2e.modules import asked

THUMB = "data:image/jpeg;base64,AAAA"


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    yield page
    page.close()


def after(page, *steps):
    """The numbers in the history and the current one, after steps: a number rests, words move."""
    script = """steps => {
        let past = freshHistory();
        for (const step of steps) {
          past = typeof step === 'string' ? moved(past, step === 'undo' ? -1 : 1)
            : stepTo(past, { version: 1, n: step });
        }
        return [past.steps.map(({ recipe }) => recipe.n), stepAt(past)?.recipe.n ?? null]; }"""
    return asked(page, script, steps)


def test_every_different_recipe_at_rest_is_a_step(page):
    assert after(page) == [[], None]
    assert after(page, 1, 2, 2, 1) == [[1, 2, 1], 1]


def test_undo_and_redo_stop_at_the_ends(page):
    assert after(page, "undo", 1, 2, "undo", "undo") == [[1, 2], 1]
    assert after(page, 1, 2, "undo", "redo", "redo") == [[1, 2], 2]


def test_a_change_after_undo_takes_the_place_of_what_was_undone(page):
    assert after(page, 1, 2, 3, "undo", "undo", 4) == [[1, 4], 4]
    assert after(page, 1, 2, 3, "undo", 2, "redo") == [[1, 2, 3], 3]


def test_two_hundred_steps_are_kept(page):
    numbers, current = after(page, *range(300))
    assert (numbers, current) == (list(range(100, 300)), 299)


def test_small_pictures_are_bounded_and_the_oldest_go_first(page):
    script = """() => {
        const thumb = 'data:image/jpeg;base64,' + 'A'.repeat(7900);
        let past = freshHistory();
        for (let n = 0; n < 100; n += 1) past = stepTo(past, { version: 1, n }, thumb);
        past = stepTo(past, { version: 1, n: 100 }, thumb + 'A'.repeat(100));
        return past.steps.map((step) => step.thumb.length); }"""
    lengths = asked(page, script)
    assert len(lengths) == 101
    assert lengths[-1] == 0  # one picture alone may not be larger either
    assert sum(lengths) <= 600_000
    assert lengths == [*sorted(lengths[:-1]), 0]


def test_it_reads_what_it_writes(page):
    past = {
        "version": 1,
        "at": 0,
        "steps": [{"recipe": {"version": 1, "psi": 0.5}, "thumb": THUMB}],
    }
    text = json.dumps(past)
    assert asked(page, "text => JSON.parse(writeHistory(readHistory(text)))", text) == past


def step(recipe=None, thumb=""):
    return {"recipe": recipe or {"version": 1}, "thumb": thumb}


DAMAGED = [
    "",
    "{",
    "null",
    "[]",
    '"text"',
    json.dumps({"version": 2, "at": 0, "steps": [step()]}),
    json.dumps({"version": 1, "at": 1, "steps": [step()]}),
    json.dumps({"version": 1, "at": "length", "steps": [step()]}),
    json.dumps({"version": 1, "at": 0, "steps": [step()] * 201}),
    json.dumps({"version": 1, "at": 0, "steps": [None]}),
    json.dumps({"version": 1, "at": 0, "steps": [step(recipe={"version": 2})]}),
    json.dumps({"version": 1, "at": 0, "steps": [step(thumb="https://example.org/x.jpg")]}),
    json.dumps({"version": 1, "at": 0, "steps": [step(thumb='data:image/jpeg;base64,"><b>')]}),
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_storage_is_a_fresh_history(page, text):
    assert asked(page, "text => readHistory(text)", text) == {"steps": [], "at": -1}


@pytest.mark.parametrize("room", [5_000_000, 100_000, 20_000, 100])
def test_where_there_is_little_room_small_pictures_go_before_steps(page, room):
    script = """room => {
        const kept = {};
        const storage = () => ({
          setItem(key, text) { if (text.length > room) throw new Error('full'); kept[key] = text; },
          getItem: (key) => kept[key] ?? null });
        let past = freshHistory();
        for (let n = 0; n < 200; n += 1) {
          past = stepTo(past, { version: 1, n }, 'data:image/jpeg;base64,' + 'A'.repeat(2000));
        }
        const isKept = keepHistory(past, storage);
        const { steps } = keptHistory(storage);
        return [isKept, steps.length, steps.filter(({ thumb }) => thumb).length]; }"""
    is_kept, steps, thumbs = asked(page, script, room)
    assert (is_kept, steps) == ((True, 200) if room > 100 else (False, 0))
    assert thumbs == 200 if room > 1_000_000 else thumbs < 100


def test_where_storage_is_forbidden_there_is_a_fresh_history(page):
    script = """() => {
        const storage = () => { throw new Error('forbidden'); };
        return [keepHistory(freshHistory(), storage), keptHistory(storage)]; }"""
    assert asked(page, script) == [False, {"steps": [], "at": -1}]
