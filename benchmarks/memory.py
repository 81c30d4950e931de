"""What memory this process has and had in RAM, as Linux tells it."""

import re
from pathlib import Path


def memory(name: str) -> int:
    """Bytes that this process has (VmRSS), or had at most since it began (VmHWM)."""
    (found,) = re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found) * 1024


def peak_mb() -> float:
    """The most that this process ever had in RAM, in MB (10^6 bytes).

    Not getrusage's ru_maxrss: that begins with what the process had which started this one.
    """
    return memory("VmHWM") / 1e6
