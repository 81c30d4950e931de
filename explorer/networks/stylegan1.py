"""StyleGAN1 (Karras 2019): styles through instance normalisation, noise in every layer.

Names follow those of StyleGAN2 where a part has its counterpart there, so `b8.conv0` is the
convolution that doubles to 8 pixels; `b4.conv0` is the learnt constant's layer and convolves
nothing. All files are brought to the conventions of NVIDIA's TensorFlow code, with one exception:
from 128 pixels on, where that code doubles by a transposed convolution, kernels are stored
flipped, and so every layer doubles by repeating pixels.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.networks import Layer, Manner, group_of
from explorer.networks.halves import TwoHalves
from explorer.networks.mapping import LabelMode, Mapping
from explorer.networks.noise import NoiseMaps, NoiseSource, factors
from explorer.networks.ops import ACTIVATIONS, Dense, blur_2d


@dataclass(frozen=True)
class Config:
    """Everything that builds a StyleGAN1 generator.

    Args:
        channels: Output channels of the blocks b4, b8, ..., coarse first.
        mapping: Output widths of the mapping layers fc0, fc1, ...; the last is `w_dim`.
        embed: Width of the label's embedding, 0 without labels.
        base: (height, width) of the constant input; every further block doubles it.
        eps: What instance normalisation adds to the variance: 1e-8 in TensorFlow, 1e-5 in ports.
        blur: Whether layers that double are blurred.
        bias_before_blur: Whether their bias comes before the blur, as in rosinality's port.
    """

    z_dim: int
    w_dim: int
    channels: tuple[int, ...]
    mapping: tuple[int, ...]
    c_dim: int = 0
    embed: int = 0
    image_channels: int = 3
    base: tuple[int, int] = (4, 4)
    noise: bool = True
    activation: str = "lrelu"
    mapping_activation: str = "lrelu"
    lr_multiplier: float = 0.01
    eps: float = 1e-8
    blur: bool = True
    bias_before_blur: bool = False
    label_mode: LabelMode = "concat_then_norm"

    @property
    def variant(self) -> str:
        """What tells this network from others of its family: nothing."""
        return ""


class StyleGAN1(TwoHalves):
    """A StyleGAN1 generator; see `networks.Generator` for the contract."""

    family = "stylegan1"

    def __init__(self, config: Config):
        synthesis = Synthesis(config)
        mapping = Mapping(config, gain_in_weights=True)
        super().__init__(mapping, synthesis, synthesis.layers, config.image_channels)
        self.config = config


class Synthesis(nn.Module):
    """w [N, L, D] to an image: a learnt constant, then blocks of doubling resolution."""

    def __init__(self, config: Config):
        super().__init__()
        self.blocks = [Block(config, index) for index in range(len(config.channels))]
        for index, block in enumerate(self.blocks):
            self.add_module(f"b{4 << index}", block)
        self.layers = tuple(
            Layer(f"b{4 << index}.{conv}", block.resolution, config.noise, group_of(4 << index))
            for index, block in enumerate(self.blocks)
            for conv in ("conv0", "conv1")
        )
        self._maps = NoiseMaps()

    def forward(self, w: Tensor, manner: Manner) -> Tensor:
        """Draw w; of `manner` the noise alone has an effect."""
        noisy = sum(layer.has_noise for layer in self.layers)
        source = NoiseSource(manner.noise, factors(manner.noise, noisy), self._maps)
        x = self.blocks[0](None, w[:, :2], source)
        for index, block in enumerate(self.blocks[1:], 1):
            x = block(x, w[:, 2 * index : 2 * index + 2], source)
        return x


class Block(nn.Module):
    """One resolution: two layers, and in the last block the image."""

    const: Tensor

    def __init__(self, config: Config, index: int):
        super().__init__()
        outputs = config.channels[index]
        self.resolution = (config.base[0] << index, config.base[1] << index)
        if index == 0:
            self.register_buffer("const", torch.zeros(outputs, *config.base))
            self.conv0 = StyledLayer(config, 0, outputs)
        else:
            self.conv0 = StyledConv(config, 2 * index, (config.channels[index - 1], outputs))
        self.conv1 = StyledConv(config, 2 * index + 1, (outputs, outputs))
        self.is_last = index == len(config.channels) - 1
        if self.is_last:
            self.torgb = ToRGB(outputs, config.image_channels)

    def forward(self, x: Tensor | None, w: Tensor, source: NoiseSource) -> Tensor:
        """Draw this resolution under w [N, 2, D]: its features, or the image."""
        if x is None:
            x = self.const.repeat(len(w), 1, 1, 1)
        x = self.conv1(self.conv0(x, w[:, 0], source), w[:, 1], source)
        return self.torgb(x) if self.is_last else x


class StyledLayer(nn.Module):
    """What follows every convolution: noise, bias, activation, and the style (AdaIN).

    Karras 2019, Section 2 and Equation 1. The convolution that reads the result has its equalised
    gain put onto the style here, which is [N, C], rather than onto its weight at every picture.

    Args:
        index: Of the layer in the network.
    """

    bias: Tensor
    noise_const: Tensor
    noise_weight: Tensor

    def __init__(self, config: Config, index: int, channels: int):
        super().__init__()
        scale = 1 << index // 2
        self.resolution = (config.base[0] * scale, config.base[1] * scale)
        self.noise_index = index
        self.has_noise = config.noise
        self.eps = config.eps
        self.activation, gain = ACTIVATIONS[config.activation]
        last = index == 2 * len(config.channels) - 1
        self.next_gain = 1 / math.sqrt(channels) if last else gain / math.sqrt(9 * channels)
        self.register_buffer("bias", torch.zeros(channels))
        if config.noise:
            self.register_buffer("noise_const", torch.zeros(self.resolution))
            self.register_buffer("noise_weight", torch.zeros(channels))
        self.style = Dense(config.w_dim, 2 * channels)

    def forward(self, x: Tensor, w: Tensor, source: NoiseSource) -> Tensor:
        """Finish x [N, C, H, W], which is written over, under w [N, D]."""
        return self.finish(x.add_(self.bias[:, None, None]), w, source)

    def finish(self, x: Tensor, w: Tensor, source: NoiseSource) -> Tensor:
        """The same without the bias."""
        if self.has_noise:
            x = source.add(x, self, self.noise_weight[:, None, None])
        x = self.activation(x)
        variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)  # [N, C, 1, 1]
        scale, shift = self.style(w).mul_(self.next_gain)[:, :, None, None].chunk(2, dim=1)
        scale = (scale + self.next_gain) * (variance + self.eps).rsqrt()
        return x.sub_(mean).mul_(scale).add_(shift)


class StyledConv(StyledLayer):
    """A 3x3 convolution, in a block's first layer of the doubled input, and what follows it."""

    weight: Tensor

    def __init__(self, config: Config, index: int, channels: tuple[int, int]):
        super().__init__(config, index, channels[1])
        self.register_buffer("weight", torch.zeros(channels[1], channels[0], 3, 3))
        self.up = index % 2 == 0
        self.blur = self.up and config.blur
        self.bias_first = config.bias_before_blur or not self.blur

    def forward(self, x: Tensor, w: Tensor, source: NoiseSource) -> Tensor:
        """Convolve x [N, I, H, W] and finish it under w [N, D]: [N, O, H, W] or [N, O, 2H, 2W]."""
        if self.up:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.conv2d(x, self.weight, self.bias if self.bias_first else None, padding=1)
        if self.blur:
            x = blur_2d(x)
        return self.finish(x, w, source) if self.bias_first else super().forward(x, w, source)


class ToRGB(nn.Module):
    """A 1x1 convolution to image channels."""

    weight: Tensor
    bias: Tensor

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.register_buffer("weight", torch.zeros(outputs, inputs, 1, 1))
        self.register_buffer("bias", torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias)
