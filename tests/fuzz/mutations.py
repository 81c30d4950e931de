"""Small damages to a checkpoint, made by hypothesis: mostly where its structure is.

Most bytes of a checkpoint are numbers, where a damage only makes another picture. So half of the
damages are at landmarks: opcodes of pickles, nested ones too, and the headers of containers.
"""

import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

EDGES = 64  # bytes at both ends that count as landmarks
LONGEST = 4096  # bytes that a splice copies
STARTS = re.compile(rb"\x80[\x02-\x05]|PK[\x01-\x06][\x02-\x08]")
OPCODES = [ord(opcode.code) for opcode in pickletools.opcodes]
POWERS = [1 << bits for bits in (7, 8, 15, 16, 31, 32, 63, 64)]
BOUNDARIES = [0, 1, *POWERS, *(power - 1 for power in POWERS)]


@dataclass(frozen=True)
class Edit:
    """`removed` bytes at `at` give way to `inserted`."""

    at: int
    removed: int
    inserted: bytes

    def __call__(self, data: bytes) -> bytes:
        return data[: self.at] + self.inserted + data[self.at + self.removed :]


def run(data: bytes, number: int, count: int, trial: Callable[[bytes], None]) -> None:
    """Call `trial` with `count` damaged copies of `data`; an equal `number` gives equal copies."""

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(edits(data), min_size=1, max_size=3))
    def damage(chosen: list[Edit]) -> None:
        damaged = data
        for edit in chosen:
            damaged = edit(damaged)
        trial(damaged)

    damage()


def edits(data: bytes) -> st.SearchStrategy[Edit]:
    """All kinds of damage that `data` may suffer."""
    marks = landmarks(data)
    mark = st.sampled_from(marks)
    near = st.builds(lambda at, behind: min(at + behind, len(data) - 1), mark, st.integers(1, 24))
    place = st.one_of(mark, near, st.integers(0, len(data) - 1))
    length = st.integers(1, 16) | st.integers(1, LONGEST)
    pieces = st.builds(lambda index: _piece(data, marks, index), st.integers(0, len(marks) - 1))

    flip = st.builds(
        lambda at, mask: Edit(at, 1, bytes([data[at] ^ mask])), place, st.integers(1, 255)
    )
    insert = st.builds(Edit, place, st.just(0), st.binary(min_size=1, max_size=16))
    delete = st.builds(Edit, place, length, st.just(b""))
    truncate = st.builds(Edit, place, st.just(len(data)), st.just(b""))
    splice = st.builds(
        lambda at, gone, start, kept: Edit(at, gone, data[start : start + kept]),
        place,
        st.just(0) | length,
        mark,
        length,
    )
    exchange = st.builds(lambda old, new: Edit(old.at, old.removed, new.inserted), pieces, pieces)
    number = st.builds(
        _number,
        mark,
        st.sampled_from(BOUNDARIES),
        st.sampled_from([1, 2, 4, 8]),
        st.sampled_from(["little", "big"]),
    )
    opcode = st.builds(lambda at, code: Edit(at, 1, bytes([code])), mark, st.sampled_from(OPCODES))
    return st.one_of(flip, insert, delete, truncate, splice, exchange, exchange, number, opcode)


def _piece(data: bytes, marks: list[int], index: int) -> Edit:
    """The bytes from one landmark to the next, such as an opcode with its argument."""
    start = marks[index]
    end = marks[index + 1] if index + 1 < len(marks) else len(data)
    return Edit(start, end - start, data[start : min(end, start + LONGEST)])


def _number(at: int, value: int, width: int, order: Literal["little", "big"]) -> Edit:
    """Overwrite the field behind the byte at `at`, as if it were a length or a size."""
    field = (value % (1 << 8 * width)).to_bytes(width, order)
    return Edit(at + 1, width, field)


def landmarks(data: bytes) -> list[int]:
    """Where the structure of `data` is: opcodes, headers, both ends."""
    found = {*range(min(EDGES, len(data))), *range(max(len(data) - EDGES, 0), len(data))}
    if data[8:9] == b"{":  # safetensors: the length of the header, then the header
        found.update(range(min(8 + int.from_bytes(data[:8], "little"), len(data))))
    beginnings = [match.start() for match in STARTS.finditer(data)]
    found.update(beginnings)
    behind = 0
    for start in beginnings:
        if data[start] == 0x80 and start >= behind:
            behind = _walk(data, start, found)
    return sorted(found)


def _walk(data: bytes, start: int, found: set[int]) -> int:
    """Note the opcodes of the pickle at `start`, and return where they stop making sense."""
    last = start
    try:
        for _, argument, at in pickletools.genops(data[start:]):
            last = start + (at or 0)
            found.add(last)
            if isinstance(argument, bytes) and len(argument) > EDGES:
                _nested(argument, last, data, found)
    except (ValueError, UnicodeError, IndexError, OverflowError):
        pass
    return last + 1


def _nested(inner: bytes, outer: int, data: bytes, found: set[int]) -> None:
    """The same for the pickles inside the bytes `inner`, which are pushed at `outer`."""
    start = data.index(inner, outer)
    found.update(start + at for at in landmarks(inner))
