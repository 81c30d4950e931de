"""Stochastic detail: what no attribute decides, drawn anew each time a picture is used.

Flat art has nothing for a generator's noise inputs to model, and their strengths go to 0 in
training; with strands, grain and freckles they have (Karras 2019, Section 3.2).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from checkpoints.avatars.drawing import CLOTH, FRECKLED, HAIR

STRAND_LENGTH = 7  # pixels
STRANDS, GRAIN = 20.0, 14.0  # standard deviations, in grey levels of 255
FRECKLES, FRECKLE_SHARE = -42.0, 0.03  # grey levels; the share of the freckled pixels


def add_detail(pixels: Tensor, regions: Tensor, random: torch.Generator) -> Tensor:
    """Draw strands into the hair, grain into the cloth and freckles onto the skin.

    Args:
        pixels: [N, 3, H, W], 0 to 255.
        regions: [N, H, W], as `drawing.draw` gives them.
        random: Decides the detail; on the CPU.

    Returns:
        float32 [N, 3, H, W], 0 to 255; everywhere else it is `pixels`.
    """
    count, height, width = regions.shape
    white = torch.randn(count, 1, height + STRAND_LENGTH - 1, width, generator=random)
    # The mean of n has 1 / sqrt(n) of the deviation.
    strands = F.avg_pool2d(white, (STRAND_LENGTH, 1), stride=1)[:, 0] * STRAND_LENGTH**0.5
    grain = torch.randn(count, height, width, generator=random)
    dots = torch.rand(count, height, width, generator=random) < FRECKLE_SHARE
    levels = (
        strands.to(regions.device) * STRANDS * (regions == HAIR)
        + grain.to(regions.device) * GRAIN * (regions == CLOTH)
        + dots.to(regions.device) * FRECKLES * (regions == FRECKLED)
    )
    return (pixels.to(torch.float32) + levels[:, None]).clamp_(0.0, 255.0)
