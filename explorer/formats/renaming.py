"""Other people's tensors under our names, in our layout. Knows no family: those bring tables.

A table is a sequence of `Move`s, or of (our leaf, their leaf, change) for a layer. What a table
does not mention is not even decoded; what it mentions and the file lacks is left out, and whoever
needs it says so.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.records import quote
from explorer.formats.shapes import PUBLISHED
from explorer.formats.tensors import TensorReader, number

Change = Callable[[Tensor], Tensor]
Table = Iterable[tuple[str, str, Change]]
LAYERS = range(64)  # far more than any network has


@dataclass(frozen=True)
class Move:
    """One tensor: our name, their name, and what to do to it."""

    name: str
    source: str
    change: Change


@dataclass(frozen=True)
class State:
    """One generator in a file.

    Args:
        records: Its tensors by their own names, not decoded.
        beside: What lies beside the generator in the file.
    """

    records: Mapping[str, object]
    reader: TensorReader
    beside: Mapping[str, object]

    def __contains__(self, name: str) -> bool:
        return name in self.records

    def count(self, prefix: str) -> int:
        """How many parts there are whose names are `prefix` and a number; gaps count."""
        numbered = re.compile(re.escape(prefix) + r"(\d\d?)\.")
        return max(
            (int(found[1]) + 1 for found in map(numbered.match, self.records) if found), default=0
        )

    def tensor(self, name: str) -> Tensor:
        """Decode the tensor or number `name`, to float32 so that changes lose nothing."""
        if name not in self:
            raise CheckpointError(f"tensor {quote(name)} is missing.", fix=PUBLISHED)
        return self._decode(name, self.records[name])

    def value(self, name: str) -> float:
        """The single number `name`, 0 if it is missing."""
        if name not in self:
            return 0.0
        tensor = self.tensor(name)
        if tensor.numel() != 1 or tensor.is_complex():
            raise _misshapen(name, tensor)
        return tensor.item()

    def moved(self, moves: Iterable[Move]) -> dict[str, Tensor]:
        """The tensors of `moves` that are there, under our names."""
        return {
            move.name: self._change(move.source, self.tensor(move.source), move.change)
            for move in moves
            if move.source in self
        }

    def moved_beside(self, move: Move) -> dict[str, Tensor]:
        """The same for one tensor that lies beside the generator."""
        record = self.beside.get(move.source)
        if record is None:
            return {}
        tensor = self._decode(move.source, record)
        return {move.name: self._change(move.source, tensor, move.change)}

    def _decode(self, name: str, record: object) -> Tensor:
        plain = number(record)
        if plain is not None:
            return torch.tensor(float(plain))
        tensor = self.reader.tensor(record, name)
        return tensor if tensor.is_complex() else tensor.to(torch.float32)

    def _change(self, name: str, tensor: Tensor, change: Change) -> Tensor:
        try:
            return change(tensor)
        except (RuntimeError, IndexError, ValueError, ArithmeticError) as error:
            raise _misshapen(name, tensor) from error


def _misshapen(name: str, tensor: Tensor) -> CheckpointError:
    return CheckpointError(
        f"tensor {quote(name)} has the shape {list(tensor.shape)}, which does not fit its name.",
        fix=PUBLISHED,
    )


def layer(name: str, source: str, table: Table) -> Iterator[Move]:
    """The moves of one layer: `table` under our prefix `name` and their prefix `source`."""
    for ours, theirs, change in table:
        yield Move(f"{name}.{ours}", f"{source}{theirs}", change)


def unchanged(tensor: Tensor) -> Tensor:
    return tensor


def first(tensor: Tensor) -> Tensor:
    """[1, ...] to [...]."""
    return tensor[0]


def picture(tensor: Tensor) -> Tensor:
    """[1, 1, H, W] to [H, W]."""
    return tensor[0, 0]


def flat(tensor: Tensor) -> Tensor:
    return tensor.reshape(-1)


def scalar(tensor: Tensor) -> Tensor:
    """One number of whatever shape to []."""
    return tensor.reshape(())


def transposed(tensor: Tensor) -> Tensor:
    """[in, out] to [out, in]."""
    return tensor.transpose(0, 1)


def from_hwio(tensor: Tensor) -> Tensor:
    """TensorFlow's kernel [H, W, in, out] to [out, in, H, W]."""
    return tensor.permute(3, 2, 0, 1)


def from_fused(tensor: Tensor) -> Tensor:
    """The same for a kernel fused with the doubling, whose spatial axes are reversed."""
    return flipped(from_hwio(tensor))


def flipped(tensor: Tensor) -> Tensor:
    """A kernel [out, in, H, W] with both spatial axes reversed."""
    return tensor.flip((2, 3))


def plus_one(tensor: Tensor) -> Tensor:
    """A style's bias that is stored without its 1."""
    return tensor + 1
