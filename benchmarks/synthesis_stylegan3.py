"""How fast a picture of StyleGAN3 is drawn on the CPU, against filling in zeros.

Each side draws in a process of its own, with the same random weights.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.design_stylegan3 import Design, generator
from benchmarks.reference_stylegan3 import draw, filtered_lrelu
from explorer.networks.filtered import FilteredActivation
from explorer.networks.stylegan3 import StyleGAN3

CHANNEL_BASES = {"stylegan3-t": 64, "stylegan3-r": 128}  # channel_base over the resolution
WIDEST = {"stylegan3-t": 512, "stylegan3-r": 1024}


def design_of(family: str, resolution: int) -> Design:
    """The published configuration of `family` at `resolution`."""
    base = CHANNEL_BASES[family] * min(resolution, 512)
    return Design(resolution, base, WIDEST[family], radial=family == "stylegan3-r")


class Stopwatch:
    """Adds up the milliseconds that wrapped functions take."""

    def __init__(self) -> None:
        self.milliseconds = 0.0

    def around(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """`function`, timed."""

        def timed(*args: Any, **options: Any) -> Tensor:
            start = time.perf_counter()
            result = function(*args, **options)
            self.milliseconds += (time.perf_counter() - start) * 1e3
            return result

        return timed

    def take(self) -> float:
        """The sum so far; starts again."""
        taken, self.milliseconds = self.milliseconds, 0.0
        return taken


def measure(
    drawing: Callable[[], Tensor],
    filters: Stopwatch,
    convolutions: Callable[[], Tensor],
    count: int,
) -> dict[str, float]:
    """The medians of the picture, its filters and its convolutions, taken in turn."""
    rows = []
    whole, alone = Stopwatch(), Stopwatch()
    for _ in range(count + 1):
        whole.around(drawing)()
        alone.around(convolutions)()
        rows.append((whole.take(), filters.take(), alone.take()))
    times = [median(column) for column in zip(*rows[1:], strict=True)]  # the first warms up
    return dict(zip(("ms", "filters_ms", "convolutions_ms"), times, strict=True))


def convolutions_of(network: StyleGAN3) -> Callable[[], Tensor]:
    """All convolutions of a picture of `network`, and nothing else."""
    config, tensors = network.config, network.tensors()
    steps = []
    channels, side = config.input.channels, config.input.size
    for name, stage in zip(config.names, config.stages, strict=True):
        steps.append((torch.ones(1, channels, side, side), tensors[f"synthesis.{name}.weight"]))
        channels, side = stage.channels, stage.size

    def run() -> Tensor:
        return [F.conv2d(x, weight, padding=weight.shape[2] - 1) for x, weight in steps][-1]

    return run


@torch.no_grad()
def run_side(side: str, design: Design, repeats: int, image: Path) -> dict[str, float]:
    """Measure one side in this process, and leave its picture at `image`."""
    network = generator(design)
    w = network.mapping(torch.randn(1, network.z_dim, generator=torch.Generator().manual_seed(0)))
    filters = Stopwatch()
    if side == "ours":
        for module in network.modules():
            if isinstance(module, FilteredActivation):
                module.forward = filters.around(module.forward)  # type: ignore[method-assign]

    def drawing() -> Tensor:
        if side == "ours":
            return network.synthesis(w)
        return draw(network, w, filters.around(filtered_lrelu))

    torch.save(drawing(), image)
    filters.take()
    return measure(drawing, filters, convolutions_of(network), repeats)


def figures_of(family: str, resolution: int, repeats: int) -> dict[str, float]:
    """Run both sides and put their figures together; `benchmarks.synthesis` explains them."""
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for side in ("ours", "reference"):
            command = [sys.executable, "-m", "benchmarks.synthesis_stylegan3", side]
            command += ["--family", family, "--resolution", str(resolution)]
            command += ["--repeats", str(repeats), "--image", f"{folder}/{side}.pt"]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[side] = json.loads(done.stdout)
        images = [torch.load(f"{folder}/{side}.pt", weights_only=True) for side in found]
    ours, reference = found["ours"], found["reference"]
    return {
        "ours_ms": ours["ms"],
        "reference_ms": reference["ms"],
        "ratio": reference["ms"] / ours["ms"],
        "filters_ours_ms": ours["filters_ms"],
        "filters_reference_ms": reference["filters_ms"],
        "filters_ratio": reference["filters_ms"] / ours["filters_ms"],
        "convolutions_ms": ours["convolutions_ms"],
        "over_convolutions": ours["ms"] / ours["convolutions_ms"],
        "max_error": (images[0] - images[1]).abs().max().item(),
    }


def main() -> None:
    """Measure one side."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.synthesis_stylegan3", description=__doc__
    )
    parser.add_argument("side", choices=["ours", "reference"])
    parser.add_argument("--family", choices=sorted(CHANNEL_BASES), required=True)
    parser.add_argument("--resolution", type=int, required=True)
    parser.add_argument("--repeats", type=int, required=True)
    parser.add_argument("--image", type=Path, required=True)
    options = parser.parse_args()
    design = design_of(options.family, options.resolution)
    print(json.dumps(run_side(options.side, design, options.repeats, options.image)))


if __name__ == "__main__":
    main()
