"""A set of drawn faces as one file: pictures, regions and attributes, without a pickle.

The file is NumPy's .npz of `pixels`, `regions`, `attributes` and `names`. Knows how faces are kept
and used, not how they are drawn.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from checkpoints.avatars.detail import add_detail
from explorer.errors import ExplorerError
from explorer.formats.whole_file import whole_file

ARRAYS = ("pixels", "regions", "attributes", "names")
AGAIN = "Make it again with `python -m checkpoints.avatars.render`."


@dataclass(frozen=True)
class FaceSet:
    """Drawn faces with their labels.

    Args:
        pixels: [N, 128, 128, 3], RGB, without detail.
        regions: [N, 128, 128], what each pixel shows: `drawing.OTHER` to `drawing.FRECKLED`.
        attributes: [N, A]; columns as `names` says, binary ones are 0 or 1.
        names: [A], texts.
    """

    pixels: NDArray[np.uint8]
    regions: NDArray[np.uint8]
    attributes: NDArray[np.float32]
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.pixels)

    def attribute(self, name: str) -> NDArray[np.float32]:
        """The values [N] of one attribute.

        Raises:
            ExplorerError: There is no such attribute.
        """
        if name not in self.names:
            raise ExplorerError(
                f"The faces have no attribute {name!r}.",
                fix=f"Choose one of {', '.join(self.names)}.",
            )
        return self.attributes[:, list(self.names).index(name)]

    def images(
        self, indices: NDArray[np.int64], random: torch.Generator, resolution: int = 128
    ) -> Tensor:
        """The faces at `indices` [N] with detail of `random`: [N, 3, H, W] in [-1, 1].

        Below 128 pixels they are averaged, so that every resolution shows the same faces.
        """
        pixels = torch.from_numpy(self.pixels[indices]).permute(0, 3, 1, 2)
        levels = add_detail(pixels, torch.from_numpy(self.regions[indices]), random)
        factor = self.pixels.shape[1] // resolution
        if factor > 1:
            levels = torch.nn.functional.avg_pool2d(levels, factor)
        return levels / 127.5 - 1.0

    def baked(self, seed: int) -> NDArray[np.uint8]:
        """All pictures [N, 128, 128, 3] with the detail of `seed`, for held-out measurements.

        The detail of a picture depends on the seed and its place alone.
        """
        pictures = np.empty_like(self.pixels)
        for index in range(len(self)):
            # One number of both: torch's generator on the CPU reads 32 bits of a seed.
            key = np.random.SeedSequence([seed, index]).generate_state(1)
            random = torch.Generator().manual_seed(int(key[0]))
            pixels = torch.from_numpy(self.pixels[index : index + 1]).permute(0, 3, 1, 2)
            regions = torch.from_numpy(self.regions[index : index + 1])
            levels = add_detail(pixels, regions, random)
            pictures[index] = levels[0].permute(1, 2, 0).to(torch.uint8).numpy()
        return pictures


def save(faces: FaceSet, path: Path) -> None:
    """Write `faces` to `path`, completely or not at all; equal faces make equal bytes.

    Raises:
        CheckpointError: The place cannot be written.
    """
    with whole_file(path) as place, place.open("wb") as file:
        np.savez_compressed(file, **{name: getattr(faces, name) for name in ARRAYS})


def load(path: Path) -> FaceSet:
    """Read what `save` wrote.

    Raises:
        ExplorerError: The file is not there, or is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return FaceSet(**{name: file[name] for name in ARRAYS})
    except FileNotFoundError as error:
        raise ExplorerError(f"There are no faces at {path}.", fix=AGAIN) from error
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ExplorerError(f"{path} holds no faces.", fix=AGAIN) from error
