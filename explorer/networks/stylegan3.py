"""StyleGAN3 (Karras 2021), configurations T and R, and StyleGAN-XL (Sauer 2022) built from it.

The tensors have the names of NVIDIA's PyTorch code. A `Config` holds what builds the network, layer
by layer, so that it tells nothing apart by a family's name: R is T with 1x1 kernels and radial
filters, XL has a class embedding and any number of layers. There is no noise.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.errors import LatentError
from explorer.networks import Group, Layer, Manner
from explorer.networks.filtered import FilteredActivation, Resampling
from explorer.networks.fourier import FourierInput, Waves
from explorer.networks.halves import TwoHalves
from explorer.networks.mapping import LabelMode, Mapping
from explorer.networks.ops import Dense, Prepared

PLAIN = Resampling(up=1, down=1, up_filter=(), down_filter=(), padding=(0, 0))


@dataclass(frozen=True)
class Stage:
    """One layer of the synthesis network.

    Args:
        size: Side of its output in pixels; layers but the last ones draw a margin too.
        channels: Of its output.
        kernel: Side of its convolution.
    """

    size: int
    channels: int
    kernel: int
    resampling: Resampling


@dataclass(frozen=True)
class Config:
    """Everything that builds a StyleGAN3 generator.

    Args:
        mapping: Output widths of the mapping layers fc0, fc1, ...; the last is `w_dim`.
        input: The Fourier features that the first layer is given.
        stages: The layers L0, L1, ...; the last makes the image.
        embed: Width of what the label adds to z, 0 without labels.
        embedding: StyleGAN-XL: (rows, width) of its table of class vectors.
        class_means: StyleGAN-XL: whether each class has its own mean of W.
        clamp: Largest magnitude of activations, None for no limit.
        output_scale: Factor from the last layer's values to the image's.
    """

    z_dim: int
    w_dim: int
    mapping: tuple[int, ...]
    input: Waves
    stages: tuple[Stage, ...]
    c_dim: int = 0
    embed: int = 0
    embedding: tuple[int, int] | None = None
    class_means: bool = False
    mapping_activation: str = "lrelu"
    lr_multiplier: float = 0.01
    clamp: float | None = 256.0
    output_scale: float = 0.25

    @property
    def label_mode(self) -> LabelMode:
        """How `Mapping` joins label and z."""
        return "norm_then_concat"

    @property
    def variant(self) -> str:
        """What tells this network from others of its family, for people."""
        return "XL" if self.embedding else "R" if self.stages[0].kernel == 1 else "T"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the layers.

        They are NVIDIA's, and say number, size and channels.
        """
        return tuple(f"L{i}_{stage.size}_{stage.channels}" for i, stage in enumerate(self.stages))


class StyleGAN3(TwoHalves):
    """A StyleGAN3 generator; see `networks.Generator` for the contract."""

    family = "stylegan3"

    def __init__(self, config: Config):
        channels = config.stages[-1].channels
        super().__init__(_mapping(config), Synthesis(config), _layers(config), channels)
        self.config = config


def _layers(config: Config) -> tuple[Layer, ...]:
    """What each w modulates. No resolutions double here: the groups are halves."""
    names = ("input", *config.names)
    sizes = (config.input.size, *(stage.size for stage in config.stages))

    def group(index: int) -> Group:
        return "coarse" if index < len(names) // 2 else "fine"

    return tuple(
        Layer(name, (size, size), False, group(index))
        for index, (name, size) in enumerate(zip(names, sizes, strict=True))
    )


def _mapping(config: Config) -> Mapping:
    mapping = Mapping(config)
    if config.embedding:
        mapping.embed = ClassEmbedding(config.embedding, config.embed)
    if config.class_means:
        mapping.w_avg = torch.zeros(config.c_dim, config.w_dim)
    return mapping


class ClassEmbedding(nn.Module):
    """StyleGAN-XL's label embedding: pretrained class vectors, projected (Sauer 2022, Section 3).

    Args:
        table: (rows, width); there may be more rows than the network has classes.
    """

    weight: Tensor

    def __init__(self, table: tuple[int, int], outputs: int):
        super().__init__()
        self.register_buffer("weight", torch.zeros(table))
        self.proj = Dense(table[1], outputs, "lrelu")

    def forward(self, label: Tensor) -> Tensor:
        """Embed label [N, C], one-hot or weights of classes, as [N, outputs]."""
        return self.proj(label @ self.weight[: label.shape[1]])


class Synthesis(nn.Module):
    """w [N, L, D] and a transform [3, 3] to an image [N, C, H, H]."""

    def __init__(self, config: Config):
        super().__init__()
        self.names, self.output_scale = config.names, config.output_scale
        self.input = FourierInput(config.input, config.w_dim)
        inputs, side = config.input.channels, config.input.size
        for name, stage in zip(config.names, config.stages, strict=True):
            rgb = name == config.names[-1]
            self.add_module(name, SynthesisLayer(config, stage, (inputs, side), rgb=rgb))
            inputs, side = stage.channels, stage.size

    def forward(self, w: Tensor, manner: Manner) -> Tensor:
        """Draw w; of `manner` the transform alone has an effect."""
        transform = manner.transform
        if transform is not None and transform.shape != (3, 3):
            raise LatentError(
                f"Expected a transform of shape [3, 3], got {list(transform.shape)}.",
                fix="Give the inverse of the transform of the image as one matrix.",
            )
        x = self.input(w[:, 0], transform)
        for index, name in enumerate(self.names, 1):
            x = self.get_submodule(name)(x, w[:, index])
        return x.mul_(self.output_scale)


class SynthesisLayer(Prepared):
    """A modulated convolution with a filtered nonlinearity (Karras 2021, Section 3).

    Args:
        inputs: (channels, side) of what comes in.
        rgb: Whether it makes the image: without demodulation, filters and activation.
    """

    weight: Tensor
    bias: Tensor
    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None
    energy: Tensor
    gain: Tensor

    def __init__(self, config: Config, stage: Stage, inputs: tuple[int, int], *, rgb: bool):
        super().__init__()
        channels, self.side = inputs
        self.rgb, self.clamp = rgb, config.clamp
        shape = (stage.channels, channels, stage.kernel, stage.kernel)
        self.register_buffer("weight", torch.zeros(shape))
        self.register_buffer("bias", torch.zeros(stage.channels))
        self.register_buffer("magnitude_ema", torch.ones(()))
        for name in ("up_filter", "down_filter"):
            size = getattr(stage.resampling, name)
            self.register_buffer(name, torch.zeros(size) if size else None)
        # Real ones also while the others are being planned on the meta device.
        self.register_buffer("energy", torch.zeros(0, device="cpu"), persistent=False)
        self.register_buffer("gain", torch.zeros(0, device="cpu"), persistent=False)
        self.affine = Dense(config.w_dim, channels)
        if not rgb:
            self.activation = FilteredActivation(stage.resampling, config.clamp)

    def prepare(self) -> None:
        self.gain = self.magnitude_ema.rsqrt().expand(len(self.weight))  # [O]
        if self.rgb:
            self.gain = self.gain / math.sqrt(self.weight[0].numel())
            return
        # Every output's weights count as if their mean square were 1.
        power = self.weight.square().mean((1, 2, 3))  # [O]
        self.energy = self.weight.square().sum((2, 3)) / power[:, None]  # [O, I]
        self.gain = self.gain * power.rsqrt()
        side = self.side + self.weight.shape[2] - 1
        self.activation.fill(side, self.up_filter, self.down_filter)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Draw w [N, D] on x [N, I, H, H], which is used up: [N, O, size, size]."""
        style = self.affine(w)  # [N, I]
        gain = self.gain  # [O] or [N, O]
        if not self.rgb:
            style = style * style.square().mean().rsqrt()  # over the batch, as in training
            gain = gain * (F.linear(style.square(), self.energy) + 1e-8).rsqrt()
        x = x.mul_(style[:, :, None, None])
        x = F.conv2d(x, self.weight, padding=self.weight.shape[2] - 1)
        if not self.rgb:
            return self.activation(x, gain, self.bias.expand_as(gain))
        x = x.mul_(gain[:, None, None]).add_(self.bias[:, None, None])
        return x if self.clamp is None else x.clamp_(-self.clamp, self.clamp)
