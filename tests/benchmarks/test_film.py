"""The benchmark of films measures what it says."""

import json

import pytest

from benchmarks.film import main


def test_the_figures_are_those_of_a_film(capsys):
    assert main(["--seconds", "1", "--fps", "10", "--size", "64"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["codec"], figures["pixels"], figures["size"]) == ("h264", "yuv420p", "64 x 64")
    assert (figures["frames"], figures["duration"]) == (10, pytest.approx(1.0))
    assert 0 < figures["mb_at_a_third"] <= figures["mb_at_the_end"]
