"""How smooth a generator is: perceptual path lengths (Karras 2019, Section 4.1), drawn by number.

The path with number n leads from seed 2n to seed 2n + 1, so that a path is the same in every space
and however many others are drawn. Pictures are not rounded to 256 levels: a step is far smaller.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.errors import AnalysisError
from explorer.metrics.path_length import EPSILON, Lengths, Space, speeds, steps
from explorer.onnx_networks import OnnxNetwork
from explorer.sampling import Sampler
from explorer.slices import Progress, Run, at_once, sliced

Ends = Literal["full", "end"]
Features = Callable[[Tensor], NDArray[np.floating]]

PATHS = 4  # drawn at a time, two pictures each
MOST_PATHS = 2**31  # of which each has two seeds of its own


@dataclass(frozen=True)
class Walk:
    """Along which paths, and by which distance, lengths are measured.

    Args:
        sampler: Its generator, class and noise count; nothing is truncated.
        features: Images [N, C, H, W] to what their squared distance is taken of, [N, ...].
        space: Whether the path is an arc of z or a line of w.
        ends: `full` measures somewhere along the path, `end` where it begins.
    """

    sampler: Sampler
    features: Features
    space: Space
    ends: Ends = "full"
    epsilon: float = EPSILON


def features_of(network: OnnxNetwork) -> Features:
    """What `network` sees, [N, ...].

    Raises:
        AnalysisError: It has no output `features`.
    """
    if "features" not in network.outputs:
        raise AnalysisError(
            f"{network.name} has no output `features`, and no last layer that shows them.",
            fix="Give a network with an output `features` [N, F].",
        )
    return lambda images: network(images)["features"]


def lengths(walk: Walk, numbers: Sequence[int]) -> Lengths:
    """The squared distance per squared step, [N], on the paths with a few `numbers`."""
    sampler, generator = walk.sampler, walk.sampler.generator
    device = generator.w_avg.device
    ends = tuple(sampler.z([2 * number + end for number in numbers]).to(device) for end in (0, 1))
    labels = sampler.labels(numbers)  # both ends of a path have the same class
    labels = None if labels is None else labels.to(device)
    near, far = steps(
        lambda z: generator.mapping(z, labels),
        (ends[0], ends[1]),
        torch.tensor([_place(walk.ends, number) for number in numbers]),
        walk.space,
        walk.epsilon,
    )
    images = generator.synthesis(torch.cat([near, far]), sampler.noise)
    seen = torch.from_numpy(np.asarray(walk.features(images.float().cpu())))
    return speeds(seen[: len(numbers)], seen[len(numbers) :], walk.epsilon)


def gather_lengths(
    walk: Walk, numbers: Sequence[int], run: Run = at_once
) -> Iterator[Progress | Lengths]:
    """The progress after each slice, and in the end the lengths [N] of the paths `numbers`.

    Args:
        run: Is given each slice of drawing and looking.

    Raises:
        AnalysisError: There are no paths.
    """
    if not numbers:
        raise AnalysisError("There are no paths to measure.", fix="Draw a thousand.")
    found = []
    for some in sliced(numbers, PATHS):
        found.append(run(partial(lengths, walk, some)))
        yield Progress(sum(map(len, found)), len(numbers))
    yield np.concatenate(found)


def _place(ends: Ends, number: int) -> float:
    """Where along its path the step of path `number` begins, 0 to 1."""
    return float(np.random.default_rng(number).random()) if ends == "full" else 0.0
