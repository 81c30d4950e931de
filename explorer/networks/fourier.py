"""The input of StyleGAN3: Fourier features that can be moved and turned like a picture.

Knows nothing of the layers that follow.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.networks.ops import Dense
from explorer.transfer import sent


@dataclass(frozen=True)
class Waves:
    """The sampling of the Fourier features.

    Args:
        channels: How many frequencies.
        size: Side in samples, margin included.
        rate: Samples across the image without its margin.
        bandwidth: The highest frequency drawn in full, in cycles per image.
    """

    channels: int
    size: int
    rate: float
    bandwidth: float


class FourierInput(nn.Module):
    """Sine waves over the plane, moved and turned by w and by the user (Karras 2021, Appendix F).

    The user's transform is an argument of drawing, and no part of the network.
    """

    freqs: Tensor
    phases: Tensor
    weight: Tensor

    def __init__(self, waves: Waves, w_dim: int):
        super().__init__()
        self.waves = waves
        channels = waves.channels
        self.register_buffer("freqs", torch.zeros(channels, 2))
        self.register_buffer("phases", torch.zeros(channels))
        self.register_buffer("weight", torch.zeros(channels, channels))
        self.affine = Dense(w_dim, 4)

    def forward(self, w: Tensor, transform: Tensor | None) -> Tensor:
        """Draw the features [N, C, H, H] of w [N, D]."""
        matrix = self._learnt(w)  # [N, 3, 3]
        if transform is not None:
            matrix = matrix @ sent(transform.to(matrix.dtype), matrix.device)
        phases = self.phases + (self.freqs @ matrix[:, :2, 2:]).squeeze(2)  # [N, C]
        freqs = self.freqs @ matrix[:, :2, :2]  # [N, C, 2], cycles per image
        # A wave that the transform makes finer than the samples can carry would alias: fade it.
        shape = self.waves
        excess = (freqs.norm(dim=2) - shape.bandwidth) / (shape.rate / 2 - shape.bandwidth)
        fade = (1 - excess).clamp(0, 1)  # [N, C]

        centres = (torch.arange(shape.size, device=w.device) + 0.5) / shape.size - 0.5
        centres = centres * (shape.size / shape.rate)  # the image itself spans -0.5 to 0.5
        across = centres[None, :, None] * freqs[:, None, :, 0]  # [N, H, C]
        down = centres[None, :, None] * freqs[:, None, :, 1]
        turns = down[:, :, None] + across[:, None] + phases[:, None, None]  # [N, H, H, C]
        waves = turns.mul_(2 * math.pi).sin_() * fade[:, None, None]
        x = F.linear(waves, self.weight * (1 / math.sqrt(self.weight.shape[0])))
        return x.permute(0, 3, 1, 2).contiguous()

    def _learnt(self, w: Tensor) -> Tensor:
        """The rotation and translation [N, 3, 3] that w [N, D] asks for."""
        t = self.affine(w)  # cosine, sine, x, y
        cos, sin, x, y = (t / t[:, :2].norm(dim=1, keepdim=True)).unbind(1)
        zero, one = torch.zeros_like(cos), torch.ones_like(cos)
        rotate = torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], dim=1)
        translate = torch.stack([one, zero, -x, zero, one, -y, zero, zero, one], dim=1)
        return rotate.view(-1, 3, 3) @ translate.view(-1, 3, 3)
