"""Perceptual path length on the page: the numbers in Z and W, and the curve along three paths."""

from collections.abc import Generator, Iterator
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from explorer.errors import AnalysisError
from explorer.metrics.path_length import Space, path_length, speeds
from explorer.recipe import Space as Path
from explorer.scene import Scene
from explorer.slices import Progress
from explorer.smoothness import MOST_PATHS, Ends, Features, Walk, features_of, gather_lengths
from explorer.ui.bench import Reply, Task

MOST = 20_000
PATHS: tuple[Path, ...] = ("z-slerp", "z-lerp", "w-lerp")
STEPS = 40  # of a curve, along which pictures are compared


def lengths(task: Task) -> Generator[Reply, None, Reply]:
    """The path length in Z and in W, with intervals, in the features of a named network."""
    features, distance = distance_of(task)
    samples = task.number("samples", 50, MOST, 500)
    seed = task.number("seed", 0, MOST_PATHS - MOST, 0)
    ends = task.body.get("ends", "full")
    if ends not in get_args(Ends):
        raise AnalysisError("Path lengths are measured at `full` or `end`.", fix="Choose one.")
    rows = {}
    spaces: tuple[Space, ...] = ("z", "w")
    for index, space in enumerate(spaces):
        walk = Walk(task.sampler(), features, space, "end" if ends == "end" else "full")
        work = gather_lengths(walk, range(seed, seed + samples), task.bench.run)
        part = (index / 2, (index + 1) / 2)
        found = yield from task.steps(work, part, f"paths in {space.upper()}")
        one = path_length(found, seed)
        rows[space] = {"mean": one.mean, "low": one.low, "high": one.high}
    return {"spaces": rows, "samples": samples, "ends": ends, "distance": distance}


def curve(task: Task) -> Generator[Reply, None, Reply]:
    """How fast the picture changes along each of the three paths from A to B, step by step."""
    features, distance = distance_of(task)
    curves = {}
    for index, space in enumerate(PATHS):
        part = (index / len(PATHS), (index + 1) / len(PATHS))
        work = _along(task, features, space)
        curves[space] = yield from task.steps(work, part, f"along {space.replace('-', ' ')}")
    return {"curves": curves, "distance": distance, "steps": STEPS}


def distance_of(task: Task) -> tuple[Features, str]:
    """In whose features steps are measured, and how the result is to name that distance.

    Raises:
        AnalysisError: There is no network, or it shows no features.
    """
    network = task.network()
    name = f"squared distance in the features of {network.name}; this is not LPIPS"
    return features_of(network), name


def _along(task: Task, features: Features, space: Path) -> Iterator[Progress | list[float]]:
    """The speed between each two of STEPS + 1 pictures from A to B."""
    known: Tensor | None = None
    found: list[float] = []
    for index in range(STEPS + 1):
        recipe = task.recipe.model_copy(update={"t": index / STEPS, "space": space})
        names = [edit.direction for edit in recipe.edits]
        steps = task.bench.vectors.find(names, task.model.directions)
        scene = Scene(task.model.generator, recipe, steps)

        def look(scene: Scene = scene) -> Tensor:
            image = scene.generator.synthesis(scene.w()).float().cpu()
            return torch.from_numpy(np.asarray(features(image)))

        seen = task.bench.run(look)
        if known is not None:
            found.append(float(np.sqrt(speeds(known, seen, 1 / STEPS)[0])))
        known = seen
        yield Progress(index + 1, STEPS + 1)
    yield found


KINDS = {"lengths": lengths, "curve": curve}
