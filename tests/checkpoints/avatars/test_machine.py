import os
import signal

import pytest
import torch

from checkpoints.avatars.machine import fast_dtype, stopping


@pytest.mark.parametrize(
    "flags, dtype",
    [
        ("avx2 fma", torch.float32),
        ("avx512f avx512_bf16", torch.bfloat16),
        ("amx_bf16 amx_tile", torch.bfloat16),
    ],
)
def test_bfloat16_is_used_where_the_processor_has_it(tmp_path, flags, dtype):
    path = tmp_path / "cpuinfo"
    path.write_text(f"flags : fpu {flags} sse\n")
    assert fast_dtype(torch.device("cpu"), path) == dtype


def test_an_unknown_processor_uses_float32(tmp_path):
    assert fast_dtype(torch.device("cpu"), tmp_path / "missing") == torch.float32


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_is_handled_as_before_afterwards(number):
    before = signal.getsignal(number)
    with stopping() as stop:
        assert not stop.asked
        os.kill(os.getpid(), number)
        assert stop.asked
    assert signal.getsignal(number) is before
