"""How far long work is, as it is written."""

import io

from explorer.commands import progress
from explorer.commands.progress import Countdown, Line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def at(monkeypatch, seconds):
    monkeypatch.setattr(progress.time, "monotonic", lambda: seconds)


def test_a_terminal_has_one_line_that_is_left_clean(monkeypatch):
    stream = Terminal()
    at(monkeypatch, 0)
    line = Line(stream)
    line.show("too early")
    at(monkeypatch, 1)
    line.show("now")
    line.close()
    assert stream.getvalue() == "\rnow\033[K\r\033[K"


def test_the_time_left_is_that_of_what_was_done_in_this_run(monkeypatch):
    stream = io.StringIO()
    at(monkeypatch, 0)
    shown = Countdown(stream, "pictures")
    shown(500, 1000)  # kept from an earlier run
    at(monkeypatch, 20)
    shown(600, 1000)
    at(monkeypatch, 21)
    shown(601, 1000)
    shown.close()
    assert stream.getvalue() == "600 of 1,000 pictures, 80 s left\n"
