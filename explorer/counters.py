"""What this server has done, as numbers for a monitor, in Prometheus' text format.

No number has a name of a visitor, a model or a recipe on it: the page of numbers tells how busy a
server is, not who is there. Knows neither the page nor the engine; both tell it what they do.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["live", "rest"]
Outcome = Literal["drawn", "dropped", "busy", "refused", "failed", "loading", "need"]
TEXT = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus' exposition format
STATM = Path("/proc/self/statm")  # on Linux
PREFIX = "latent_explorer_"


@dataclass(frozen=True)
class Metric:
    """One family of numbers.

    Args:
        samples: A value for each set of labels; () is no label.
    """

    name: str
    kind: Literal["counter", "gauge"]
    about: str
    samples: Mapping[tuple[tuple[str, str], ...], float]


class Counters:
    """What only ever grows. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[Kind, Outcome], int] = {
            (kind, outcome): 0 for kind in get_args(Kind) for outcome in get_args(Outcome)
        }
        self._pictures = 0
        self._seconds = 0.0

    def answered(self, kind: Kind, outcome: Outcome) -> None:
        """A request of a page or a program was answered."""
        with self._lock:
            self._requests[kind, outcome] += 1

    def drew(self, pictures: int, seconds: float) -> None:
        """The network has drawn `pictures`, which took `seconds` together."""
        with self._lock:
            self._pictures += pictures
            self._seconds += seconds

    def metrics(self) -> Iterator[Metric]:
        """The numbers as they are now."""
        with self._lock:
            requests, pictures, seconds = dict(self._requests), self._pictures, self._seconds
        yield Metric(
            f"{PREFIX}requests_total",
            "counter",
            "Answers to requests for a picture: live, while a hand moves, or at rest. Refused is a "
            "mistake of the asker, failed one of ours, dropped was overtaken by a newer one.",
            {(("kind", k), ("outcome", o)): count for (k, o), count in requests.items()},
        )
        yield Metric(
            f"{PREFIX}drawn_total",
            "counter",
            "Pictures that the network drew, those of strips and grids included.",
            {(): pictures},
        )
        yield Metric(
            f"{PREFIX}drawing_seconds_total",
            "counter",
            "Seconds that the network took for them.",
            {(): seconds},
        )


def gauge(name: str, about: str, value: float) -> Metric:
    """A number that rises and falls."""
    return Metric(name, "gauge", about, {(): value})


def resident_memory(statm: Path = STATM) -> Iterator[Metric]:
    """The memory of this process, where the system tells it."""
    try:
        pages = int(statm.read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return
    size = pages * os.sysconf("SC_PAGE_SIZE")
    yield gauge("process_resident_memory_bytes", "Resident memory of this process.", size)


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics as Prometheus reads them.

    >>> print(exposition([gauge("waiting", "In line.", 2)]), end="")
    # HELP waiting In line.
    # TYPE waiting gauge
    waiting 2
    """
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.about}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in metric.samples.items():
            inside = ",".join(f'{name}="{text}"' for name, text in labels)
            lines.append(f"{metric.name}{f'{{{inside}}}' if inside else ''} {value!r}")
    return "".join(f"{line}\n" for line in lines)
