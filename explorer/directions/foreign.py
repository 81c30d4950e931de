"""Other tools' directions as arrays: InterFaceGAN's boundaries and GANSpace's components.

Knows what their authors put into which array and file name, and no file format.
"""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from explorer.directions.direction import NAME_LENGTH, Direction, Space, Step, step_of
from explorer.directions.sigma import SigmaOf
from explorer.errors import DirectionError

MOST = 1000  # components
# What GANSpace calls the arrays of a dump that are used here.
DUMPED = ("lat_comp", "lat_stdev", "act_comp", "act_stdev", "var_ratio")
Array = NDArray[np.floating]
Sizes = Mapping[Space, int]


def boundary(stem: str, normals: Array, sizes: Sizes, sigma_of: SigmaOf) -> Direction:
    """The direction of InterFaceGAN's unit normal [1, D] or [D], which has no intercept.

    It is of w where `w` is a part of the file's name, else of z, as its authors name them.

    Raises:
        DirectionError: It is no normal, or of another model's size.
    """
    rows = np.atleast_2d(normals)
    if rows.ndim != 2 or len(rows) != 1:
        raise DirectionError(
            f"It has shape {list(normals.shape)}, a boundary has [1, D] or [D].",
            fix="Choose a file with one boundary.",
        )
    space = _space_named(stem)
    require_size(rows.shape[1], space, sizes)
    origin = {"kind": "interfacegan", "file": stem}
    return Direction(stem, _step(space, rows[0], sigma_of), origin=origin)


def components(
    stem: str, dump: Mapping[str, Array], sizes: Sizes, sigma_of: SigmaOf
) -> tuple[Direction, ...]:
    """The directions of GANSpace's components [C, 1, D] or [C, D], called C0, C1, ... as there.

    Their spread `lat_stdev` is measured in w and set to 1 in z, which tells the two apart. Without
    components of latents those of activations are taken, which for the layer `style` are w.

    Raises:
        DirectionError: There are none, or they are of another model's size.
    """
    kind = "lat" if "lat_comp" in dump else "act"
    if f"{kind}_comp" not in dump:
        raise DirectionError(
            "This archive holds no components of GANSpace.", fix="Choose one of its dumps (.npz)."
        )
    normals = dump[f"{kind}_comp"]
    if normals.ndim == 3 and normals.shape[1] == 1:
        normals = normals[:, 0]
    if normals.ndim != 2 or not 1 <= len(normals) <= MOST:
        raise DirectionError(
            f"Its components have shape {list(normals.shape)}, expected are at most {MOST} of "
            "[1, D] or [D].",
            fix="Use a dump for the latents of a StyleGAN.",
        )
    spreads = _column(dump.get(f"{kind}_stdev"), len(normals))
    space: Space = "w" if kind == "act" else _space_named(stem)
    if kind == "lat" and spreads is not None:
        space = "z" if (spreads == 1).all() else "w"
    require_size(normals.shape[1], space, sizes)
    shares = _column(dump.get("var_ratio"), len(normals))
    found = []
    for index, normal in enumerate(normals):
        origin: dict[str, object] = {"kind": "ganspace", "file": stem, "index": index}
        if shares is not None and np.isfinite(shares[index]):
            origin["explained"] = float(shares[index])
        if spreads is not None and space == "w" and 0 < spreads[index] < np.inf:
            step = step_of(space, normal, float(spreads[index]))
        else:
            step = _step(space, normal, sigma_of)
        found.append(Direction(f"{stem[: NAME_LENGTH - 5]} C{index}", step, origin=origin))
    return tuple(found)


def unit_normal(direction: Direction) -> Array:
    """The unit normal [1, D] of a direction in float32, as InterFaceGAN keeps it.

    Raises:
        DirectionError: It has a step of its own in every layer.
    """
    numbers = direction.step.numbers.astype(np.float64)
    if numbers.ndim != 1:
        raise DirectionError(
            f"{direction.name} has a step of its own in every layer, which .npy files here do not.",
            fix="Save it as a library.",
        )
    return (numbers / np.linalg.norm(numbers))[None].astype(np.float32)


def npy_name(direction: Direction) -> str:
    """A file name from which the space of a direction is read again.

    >>> step = step_of("w", np.ones(2)), step_of("z", np.ones(2))
    >>> [npy_name(Direction("smile in W!", one)) for one in step]
    ['smile_in_W.npy', 'smile_in.npy']
    >>> npy_name(Direction("<smile>", step[0]))
    'smile_w.npy'
    """
    parts = _parts(direction.name)
    if direction.step.space == "z":
        parts = [part for part in parts if part.lower() != "w"]
    elif "w" not in [part.lower() for part in parts]:
        parts = [*parts, "w"]
    return f"{'_'.join(parts) or 'direction'}.npy"


def require_size(size: int, space: Space, sizes: Sizes) -> None:
    """Refuse directions of `size` numbers that this model's latents do not have.

    Raises:
        DirectionError: One sentence with both sizes.
    """
    if size != sizes[space]:
        raise DirectionError(
            f"Its directions have {size} numbers, this model's {space} has {sizes[space]}.",
            fix="Use it with the model that it was made for.",
        )


def _step(space: Space, numbers: Array, sigma_of: SigmaOf) -> Step:
    """The step of one sigma of this model along `numbers` [D]."""
    wide = np.asarray(numbers, np.float64)
    step_of(space, wide)  # refuses what leads nowhere
    return step_of(space, wide, sigma_of(space, wide / np.linalg.norm(wide)))


def _column(values: Array | None, count: int) -> Array | None:
    """One number for each of `count` components, None where a dump has not just these."""
    return values.reshape(-1) if values is not None and values.size == count else None


def _space_named(stem: str) -> Space:
    return "w" if "w" in [part.lower() for part in _parts(stem)] else "z"


def _parts(name: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", name)
