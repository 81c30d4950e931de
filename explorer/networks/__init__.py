"""The contract every generator meets, whatever its family, and the values it speaks in.

Tensors in, tensors out. Nothing here knows files, recipes, pages or which device to prefer.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

Precision = Literal["float32", "bfloat16", "float16"]
NoiseMode = Literal["const", "random", "none"]
Group = Literal["coarse", "middle", "fine"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True)
class Layer:
    """What one w index modulates.

    Args:
        name: The layer's name in the network, e.g. `b8.conv0`.
        resolution: (height, width) in pixels of what it puts out.
        has_noise: Whether it adds a noise map.
        group: The style group of its resolution (Karras 2019, Figure 3).
    """

    name: str
    resolution: tuple[int, int]
    has_noise: bool
    group: Group


@dataclass(frozen=True)
class Noise:
    """What the noisy layers add.

    Args:
        mode: `const` adds the maps stored in the checkpoint, `random` draws maps from `seed`,
            `none` leaves noise out.
        seed: 0 to 2^32 - 1. The map of a noisy layer depends on the seed and the index of that
            layer alone, so it is the same in every batch and on every device.
        strength: A factor on the trained strength, one number or one per noisy layer, coarse
            first. None is 1.
    """

    mode: NoiseMode = "const"
    seed: int = 0
    strength: float | tuple[float, ...] | None = None


class Memory(Protocol):
    """Where a network leaves activations that a later picture may start from."""

    def find(self, key: Hashable) -> Tensor | None:
        """What was kept under `key`, if it is here still."""

    def keep(self, key: Hashable, activation: Tensor) -> None:
        """Keep `activation`, which nobody writes over from now on."""


@dataclass(frozen=True)
class Manner:
    """How a picture is drawn; see `Generator.synthesis`."""

    noise: Noise = Noise("const")
    transform: Tensor | None = None
    size: int | None = None
    precision: Precision = "float32"
    memory: Memory | None = None


class Generator(Protocol):
    """A trained generator. `w` is [N, L, D] with L = num_ws and D = w_dim, coarse first."""

    family: str
    z_dim: int
    w_dim: int
    c_dim: int
    num_ws: int
    resolution: tuple[int, int]
    image_channels: int
    layers: tuple[Layer, ...]
    stops: tuple[int, ...]  # where `size` can stop early, coarse first; none without a running RGB

    @property
    def w_avg(self) -> Tensor:
        """The mean of W, [D], or [C, D] where each class has its own."""

    def mapping(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """Map z [N, Z] and label [N, C] to an untruncated w [N, L, D].

        A conditional model without a label is a LatentError.
        """

    def synthesis(
        self,
        w: Tensor,
        noise: Noise = Noise("const"),
        transform: Tensor | None = None,
        size: int | None = None,
        precision: Precision | None = None,
        memory: Memory | None = None,
    ) -> Tensor:
        """Draw w [N, L, D]: image [N, C, H, W], float32, about [-1, 1].

        Args:
            noise: What the noisy layers add.
            transform: [3, 3], StyleGAN3 only: the inverse of the transform of the image.
            size: Stop early at this nominal resolution, one of `stops`, and return the running RGB;
                architectures without one ignore it.
            precision: One of `precisions`; None is the first of them. Another is a LatentError.
            memory: Of this network alone; a picture whose first layers are those of an earlier
                one starts from what that left there, and is equal to the bit. Architectures and
                devices on which that wins nothing ignore it.
        """

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor under its canonical name; some may have to be copied for it."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor, by its canonical name; copies nothing."""

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """The number formats it can draw in where it is now, the usual one first."""

    def to(self, device: torch.device) -> "Generator":
        """The same generator with its weights on `device`."""


def shape_at(
    resolution: tuple[int, int], stops: tuple[int, ...], size: int | None
) -> tuple[int, int]:
    """(height, width) of the picture where a network of `resolution` stops early at `size`.

    Each stop halves the next one. None is the whole picture.

    >>> shape_at((512, 256), (4, 8, 16), 8), shape_at((512, 256), (4, 8, 16), None)
    ((128, 64), (512, 256))
    """
    halvings = 0 if size is None else len(stops) - stops.index(size)
    return resolution[0] >> halvings, resolution[1] >> halvings


def group_of(height: int) -> Group:
    """The style group of a layer `height` pixels high: 4-8 coarse, 16-32 middle, 64 up fine.

    >>> group_of(8), group_of(16), group_of(1024)
    ('coarse', 'middle', 'fine')
    """
    return "coarse" if height < 16 else "middle" if height < 64 else "fine"
