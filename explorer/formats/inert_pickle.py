"""Parses pickles into inert records: a stack machine that imports nothing and calls nothing.

The opcodes are those of protocols 2 to 5. Where `pickle` would import a name, call it, or build an
object, this pushes a record that says so (see `records`). Bulk bytes are not read but noted as
blobs, so that what nobody asks for costs nothing. It knows neither torch nor any checkpoint.

Time and memory are bounded by the file's size and `OPCODES`: only text becomes a dictionary's key,
and sets stay lists, because hashing a stranger's nested tuples or chosen integers has no bound.
"""

import pickletools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from explorer.errors import CheckpointError
from explorer.formats.records import Blob, Call, Global, Persistent, damaged, ends_early

OPCODES = 1_000_000  # honest files of three 1024-pixel networks have some 50,000
LONGEST_TEXT = 1 << 16  # longer text is data in disguise (protocol 2 has no bytes): a blob
ALL_TEXT = 64 << 20  # bytes of text to keep from one pickle; what is more becomes blobs too
LONGEST_LINE = 1000
LONGEST_INTEGER = 16  # bytes; torch's magic number has 10


@dataclass(frozen=True)
class Parsed:
    """One pickle.

    Args:
        root: The value that the pickle describes.
        length: How many bytes it takes; a torch legacy file has more behind it.
        names: Every global it mentions.
        persistent: Every reference outside, in the order of the file.
    """

    root: object
    length: int
    names: frozenset[str]
    persistent: tuple[Persistent, ...]


def parse(data: Blob, opcodes: int = OPCODES) -> Parsed:
    """Parse the pickle at the beginning of `data`."""
    machine = Machine(data)
    try:
        root = machine.run(opcodes)
    except (IndexError, KeyError, TypeError, UnicodeError, OverflowError) as error:
        raise damaged(f"its pickle is malformed at byte {machine.at}") from error
    return Parsed(root, machine.at, frozenset(machine.names), tuple(machine.persistent))


class Machine:
    """The state of one pickle's execution, without the execution."""

    def __init__(self, data: Blob):
        self.data = data
        self.at = 0  # bytes of `data` used so far
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}
        self.room = ALL_TEXT
        self.names: set[str] = set()
        self.persistent: list[Persistent] = []
        data.file.seek(data.offset)

    def run(self, opcodes: int) -> object:
        """Run to STOP and return what is then on top of the stack."""
        for _ in range(opcodes):
            code = self.take(1)[0]
            if code == STOP:
                return self.stack.pop()
            handler = HANDLERS.get(code)
            if handler is None:
                raise damaged(
                    f"its pickle has the unknown opcode {code:#04x} at byte {self.at - 1}"
                )
            handler(self)
        raise CheckpointError(
            f"its pickle has more than {opcodes:,} instructions, far more than a generator needs.",
            fix="Use a file from a source you trust.",
        )

    # Reading

    def take(self, length: int) -> bytes:
        if length > self.data.length - self.at:
            raise ends_early()
        data = self.data.file.read(length)
        if len(data) != length:
            raise ends_early()
        self.at += length
        return data

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def line(self) -> str:
        room = min(LONGEST_LINE, self.data.length - self.at)
        data = self.data.file.readline(room)
        self.at += len(data)
        if not data.endswith(b"\n"):
            raise ends_early() if room < LONGEST_LINE else damaged("it has an endless name")
        return data[:-1].decode()

    def blob(self, width: int) -> Blob:
        return self.skip(self.number(width))

    def skip(self, length: int) -> Blob:
        blob = self.data.part(self.at, length)
        self.at += length
        self.data.file.seek(length, 1)
        return blob

    def text(self, width: int, encoding: str) -> str | Blob:
        length = self.number(width)
        self.room -= length
        if length > LONGEST_TEXT or self.room < 0:
            return self.skip(length)
        return self.take(length).decode(encoding, "replace")

    # Building

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop_mark(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def mention(self, module: object, name: object) -> Global:
        if not isinstance(module, str) or not isinstance(name, str):
            raise damaged("its pickle names something by what is no text")
        found = Global(module, name)
        self.names.add(found.path)
        return found

    def call(self, function: object, args: object) -> None:
        if not isinstance(args, tuple):
            raise damaged("its pickle calls something without arguments")
        self.push(Call(function, args))

    def refer(self, reference: object) -> None:
        self.persistent.append(Persistent(reference))
        self.push(self.persistent[-1])

    def extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Call):
            target.appended.extend(items)
        elif isinstance(target, list):
            target.extend(items)
        else:
            raise damaged("its pickle appends to what is no list")

    def update(self, items: list[Any]) -> None:
        target = self.stack[-1]
        entries = target.items if isinstance(target, Call) else target
        if not isinstance(entries, dict) or len(items) % 2:
            raise damaged("its pickle sets entries of what is no dictionary")
        pairs = zip(items[::2], items[1::2], strict=True)
        entries.update((key, value) for key, value in pairs if isinstance(key, str))

    def build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if not isinstance(target, Call):
            raise damaged("its pickle gives a state to what is no object")
        target.state = state

    def remember(self, index: int) -> None:
        if index > OPCODES:
            raise damaged(f"its pickle has a memo of {index:,} entries")
        self.memo[index] = self.stack[-1]


def integer(m: Machine, width: int) -> int:
    length = m.number(width)
    if length > LONGEST_INTEGER:
        raise damaged(f"its pickle has an integer of {length:,} bytes")
    return int.from_bytes(m.take(length), "little", signed=True)


def pop_tuple(m: Machine, count: int) -> None:
    items = tuple(m.stack[-count:])
    if len(items) < count:
        raise IndexError
    del m.stack[-count:]
    m.push(items)


def stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    m.push(m.mention(module, name))


def reduce(m: Machine) -> None:
    args, function = m.stack.pop(), m.stack.pop()
    m.call(function, args)


def newobj_ex(m: Machine) -> None:
    m.stack.pop()  # keyword arguments: no known generator has any
    reduce(m)


def obj(m: Machine) -> None:
    items = m.pop_mark()
    m.call(items[0], tuple(items[1:]))


def pop(m: Machine) -> None:
    # A POP right behind a MARK takes the mark away.
    if m.marks and m.marks[-1] == len(m.stack):
        m.marks.pop()
    else:
        m.stack.pop()


def setitem(m: Machine) -> None:
    value, key = m.stack.pop(), m.stack.pop()
    m.update([key, value])


BY_NAME: dict[str, Callable[[Machine], object]] = {
    "PROTO": lambda m: m.take(1),
    "FRAME": lambda m: m.take(8),
    "NONE": lambda m: m.push(None),
    "NEWTRUE": lambda m: m.push(True),
    "NEWFALSE": lambda m: m.push(False),
    "BININT": lambda m: m.push(int.from_bytes(m.take(4), "little", signed=True)),
    "BININT1": lambda m: m.push(m.number(1)),
    "BININT2": lambda m: m.push(m.number(2)),
    "LONG1": lambda m: m.push(integer(m, 1)),
    "LONG4": lambda m: m.push(integer(m, 4)),
    "BINFLOAT": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    "SHORT_BINUNICODE": lambda m: m.push(m.text(1, "utf-8")),
    "BINUNICODE": lambda m: m.push(m.text(4, "utf-8")),
    "BINUNICODE8": lambda m: m.push(m.text(8, "utf-8")),
    "SHORT_BINSTRING": lambda m: m.push(m.text(1, "latin-1")),  # Python 2's text and bytes
    "BINSTRING": lambda m: m.push(m.text(4, "latin-1")),
    "SHORT_BINBYTES": lambda m: m.push(m.blob(1)),
    "BINBYTES": lambda m: m.push(m.blob(4)),
    "BINBYTES8": lambda m: m.push(m.blob(8)),
    "BYTEARRAY8": lambda m: m.push(m.blob(8)),
    "EMPTY_DICT": lambda m: m.push({}),
    "EMPTY_LIST": lambda m: m.push([]),
    "EMPTY_SET": lambda m: m.push([]),
    "EMPTY_TUPLE": lambda m: m.push(()),
    "MARK": lambda m: m.marks.append(len(m.stack)),
    "POP": pop,
    "POP_MARK": lambda m: m.pop_mark(),
    "DUP": lambda m: m.push(m.stack[-1]),
    "TUPLE": lambda m: m.push(tuple(m.pop_mark())),
    "TUPLE1": lambda m: pop_tuple(m, 1),
    "TUPLE2": lambda m: pop_tuple(m, 2),
    "TUPLE3": lambda m: pop_tuple(m, 3),
    "LIST": lambda m: m.push(m.pop_mark()),
    "FROZENSET": lambda m: m.push(m.pop_mark()),
    "APPEND": lambda m: m.extend([m.stack.pop()]),
    "APPENDS": lambda m: m.extend(m.pop_mark()),
    "ADDITEMS": lambda m: m.extend(m.pop_mark()),
    "SETITEM": setitem,
    "SETITEMS": lambda m: m.update(m.pop_mark()),
    "GLOBAL": lambda m: m.push(m.mention(m.line(), m.line())),
    "STACK_GLOBAL": stack_global,
    "REDUCE": reduce,
    "NEWOBJ": reduce,
    "NEWOBJ_EX": newobj_ex,
    "OBJ": obj,
    "INST": lambda m: m.call(m.mention(m.line(), m.line()), tuple(m.pop_mark())),
    "BUILD": lambda m: m.build(),
    "BINPERSID": lambda m: m.refer(m.stack.pop()),
    "MEMOIZE": lambda m: m.remember(len(m.memo)),
    "BINPUT": lambda m: m.remember(m.number(1)),
    "LONG_BINPUT": lambda m: m.remember(m.number(4)),
    "BINGET": lambda m: m.push(m.memo[m.number(1)]),
    "LONG_BINGET": lambda m: m.push(m.memo[m.number(4)]),
}
CODES = {opcode.name: ord(opcode.code) for opcode in pickletools.opcodes}
HANDLERS = {CODES[name]: handler for name, handler in BY_NAME.items()}
STOP = CODES["STOP"]
