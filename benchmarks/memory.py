"""What memory this process has and had in RAM, as Linux tells it."""

import re
import resource
from pathlib import Path


def memory(name: str) -> int:
    """Bytes that this process has (VmRSS), or had at most since it began (VmHWM)."""
    (found,) = re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found) * 1024


def peak_mb() -> float:
    """The most that this process ever had in RAM, in MB (10^6 bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
