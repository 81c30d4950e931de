"""Which device a word on the command line means, and how much memory it has for weights."""

import os
from pathlib import Path

import torch

from explorer.errors import ExplorerError

CPU_INFO = Path("/proc/cpuinfo")  # on Linux
BFLOAT16 = {"amx_bf16", "avx512_bf16"}  # instructions that multiply it


def device_of(name: str) -> torch.device:
    """The device called `name`; "auto" is CUDA where it is present, else the CPU.

    Raises:
        ExplorerError: It is not there.
    """
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there.get(name):
        raise ExplorerError(f"There is no {name} device here.", fix="Leave --device out.")
    return torch.device(name)


def memory_budget(device: torch.device) -> int:
    """Bytes for weights: half of the memory of the machine, or of the GPU that holds them."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[1] // 2
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def has_bfloat16(about: Path = CPU_INFO) -> bool:
    """Whether the processor multiplies bfloat16 by itself; not where nothing is known `about` it.

    Without such instructions it is slower than float32, not faster.
    """
    try:
        lines = about.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = [line.partition(":")[2] for line in lines if line.startswith("flags")]
    return any(BFLOAT16 & set(flag.split()) for flag in flags[:1])
