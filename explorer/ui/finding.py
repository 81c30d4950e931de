"""Directions without labels, out of files, and out of other directions; and back into files."""

import base64
from collections.abc import Generator, Sequence
from pathlib import Path

from explorer.directions.direction import NAME_LENGTH, Direction, Space, require_fit
from explorer.directions.foreign import npy_name
from explorer.directions.leakage import orthogonalised
from explorer.directions.svm import Vector
from explorer.directions.unsupervised import (
    factorised_directions,
    principal_directions,
    random_direction,
)
from explorer.errors import DirectionError
from explorer.library import LARGEST, Library, imported, to_file, to_npy
from explorer.networks import GROUPS
from explorer.ui.bench import Reply, Task
from explorer.ui.wire import from_wire, to_wire

MOST_FOUND = 20
MOST_LOCKED = 20
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
    one = task.direction(task.body.get("direction"))
    others = task.body.get("against")
    if not isinstance(others, list) or not others:
        raise DirectionError("There are no directions to keep still.", fix="Lock some first.")
    if len(others) > MOST_LOCKED:
        raise DirectionError(
            f"{len(others)} directions are too many to keep still.", fix="Unlock some."
        )
    against = [task.direction(other) for other in others]
    step = orthogonalised(one.step, [other.step for other in against], sigma_of)
    names = ", ".join(other.name for other in against)
    origin = {"kind": "orthogonalised", "note": f"{one.name} without {names}"[:200]}
    # What was a boundary along the old direction is none along this one.
    name = f"{one.name[: NAME_LENGTH - 2]} ⊥"
    return _found([Direction(name, step, layers=one.layers, origin=origin)])


def bring(task: Task) -> Generator[Reply, None, Reply]:
    """The directions in a file."""
    if task.file is None:
        raise DirectionError("No file arrived.", fix="Choose a .npy, .npz or .safetensors file.")
    with Path(task.file).open("rb") as file:
        data = file.read(LARGEST + 1)
    name = task.body.get("name")
    name = name if isinstance(name, str) and name else Path(task.file).name
    library = yield from _imported(task, name[:200], data)
    note = ""
    if library.model and library.model != task.model.ref.hash:
        note = "They were made for another model of these sizes: they may mean nothing here."
    return {**_found(library.directions), "note": note}


def _imported(task: Task, name: str, data: bytes) -> Generator[Reply, None, Library]:
    """The directions in a file, which this model can take.

    First as if the model's w spread by 1: so what is wrong is said before any work, and a library,
    whose steps have their length, takes none.
    """
    generator = task.model.generator
    sizes = (generator.z_dim, generator.w_dim)
    asked: set[Space] = set()

    def at_first(space: Space, normal: Vector) -> float:
        asked.add(space)
        return 1.0

    library = imported(name, data, *sizes, at_first)
    for one in library.directions:
        require_fit(one, *sizes, generator.num_ws)
    if "w" in asked:
        library = imported(name, data, *sizes, (yield from task.sigmas()))
    return library


def export(task: Task) -> Generator[Reply, None, Reply]:
    """One direction as .npy, or several as a library."""
    yield from ()
    rows = task.body.get("directions")
    if not isinstance(rows, list) or not rows:
        raise DirectionError("There is nothing to export.", fix="Add a direction first.")
    if len(rows) > MOST_SAVED:
        raise DirectionError(
            f"There are {len(rows)} directions, a library holds {MOST_SAVED}.", fix="Delete some."
        )
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
