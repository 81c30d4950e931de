"""The networks a blueprint can ask for, and the bounds that a stranger's configuration must keep.

A file's numbers decide how much is built, so they are checked before anything is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.records import quote
from explorer.networks import Generator, stylegan1, stylegan2, stylegan3
from explorer.networks.filtered import Resampling, taps
from explorer.networks.mapping import MappingConfig
from explorer.networks.ops import ACTIVATIONS

WIDEST = 8192  # channels or latent sizes
DEEPEST = 64  # mapping layers
CLASSES = 100_000
BLOCKS = 12
HIGHEST = 4096  # pixels
MARGIN = 64  # pixels that the layers of a StyleGAN3 may draw beyond each edge of the image
STAGES = 64  # layers of a StyleGAN3
FASTEST = 16  # factor between sampling rates
TAPS = 256

Config = stylegan1.Config | stylegan2.Config | stylegan3.Config


class Network(Generator, Protocol):
    """A generator that can be built from a config and filled with tensors."""

    def fill(self, tensors: dict[str, Tensor]) -> None:
        """Take over `tensors`, exactly those of `tensors()`."""


@dataclass(frozen=True)
class Architecture:
    """A kind of network: the name it has in our files, its config and its class."""

    name: str
    config: type[Config]
    network: type[stylegan1.StyleGAN1] | type[stylegan2.StyleGAN2] | type[stylegan3.StyleGAN3]


ARCHITECTURES: Mapping[str, Architecture] = {
    found.name: found
    for found in (
        Architecture("stylegan1", stylegan1.Config, stylegan1.StyleGAN1),
        Architecture("stylegan2", stylegan2.Config, stylegan2.StyleGAN2),
        Architecture("stylegan3", stylegan3.Config, stylegan3.StyleGAN3),
    )
}


def build(config: Config) -> Network:
    """Build the network of `config` without memory for its tensors, on the meta device."""
    check(config)
    with torch.device("meta"):
        match config:
            case stylegan1.Config():
                return stylegan1.StyleGAN1(config)
            case stylegan2.Config():
                return stylegan2.StyleGAN2(config)
            case stylegan3.Config():
                return stylegan3.StyleGAN3(config)


@dataclass(frozen=True)
class Plan:
    """What a generator was built from: the name of its architecture, and its config."""

    architecture: str
    config: Config


def plan_of(generator: Generator) -> Plan:
    """The plan of a generator that was built here."""
    for found in ARCHITECTURES.values():
        if isinstance(generator, found.network):
            return Plan(found.name, generator.config)
    raise CheckpointError(
        f"a generator of the family {quote(generator.family)} has no file format here.",
        fix="Use a generator that was loaded from a checkpoint.",
    )


def check(config: Config) -> None:
    """Refuse a config that no generator has, before anything is built from it."""
    _check_mapping(config)
    match config:
        case stylegan1.Config():
            _check_blocks(config)
            _within("eps", config.eps, 1e-12, 1.0)
        case stylegan2.Config():
            _check_blocks(config)
            _check_stylegan2(config)
        case stylegan3.Config():
            _check_stylegan3(config)


def _check_mapping(config: MappingConfig) -> None:
    _within("the number of mapping layers", len(config.mapping), 1, DEEPEST)
    _within("z_dim", config.z_dim, 1, WIDEST)
    for outputs in config.mapping:
        _within("a mapping layer's width", outputs, 1, WIDEST)
    _within("w_dim", config.w_dim, config.mapping[-1], config.mapping[-1])
    _within("c_dim", config.c_dim, 0, CLASSES)
    _within("the width of the label's embedding", config.embed, int(config.c_dim > 0), WIDEST)
    _among("the mapping's activation", config.mapping_activation, ACTIVATIONS)
    _within("lr_multiplier", config.lr_multiplier, 1e-6, 1e6)


def _check_blocks(config: stylegan1.Config | stylegan2.Config) -> None:
    _within("the number of blocks", len(config.channels), 1, BLOCKS)
    for channels in config.channels:
        _within("a layer's channels", channels, 1, WIDEST)
    for side in config.base:
        _within("the image's side", side << (len(config.channels) - 1), 1, HIGHEST)
    _among("the number of image channels", config.image_channels, (1, 3, 4))
    _among("the activation", config.activation, ACTIVATIONS)


def _check_stylegan2(config: stylegan2.Config) -> None:
    _within("fp16_blocks", config.fp16_blocks, 0, BLOCKS)
    _check_filter(config.filter_shape)
    _check_clamp(config.clamp)


def _check_stylegan3(config: stylegan3.Config) -> None:
    _within("the number of layers", len(config.stages), 1, STAGES)
    _within("the input's channels", config.input.channels, 1, WIDEST)
    _within("the input's side", config.input.size, 1, HIGHEST + 2 * MARGIN)
    _within("bandwidth", config.input.bandwidth, 0, HIGHEST)
    lowest = 2 * config.input.bandwidth + 1e-6  # half the rate must carry more than the bandwidth
    _within("sampling_rate", config.input.rate, lowest, 4 * HIGHEST)
    _check_classes(config)
    side = config.input.size
    for name, stage in zip(config.names, config.stages, strict=True):
        _within(f"{name}'s channels", stage.channels, 1, WIDEST)
        _within(f"{name}'s side", stage.size, 1, HIGHEST + 2 * MARGIN)
        _within(f"{name}'s kernel", stage.kernel, 1, FASTEST)
        _check_resampling(name, stage.resampling)
        side += stage.kernel - 1
        high = stage.resampling.high(side)
        _within(f"{name}'s side at the high rate", high, 1, 4 * HIGHEST)
        _within(f"{name}'s side", stage.size, *[stage.resampling.side(side)] * 2)
        side = stage.size
    plain = stylegan3.PLAIN
    if config.stages[-1].resampling != plain:
        raise _unfit("the last layer resamples; expected one that makes the image as it is")
    _among("the number of image channels", config.stages[-1].channels, (1, 3, 4))
    _within("output_scale", abs(config.output_scale), 1e-6, 1e6)
    _check_clamp(config.clamp)


def _check_resampling(name: str, given: Resampling) -> None:
    for what, factor, shape, axes in (
        ("up", given.up, given.up_filter, (0, 1)),
        ("down", given.down, given.down_filter, (0, 1, 2)),
    ):
        _within(f"{name}'s {what}-sampling factor", factor, 1, FASTEST)
        if len(shape) not in axes or len(set(shape)) > 1:
            raise _unfit(f"{name}'s {what}-sampling filter has the shape {list(shape)}")
        _within(f"{name}'s {what}-sampling taps", taps(shape), 1, TAPS)
    for zeros in given.padding:
        _within(f"{name}'s padding", zeros, -4 * HIGHEST, 4 * HIGHEST)


def _check_classes(config: stylegan3.Config) -> None:
    if config.class_means:
        _within("c_dim with a mean for each class", config.c_dim, 1, CLASSES)
    if config.embedding:
        rows, width = config.embedding
        _within("the classes embedded", rows, max(config.c_dim, 1), CLASSES)
        _within("the width of a class vector", width, 1, WIDEST)
        _within("c_dim with class vectors", config.c_dim, 1, rows)


def _check_clamp(clamp: float | None) -> None:
    if clamp is not None:
        _within("clamp", clamp, 1e-6, 1e9)


def _check_filter(shape: tuple[int, ...]) -> None:
    if len(shape) not in (1, 2) or len(set(shape)) != 1 or not 2 <= shape[0] <= 64:
        raise _unfit(f"the resampling filter has the shape {list(shape)}; expected [F] or [F, F]")


def _within(what: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also false for NaN
        allowed = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        raise _unfit(f"{what} is {value:g}, allowed is {allowed}")


def _among(what: str, value: object, allowed: Mapping[str, object] | tuple[int, ...]) -> None:
    if value not in allowed:
        shown = quote(value) if isinstance(value, str) else value
        raise _unfit(f"{what} is {shown}, allowed are {', '.join(map(str, allowed))}")


def _unfit(problem: str) -> CheckpointError:
    return CheckpointError(f"{problem}.", fix="Use the file its author published.")
