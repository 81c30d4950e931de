"""Draw the model card's pictures: `python -m checkpoints.avatars.samples --data FILE.npz`.

Seeds are taken from 0 up, none is picked. `nearest.png` sets each sample above the face of the
training data that is nearest to it, mirrored or not, so that copying would be seen.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from checkpoints.avatars import faceset
from checkpoints.avatars.console import attempt
from checkpoints.avatars.faceset import FaceSet
from explorer.formats import load
from explorer.images import sheet
from explorer.networks import Generator
from explorer.pixels import Pixels
from explorer.sampling import Sampler

HERE = Path(__file__).parent
COLUMNS, GRID = 8, 64
PSIS = (1.0, 0.7)
COMPARED = 16  # pixels at which pictures are compared: shapes and colours, no strands


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m checkpoints.avatars.samples")
    parser.description = __doc__
    parser.add_argument("--data", type=Path, required=True, help="the faces of the training")
    parser.add_argument("--model", type=Path, default=HERE, help="model folder")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the pictures")
    return parser


def drawn(generator: Generator, psi: float, seeds: Sequence[int]) -> list[Pixels]:
    """The pictures [H, W, 3] of `seeds` with the stored noise."""
    batches = Sampler(generator, psi).pictures(seeds)
    return [picture for batch in batches for picture in pixels_of(batch)]


def pixels_of(images: Tensor) -> Pixels:
    """Images [N, 3, H, W] in [-1, 1] as bytes [N, H, W, 3]."""
    levels = (images * 127.5 + 128).clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).numpy()


def nearest(samples: Sequence[Pixels], faces: FaceSet) -> list[tuple[int, bool]]:
    """The face nearest to each sample: its index, and whether it is mirrored.

    Nearest is the least squared difference of the pictures averaged to `COMPARED` pixels.
    """
    known = _small(faces.pixels)  # [N, 3, S, S]
    both = torch.cat([known, known.flip(3)]).flatten(1)
    wanted = _small(np.stack(samples)).flatten(1)
    found = torch.cdist(wanted, both).argmin(1).tolist()
    return [(index % len(faces), index >= len(faces)) for index in found]


def _small(pixels: NDArray[np.uint8]) -> Tensor:
    """Pictures [N, H, W, 3] averaged to [N, 3, COMPARED, COMPARED]."""
    parts = [
        F.adaptive_avg_pool2d(torch.from_numpy(part).permute(0, 3, 1, 2).float(), COMPARED)
        for part in np.array_split(pixels, -(-len(pixels) // 256))
    ]
    return torch.cat(parts)


def side_by_side(samples: Sequence[Pixels], faces: FaceSet) -> Pixels:
    """A page: the samples, and below each the nearest face with detail as in training."""
    random = torch.Generator().manual_seed(0)
    below = []
    for index, is_mirrored in nearest(samples, faces):
        image = faces.images(np.array([index]), random, samples[0].shape[0])
        below.append(pixels_of(image.flip(3) if is_mirrored else image)[0])
    return sheet([*samples, *below], len(samples))


def draw_all(options: argparse.Namespace) -> None:
    """Write `samples-psi-1.png`, `samples-psi-0.7.png` and `nearest.png`.

    Raises:
        ExplorerError: The model or the faces cannot be read.
    """
    generator = load(options.model)
    for psi in PSIS:
        page = sheet(drawn(generator, psi, range(GRID)), COLUMNS)
        Image.fromarray(page).save(options.out / f"samples-psi-{psi:g}.png", "PNG", optimize=True)
    page = side_by_side(drawn(generator, 1.0, range(COLUMNS)), faceset.load(options.data))
    Image.fromarray(page).save(options.out / "nearest.png", "PNG", optimize=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw; 1 where the arguments or the files are wrong."""
    options = arguments().parse_args(argv)
    return attempt(lambda: draw_all(options))


if __name__ == "__main__":
    sys.exit(main())
