"""Growing: the networks of twice the resolution, which at first do what the old ones did.

Progressive growing (Karras 2018, Section 2) on the skip architecture. The generator's new block
starts with a toRGB of zeros and fades itself in as it learns, so that what is saved on the way is
always a complete StyleGAN2. The discriminator's is faded in by a number, and so are the real
pictures, since nothing else keeps it from looking at once at what the generator cannot draw yet.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from checkpoints.avatars.discriminator import Discriminator
from checkpoints.avatars.generator import Generator
from checkpoints.avatars.layers import double, fir_filter


def grow_generator(old: Generator, channels: int, random: torch.Generator) -> Generator:
    """`old` with one more block of `channels`: it draws the same pictures, doubled."""
    config = replace(old.config, channels=(*old.config.channels, channels))
    grown = Generator(config, random, old.synthesis.dtype)
    torgb = grown.synthesis.block(-1).torgb
    with torch.no_grad():
        torgb.weight.zero_()
    take_over(grown, old.state_dict())
    return grown


def grow_discriminator(old: Discriminator, channels: int, random: torch.Generator) -> Discriminator:
    """`old` with one more block of `channels`: at fade 0 it judges the halved picture as `old`."""
    widths = (*old.channels, channels)
    grown = Discriminator(widths, random, old.dtype, fading=True)
    take_over(grown, old.state_dict())
    return grown


def take_over(grown: torch.nn.Module, tensors: dict[str, Tensor]) -> None:
    """Copy the old tensors into `grown`, which must have all of them."""
    _, strange = grown.load_state_dict(tensors, strict=False)
    assert not strange, f"the grown network has no {strange}"


def faded(image: Tensor, fade: float) -> Tensor:
    """Real pictures [N, 3, H, W] as sharp as a grown generator's are at `fade`, 0 to 1."""
    if fade >= 1.0:
        return image
    return torch.lerp(double(F.avg_pool2d(image, 2), fir_filter().to(image.device)), image, fade)
