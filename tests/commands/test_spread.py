"""Rows that are computed in shards."""

from itertools import chain

import numpy as np
import pytest

from explorer.commands.spread import SHARD, Rows, Share, computed
from explorer.commands.state import State


class Made:
    """Rows of a number and its square, and which were made together."""

    def __init__(self, stop_at=None):
        self.slices = []
        self.stop_at = stop_at

    def __call__(self, some):
        self.slices.append(list(some))
        if self.stop_at in some:
            raise KeyboardInterrupt
        return np.float32([[number, number**2] for number in some])


def rows(made, count):
    return Rows(range(10, 10 + count), 2, 8, made)


def quiet(done, total):
    pass


def test_rows_come_in_order_out_of_slices_that_begin_with_the_shard():
    made, told = Made(), []
    table = computed(rows(made, SHARD + 11), Share(), State(), lambda *step: told.append(step))
    assert table[:, 0].tolist() == list(range(10, 10 + SHARD + 11))
    assert table.dtype == np.float32
    assert sorted(made.slices)[-2:] == [[*range(266, 274)], [274, 275, 276]]
    assert told[0] == (0, SHARD + 11) and told[-1] == (SHARD + 11, SHARD + 11)


def test_what_was_interrupted_goes_on_and_redoes_no_shard(tmp_path):
    count = 3 * SHARD
    with pytest.raises(KeyboardInterrupt):
        computed(rows(Made(stop_at=10 + 2 * SHARD), count), Share(), State(tmp_path), quiet)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["shard-000000.npy", "shard-000001.npy"]
    before = [(tmp_path / name).stat().st_mtime_ns for name in kept]
    made, told = Made(), []
    table = computed(rows(made, count), Share(), State(tmp_path), lambda *step: told.append(step))
    assert told[0] == (2 * SHARD, count)
    assert sorted(chain(*made.slices)) == list(range(10 + 2 * SHARD, 10 + count))
    assert [(tmp_path / name).stat().st_mtime_ns for name in kept] == before
    assert np.array_equal(table, computed(rows(Made(), count), Share(), State(), quiet))


def test_more_rows_use_the_whole_shards_of_fewer(tmp_path):
    computed(rows(Made(), SHARD + 5), Share(), State(tmp_path), quiet)
    made = Made()
    computed(rows(made, SHARD + 9), Share(), State(tmp_path), quiet)
    assert sum(map(len, made.slices)) == 9


def test_an_error_on_the_way_is_told(tmp_path):
    def broken(some):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        computed(rows(broken, 20), Share(), State(), quiet)
