"""How close the running RGB of a model is to its whole picture, as drawn and colour-corrected.

    python -m benchmarks.previews [CHECKPOINT ...] [--size 64]

Prints one line of JSON for each checkpoint and each of its last three stops, or the given sizes:
`raw_db` and `corrected_db` are the peak signal-to-noise ratio against the whole picture averaged
over the preview's pixels, the mean of 32 seeds that the correction was not fitted on.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from torch import Tensor

from explorer.colour import SEEDS, Fit, corrected, pair, reduced
from explorer.formats import load

AVATARS = Path(__file__).parents[1] / "checkpoints" / "avatars"
FRESH = range(1000, 1032)
PEAK = 2.0  # from -1 to 1


def decibels(shown: Tensor, truth: Tensor) -> float:
    """Of pictures [1, C, h, w], as a screen shows them: clamped."""
    error = (shown.clamp(-1, 1) - truth).square().mean().item()
    return 10 * math.log10(PEAK**2 / max(error, 1e-12))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.previews", description=__doc__)
    parser.add_argument("checkpoints", nargs="*", type=Path, default=[AVATARS])
    parser.add_argument("--size", type=int, action="append", help="where to stop; may be repeated")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for checkpoint in options.checkpoints:
        generator = load(checkpoint)
        for size in options.size or generator.stops[-3:]:
            fit = Fit(generator.image_channels)
            for seed in SEEDS:
                fit.add(*pair(generator, size, seed))
            colour, raw, better = fit.result(), 0.0, 0.0
            for seed in FRESH:
                small, whole = pair(generator, size, seed)
                truth = reduced(whole.clamp(-1, 1), small)
                raw += decibels(small, truth) / len(FRESH)
                better += decibels(corrected(small, colour), truth) / len(FRESH)
            figures = {"raw_db": round(raw, 2), "corrected_db": round(better, 2)}
            print(json.dumps({"checkpoint": checkpoint.name, "size": size, **figures}))


if __name__ == "__main__":
    main()
