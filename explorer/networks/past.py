"""What a picture may take over from earlier ones: the blocks before the first that has changed."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass

from torch import Tensor

from explorer.networks import Manner, Memory


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

    def key(self, index: int) -> Hashable:
        """Everything that decides what the blocks up to `index` put out.

        The RGB of a block is made under the w that its successor begins with.
        """
        noise = self.manner.noise
        styles = self.w[:, : 2 * index + 2].contiguous().numpy().tobytes()
        drawn = (noise.mode, noise.seed if noise.mode == "random" else 0)
        own = self.strengths[: 2 * index + 1]
        digest = hashlib.sha256(styles).digest()
        return (index, len(self.w), self.manner.precision, digest, drawn, own)

    def latest(self, last: int) -> tuple[int, Tensor | None, Tensor | None]:
        """The first block to draw, and the features and image that go into it.

        Args:
            last: The last block that may be left out.
        """
        if self.memory is not None:
            for index in range(last, -1, -1):
                kept = self.memory.find(self.key(index))
                if kept is not None:
                    return index + 1, kept[0], kept[1] if len(kept) > 1 else None
        return 0, None, None

    def keep(self, index: int, x: Tensor, image: Tensor | None) -> None:
        """Leave what block `index` has put out."""
        if self.memory is not None:
            self.memory.keep(self.key(index), (x,) if image is None else (x, image))
