"""Long work ends when its visitor stops it, or asks anew."""

import pytest

from explorer.ui.jobs import MOST, Jobs, Stopped, ticket_of


@pytest.fixture
def jobs():
    return Jobs()


def test_work_goes_on_until_it_is_stopped(jobs):
    job = jobs.begin("anna", "study", 1)
    job.check()
    jobs.stop("anna", "study", 1)
    with pytest.raises(Stopped):
        job.check()


def test_newer_work_of_a_kind_ends_the_older(jobs):
    older, newer = (jobs.begin("anna", "study", ticket) for ticket in (1, 2))
    with pytest.raises(Stopped):
        older.check()
    newer.check()


def test_work_may_be_stopped_before_it_begins(jobs):
    jobs.stop("anna", "study", 1)
    with pytest.raises(Stopped):
        jobs.begin("anna", "study", 1)
    jobs.begin("anna", "study", 2).check()


def test_other_visitors_and_other_kinds_go_on(jobs):
    others = [jobs.begin("bob", "study", 1), jobs.begin("anna", "lab", 1)]
    jobs.begin("anna", "study", 1)
    jobs.stop("anna", "study", 1)
    for job in others:
        job.check()


def test_only_so_many_visitors_are_remembered(jobs):
    for number in range(MOST + 5):
        jobs.stop(str(number), "study", 1)
    jobs.begin("0", "study", 1).check()
    with pytest.raises(Stopped):
        jobs.begin(str(MOST), "study", 1)


@pytest.mark.parametrize(
    "body", [None, [], {}, {"ticket": "1"}, {"ticket": 1e300}, {"ticket": None}]
)
def test_a_request_without_a_ticket_has_ticket_0(body):
    assert ticket_of(body) == 0


def test_a_ticket_is_a_number():
    assert ticket_of({"ticket": 1763.5}) == 1763.5
