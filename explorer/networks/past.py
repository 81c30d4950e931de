"""What a picture may take over from earlier ones: the blocks before the first that has changed."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from explorer.networks import Manner, Memory

Part = Literal["features", "image"]


@dataclass(frozen=True)
class Past:
    """What earlier pictures left in a memory, as far as it is part of this picture.

    Args:
        strengths: The factor of each noisy layer.
    """

    memory: Memory | None
    w: Tensor
    manner: Manner
    strengths: tuple[float, ...]

    def latest(self, last: int, has_images: bool) -> tuple[int, Tensor | None, Tensor | None]:
        """The first block to draw, and what goes into it: features, and the image if it is known.

        Args:
            last: The last block that may be left out.
            has_images: Whether every block adds to an image; then features are of use only where
                their image is known too, or can be made from the one before.
        """
        for index in range(last, -1, -1):
            x = self._find("features", index)
            if x is None:
                continue
            image = self.image(index) if has_images else None
            if not has_images or index == 0 or image is not None:
                return index + 1, x, image
            if self.image(index - 1) is not None:
                return index + 1, x, None
        return 0, None, None

    def image(self, index: int) -> Tensor | None:
        """The image after block `index`, if it was kept; None before the first."""
        return self._find("image", index) if index >= 0 else None

    def keep(self, index: int, x: Tensor, image: Tensor | None) -> None:
        """Leave what block `index` has put out."""
        if self.memory is not None:
            self.memory.keep(self._key("features", index), x)
            if image is not None:
                self.memory.keep(self._key("image", index), image)

    def _find(self, part: Part, index: int) -> Tensor | None:
        return None if self.memory is None else self.memory.find(self._key(part, index))

    def _key(self, part: Part, index: int) -> Hashable:
        """Everything that decides this part of what the blocks up to `index` put out.

        The image of a block is made under the w that its successor begins with.
        """
        noise = self.manner.noise
        count = 2 * index + (1 if part == "features" else 2)
        styles = hashlib.sha256(self.w[:, :count].contiguous().numpy().tobytes()).digest()
        drawn = (noise.mode, noise.seed if noise.mode == "random" else 0)
        own = self.strengths[: 2 * index + 1]
        return (part, index, len(self.w), self.manner.precision, styles, drawn, own)
