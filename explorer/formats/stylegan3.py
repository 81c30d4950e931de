"""The configuration of a StyleGAN3 or StyleGAN-XL from its own tensors, under NVIDIA's names.

Names hold the sizes and the filters the factors. What a file says beyond that comes as `Hints` and
counts more; what nobody says follows the design of the published networks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.blueprint import Blueprint
from explorer.formats.records import quote
from explorer.formats.shapes import PUBLISHED, count_parts, shape
from explorer.networks.filtered import Resampling, taps
from explorer.networks.fourier import Waves
from explorer.networks.stylegan3 import Config, Stage

MARK = "synthesis.input.freqs"  # every StyleGAN3 has it, nothing else does
TRANSFORM = "synthesis.input.transform"
LAYER = re.compile(r"synthesis\.(L(\d{1,3})_\d{1,5}_\d{1,5})\.weight")
SIZE = re.compile(r"L\d{1,3}_(\d{1,5})_\d{1,5}")
FILTER_SIZE = 6  # taps for each factor, in all published networks
MARGIN = 10  # pixels around the image, likewise


@dataclass(frozen=True)
class LayerHints:
    """What a file says of a layer; None where it says nothing."""

    size: int | None = None
    up: int | None = None
    down: int | None = None
    padding: tuple[int, int] | None = None


@dataclass(frozen=True)
class Hints:
    """What names and shapes cannot tell; the defaults are those of the published networks.

    Args:
        names: The layers in their order; empty stands for the order of their numbers.
        layers: What is said of each layer, by its name.
        c_dim: Classes of a StyleGAN-XL, whose table of class vectors may be longer.
    """

    names: tuple[str, ...] = ()
    layers: Mapping[str, LayerHints] = field(default_factory=dict)
    input_size: int | None = None
    sampling_rate: float | None = None
    bandwidth: float = 2.0
    c_dim: int | None = None
    mapping_activation: str = "lrelu"
    lr_multiplier: float = 0.01
    clamp: float | None = 256.0
    output_scale: float = 0.25


def blueprint_of(tensors: Mapping[str, Tensor], hints: Hints, *notes: str) -> Blueprint:
    """Make the blueprint of the network that `tensors` and `hints` describe."""
    names = hints.names or _names(tensors)
    config = _config(tensors, names, hints)
    transform = tensors.get(TRANSFORM)
    if transform is not None and not torch.equal(transform.float(), torch.eye(3)):
        notes += ("The file turned or moved its pictures; that was reset.",)
    return Blueprint(config, _canonical(tensors, names, config), notes)


def _names(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The layers by number: L10 comes behind L9."""
    found = [match for match in map(LAYER.fullmatch, tensors) if match]
    if not found:
        raise CheckpointError("its synthesis network has no layers.", fix=PUBLISHED)
    return tuple(match[1] for match in sorted(found, key=lambda match: int(match[2])))


def _config(tensors: Mapping[str, Tensor], names: tuple[str, ...], hints: Hints) -> Config:
    stages: list[Stage] = []
    side = hints.input_size or _size(names[0], hints)  # the input is as large as the first layer
    for name in names:
        previous = stages[-1].size if stages else side
        stages.append(_stage(tensors, name, previous, hints))
    layers = count_parts(tensors, [f"mapping.fc{index}." for index in range(64)])
    mapping = tuple(shape(tensors, f"mapping.fc{i}.weight", 2)[0] for i in range(layers))
    c_dim, embed, embedding = _classes(tensors, hints)
    rate = hints.sampling_rate
    return Config(
        z_dim=shape(tensors, "mapping.fc0.weight", 2)[1] - embed,
        w_dim=shape(tensors, "synthesis.input.affine.weight", 2)[1],
        mapping=mapping,
        input=Waves(
            channels=shape(tensors, MARK, 2)[0],
            size=side,
            rate=side - 2.0 * MARGIN if rate is None else rate,
            bandwidth=hints.bandwidth,
        ),
        stages=tuple(stages),
        c_dim=c_dim,
        embed=embed,
        embedding=embedding,
        class_means="mapping.w_avg" in tensors and tensors["mapping.w_avg"].ndim == 2,
        mapping_activation=hints.mapping_activation,
        lr_multiplier=hints.lr_multiplier,
        clamp=hints.clamp,
        output_scale=hints.output_scale,
    )


def _classes(
    tensors: Mapping[str, Tensor], hints: Hints
) -> tuple[int, int, tuple[int, int] | None]:
    """(classes, width of what a label adds to z, shape of the table of class vectors)."""
    if "mapping.embed_proj.weight" in tensors:  # StyleGAN-XL
        rows, width = shape(tensors, "mapping.embed.weight", 2)
        embed = shape(tensors, "mapping.embed_proj.weight", 2)[0]
        return (rows if hints.c_dim is None else hints.c_dim), embed, (rows, width)
    if "mapping.embed.bias" in tensors:
        embed, c_dim = shape(tensors, "mapping.embed.weight", 2)
        return c_dim, embed, None
    return 0, 0, None  # an unconditional StyleGAN-XL has class vectors too, and no use for them


def _size(name: str, hints: Hints) -> int:
    said = hints.layers.get(name, LayerHints()).size
    if said is not None:
        return said
    match = SIZE.fullmatch(name)
    if match is None:
        raise CheckpointError(f"the size of its layer {quote(name)} is unknown.", fix=PUBLISHED)
    return int(match[1])


def _stage(tensors: Mapping[str, Tensor], name: str, side: int, hints: Hints) -> Stage:
    """The layer `name`, whose input has `side` pixels on a side."""
    said = hints.layers.get(name, LayerHints())
    size = _size(name, hints)
    channels, _, kernel, _ = shape(tensors, f"synthesis.{name}.weight", 4)
    up_filter, down_filter = (
        shape(tensors, key) if (key := f"synthesis.{name}.{which}_filter") in tensors else ()
        for which in ("up", "down")
    )
    up = said.up or max(taps(up_filter) // FILTER_SIZE, 1)
    down = said.down or max(taps(down_filter) // FILTER_SIZE, 1)
    # The high-rate samples that the output needs, less those that there are (Karras 2021).
    total = (size - 1) * down + 1 - (side + kernel - 1) * up
    total += taps(up_filter) + taps(down_filter) - 2
    before = (total + up) // 2
    padding = said.padding or (before, total - before)
    return Stage(size, channels, kernel, Resampling(up, down, up_filter, down_filter, padding))


def _canonical(
    tensors: Mapping[str, Tensor], names: tuple[str, ...], config: Config
) -> dict[str, Tensor]:
    """`tensors` under our names, without what is no part of the network."""
    prefixes = {
        f"synthesis.{old}.": f"synthesis.{new}."
        for old, new in zip(names, config.names, strict=True)
    }
    prefixes["mapping.embed_proj."] = "mapping.embed.proj."
    unused = {TRANSFORM} if config.c_dim else {TRANSFORM, "mapping.embed.weight"}
    found = {}
    for name, tensor in tensors.items():
        if name not in unused:
            owner = re.match(r"\w+\.\w+\.", name)
            prefix = owner[0] if owner else ""
            found[prefixes.get(prefix, prefix) + name[len(prefix) :]] = tensor
    return found
