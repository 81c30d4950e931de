"""How much memory a process needs that draws StyleGAN2 pictures for a long time.

    python -m benchmarks.soak --resolution 1024 --seconds 120

Random weights of configuration F, a new seed for every picture. Prints one JSON line: `pictures`
drawn, `peak_mb` that were ever in RAM, and what was there after 10 s (a third of the time if that
is sooner) and at the end, `rss_start_mb` and `rss_end_mb`. Memory is read from /proc, so this runs
on Linux.
"""

import argparse
import itertools
import json
import time
from pathlib import Path

from benchmarks.design_stylegan2 import some_w
from benchmarks.memory import memory, peak_mb
from benchmarks.sides import PRECISIONS, drawing, network_of
from explorer.memory import keep_memory
from explorer.networks import Precision
from explorer.networks.stylegan2 import StyleGAN2

WARM = 10.0  # seconds until memory is read first


def soak(network: StyleGAN2, precision: Precision, seconds: float) -> dict[str, float]:
    """Draw for `seconds`, at least two pictures: the memory of this process meanwhile."""
    started = time.monotonic()
    rss_start = None
    for seed in itertools.count():
        drawing(network, some_w(network, seed), precision)()
        passed = time.monotonic() - started
        if rss_start is None and passed >= min(WARM, seconds / 3):
            rss_start = memory("VmRSS") / 1e6
        elif rss_start is not None and passed >= seconds:
            break
    assert rss_start is not None, "the loop ends after it is read"
    return {
        "pictures": seed + 1,
        "peak_mb": round(peak_mb(), 1),
        "rss_start_mb": round(rss_start, 1),
        "rss_end_mb": round(memory("VmRSS") / 1e6, 1),
    }


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--checkpoint", type=Path, help="a StyleGAN2 instead of random weights")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    keep_memory()
    network = network_of(options.resolution, options.checkpoint)
    print(json.dumps(soak(network, options.precision, options.seconds)))


if __name__ == "__main__":
    main()
