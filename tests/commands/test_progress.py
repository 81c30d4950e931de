"""How far long work is, as it is written."""

import io

from explorer.commands.progress import Countdown, Line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_one_line_that_is_left_clean():
    stream, seconds = Terminal(), iter([0, 0.1, 1])
    line = Line(stream, lambda: next(seconds))
    line.show("too early")
    line.show("now")
    line.close()
    assert stream.getvalue() == "\rnow\033[K\r\033[K"


def test_the_time_left_is_that_of_what_was_done_in_this_run():
    stream, now = io.StringIO(), [0.0]
    shown = Countdown(stream, "pictures", lambda: now[0])
    for now[0], done in ((0, 500), (20, 600), (21, 601)):  # 500 were kept from an earlier run
        shown(done, 1000)
    shown.close()
    assert stream.getvalue() == "600 of 1,000 pictures, 80 s left\n"
