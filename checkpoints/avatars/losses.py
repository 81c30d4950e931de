"""The losses: pure functions of logits, pictures and gradients."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def generator_loss(fake: Tensor) -> Tensor:
    """The non-saturating logistic loss of logits [N] of drawn pictures (Goodfellow 2014)."""
    return F.softplus(-fake).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The logistic loss of logits [N] of real and of drawn pictures."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def r1_penalty(logits: Tensor, real: Tensor) -> Tensor:
    """The mean squared gradient [] of logits [N] by the real pictures [N, 3, H, W].

    The loss has it times gamma / 2 (Mescheder 2018, Equation 9).
    """
    (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def path_lengths(image: Tensor, w: Tensor, random: torch.Generator) -> Tensor:
    """How far image [N, 3, H, W] moves for a step in w [N, L, D]: lengths [N].

    Karras 2020, Section 3.2: the Jacobian times a random picture, of unit length on average.
    """
    noise = torch.randn(image.shape, generator=random, device=image.device)
    noise = noise / math.sqrt(image.shape[2] * image.shape[3])
    (gradient,) = torch.autograd.grad((image * noise).sum(), w, create_graph=True)
    return gradient.square().sum(2).mean(1).sqrt()
