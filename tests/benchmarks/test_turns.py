import io
import json
import textwrap

import pytest

from benchmarks.turns import compare, running, take_turns


def answers_to(asked, **actions):
    answers = io.StringIO()
    take_turns(actions, io.StringIO(asked), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_a_side_warms_up_and_then_works_as_often_as_it_is_asked_to():
    done = []
    ready, first, second, last = answers_to("3\n2\n", draw=lambda: done.append("drawn"))
    assert len(done) == 1 + 3 + 2
    assert ready == {}
    assert [len(first["draw"]), len(second["draw"])] == [3, 2]
    assert last.keys() == {"peak_mb"} and last["peak_mb"] > 1


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module that `python -m` finds, and returns its name."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(text):
        (tmp_path / "side.py").write_text(textwrap.dedent(text))
        return "side"

    return write


def test_the_sides_take_turns_one_at_a_time(module, tmp_path):
    log = tmp_path / "log"
    name = module(
        """
        import json, sys
        print("{}", flush=True)
        for line in sys.stdin:
            with open(sys.argv[1], "a") as log:
                log.write(sys.argv[2])
            print(json.dumps({"ms": [1.0, 2.0, 9.0]}), flush=True)
        print('{"peak_mb": 5}', flush=True)
        """
    )
    found = compare({side: [name, str(log), side] for side in "ab"}, turns=3, count=3)
    assert log.read_text() == "ababab"
    assert found == {"a": {"ms": 2.0, "peak_mb": 5}, "b": {"ms": 2.0, "peak_mb": 5}}


def test_a_side_that_ends_too_early_is_told(module):
    with (
        pytest.raises(RuntimeError, match="A process that was timed has ended"),
        running([module("")]),
    ):
        pass
