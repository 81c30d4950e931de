"""What a checkpoint is, for people and for links: the summary and the content hash."""

import hashlib
import math
from dataclasses import dataclass

import torch

from explorer.formats.architectures import plan_of
from explorer.formats.native import config_json
from explorer.networks import Generator, Layer


@dataclass(frozen=True)
class Summary:
    """What a checkpoint holds.

    Args:
        family: Whose format the file has.
        architecture: The network, e.g. "stylegan2 skip".
        resolution: (height, width) in pixels.
        parameters: How many numbers the tensors have, buffers included.
        content_hash: See `content_hash`.
        notes: Sentences on what was inferred, estimated or left out.
        mentions: The names that the file would have had imported; nothing was.
    """

    family: str
    architecture: str
    resolution: tuple[int, int]
    image_channels: int
    z_dim: int
    w_dim: int
    c_dim: int
    num_ws: int
    parameters: int
    layers: tuple[Layer, ...]
    content_hash: str
    notes: tuple[str, ...]
    mentions: tuple[str, ...]


def content_hash(generator: Generator) -> str:
    """SHA-256 (hex) over the configuration and the float32 tensors in the order of their names.

    The same network has the same hash in whatever file it came, and on whatever device it is.
    """
    plan = plan_of(generator)
    digest = hashlib.sha256(f"{plan.architecture}\n{config_json(plan.config)}\n".encode())
    for name, tensor in sorted(generator.tensors().items()):
        digest.update(f"{name} {list(tensor.shape)}\n".encode())
        digest.update(tensor.detach().to("cpu", torch.float32).contiguous().numpy().data)
    return digest.hexdigest()


def summarise(
    generator: Generator, family: str, notes: tuple[str, ...], mentions: tuple[str, ...]
) -> Summary:
    """Describe `generator`, which came from a file of `family`."""
    plan = plan_of(generator)
    return Summary(
        family=family,
        architecture=f"{plan.architecture} {plan.config.variant}".rstrip(),
        resolution=generator.resolution,
        image_channels=generator.image_channels,
        z_dim=generator.z_dim,
        w_dim=generator.w_dim,
        c_dim=generator.c_dim,
        num_ws=generator.num_ws,
        parameters=sum(math.prod(shape) for shape in generator.shapes().values()),
        layers=generator.layers,
        content_hash=content_hash(generator),
        notes=notes,
        mentions=mentions,
    )
