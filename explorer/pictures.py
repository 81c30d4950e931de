"""Real pictures to compare with: a folder of image files, or one array of them."""

import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from explorer.errors import ExplorerError
from explorer.onnx_networks import resized

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
BATCH = 64
MODES = {"RGB", "L", "P", "1", "CMYK", "YCbCr"}  # 8 bits a channel, and nothing transparent
UNREADABLE = (  # what Pillow and numpy raise on files that are damaged, or hold something else
    *(OSError, ValueError, EOFError, SyntaxError, OverflowError),
    *(tokenize.TokenError, Image.DecompressionBombError),
)
FORM = (
    "Give a folder of PNG or JPEG files of 8 bits without transparency, or a .npy of uint8 "
    "[N, H, W, 3]."
)


@dataclass(frozen=True)
class RealPictures:
    """Pictures at `path`, in the order of their names or of the array.

    Args:
        size: (height, width) that all are brought to.
        count: How many, from the first on; None for all.
    """

    path: Path
    size: tuple[int, int]
    count: int | None = None

    def __iter__(self) -> Iterator[Tensor]:
        """Batches [n, 3, H, W] of float32, RGB, in [-1, 1].

        Raises:
            ExplorerError: The path leads to no pictures, or to one of another shape.
        """
        batches = self._of_folder() if self.path.is_dir() else self._of_array()
        for batch in batches:
            yield resized(batch.permute(0, 3, 1, 2).float() / 127.5 - 1, self.size)

    def _of_folder(self) -> Iterator[Tensor]:
        files = sorted(path for path in self.path.iterdir() if path.suffix.lower() in SUFFIXES)
        files = files[: self.count]
        if not files:
            raise ExplorerError(f"There are no pictures in {self.path}.", fix=FORM)
        for path in files:
            yield self._checked(torch.from_numpy(_pixels(path))[None], path.name)

    def _of_array(self) -> Iterator[Tensor]:
        try:
            array = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except UNREADABLE as error:
            raise ExplorerError(f"{self.path} cannot be read as pictures.", fix=FORM) from error
        if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.ndim != 4:
            raise ExplorerError(f"{self.path} holds something else than pictures.", fix=FORM)
        array = array[: self.count]
        for start in range(0, len(array), BATCH):
            batch = torch.from_numpy(np.array(array[start : start + BATCH]))
            yield self._checked(batch, self.path.name)

    def _checked(self, batch: Tensor, name: str) -> Tensor:
        _, height, width, channels = batch.shape
        if (
            channels != 3
            or not height
            or not width
            or height * self.size[1] != width * self.size[0]
        ):
            raise ExplorerError(
                f"{name} has {width} x {height} pixels and {channels} channels; the model draws "
                f"{self.size[1]} x {self.size[0]}, RGB.",
                fix="Crop the real pictures to the model's proportions first.",
            )
        return batch


def _pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    try:
        with Image.open(path) as image:
            if image.mode not in MODES:
                raise ValueError(image.mode)
            return np.array(image.convert("RGB"))
    except UNREADABLE as error:
        raise ExplorerError(f"{path} cannot be read as a picture.", fix=FORM) from error
