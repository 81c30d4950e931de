"""The discriminator (Karras 2020, residual), under NVIDIA's tensor names."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from checkpoints.avatars.layers import Conv, Dense, activate

GROUP = 4  # pictures that minibatch standard deviation compares
HALF = math.sqrt(0.5)  # keeps the variance of a sum of two branches


class Discriminator(nn.Module):
    """image [N, 3, H, W] to logits [N], high where the picture looks real.

    Args:
        channels: Of the blocks b4, b8, ..., coarse first, as the generator's.
        fading: Whether the second block still has a way in of its own, from before it grew.
        random: Decides the weights to start from.
        dtype: In which the convolutions run, except those at 4 pixels.
    """

    def __init__(
        self,
        channels: tuple[int, ...],
        random: torch.Generator,
        dtype: torch.dtype = torch.float32,
        *,
        fading: bool = False,
    ):
        super().__init__()
        self.channels = channels
        self.fading = fading
        self.dtype = dtype
        last = len(channels) - 1
        self.names = [f"b{4 << index}" for index in range(last, 0, -1)]
        for index in range(last, 0, -1):
            ends = (channels[index], channels[index - 1])
            enters = index == last or (fading and index == last - 1)
            self.add_module(f"b{4 << index}", Block(ends, random, enters=enters))
        self.b4 = Epilogue(channels[0], random)

    def forward(self, image: Tensor, fade: float = 1.0) -> Tensor:
        """Judge image [N, 3, H, W].

        Args:
            fade: How far the newest block has grown in, 0 to 1: at 0 only the picture of half the
                resolution is looked at (Karras 2018, Section 2). Below 1 it must be fading.
        """
        image = image.to(self.dtype).contiguous(memory_format=torch.channels_last)
        x = self.block(0)(self.block(0).fromrgb(image))
        for index in range(1, len(self.names)):
            block = self.block(index)
            if fade < 1.0 and index == 1:
                x = torch.lerp(block.fromrgb(F.avg_pool2d(image, 2)), x, fade)
            x = block(x)
        return self.b4(x.to(torch.float32))

    def block(self, index: int) -> "Block":
        """The block of one resolution, fine first."""
        block = self.get_submodule(self.names[index])
        assert isinstance(block, Block)
        return block

    def finish_growing(self) -> None:
        """Forget the second block's own way in, once the newest has grown in."""
        if self.fading:
            del self.block(1).fromrgb
            self.fading = False


class Block(nn.Module):
    """x [N, I, H, W] to [N, O, H/2, W/2], with a shortcut (Karras 2020, Figure 7)."""

    def __init__(self, channels: tuple[int, int], random: torch.Generator, *, enters: bool):
        super().__init__()
        inputs, outputs = channels
        if enters:
            self.fromrgb = Conv((3, inputs), 1, random)
        self.conv0 = Conv((inputs, inputs), 3, random)
        self.conv1 = Conv((inputs, outputs), 3, random, down=True)
        self.skip = Conv((inputs, outputs), 1, random, down=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x, HALF) + self.conv1(self.conv0(x), HALF)


class Epilogue(nn.Module):
    """x [N, C, 4, 4] to logits [N], with the minibatch's standard deviation as one more channel."""

    def __init__(self, channels: int, random: torch.Generator):
        super().__init__()
        self.conv = Conv((channels + 1, channels), 3, random)
        self.fc = Dense(channels * 16, channels, random)
        self.out = Dense(channels, 1, random)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(with_deviation(x))
        return self.out(activate(self.fc(x.flatten(1))))[:, 0]


def with_deviation(x: Tensor) -> Tensor:
    """Append to x [N, C, H, W] the mean deviation within its group (Karras 2018, Section 3).

    Picture n is in the group of n, n + N/4, n + N/2, ...; a batch that cannot be divided into
    fours is one group.
    """
    count, channels, height, width = x.shape
    group = GROUP if count % GROUP == 0 else count
    groups = x.reshape(group, -1, channels, height, width)
    deviation = (groups.var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3))  # [N / group]
    plane = deviation.repeat(group)[:, None, None, None].expand(-1, 1, height, width)
    return torch.cat([x, plane], dim=1)
