"""The generator in training (Karras 2020, skip architecture), under NVIDIA's tensor names.

Its `state_dict` is what `explorer.networks.stylegan2.StyleGAN2.fill` takes, and for equal tensors
both draw equal pictures; a test holds them together.
"""

import torch
from torch import Tensor, nn

from checkpoints.avatars.layers import Dense, ModulatedConv, activate, double, fir_filter
from explorer.networks.ops import normalize_2nd_moment
from explorer.networks.stylegan2 import Config


class Generator(nn.Module):
    """z [N, Z] to image [N, 3, H, W], about [-1, 1].

    Args:
        config: As of the network it is to become; of its options only sizes are read.
        random: Decides the weights to start from; on the CPU.
        dtype: In which the convolutions run: float32 or bfloat16.
    """

    def __init__(self, config: Config, random: torch.Generator, dtype: torch.dtype = torch.float32):
        super().__init__()
        self.config = config
        self.num_ws = 2 * len(config.channels)
        self.resolution = 4 << (len(config.channels) - 1)
        self.mapping = Mapping(config, random)
        self.synthesis = Synthesis(config, random, dtype)


class Mapping(nn.Module):
    """z [N, Z] to w [N, D] (Karras 2019, Section 2)."""

    w_avg: Tensor

    def __init__(self, config: Config, random: torch.Generator):
        super().__init__()
        self.depth = len(config.mapping)
        widths = (config.z_dim, *config.mapping)
        for index in range(self.depth):
            layer = Dense(
                widths[index], widths[index + 1], random, lr_multiplier=config.lr_multiplier
            )
            self.add_module(f"fc{index}", layer)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Tensor) -> Tensor:
        x = normalize_2nd_moment(z)
        for index in range(self.depth):
            x = activate(self.get_submodule(f"fc{index}")(x))
        return x


class Synthesis(nn.Module):
    """w [N, L, D] to image [N, 3, H, W]: a learnt constant, then blocks of doubling resolution."""

    def __init__(self, config: Config, random: torch.Generator, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype
        self.names = [f"b{4 << index}" for index in range(len(config.channels))]
        for index, name in enumerate(self.names):
            self.add_module(name, Block(config, index, random))

    def forward(self, w: Tensor, noise: torch.Generator | None = None) -> Tensor:
        """Draw w [N, L, D]: float32, with noise of `noise`, or the stored noise without one."""
        x: Tensor | None = None
        image: Tensor | None = None
        for index in range(len(self.names)):
            block = self.block(index)
            if x is None:
                x = block.const.to(self.dtype).expand(len(w), -1, -1, -1)
                x = x.contiguous(memory_format=torch.channels_last)
            x, image = block(x, image, w[:, max(2 * index - 1, 0) : 2 * index + 2], noise)
        assert image is not None, "there is at least one block"
        return image

    def block(self, index: int) -> "Block":
        """The block of one resolution, coarse first; -1 is the finest."""
        block = self.get_submodule(self.names[index])
        assert isinstance(block, Block)
        return block


class Block(nn.Module):
    """One resolution: one convolution at the base, else two, the first of which doubles."""

    resample_filter: Tensor

    def __init__(self, config: Config, index: int, random: torch.Generator):
        super().__init__()
        outputs, size = config.channels[index], 4 << index
        if index == 0:
            self.const = nn.Parameter(torch.randn(outputs, 4, 4, generator=random))
        else:
            inputs = config.channels[index - 1]
            self.conv0 = StyledConv((inputs, outputs), config.w_dim, size, random, up=True)
        self.is_first = index == 0
        self.conv1 = StyledConv((outputs, outputs), config.w_dim, size, random, up=False)
        self.torgb = ModulatedConv((outputs, 3), config.w_dim, random, kernel=1, demodulate=False)
        self.register_buffer("resample_filter", fir_filter())

    def forward(
        self, x: Tensor, image: Tensor | None, w: Tensor, noise: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """Draw this resolution under w [N, 2 or 3, D]: the features and the running RGB."""
        if not self.is_first:
            x = self.conv0(x, w[:, 0], noise)
        x = self.conv1(x, w[:, -2], noise)
        rgb = self.torgb(x, w[:, -1]).to(torch.float32) + self.torgb.bias[:, None, None]
        if image is not None:
            rgb = rgb + double(image, self.resample_filter)
        return x, rgb


class StyledConv(ModulatedConv):
    """A modulated 3x3 convolution with noise, bias and activation."""

    resample_filter: Tensor
    noise_const: Tensor

    def __init__(
        self,
        channels: tuple[int, int],
        w_dim: int,
        size: int,
        random: torch.Generator,
        *,
        up: bool,
    ):
        super().__init__(channels, w_dim, random, up=up)
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", torch.randn(size, size, generator=random))
        self.register_buffer("resample_filter", fir_filter())

    def forward(  # type: ignore[override]
        self, x: Tensor, w: Tensor, noise: torch.Generator | None
    ) -> Tensor:
        """Convolve x under w [N, D]; the noise is drawn for every sample, or the stored map."""
        x = super().forward(x, w)
        values = self.noise_const
        if noise is not None:
            shape = (len(x), 1, *x.shape[2:])
            values = torch.randn(shape, generator=noise, device=x.device)
        values = (values * self.noise_strength).to(x.dtype)
        return activate(x + values + self.bias[:, None, None].to(x.dtype))
