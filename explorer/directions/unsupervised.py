"""Directions that no label stands behind: of most variance, of most effect, and of chance.

PCA of W (Härkönen 2020, GANSpace, Section 3.1), the closed-form factorisation of the style weights
(Shen and Zhou 2021, SeFa, Equation 6), and a random direction to hold both against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.directions.direction import Direction, Space, step_of
from explorer.directions.sigma import SigmaOf, sigma_along
from explorer.directions.svm import Vector
from explorer.errors import DirectionError
from explorer.networks import Generator, Group

Latents = NDArray[np.float64] | NDArray[np.float32]


@dataclass(frozen=True)
class Components:
    """The axes along which samples vary most, most first.

    Args:
        normals: Of unit length, [K, D]; the entry of largest magnitude is positive.
        mean: Of the samples, [D].
        explained: The share of all variance along each, [K].
        sigma: The standard deviation along each, [K].
    """

    normals: Vector
    mean: Vector
    explained: Vector
    sigma: Vector


@dataclass(frozen=True)
class Semantics:
    """The axes of w that change the styles most, most first.

    Args:
        normals: Of unit length, [K, D]; the entry of largest magnitude is positive.
        eigenvalues: The squared length of what a unit step changes in all styles together, [K].
    """

    normals: Vector
    eigenvalues: Vector


def principal(w: Latents, count: int) -> Components:
    """The first `count` principal components of samples w [N, D].

    Raises:
        DirectionError: So many components there are not.
    """
    _require_count(count, min(len(w) - 1, w.shape[1]), f"{len(w)} samples")
    wide = np.asarray(w, np.float64)
    mean = wide.mean(0)
    centred = wide - mean
    values, normals = _largest(centred.T @ centred / (len(wide) - 1))
    total = max(float(values.sum()), 1e-300)
    first = values[:count]
    return Components(normals[:count], mean, first / total, np.sqrt(first))


def principal_directions(w: Latents, count: int, seed: int = 0) -> tuple[Direction, ...]:
    """The first components of w [N, D] as directions "PCA 1", "PCA 2", ...

    Args:
        w: Untruncated, of the last layer, of the seeds from `seed` on.

    Raises:
        DirectionError: So many components there are not, or they lead nowhere.
    """
    found = principal(w, count)
    origin = {"kind": "pca", "samples": len(w), "seed": seed}
    parts = zip(found.normals, found.sigma, found.explained, strict=True)
    return tuple(
        Direction(
            f"PCA {index}",
            step_of("w", normal, float(sigma)),
            origin={**origin, "index": index, "explained": float(explained)},
        )
        for index, (normal, sigma, explained) in enumerate(parts, 1)
    )


def layers_in(generator: Generator, group: Group | None) -> tuple[int, ...]:
    """The w indices of a style group; of None all."""
    return tuple(i for i, layer in enumerate(generator.layers) if group in (None, layer.group))


def style_weights(generator: Generator, layers: Sequence[int]) -> Vector:
    """The weights [M, D] that turn w into the styles of `layers`, stacked.

    A w index stands for the one layer that `Generator.layers` names, as in the authors' code: the
    toRGB layers below the last share their w with a convolution and are left out; the last one has
    a w of its own and counts. In StyleGAN1 the styles are scales and shifts, in StyleGAN3 the first
    layer's turn and move the waves. What multiplies all weights alike is left out.

    Raises:
        DirectionError: There is no such layer.
    """
    tensors = generator.tensors()
    missing = [layer for layer in layers if not 0 <= layer < generator.num_ws]
    if missing or not layers:
        raise DirectionError(
            f"Layer {missing[0]} does not exist." if missing else "There are no layers to factor.",
            fix=f"Choose layers from 0 to {generator.num_ws - 1}.",
        )
    parts = []
    for layer in layers:
        name = f"synthesis.{generator.layers[layer].name}"
        ends = (f"{name}.affine.weight", f"{name}.style.weight")  # the latter in StyleGAN1
        weight = next(tensors[end] for end in ends if end in tensors)
        parts.append(weight.detach().cpu().double().numpy())
    return np.concatenate(parts)


def factorised(weights: Vector, count: int) -> Semantics:
    """The first `count` eigenvectors of AᵀA for style weights A [M, D] (SeFa, Equation 6).

    As the paper has it. The authors' code first scales every row of A to unit length, so that all
    styles count alike however strongly w moves them, and does not sort what it finds.

    Raises:
        DirectionError: So many there are not.
    """
    _require_count(count, min(weights.shape), f"{len(weights)} styles")
    values, normals = _largest(weights.T @ weights)
    return Semantics(normals[:count], values[:count])


def factorised_directions(
    generator: Generator, w: Latents, count: int, group: Group | None = None, seed: int = 0
) -> tuple[Direction, ...]:
    """The first axes of a style group as directions "SeFa 1, coarse", ..., meant for its layers.

    Args:
        w: Untruncated, of the last layer, [N, D], of the seeds from `seed` on: for the sigmas.
        group: None takes all layers.

    Raises:
        DirectionError: The group has no layers, or not so many axes.
    """
    layers = layers_in(generator, group)
    found = factorised(style_weights(generator, layers), count)
    origin = {"kind": "sefa", "group": group or "all", "samples": len(w), "seed": seed}
    ending = f", {group}" if group else ""
    return tuple(
        Direction(
            f"SeFa {index}{ending}",
            step_of("w", normal, sigma_along(w, normal)),
            layers=layers if group else (),
            origin={**origin, "index": index, "eigenvalue": float(eigenvalue)},
        )
        for index, (normal, eigenvalue) in enumerate(
            zip(found.normals, found.eigenvalues, strict=True), 1
        )
    )


def random_normal(dims: int, seed: int) -> Vector:
    """A unit vector [D] that points anywhere, all ways being as likely."""
    vector = np.random.default_rng(seed).normal(size=dims)
    return vector / np.linalg.norm(vector)


def random_direction(space: Space, dims: int, seed: int, sigma_of: SigmaOf) -> Direction:
    """A direction of chance, "random SEED", to hold the others against."""
    normal = random_normal(dims, seed)
    step = step_of(space, normal, sigma_of(space, normal))
    return Direction(f"random {seed}", step, origin={"kind": "random", "seed": seed})


def _largest(symmetric: Vector) -> tuple[Vector, Vector]:
    """Eigenvalues [D] and unit eigenvectors [D, D] in rows, largest first, their sign fixed."""
    values, vectors = np.linalg.eigh(symmetric)
    values, rows = values[::-1].clip(0), vectors.T[::-1]
    peaks = np.take_along_axis(rows, np.abs(rows).argmax(1)[:, None], axis=1)
    return values, rows * np.where(peaks < 0, -1.0, 1.0)


def _require_count(count: int, most: int, what: str) -> None:
    if not 1 <= count <= most:
        raise DirectionError(
            f"{count} directions cannot be found in {what}.", fix=f"Ask for 1 to {most}."
        )
