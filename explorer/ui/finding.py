"""Directions without labels, out of files, and out of other directions; and back into files."""

import base64
from collections.abc import Generator, Sequence
from pathlib import Path

from explorer.directions.direction import Direction
from explorer.directions.foreign import npy_name
from explorer.directions.leakage import orthogonalised
from explorer.directions.unsupervised import (
    factorised_directions,
    principal_directions,
    random_direction,
)
from explorer.errors import DirectionError
from explorer.library import LARGEST, imported, to_file, to_npy
from explorer.networks import GROUPS
from explorer.ui.bench import Reply, Task
from explorer.ui.wire import from_wire, to_wire

MOST_FOUND = 20
MOST_SAVED = 200


def principal(task: Task) -> Generator[Reply, None, Reply]:
    """The first principal components of W."""
    w = yield from task.w_samples()
    return _found(principal_directions(w, task.number("count", 1, MOST_FOUND, 5)))


def factors(task: Task) -> Generator[Reply, None, Reply]:
    """The first factors of the style weights, of a group of layers or of all."""
    w = yield from task.w_samples()
    group = task.body.get("group")
    count = task.number("count", 1, MOST_FOUND, 5)
    chosen = next((name for name in GROUPS if name == group), None)
    return _found(factorised_directions(task.model.generator, w, count, chosen))


def chance(task: Task) -> Generator[Reply, None, Reply]:
    """A direction at random."""
    sigma_of = yield from task.sigmas()
    seed = task.number("seed", 0, 2**31, 0)
    return _found([random_direction("w", task.model.generator.w_dim, seed, sigma_of)])


def orthogonal(task: Task) -> Generator[Reply, None, Reply]:
    """A direction without what it shares with others."""
    sigma_of = yield from task.sigmas()
    one = from_wire(task.body.get("direction"))
    others = task.body.get("against")
    if not isinstance(others, list) or not 0 < len(others) <= MOST_FOUND:
        raise DirectionError("There are no directions to keep still.", fix="Lock some first.")
    against = [from_wire(other) for other in others]
    step = orthogonalised(one.step, [other.step for other in against], sigma_of)
    names = ", ".join(other.name for other in against)
    origin = {"kind": "orthogonalised", "note": f"{one.name} without {names}"[:200]}
    # What was a boundary along the old direction is none along this one.
    return _found([Direction(f"{one.name} ⊥"[:80], step, layers=one.layers, origin=origin)])


def bring(task: Task) -> Generator[Reply, None, Reply]:
    """The directions in a file."""
    if task.file is None:
        raise DirectionError("No file arrived.", fix="Choose a .npy, .npz or .safetensors file.")
    with Path(task.file).open("rb") as file:
        data = file.read(LARGEST + 1)
    sigma_of = yield from task.sigmas()
    generator = task.model.generator
    name = str(task.body.get("name") or Path(task.file).name)[:200]
    library = imported(name, data, generator.z_dim, generator.w_dim, sigma_of)
    note = ""
    if library.model and library.model != task.model.ref.hash:
        note = "They were made for another model of these sizes: they may mean nothing here."
    return {**_found(library.directions), "note": note}


def export(task: Task) -> Generator[Reply, None, Reply]:
    """One direction as .npy, or several as a library."""
    yield from ()
    rows = task.body.get("directions")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_SAVED:
        raise DirectionError("There is nothing to export.", fix="Add a direction first.")
    directions = [from_wire(row) for row in rows]
    if task.body.get("format") == "npy":
        data, name = to_npy(directions[0]), npy_name(directions[0])
    else:
        data = to_file(directions, task.model.ref.hash)
        name = f"{task.model.ref.name}-directions.safetensors"
    return {"file": base64.b64encode(data).decode(), "name": name}


def _found(directions: Sequence[Direction]) -> Reply:
    return {"directions": [to_wire(direction) for direction in directions]}


KINDS = {
    "pca": principal,
    "sefa": factors,
    "random": chance,
    "orthogonalise": orthogonal,
    "import": bring,
    "export": export,
}
