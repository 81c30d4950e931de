"""Measure a training's course: `python -m checkpoints.avatars.curve SNAPSHOTS --real FILE.npy`.

SNAPSHOTS holds model folders that were saved on the way. Each is compared with held-out renders in
the features of the attribute classifier; the card's curve is drawn from what this writes.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checkpoints.avatars.console import attempt
from explorer.commands.evaluate import evaluate
from explorer.errors import ExplorerError
from explorer.formats import open_checkpoint
from explorer.onnx_networks import open_network
from explorer.pictures import RealPictures
from explorer.sampling import Sampler

HERE = Path(__file__).parent
WIDTH, HEIGHT, MARGIN = 640, 240, 44  # pixels of the drawing
TICKS = 4


@dataclass(frozen=True)
class Point:
    """One snapshot: thousands of pictures seen, and the Frechet distance."""

    kimg: float
    distance: float


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m checkpoints.avatars.curve")
    parser.description = __doc__
    add = parser.add_argument
    add("snapshots", type=Path, help="folder of model folders")
    add("--real", type=Path, required=True, help="held-out renders, .npy of [N, H, W, 3]")
    add("--features", type=Path, default=HERE / "attributes.onnx", help="classifier")
    add("--samples", type=int, default=2000, help="pictures on either side")
    add("--out", type=Path, default=HERE, help="folder for curve.json and curve.svg")
    return parser


def measured(options: argparse.Namespace) -> list[Point]:
    """The points of all snapshots, by how far they are.

    Raises:
        ExplorerError: There are no snapshots, or a file cannot be read.
    """
    folders = [path for path in options.snapshots.glob("*") if path.is_dir()]
    if not folders:
        raise ExplorerError(
            f"There are no snapshots in {options.snapshots}.",
            fix="Copy the training's folder there now and then.",
        )
    network = open_network(options.features)
    points = []
    for folder in folders:
        checkpoint = open_checkpoint(folder)
        generator = checkpoint.generator
        real = RealPictures(options.real, generator.resolution, options.samples)
        seeds = range(options.samples)
        found = evaluate(real, Sampler(generator).pictures(seeds), network, seed=0)
        points.append(Point(float(folder.name), round(found.frechet, 3)))
        print(f"{folder.name} kimg: {found.frechet:.3f}", file=sys.stderr)
    return sorted(points, key=lambda point: point.kimg)


def as_svg(points: Sequence[Point]) -> str:
    """The curve with its axes, readable on white and on black.

    >>> "polyline" in as_svg([Point(1, 2.0), Point(3, 1.0)])
    True
    """
    first, last = points[0].kimg, points[-1].kimg
    top = max(point.distance for point in points)

    def x(kimg: float) -> float:
        return MARGIN + (kimg - first) / max(last - first, 1e-9) * (WIDTH - 2 * MARGIN)

    def y(distance: float) -> float:
        return HEIGHT - MARGIN + distance / max(top, 1e-9) * (2 * MARGIN - HEIGHT)

    def text(left: float, below: float, words: str, anchor: str = "middle") -> str:
        return f'<text x="{left:.0f}" y="{below:.0f}" text-anchor="{anchor}">{words}</text>'

    line = " ".join(f"{x(point.kimg):.1f},{y(point.distance):.1f}" for point in points)
    shares = [tick / TICKS for tick in range(TICKS + 1)]
    kimgs = [first + share * (last - first) for share in shares]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="11" fill="#777">',
        *(text(x(kimg), HEIGHT - MARGIN + 16, f"{kimg:.0f}") for kimg in kimgs),
        *(text(MARGIN - 6, y(top * s) + 4, f"{top * s:.2g}", "end") for s in shares),
        text(WIDTH / 2, HEIGHT - 8, "thousands of pictures seen"),
        text(MARGIN - 6, 18, "Frechet distance in the classifier's features", "start"),
        f'<polyline points="{line}" fill="none" stroke="#6366f1" stroke-width="2"/>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def write_curve(options: argparse.Namespace) -> None:
    """Measure, and write `curve.json` and `curve.svg`."""
    points = measured(options)
    values = [[point.kimg, point.distance] for point in points]
    (options.out / "curve.json").write_text(json.dumps(values) + "\n")
    (options.out / "curve.svg").write_text(as_svg(points))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and draw; 1 where the arguments or the files are wrong."""
    options = arguments().parse_args(argv)
    return attempt(lambda: write_curve(options))


if __name__ == "__main__":
    sys.exit(main())
