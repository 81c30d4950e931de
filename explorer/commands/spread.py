"""Rows of numbers, each made from its number, by one process or by several under torchrun.

The numbers are divided into shards of a fixed size, and shards into slices; processes take the
shards in turn. So every row is computed in the same company whatever the number of processes, and
comes out the same to the last bit where torch itself has one thread.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray

from explorer.commands.state import State, Table
from explorer.slices import sliced

SHARD = 256  # rows
PATIENCE = timedelta(days=2)  # of one process with the others


@dataclass(frozen=True)
class Share:
    """Which of how many processes this is."""

    rank: int = 0
    count: int = 1


@dataclass(frozen=True)
class Rows:
    """What is to be computed.

    Args:
        numbers: Of the rows, such as seeds.
        columns: Numbers of a row.
        slice: Rows made at a time; divides SHARD.
        make: Some of `numbers` to their rows [n, columns]. Called on several threads.
    """

    numbers: Sequence[int]
    columns: int
    slice: int
    make: Callable[[Sequence[int]], Table]


@contextmanager
def shared() -> Iterator[Share]:
    """This process's share: one of those that torchrun started, or all."""
    if not dist.is_torchelastic_launched():
        yield Share()
        return
    dist.init_process_group("gloo", timeout=PATIENCE)
    try:
        yield Share(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def computed(
    rows: Rows, share: Share, state: State, told: Callable[[int, int], None]
) -> Table | None:
    """All rows [N, columns], in order; None in every process but the first.

    Args:
        state: Keeps each shard, and knows those of earlier runs.
        told: Is called with how many of this process's rows are done, and how many it has.
    """
    shards = list(sliced(rows.numbers, SHARD))
    own = range(share.rank, len(shards), share.count)
    tables = {index: state.read(_name(index), (len(shards[index]), rows.columns)) for index in own}
    total = sum(len(shards[index]) for index in own)
    done = sum(len(table) for table in tables.values() if table is not None)
    told(done, total)
    pool = ThreadPoolExecutor(_threads())
    try:
        for index in own:
            if tables[index] is None:
                parts = []
                for part in pool.map(rows.make, sliced(shards[index], rows.slice)):
                    parts.append(part)
                    done += len(part)
                    told(done, total)
                tables[index] = state.keep(_name(index), np.concatenate(parts, dtype=np.float32))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    made = {index: table for index, table in tables.items() if table is not None}
    return _collected(made, [len(shard) for shard in shards], rows.columns, share)


def told_to_all(table: NDArray[np.float64] | None, share: Share) -> NDArray[np.float64]:
    """The first process's table [N, K], in every one of them; the others give None."""
    if share.count == 1:
        assert table is not None, "this is the first"
        return table
    shape = torch.tensor(table.shape if table is not None else (0, 0))
    dist.broadcast(shape, 0)
    found = torch.empty(*shape.tolist(), dtype=torch.float64)
    if table is not None:
        found.copy_(torch.from_numpy(table))
    dist.broadcast(found, 0)
    return found.numpy()


def added(number: int, share: Share) -> int:
    """The sum of every process's `number`; waits until all have come here."""
    if share.count == 1:
        return number
    total = torch.tensor(number)
    dist.all_reduce(total)
    return int(total)


def _name(index: int) -> str:
    return f"shard-{index:06}"


def _threads() -> int:
    """Threads that draw at once: the cores, shared with the other processes here."""
    return max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _collected(
    made: dict[int, Table], counts: Sequence[int], columns: int, share: Share
) -> Table | None:
    """The shards of all processes, joined in the first."""
    if share.rank:
        for index in sorted(made):
            dist.send(torch.from_numpy(made[index]), 0)
        return None
    for index, count in enumerate(counts):
        if (source := index % share.count) != 0:
            received = torch.empty(count, columns)
            dist.recv(received, source)
            made[index] = received.numpy()
    return np.concatenate([made[index] for index in range(len(counts))])
