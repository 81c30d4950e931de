"""StyleGAN2 (Karras 2020): architectures skip, resnet and orig, any sizes, with or without labels.

The tensors have the names of NVIDIA's PyTorch code, which most files use. A `Config` holds what
builds the network; its tensors are filled in by whoever has read a file.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from explorer.networks import Layer, Manner, Precision, group_of
from explorer.networks.halves import TwoHalves
from explorer.networks.mapping import LabelMode, Mapping
from explorer.networks.modulated import ModulatedConv
from explorer.networks.noise import NoiseMaps, NoiseSource, factors
from explorer.networks.ops import ACTIVATIONS, HOMOGENEOUS, upsample_2d
from explorer.networks.past import Past

Architecture = Literal["skip", "resnet", "orig"]
FP16_BLOCKS = 4  # the largest resolutions that float16 is for, where a file does not say


@dataclass(frozen=True)
class Config:
    """Everything that builds a StyleGAN2 generator.

    Args:
        channels: Output channels of the blocks b4, b8, ..., coarse first.
        mapping: Output widths of the mapping layers fc0, fc1, ...; the last is `w_dim`.
        embed: Width of the label's embedding, 0 without labels.
        base: (height, width) of the constant input; every further block doubles it.
        filter_shape: Shape of the resampling filter's buffer, [F] or [F, F].
        clamp: Largest magnitude of activations, None for no limit.
        fp16_blocks: How many of the highest resolutions run in float16 on CUDA.
        label_mode: Whether label and z are normalised before they are joined (ADA) or after (TF).
    """

    z_dim: int
    w_dim: int
    channels: tuple[int, ...]
    mapping: tuple[int, ...]
    c_dim: int = 0
    embed: int = 0
    image_channels: int = 3
    base: tuple[int, int] = (4, 4)
    architecture: Architecture = "skip"
    noise: bool = True
    filter_shape: tuple[int, ...] = (4, 4)
    activation: str = "lrelu"
    mapping_activation: str = "lrelu"
    lr_multiplier: float = 0.01
    clamp: float | None = None
    fp16_blocks: int = 0
    label_mode: LabelMode = "norm_then_concat"

    @property
    def variant(self) -> str:
        """What tells this network from others of its family, for people."""
        return self.architecture


class StyleGAN2(TwoHalves):
    """A StyleGAN2 generator; see `networks.Generator` for the contract."""

    family = "stylegan2"

    def __init__(self, config: Config):
        synthesis = Synthesis(config)
        super().__init__(Mapping(config), synthesis, synthesis.layers, config.image_channels)
        self.config = config
        if config.architecture == "skip":
            self.stops = tuple(4 << index for index in range(len(config.channels) - 1))

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """See `networks.Generator.precisions`; float16 is for CUDA, where files ask for it."""
        if not self.w_avg.is_cuda:
            return ("float32", "bfloat16")
        if self.config.fp16_blocks:
            return ("float16", "float32", "bfloat16")
        return ("float32", "float16", "bfloat16")


class Synthesis(nn.Module):
    """w [N, L, D] to an image: a learnt constant, then blocks of doubling resolution."""

    def __init__(self, config: Config):
        super().__init__()
        self.names = tuple(f"b{4 << index}" for index in range(len(config.channels)))
        last = len(self.names) - 1
        for index, name in enumerate(self.names):
            self.add_module(name, Block(config, index, is_last=index == last))
        self.layers = self._layers()
        self._maps = NoiseMaps()

    def _layers(self) -> tuple[Layer, ...]:
        layers = [
            Layer(f"{name}.{conv}", block.resolution, block.config.noise, group_of(4 << index))
            for index, (name, block) in enumerate(self._blocks())
            for conv in block.convs
        ]
        # The last w feeds the last toRGB alone, and belongs to the last group.
        name, block = self._blocks()[-1]
        return (*layers, Layer(f"{name}.torgb", block.resolution, False, layers[-1].group))

    def _blocks(self) -> list[tuple[str, "Block"]]:
        blocks = [(name, self.get_submodule(name)) for name in self.names]
        return [(name, block) for name, block in blocks if isinstance(block, Block)]

    def forward(self, w: Tensor, manner: Manner) -> Tensor:
        """Draw w; `manner.transform` is for StyleGAN3 and has no effect."""
        noisy = sum(layer.has_noise for layer in self.layers)
        strengths = factors(manner.noise, noisy)
        source = NoiseSource(manner.noise, strengths, self._maps)
        blocks = [block for _, block in self._blocks()]
        last = self._last(manner.size)
        past = Past(manner.memory if w.device.type == "cpu" else None, w, manner, strengths)
        start, x, image = past.latest(min(last, len(blocks) - 2), self._has_running_image)
        if x is not None and image is None:  # its RGB is under a w that has changed
            image = blocks[start - 1].picture(x, past.image(start - 2), w[:, 2 * start - 1])
        for index in range(start, last + 1):
            block = blocks[index]
            x = block.features(x, w[:, max(2 * index - 1, 0) :], source, manner.precision)
            image = block.picture(x, image, w[:, 2 * index + 1])
            if index < len(blocks) - 1:
                past.keep(index, x, image)
        assert image is not None, "the last block always makes an image"
        return image if past.memory is None else image.clone()

    @property
    def _has_running_image(self) -> bool:
        return all(block.has_rgb for _, block in self._blocks())

    def _last(self, size: int | None) -> int:
        """The index of the last block that is drawn for `size`."""
        sizes = [4 << index for index, (_, block) in enumerate(self._blocks()) if block.has_rgb]
        wanted = [size_ for size_ in sizes if size is not None and size_ >= size]
        return (min(wanted, default=sizes[-1]) // 4).bit_length() - 1


class Block(nn.Module):
    """One resolution: one convolution at the base, else two, the first of which doubles."""

    const: Tensor
    resample_filter: Tensor

    def __init__(self, config: Config, index: int, *, is_last: bool):
        super().__init__()
        self.config, self.index = config, index
        outputs = config.channels[index]
        self.resolution = (config.base[0] << index, config.base[1] << index)
        halves = config.fp16_blocks or FP16_BLOCKS
        self.is_half = index >= max(len(config.channels) - halves, 1)
        self.convs = ("conv1",) if index == 0 else ("conv0", "conv1")
        self.register_buffer("resample_filter", torch.zeros(config.filter_shape))
        if index == 0:
            self.register_buffer("const", torch.zeros(outputs, *config.base))
        else:
            inputs = config.channels[index - 1]
            self.conv0 = StyledConv(config, index, (inputs, outputs), up=True)
            if config.architecture == "resnet":
                self.skip = Skip(inputs, outputs)
        self.conv1 = StyledConv(config, index, (outputs, outputs), up=False)
        self.has_rgb = is_last or config.architecture == "skip"
        if self.has_rgb:
            self.torgb = ToRGB(config, outputs)

    def features(
        self, x: Tensor | None, w: Tensor, source: NoiseSource, precision: Precision
    ) -> Tensor:
        """Draw the features of this resolution on x, which is left as it is.

        Args:
            w: [N, 1 or more, D], the first for the first convolution.
        """
        dtype = self._dtype(precision)
        if x is None:
            return self.conv1(self.const.expand(len(w), -1, -1, -1).to(dtype), w[:, 0], source)
        x = x.to(dtype)
        if self.config.architecture != "resnet":
            return self.conv1(self.conv0(x, w[:, 0], source), w[:, 1], source)
        # Equation in Karras 2020, Figure 7: the sum of two branches, each of half variance.
        shortcut = self.skip(x, self.resample_filter).mul_(math.sqrt(0.5))
        x = self.conv0(x, w[:, 0], source)
        return shortcut.add_(self.conv1(x, w[:, 1], source, gain=math.sqrt(0.5)))

    def picture(self, x: Tensor, image: Tensor | None, w: Tensor) -> Tensor | None:
        """The running RGB after this resolution: that before it, and its features x under w [N, D].

        None as long as the architecture has none.
        """
        if not self.has_rgb:
            return None
        rgb = self.torgb(x, w)
        return rgb if image is None else rgb.add_(upsample_2d(image, self.resample_filter))

    def _dtype(self, precision: Precision) -> torch.dtype:
        """bfloat16 has the range of float32 and is for all blocks, float16 for the largest."""
        if precision == "bfloat16":
            return torch.bfloat16
        return torch.float16 if precision == "float16" and self.is_half else torch.float32


class StyledConv(ModulatedConv):
    """A modulated 3x3 convolution with noise, bias and activation."""

    noise_const: Tensor
    noise_strength: Tensor

    def __init__(self, config: Config, index: int, channels: tuple[int, int], *, up: bool):
        super().__init__(channels, config.w_dim, up=up, filter_shape=config.filter_shape)
        self.resolution = (config.base[0] << index, config.base[1] << index)
        self.has_noise = config.noise
        self.noise_index = 0 if index == 0 else 2 * index - (1 if up else 0)
        self.activation, self.gain = ACTIVATIONS[config.activation]
        self.gain_first = config.activation in HOMOGENEOUS
        self.clamp = config.clamp
        if config.noise:
            self.register_buffer("noise_const", torch.zeros(self.resolution))
            self.register_buffer("noise_strength", torch.zeros(()))

    def forward(  # type: ignore[override]
        self, x: Tensor, w: Tensor, source: NoiseSource, gain: float = 1.0
    ) -> Tensor:
        """Convolve x [N, I, H, W] under w [N, D], then noise, bias, activation, gain, clamp."""
        total = self.gain * gain
        early = total if self.gain_first else 1.0
        x = super().forward(x, w, early)
        if self.has_noise:
            x = source.add(x, self, self.noise_strength, early)
        x = self.activation(x)
        if not self.gain_first:
            x = x.mul_(total)
        return x if self.clamp is None else x.clamp_(-self.clamp * gain, self.clamp * gain)


class Skip(nn.Module):
    """The shortcut of a residual block: 1x1 convolution, then doubling."""

    weight: Tensor

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.register_buffer("weight", torch.zeros(outputs, inputs, 1, 1))

    def forward(self, x: Tensor, kernel: Tensor) -> Tensor:
        weight = self.weight * (1.0 / math.sqrt(self.weight.shape[1]))
        return upsample_2d(nn.functional.conv2d(x, weight.to(x.dtype)), kernel)


class ToRGB(ModulatedConv):
    """A modulated 1x1 convolution to image channels, without demodulation."""

    def __init__(self, config: Config, inputs: int):
        super().__init__((inputs, config.image_channels), config.w_dim, kernel=1, demodulate=False)
        self.clamp = config.clamp

    def forward(self, x: Tensor, w: Tensor, gain: float = 1.0) -> Tensor:
        """The image [N, C, H, W] of x [N, I, H, W] under w [N, D], in float32."""
        y = super().forward(x, w, gain)
        if self.clamp is not None:
            y = y.clamp_(-self.clamp, self.clamp)
        return y.to(torch.float32, memory_format=torch.contiguous_format)
