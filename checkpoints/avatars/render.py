"""Draws the data: `python -m checkpoints.avatars.render --count 16000 --seed 0 --out FILE.npz`.

The same count and seed give the same bytes, whatever the number of workers.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from checkpoints.avatars import faceset
from checkpoints.avatars.console import attempt
from checkpoints.avatars.drawing import SIZE, Labelled, Pixels, draw_labelled
from checkpoints.avatars.faces import ATTRIBUTES
from checkpoints.avatars.faceset import FaceSet
from explorer.errors import ExplorerError
from explorer.formats.whole_file import whole_file
from explorer.images import sheet

REPORT_EVERY = 10.0  # seconds
GRID = (8, 5)  # columns and rows of the picture to look at


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m checkpoints.avatars.render", description="Draw labelled cartoon faces."
    )
    add = parser.add_argument
    add("--count", type=int, default=16_000, help="how many (default: 16000)")
    add("--seed", type=int, default=0, help="another seed, other faces (default: 0)")
    add("--out", type=Path, required=True, help=".npz file to write, outside the repository")
    add("--workers", type=int, default=1, help="processes that draw (default: 1)")
    add("--grid", type=Path, help="PNG of the first 40 with detail, to look at")
    add("--baked", type=Path, help=".npy of all pictures with detail, to measure a model against")
    return parser


def render(
    count: int, seed: int, workers: int = 1, report: Callable[[int], None] = lambda done: None
) -> FaceSet:
    """Draw the first `count` faces of `seed`.

    Args:
        report: Is told how many are drawn, now and then.

    Raises:
        ExplorerError: A number is out of range.
    """
    if count < 1 or workers < 1 or not 0 <= seed < 2**32:
        raise ExplorerError(
            f"Cannot draw {count} faces of seed {seed} in {workers} processes.",
            fix="Ask for at least one of each, and a seed from 0 to 4294967295.",
        )
    work = partial(draw_labelled, seed=seed)
    if workers == 1:
        return collect(map(work, range(count)), count, report)
    # Spawned, since a fork of a process that has used torch may hang.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return collect(pool.imap(work, range(count), chunksize=32), count, report)


def collect(results: Iterable[Labelled], count: int, report: Callable[[int], None]) -> FaceSet:
    """Put `count` results together, in order."""
    pixels = np.empty((count, SIZE, SIZE, 3), np.uint8)
    regions = np.empty((count, SIZE, SIZE), np.uint8)
    attributes = np.empty((count, len(ATTRIBUTES)), np.float32)
    for index, result in enumerate(results):
        pixels[index], regions[index], attributes[index] = result
        report(index + 1)
    return FaceSet(pixels, regions, attributes, np.array(ATTRIBUTES))


class Progress:
    """Says on stderr how far `count` faces are, every few seconds and at the end."""

    def __init__(self, count: int):
        self.count = count
        self.start = self.said = time.monotonic()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self.said >= REPORT_EVERY or done == self.count:
            self.said = now
            rate = done / (now - self.start)
            print(f"{done} of {self.count} faces, {rate:.1f} a second", file=sys.stderr, flush=True)


def grid(faces: FaceSet, seed: int) -> Pixels:
    """The first 40 faces with detail on one page."""
    columns, rows = GRID
    first = np.arange(min(columns * rows, len(faces)))
    images = faces.images(first, torch.Generator().manual_seed(seed))
    pixels = ((images + 1.0) * 127.5).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return sheet(list(pixels), columns, gap=0)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw what the arguments ask for; 1 where they are wrong."""
    options = arguments().parse_args(argv)

    def work() -> None:
        faces = render(options.count, options.seed, options.workers, Progress(options.count))
        faceset.save(faces, options.out)
        if options.grid is not None:
            Image.fromarray(grid(faces, options.seed)).save(options.grid)
        if options.baked is not None:
            with whole_file(options.baked) as place, place.open("wb") as file:
                np.save(file, faces.baked(options.seed), allow_pickle=False)

    return attempt(work)


if __name__ == "__main__":
    sys.exit(main())
