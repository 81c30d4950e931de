"""What a pickle says, as inert values: nothing here can import, call or build what a file names.

Plain lists, dicts, tuples, texts and numbers stay what they are; everything else in a pickle
becomes one of the records below. What they mean is for others to say; no family is known here.
"""

from dataclasses import dataclass, field
from typing import BinaryIO

from explorer.errors import CheckpointError

DICTIONARIES = frozenset({"OrderedDict", "defaultdict", "Counter", "EasyDict"})
SHOWN = 80  # characters of a stranger's text that a message repeats


@dataclass(frozen=True, eq=False, slots=True)
class Blob:
    """`length` bytes at `offset` of a file, not read before somebody asks."""

    file: BinaryIO
    offset: int
    length: int

    def read(self, start: int = 0, length: int | None = None) -> bytearray:
        """Read `length` bytes from `start` on, by default to the end."""
        length = self.length - start if length is None else length
        if start < 0 or length < 0 or start + length > self.length:
            raise ends_early()
        data = bytearray(length)
        self.file.seek(self.offset + start)
        if self.file.readinto(data) != length:  # type: ignore[attr-defined]
            raise ends_early()
        return data

    def part(self, start: int, length: int) -> "Blob":
        """The blob of `length` bytes from `start` on."""
        if start < 0 or length < 0 or start + length > self.length:
            raise ends_early()
        return Blob(self.file, self.offset + start, length)


@dataclass(frozen=True, eq=False, slots=True)
class Global:
    """A name that the pickle would import."""

    module: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Call:
    """A call that the pickle would make, and what it would then do to the result."""

    function: object
    args: tuple[object, ...]
    state: object = None
    items: dict[str, object] = field(default_factory=dict)
    appended: list[object] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The dotted name of the function, '' if it is not simply named."""
        return self.function.path if isinstance(self.function, Global) else ""


@dataclass(frozen=True, eq=False, slots=True)
class Persistent:
    """A reference to something outside the pickle; in torch files, to a storage."""

    id: object


def mapping(value: object) -> dict[str, object] | None:
    """The entries of `value` if it is any kind of dictionary, else None."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, Call) or value.path.rpartition(".")[2] not in DICTIONARIES:
        return None
    # An EasyDict may carry its entries as attributes; an OrderedDict's are torch's metadata.
    if not value.items and value.path.endswith(".EasyDict") and isinstance(value.state, dict):
        return value.state
    return value.items


def quote(text: str) -> str:
    """A stranger's text for a message: in quotes, control characters escaped, cut short.

    >>> quote("conv1\\n" + 99 * "x")[:12]
    "'conv1\\\\nxxxx"
    """
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "...")


def ends_early() -> CheckpointError:
    """The error for bytes that should be there and are not."""
    return CheckpointError(
        "the file ends early: part of its data is missing.", fix="Download or copy it again."
    )


def damaged(what: str) -> CheckpointError:
    """The error for bytes that contradict their own format."""
    return CheckpointError(f"the file is damaged: {what}.", fix="Download or copy it again.")
