"""A little of `python -m tests.fuzz`, and every file that it ever found something with."""

import time

import pytest

from tests.fuzz import mutations
from tests.fuzz.__main__ import BATCH, FINDS, State, checkpoints, fuzz, seed_of, shortened
from tests.fuzz.trials import SECONDS, Worker, attempt

MUTATIONS = 200  # of each file


@pytest.mark.parametrize("path", checkpoints(), ids=lambda path: path.name)
def test_a_damaged_checkpoint_is_a_generator_or_a_refusal(path, tmp_path):
    kinds, finds = [], []

    def trial(data):
        (tmp_path / "mutation").write_bytes(data)
        kind, what = attempt(tmp_path / "mutation")
        kinds.append(kind)
        if kind == "find":
            finds.append(what)

    mutations.run(path.read_bytes(), seed_of(path.name, -1), MUTATIONS, trial)
    assert not finds
    assert len(kinds) == MUTATIONS
    assert kinds.count("refusal") > MUTATIONS / 4


@pytest.mark.parametrize("path", sorted(FINDS.glob("*.bin")), ids=lambda path: path.name)
def test_what_was_found_once_stays_right(path):
    start = time.monotonic()
    kind, what = attempt(path)
    assert kind != "find", what
    assert time.monotonic() - start < SECONDS


def test_equal_seeds_make_equal_mutations():
    data = checkpoints()[0].read_bytes()
    runs = [[], [], []]
    for made, seed in zip(runs, (1, 1, 2), strict=True):
        mutations.run(data, seed, 50, made.append)
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_a_worker_measures_and_outlives_a_death(tmp_path):
    sound = min(checkpoints(), key=lambda path: path.stat().st_size)
    worker = Worker(tmp_path / "mutation", sound)
    try:
        fine = worker(sound.read_bytes())
        assert (fine.kind, fine.what) == ("generator", "")
        assert 0 < fine.seconds < 10
        assert worker(b"").kind == "refusal"
        worker.process.kill()
        assert worker(b"").what == "the process died"
        assert worker(b"").kind == "refusal"
    finally:
        worker.close()


def test_a_find_is_kept_without_what_it_does_not_need():
    assert shortened(b"abcdefgh", lambda data: b"cd" in data) == b"abcd"
    assert shortened(b"abcdefgh", lambda data: data == b"abcdefgh") == b"abcdefgh"


def test_a_run_goes_on_where_the_last_one_ended(tmp_path):
    smallest = min(checkpoints(), key=lambda path: path.stat().st_size)
    state = State.read(tmp_path / "state.json")
    fuzz(smallest, BATCH, state, tmp_path)
    after_one = state.tallies[smallest.name]
    assert after_one.mutations == BATCH
    assert after_one.generators + after_one.refusals == BATCH
    again = State.read(tmp_path / "state.json")
    assert again.tallies == state.tallies
    fuzz(smallest, BATCH, again, tmp_path)
    assert again.tallies == state.tallies
    fuzz(smallest, 2 * BATCH, again, tmp_path)
    assert again.tallies[smallest.name].mutations == 2 * BATCH
