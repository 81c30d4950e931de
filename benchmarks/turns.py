"""Processes that take turns at being timed, so that a noisy minute of the machine meets them all.

A process knows nothing of the others: it waits on its standard input for how often it is to do
what it does, and answers each turn with one line of JSON. Only one works at a time.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import IO, Any

from benchmarks.memory import peak_mb

Times = dict[str, float]


def milliseconds(action: Callable[[], object]) -> float:
    """How long `action` takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def take_turns(
    actions: Mapping[str, Callable[[], object]], asked: IO[str], answers: IO[str]
) -> None:
    """In the process that is timed: warm up, then obey until nothing more is `asked`.

    The last answer is the process's `peak_mb`.
    """
    for action in actions.values():
        action()
    print("{}", file=answers, flush=True)
    for line in asked:
        times = {
            name: [milliseconds(action) for _ in range(int(line))]
            for name, action in actions.items()
        }
        print(json.dumps(times), file=answers, flush=True)
    print(json.dumps({"peak_mb": peak_mb()}), file=answers, flush=True)


class Runner:
    """One of the processes, as seen by the one that compares them.

    Args:
        process: It runs `take_turns`, its standard input and output piped here.
    """

    def __init__(self, process: "subprocess.Popen[str]"):
        self._process = process
        self._times: dict[str, list[float]] = {}
        self._answer()  # it has warmed up

    def take_turn(self, count: int) -> None:
        """Let it do each of its actions `count` times."""
        assert self._process.stdin is not None
        print(count, file=self._process.stdin, flush=True)
        for name, times in self._answer().items():
            self._times.setdefault(name, []).extend(times)

    def finish(self) -> Times:
        """End it: the median time of each of its actions in ms, and its `peak_mb`."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        medians = {name: median(times) for name, times in self._times.items()}
        return {**medians, **self._answer()}

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("A process that was timed has ended; what it said is above.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def running(arguments: Sequence[str]) -> Iterator[Runner]:
    """`python -m` with `arguments`, until the block ends."""
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Runner(process)
        finally:
            process.kill()


def compare(commands: Mapping[str, Sequence[str]], turns: int, count: int) -> dict[str, Times]:
    """The figures of each of `commands`, `turns` turns of `count` times, one after the other."""
    with ExitStack() as stack:
        runners = {
            name: stack.enter_context(running(command)) for name, command in commands.items()
        }
        for _ in range(turns):
            for runner in runners.values():
                runner.take_turn(count)
        return {name: runner.finish() for name, runner in runners.items()}
