import argparse

from benchmarks.live import checkpoint_of, summary
from explorer.formats import load

SEEN = {
    "moves": [[1, 0.0], [2, 16.0], [3, 32.0]],
    "frames": [
        [1, 40.0, "one", 512],
        [3, 82.0, "three", 128],
        [2, 90.0, "two", 256],
        [3, 500.0, "three", 64],
    ],
    "whileDragging": 3,
    "dragged": 1000.0,
    "last": "0.70",
    "rested": 412.34,
}


def test_the_figures_of_a_drag_are_those_of_its_pictures():
    assert summary(SEEN, last_is_shown=True) == {
        "fps": 3.0,
        "median_ms": 50.0,
        "p95_ms": 93.2,
        "out_of_order": 1,
        "smallest_side": 128,  # the picture at rest is not one of the drag
        "rest_ms": 412.3,
        "rests_on_last": True,
    }


def test_a_drag_that_never_comes_to_rest_has_no_time_of_it():
    figures = summary({**SEEN, "rested": None}, last_is_shown=True)
    assert figures["rest_ms"] is None
    assert figures["rests_on_last"] is False


def test_a_drag_that_shows_nothing_has_no_times():
    figures = summary({**SEEN, "whileDragging": 0}, last_is_shown=True)
    assert figures["fps"] == 0
    assert (figures["median_ms"], figures["p95_ms"], figures["smallest_side"]) == (None,) * 3


def options_with(**changes):
    return argparse.Namespace(**{"random": None, "checkpoint": None, **changes})


def test_a_random_model_of_the_asked_side_is_served(tmp_path):
    flag, path = checkpoint_of(options_with(random=16), tmp_path)
    assert flag == "--checkpoint"
    assert load(path).resolution == (16, 16)


def test_without_a_random_one_the_named_or_the_shipped_model_is_served(tmp_path):
    assert checkpoint_of(options_with(checkpoint="x.pkl"), tmp_path) == ["--checkpoint", "x.pkl"]
    assert checkpoint_of(options_with(), tmp_path) == []
