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
from explorer.networks import Generator, stylegan1, stylegan2
from explorer.networks.ops import ACTIVATIONS

WIDEST = 8192  # channels or latent sizes
DEEPEST = 64  # mapping layers
CLASSES = 100_000
BLOCKS = 12
HIGHEST = 4096  # pixels


Config = stylegan1.Config | stylegan2.Config


class Network(Generator, Protocol):
    """A generator that can be built from a config and filled with tensors."""

    def fill(self, tensors: dict[str, Tensor]) -> None:
        """Take over `tensors`, exactly those of `tensors()`."""


@dataclass(frozen=True)
class Architecture:
    """A kind of network: the name it has in our files, its config and its class."""

    name: str
    config: type[Config]
    network: type[stylegan1.StyleGAN1] | type[stylegan2.StyleGAN2]


ARCHITECTURES: Mapping[str, Architecture] = {
    found.name: found
    for found in (
        Architecture("stylegan1", stylegan1.Config, stylegan1.StyleGAN1),
        Architecture("stylegan2", stylegan2.Config, stylegan2.StyleGAN2),
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
    _within("the number of blocks", len(config.channels), 1, BLOCKS)
    _within("the number of mapping layers", len(config.mapping), 1, DEEPEST)
    for what, width in (
        ("z_dim", config.z_dim),
        *(("a layer's channels", channels) for channels in config.channels),
        *(("a mapping layer's width", outputs) for outputs in config.mapping),
    ):
        _within(what, width, 1, WIDEST)
    _within("w_dim", config.w_dim, config.mapping[-1], config.mapping[-1])
    _within("c_dim", config.c_dim, 0, CLASSES)
    _within("the width of the label's embedding", config.embed, int(config.c_dim > 0), WIDEST)
    for side in config.base:
        _within("the image's side", side << (len(config.channels) - 1), 1, HIGHEST)
    _among("the number of image channels", config.image_channels, (1, 3, 4))
    _among("the activation", config.activation, ACTIVATIONS)
    _among("the mapping's activation", config.mapping_activation, ACTIVATIONS)
    _within("lr_multiplier", config.lr_multiplier, 1e-6, 1e6)
    match config:
        case stylegan1.Config():
            _within("eps", config.eps, 1e-12, 1.0)
        case stylegan2.Config():
            _check_stylegan2(config)


def _check_stylegan2(config: stylegan2.Config) -> None:
    _within("fp16_blocks", config.fp16_blocks, 0, BLOCKS)
    _check_filter(config.filter_shape)
    if config.clamp is not None:
        _within("clamp", config.clamp, 1e-6, 1e9)


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
