"""What a training asks of the machine: its fast number format, its signals."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch

from explorer.devices import CPU_INFO, has_bfloat16


def fast_dtype(device: torch.device, cpu_info: Path = CPU_INFO) -> torch.dtype:
    """bfloat16 where the processor multiplies in it, else float32.

    Without such units bfloat16 is emulated, and several times slower than float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float32
    return torch.bfloat16 if has_bfloat16(cpu_info) else torch.float32


class Stop:
    """Whether somebody has asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Ask to stop: a handler of signals."""
        self.asked = True


@contextmanager
def stopping() -> Iterator[Stop]:
    """A `Stop` that Ctrl-C and SIGTERM ask, instead of ending the program at once."""
    stop = Stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop.ask) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
