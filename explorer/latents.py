"""Latent algebra: everything a recipe does to z and w, as pure functions on tensors.

Shapes, here and everywhere in the package:

    z   [N, Z]      sample of the unit Gaussian, Z = z_dim (512 for the published models)
    w   [N, L, D]   extended latent (W+), L = num_ws layers, coarse first, D = w_dim
    w_avg   [D]     mean of W over many z, the centre that truncation pulls towards

Nothing here knows about networks, files, devices or caches. Every function returns a new tensor
and leaves its arguments alone, so an intermediate result may be cached and shared.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from explorer.errors import LatentError
from explorer.transfer import sent

SEEDS = 2**32
ROW = 100  # seeds from one row of the grid to the next, as in NVIDIA's viewer


def seed_at(x: int, y: int) -> int:
    """The seed of the whole grid point (x, y); the grid never ends, the seeds repeat.

    >>> seed_at(7, 0), seed_at(-1, 0), seed_at(3, 2)
    (7, 4294967295, 203)
    """
    return (x + ROW * y) % SEEDS


def neighbours(x: float, y: float) -> list[tuple[int, float]]:
    """The seeds around grid point (x, y) with their bilinear weights, none of weight 0.

    >>> neighbours(7.0, 0.0)
    [(7, 1.0)]
    >>> neighbours(0.25, 0.0)
    [(0, 0.75), (1, 0.25)]
    """
    left, top = math.floor(x), math.floor(y)
    right, down = x - left, y - top
    corners = [
        (seed_at(left + i, top + j), (right if i else 1 - right) * (down if j else 1 - down))
        for j in (0, 1)
        for i in (0, 1)
    ]
    return [(seed, weight) for seed, weight in corners if weight > 0]


def sample_z(seed: int, z_dim: int) -> Tensor:
    """Draw the z [1, Z] that `seed` stands for.

    Uses NumPy's legacy generator, as NVIDIA's scripts do, so a seed shows the same picture here
    as in the papers, on every device.

    >>> sample_z(0, 3)
    tensor([[1.7641, 0.4002, 0.9787]])
    """
    if not 0 <= seed < SEEDS:
        raise LatentError(
            f"Seed {seed} does not exist.", fix=f"Choose a seed from 0 to {SEEDS - 1}."
        )
    z = np.random.RandomState(seed).randn(1, z_dim)
    return torch.from_numpy(z).to(torch.float32)


def blend(parts: Sequence[tuple[Tensor, float]]) -> Tensor:
    """The weighted sum of equal-shaped tensors; the weights sum to 1, one part stays as it is."""
    total, weight = parts[0]
    if len(parts) == 1:
        return total
    total = total * weight
    for part, weight in parts[1:]:
        total = total + part * weight
    return total


def blend_z(parts: Sequence[tuple[Tensor, float]]) -> Tensor:
    """The weighted sum of z [N, Z], rescaled to the mean length of the parts, weighted alike.

    A plain mean of Gaussians is shorter than any of them, and the generator never saw such z.
    """
    if len(parts) == 1:
        return parts[0][0]
    z = blend(parts)
    length = blend([(part.norm(dim=-1, keepdim=True), weight) for part, weight in parts])
    return z * (length / z.norm(dim=-1, keepdim=True).clamp_min(1e-8))


def clip_tails(z: Tensor, c: float) -> Tensor:
    """Bend z [N, Z] into the normal truncated at ±c.

    z' = icdf(cdf(-c) + cdf(z) (cdf(c) - cdf(-c))), the truncation of Brock 2019 by inverse
    transform: smooth in c, no new random numbers. The mapping network's normalisation cancels
    part of the effect.
    """
    wide = z.to(torch.float64)
    low = torch.special.ndtr(torch.tensor(-c, dtype=torch.float64, device=z.device))
    inside = torch.special.ndtri(low + torch.special.ndtr(wide) * (1 - 2 * low))
    clipped: Tensor = inside.clamp(-c, c).to(z.dtype)
    return clipped


def slerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """Walk from `a` to `b`, both [..., Z], along the arc between them (Shoemake 1985).

    `t` is a number, or one for each, [..., 1].

    Right for Z, where samples lie near a sphere and a straight line would leave it. Directions
    follow the arc, lengths change linearly. Where the arc is degenerate (parallel or opposite
    vectors) this falls back to the line.

    >>> slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    tensor([0.7071, 0.7071])
    """
    len_a = a.norm(dim=-1, keepdim=True)
    len_b = b.norm(dim=-1, keepdim=True)
    unit_a = a / len_a.clamp_min(1e-8)
    unit_b = b / len_b.clamp_min(1e-8)
    angle = (unit_a * unit_b).sum(dim=-1, keepdim=True).clamp(-1, 1).acos()  # [..., 1], radians
    sine = angle.sin()

    arc = ((1 - t) * angle).sin() / sine * unit_a + (t * angle).sin() / sine * unit_b
    return torch.where(sine > 1e-4, arc * len_a.lerp(len_b, t), a.lerp(b, t))


def truncate(w: Tensor, w_avg: Tensor, psi: float, cutoff: int | None = None) -> Tensor:
    """Pull the first `cutoff` layers of w [N, L, D] towards w_avg [D] (Karras 2019, Appendix B).

    `psi` 1 changes nothing, 0 gives the mean picture, below 0 its opposite. `cutoff` None means
    all layers; a small cutoff tames pose and shape and leaves the colours varied.
    """
    _require_latent(w)
    if psi == 1:
        return w
    truncated = w_avg + psi * (w - w_avg)
    if cutoff is None or cutoff >= w.shape[1]:
        return truncated
    return torch.cat([truncated[:, :cutoff], w[:, cutoff:]], dim=1)


def mix(w: Tensor, other: Tensor, weights: Sequence[float]) -> Tensor:
    """Take `weights` (one per layer, 0 to 1) of `other`, the rest of `w`, both [N, L, D].

    Weights of 0 and 1 are the style mixing of Karras 2019, Section 3.1, and are exact.
    """
    _require_latent(w)
    if other.shape != w.shape:
        raise LatentError(
            f"Cannot mix latents of shapes {list(w.shape)} and {list(other.shape)}.",
            fix="Use two latents of the same model.",
        )
    if len(weights) != w.shape[1]:
        raise LatentError(
            f"The mix has {len(weights)} weights, this model {w.shape[1]} layers.",
            fix="Give one weight for each layer.",
        )
    share = sent(torch.tensor(weights, dtype=w.dtype), w.device)[:, None]  # [L, 1]
    return torch.lerp(w, other, share)


def shift(w: Tensor, step: Tensor, amount: float, layers: Sequence[int] = ()) -> Tensor:
    """Move `layers` of w [N, L, D], () is all, by `amount` times `step` [D] or [L, D]."""
    _require_latent(w)
    if step.shape[-1] != w.shape[2] or step.shape[:-1] not in ((), w.shape[1:2]):
        raise LatentError(
            f"The direction has shape {list(step.shape)}, this model's w {list(w.shape[1:])}.",
            fix="Use it with the model that it was made for.",
        )
    if layers and max(layers) >= w.shape[1]:
        raise LatentError(
            f"Layer {max(layers)} does not exist: this model has layers 0 to {w.shape[1] - 1}.",
            fix="Choose layers in that range.",
        )
    moves = torch.zeros(w.shape[1], 1, dtype=w.dtype, device=w.device)  # [L, 1]
    moves[list(layers) if layers else slice(None)] = amount
    return w + moves * step


def label_vector(label: int | Sequence[float], c_dim: int) -> Tensor:
    """The label [1, C] of a class index, or of weights over the classes."""
    if not c_dim:
        raise LatentError("This model has no classes.", fix="Leave the label out.")
    if isinstance(label, int):
        if not 0 <= label < c_dim:
            raise LatentError(
                f"Class {label} does not exist: this model has classes 0 to {c_dim - 1}.",
                fix="Choose a class in that range.",
            )
        return torch.eye(c_dim)[label : label + 1]
    if len(label) != c_dim:
        raise LatentError(
            f"The label has {len(label)} weights, this model {c_dim} classes.",
            fix="Give one weight for each class, or a class index.",
        )
    return torch.tensor([label], dtype=torch.float32)


def _require_latent(w: Tensor) -> None:
    if w.ndim != 3:
        raise LatentError(
            f"Expected a latent of shape [N, L, D], got {list(w.shape)}.",
            fix="Pass the output of the mapping network, one row per layer.",
        )
