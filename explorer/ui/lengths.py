"""Perceptual path length on the page: the numbers in Z and W, and the curve along three paths."""

from collections.abc import Generator, Iterator

import numpy as np
import torch
from torch import Tensor

from explorer.errors import AnalysisError
from explorer.metrics.path_length import EPSILON, Lengths, Space, path_length, speeds, steps
from explorer.onnx_networks import OnnxNetwork
from explorer.recipe import Space as Path
from explorer.scene import Scene
from explorer.slices import Progress
from explorer.ui.bench import Reply, Task

MOST = 20_000
SLICE = 4  # paths at a time: eight pictures
PATHS: tuple[Path, ...] = ("z-slerp", "z-lerp", "w-lerp")
STEPS = 40  # of a curve, along which pictures are compared
ENDS = {"full": "anywhere along a path", "end": "at its start"}


def lengths(task: Task) -> Generator[Reply, None, Reply]:
    """The path length in Z and in W, with intervals, in the features of a named network."""
    network, distance = distance_of(task)
    samples = task.number("samples", 50, MOST, 500)
    seed = task.number("seed", 0, 2**31, 0)
    ends = task.body.get("ends", "full")
    if ends not in ENDS:
        raise AnalysisError("Path lengths are measured at `full` or `end`.", fix="Choose one.")
    rows = {}
    spaces: tuple[Space, ...] = ("z", "w")
    for index, space in enumerate(spaces):
        work = _measured(task, network, space, samples, seed, str(ends))
        part = (index / 2, (index + 1) / 2)
        found = yield from task.steps(work, part, f"paths in {space.upper()}")
        one = path_length(found, seed)
        rows[space] = {"mean": one.mean, "low": one.low, "high": one.high}
    return {"spaces": rows, "samples": samples, "ends": ends, "distance": distance}


def curve(task: Task) -> Generator[Reply, None, Reply]:
    """How fast the picture changes along each of the three paths from A to B, step by step."""
    network, distance = distance_of(task)
    curves = {}
    for index, space in enumerate(PATHS):
        part = (index / len(PATHS), (index + 1) / len(PATHS))
        work = _along(task, network, space)
        curves[space] = yield from task.steps(work, part, f"along {space.replace('-', ' ')}")
    return {"curves": curves, "distance": distance, "steps": STEPS}


def distance_of(task: Task) -> tuple[OnnxNetwork, str]:
    """The network in whose features steps are measured, and how the result is to name it.

    Raises:
        AnalysisError: It shows no features.
    """
    network = task.network()
    if "features" not in network.outputs:
        raise AnalysisError(
            f"{network.name} has no output `features`, and no last layer that shows them.",
            fix="Open a network with an output `features` [N, F].",
        )
    return network, f"squared distance in the features of {network.name}; this is not LPIPS"


def _measured(
    task: Task, network: OnnxNetwork, space: Space, samples: int, seed: int, ends: str
) -> Iterator[Progress | Lengths]:
    """The lengths [N] of steps on random paths."""
    generator = task.model.generator
    sampler = task.sampler()
    random = np.random.default_rng(seed)
    found: list[Lengths] = []
    for start in range(0, samples, SLICE):
        count = min(SLICE, samples - start)
        seeds = range(seed + 2 * start, seed + 2 * (start + count))
        z = sampler.z(seeds)
        t = torch.from_numpy(random.random(count) * (ends == "full"))
        labels = sampler.labels(list(seeds)[::2])

        def draw(z: Tensor = z, t: Tensor = t, labels: Tensor | None = labels) -> list[Tensor]:
            def mapping(z: Tensor) -> Tensor:
                return generator.mapping(z.to(generator.w_avg.device), labels)

            near, far = steps(mapping, (z[::2], z[1::2]), t, space, EPSILON)
            return [generator.synthesis(w).cpu() for w in (near, far)]

        near, far = (network(image)["features"] for image in task.bench.run(draw))
        found.append(speeds(torch.from_numpy(near), torch.from_numpy(far)))
        yield Progress(start + count, samples)
    yield np.concatenate(found)


def _along(task: Task, network: OnnxNetwork, space: Path) -> Iterator[Progress | list[float]]:
    """The speed between each two of STEPS + 1 pictures from A to B."""
    known: Tensor | None = None
    found: list[float] = []
    for index in range(STEPS + 1):
        recipe = task.recipe.model_copy(update={"t": index / STEPS, "space": space})
        names = [edit.direction for edit in recipe.edits]
        scene = Scene(task.model.generator, recipe, task.bench.vectors.find(names, task.model.directions))

        def draw(scene: Scene = scene) -> Tensor:
            return scene.generator.synthesis(scene.w()).cpu()

        features = torch.from_numpy(network(task.bench.run(draw))["features"])
        if known is not None:
            found.append(float(np.sqrt(speeds(known, features, 1 / STEPS)[0])))
        known = features
        yield Progress(index + 1, STEPS + 1)
    yield found


KINDS = {"lengths": lengths, "curve": curve}
