"""How much faster a late change of StyleGAN2 is drawn from what the earlier layers have kept.

    python -m benchmarks.prefix --resolution 1024

Random weights of configuration F. A picture draws all layers (`full_ms`), or only the last
resolution's are under a new w (`last_ms`), or the last two resolutions' (`last_two_ms`); `*_ratio`
is how many times as long the whole takes. `equal` is whether all pictures are those without
memory, byte for byte. Prints one JSON line; times are medians in milliseconds, taken in turn.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from benchmarks.design_stylegan2 import some_w
from benchmarks.sides import PRECISIONS, drawing, network_of
from explorer.cache import LruCache
from explorer.memory import keep_memory
from explorer.networks import Precision
from explorer.networks.stylegan2 import StyleGAN2

MOST_BYTES = 512 << 20
BLOCKS = {"last": 1, "last_two": 2}  # resolutions that are under a new w


def first_layer(network: StyleGAN2, blocks: int) -> int:
    """The first w index of the last `blocks` resolutions."""
    kept = network.layers[-1].resolution[0] >> blocks
    return sum(layer.resolution[0] <= kept for layer in network.layers)


def changed(network: StyleGAN2, w: Tensor, blocks: int, seed: int) -> Tensor:
    """w [N, L, D] with the last `blocks` resolutions' layers from another picture."""
    first = first_layer(network, blocks)
    return torch.cat([w[:, :first], some_w(network, seed, len(w))[:, first:]], dim=1)


def activations() -> LruCache[Tensor]:
    """An empty memory of what layers put out."""
    return LruCache(MOST_BYTES, size_of=lambda kept: kept.nbytes)


def timed(action: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """How long `action` takes in ms, and its picture."""
    start = time.perf_counter()
    picture = action()
    return (time.perf_counter() - start) * 1e3, picture


def measure(network: StyleGAN2, precision: Precision, count: int) -> dict[str, float | bool]:
    """Draw whole and late changes in turn, `count` times after a warm-up: the figures."""
    w = some_w(network, seed=0)
    memories = {name: activations() for name in BLOCKS}
    for memory in memories.values():
        drawing(network, w, precision, memory)()
    times: dict[str, list[float]] = {name: [] for name in ("full", *BLOCKS)}
    equal = True
    for turn in range(1, count + 2):
        for name, blocks in BLOCKS.items():
            late = changed(network, w, blocks, turn)
            full, whole = timed(drawing(network, late, precision))
            short, again = timed(drawing(network, late, precision, memories[name]))
            times["full"].append(full)
            times[name].append(short)
            equal &= torch.equal(whole, again)
    # The first turn warms up.
    full_ms, *others = (median(found[len(found) // (count + 1) :]) for found in times.values())
    figures: dict[str, float | bool] = {"full_ms": full_ms}
    for name, ms in zip(BLOCKS, others, strict=True):
        figures |= {f"{name}_ms": ms, f"{name}_ratio": full_ms / ms}
    return {**figures, "equal": equal}


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prefix", description=__doc__)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--checkpoint", type=Path, help="a StyleGAN2 instead of random weights")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    keep_memory()
    network = network_of(options.resolution, options.checkpoint)
    found = measure(network, options.precision, options.repeats)
    print(json.dumps({name: _rounded(value) for name, value in found.items()}))


def _rounded(value: float | bool) -> float | bool:
    return value if isinstance(value, bool) else float(f"{value:.4g}")


if __name__ == "__main__":
    main()
