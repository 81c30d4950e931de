import threading
import time
from concurrent.futures import CancelledError, wait

import pytest

from explorer.turns import PATIENCE, QUIET, Refusal, Turns

SOON = 10  # seconds after which a test has hung


@pytest.fixture
def turns():
    turns = Turns(most_waiting=3)
    yield turns
    turns.close()


@pytest.fixture
def hold(turns):
    """Keeps the thread busy until it is called, so that what is asked meanwhile has to wait."""
    gate, reached = threading.Event(), threading.Event()

    def held():
        reached.set()
        return gate.wait(SOON)

    turns.task(held)
    assert reached.wait(SOON)
    yield gate.set
    gate.set()


def results(*futures):
    return [future.result(SOON) for future in futures]


def test_a_newer_request_takes_the_place_of_the_older_one(turns, hold):
    ran = []
    older, newer = (turns.live("anna", lambda name=name: ran.append(name)) for name in "on")
    assert older.result(SOON) is Refusal.DROPPED  # at once, not when its turn comes
    hold()
    newer.result(SOON)
    assert ran == ["n"]


def test_an_older_request_that_comes_late_is_the_one_that_is_dropped(turns, hold):
    newer = turns.live("anna", lambda: "newer", number=7)
    older = turns.live("anna", lambda: "older", number=6)
    hold()
    assert older.result(SOON) is Refusal.DROPPED
    assert newer.result(SOON) == "newer"


def test_a_newer_request_keeps_its_visitors_place_in_the_line(turns, hold):
    ran = []
    turns.live("anna", lambda: ran.append("anna, older"))
    last = turns.live("ben", lambda: ran.append("ben"))
    turns.live("anna", lambda: ran.append("anna"))
    hold()
    last.result(SOON)
    assert ran == ["anna", "ben"]


def test_visitors_take_turns_however_often_one_asks(turns, hold):
    ran = []

    def again(left):
        ran.append("anna")
        if left:
            turns.live("anna", lambda: again(left - 1))

    turns.live("anna", lambda: again(3))
    waiting = [turns.live(name, lambda name=name: ran.append(name)) for name in ("ben", "cleo")]
    hold()
    results(*waiting)
    assert ran[:3] == ["anna", "ben", "cleo"]


def test_a_visitor_who_finds_the_line_full_is_told_so(turns, hold):
    waiting = [turns.live(name, lambda name=name: name) for name in "abc"]
    assert turns.live("d", lambda: "d").result(SOON) is Refusal.BUSY
    newest = turns.live("c", lambda: "who waits already may ask again")
    hold()
    assert results(*waiting[:2]) == ["a", "b"]
    assert waiting[2].result(SOON) is Refusal.DROPPED
    assert newest.result(SOON) == "who waits already may ask again"
    assert turns.live("d", lambda: "d").result(SOON) == "d"


def test_everything_runs_on_one_thread_that_is_not_the_callers(turns):
    jobs = [turns.live("anna", threading.get_ident), turns.task(threading.get_ident)]
    jobs.append(turns.live("ben", threading.get_ident))
    idents = set(results(*jobs)) - {Refusal.DROPPED}
    assert len(idents) == 1
    assert threading.get_ident() not in idents


def test_a_task_lets_visitors_go_first(turns, hold):
    ran = []
    task = turns.task(lambda: ran.append("task"))
    turns.live("anna", lambda: ran.append("anna"))
    turns.live("ben", lambda: ran.append("ben"))
    hold()
    task.result(SOON)
    assert ran == ["anna", "ben", "task"]


def test_tasks_keep_their_order(turns, hold):
    ran = []
    tasks = [turns.task(lambda index=index: ran.append(index)) for index in range(5)]
    hold()
    wait(tasks, SOON)
    assert ran == [0, 1, 2, 3, 4]


def test_visitors_who_never_stop_leave_a_task_its_share(turns, hold):
    ran, done = [], threading.Event()

    def drag():
        ran.append("anna")
        time.sleep(PATIENCE / 3)
        if not done.is_set():
            turns.live("anna", drag)

    turns.live("anna", drag)
    tasks = [turns.task(lambda: ran.append("task")) for _ in range(2)]
    hold()
    results(*tasks)
    done.set()
    first, second = (index for index, who in enumerate(ran) if who == "task")
    assert 1 <= first <= 4, "after PATIENCE seconds of dragging, not before and not much later"
    assert 1 <= second - first - 1 <= 4


@pytest.mark.parametrize("line", ["live", "task"])
def test_a_failure_reaches_who_waits_and_the_next_job_runs(turns, line):
    def submit(run):
        return turns.live("anna", run) if line == "live" else turns.task(run)

    with pytest.raises(ZeroDivisionError):
        submit(lambda: 1 / 0).result(SOON)
    assert submit(lambda: "fine").result(SOON) == "fine"


def test_what_nobody_waits_for_any_more_is_not_run(turns, hold):
    ran = []
    given_up = turns.live("anna", lambda: ran.append("anna"))
    given_up.cancel()
    overtaken = turns.live("ben", lambda: ran.append("ben, older"))
    overtaken.cancel()
    last = turns.live("ben", lambda: ran.append("ben"))
    hold()
    last.result(SOON)
    assert ran == ["ben"]


def test_closing_finishes_the_job_at_hand_and_cancels_the_rest():
    turns = Turns()
    started, gate = threading.Event(), threading.Event()

    def at_hand():
        started.set()
        gate.wait(SOON)
        return "finished"

    first = turns.task(at_hand)
    assert started.wait(SOON)
    waiting = [turns.live("anna", str), turns.task(str)]
    closer = threading.Thread(target=turns.close)
    closer.start()
    for future in waiting:
        with pytest.raises(CancelledError):
            future.result(SOON)
    gate.set()
    closer.join(SOON)
    assert first.result(SOON) == "finished"


def test_who_asks_after_the_end_does_not_wait_for_ever():
    turns = Turns()
    turns.close()
    for future in (turns.live("anna", str), turns.task(str)):
        with pytest.raises(CancelledError):
            future.result(SOON)


def test_what_is_queued_runs_in_order_one_in_each_turn_of_its_owner(turns, hold):
    ran = []
    queued = [turns.queue("programs", lambda n=n: ran.append(n)) for n in range(3)]
    live = turns.live("anna", lambda: ran.append("anna"))
    hold()
    results(*queued, live)
    assert ran == [0, "anna", 1, 2]


def test_who_queues_too_much_is_told_to_wait(turns, hold):
    waiting = [turns.queue("programs", lambda n=n: n) for n in range(3)]
    assert turns.queue("programs", lambda: 3).result(SOON) is Refusal.BUSY
    hold()
    assert results(*waiting) == [0, 1, 2]


def test_what_nobody_waits_for_runs_after_all_the_rest(turns, hold):
    ran = []
    spare = [turns.spare(lambda index=index: ran.append(f"spare {index}")) for index in range(2)]
    turns.task(lambda: ran.append("task"))
    turns.live("anna", lambda: ran.append("anna"))
    hold()
    results(*spare)
    assert ran == ["anna", "task", "spare 0", "spare 1"]


def test_a_hand_that_moves_keeps_spare_work_away_however_long(turns, hold):
    ran = []
    spare = turns.spare(lambda: ran.append("spare"))
    hold()
    for _ in range(12):
        turns.live("anna", lambda: ran.append("anna")).result(SOON)
        time.sleep(QUIET / 6)  # a distant page: the line is empty between its requests
    assert ran == ["anna"] * 12
    spare.result(SOON)
    assert ran[-1] == "spare"


def test_closing_cancels_spare_work():
    turns = Turns()
    spare = turns.spare(str)
    turns.close()
    for future in (spare, turns.spare(str)):
        with pytest.raises(CancelledError):
            future.result(SOON)
