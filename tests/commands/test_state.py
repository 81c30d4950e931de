"""What an interrupted run has kept."""

import numpy as np
import pytest

from explorer.commands.state import State, opened_state
from explorer.errors import AnalysisError, CheckpointError

WORK = {"model": "a" * 64, "psi": 1.0}
TABLE = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def state(tmp_path):
    return opened_state(tmp_path / "new" / "state", WORK)


def test_what_is_kept_is_found_again(state):
    assert state.read("one", (2, 3)) is None
    state.keep("one", TABLE)
    again = opened_state(state.folder, WORK)
    assert np.array_equal(again.read("one", (2, 3)), TABLE)
    assert sorted(path.name for path in state.folder.iterdir()) == ["one.npy", "state.json"]


def test_a_table_of_another_shape_is_not_what_is_asked_for(state):
    state.keep("one", TABLE)
    assert state.read("one", (3, 3)) is None


def test_without_a_folder_nothing_is_kept():
    state = opened_state(None, WORK)
    assert np.array_equal(state.keep("one", TABLE), TABLE)
    assert state.read("one", (2, 3)) is None


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ({"model": "b" * 64, "psi": 1.0}, "model aaaaaaaaaaaa..., not bbbbbbbbbbbb..."),
        ({"model": "a" * 64, "psi": 0.7}, "psi 1.0, not 0.7"),
        (WORK | {"seed": 3}, "seed None, not 3"),
    ],
)
def test_a_folder_of_other_work_is_refused(state, work, said):
    with pytest.raises(AnalysisError, match=f"state holds work with {said}") as caught:
        opened_state(state.folder, work)
    assert caught.value.fix == "Name another folder with --state, or delete this one."


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 10_000])
def test_a_damaged_description_is_one_sentence(state, text):
    (state.folder / "state.json").write_text(text)
    with pytest.raises(AnalysisError, match=r"state\.json is damaged"):
        opened_state(state.folder, WORK)


def test_a_place_that_is_no_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AnalysisError, match="file cannot be used"):
        opened_state(tmp_path / "file", WORK)


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'"])
def test_a_damaged_table_is_one_sentence(state, content):
    (state.folder / "one.npy").write_bytes(content)
    with pytest.raises(AnalysisError, match=r"one\.npy is damaged. Delete it"):
        state.read("one", (2, 3))


def test_a_table_that_promises_more_than_it_holds_is_damaged(state):
    path = state.folder / "one.npy"
    state.keep("one", TABLE)
    path.write_bytes(path.read_bytes().replace(b"(2, 3)", b"(9999999999, 3)".ljust(6))[:200])
    with pytest.raises(AnalysisError, match="damaged"):
        state.read("one", (9999999999, 3))


def test_pickles_and_other_numbers_are_damaged_tables(state):
    for table in (np.array([{}], dtype=object), np.zeros((2, 3), np.float64)):
        np.save(state.folder / "one.npy", table)
        with pytest.raises(AnalysisError, match="damaged"):
            state.read("one", (2, 3))


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be written"):
        State(tmp_path / "gone").keep("one", TABLE)
