"""`python -m explorer ppl`: the perceptual path length of a model, by a network that is named."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from explorer.commands.spread import Rows, Share, computed
from explorer.commands.state import State, Table
from explorer.metrics.path_length import PathLength, path_length
from explorer.smoothness import PATHS, Walk, lengths

NOTES = (
    "The distance is the squared difference of the `features` of this network, divided by the "
    "squared step. It is LPIPS only if the network is; no number of another network compares.",
    "Nothing is truncated, noise is as stored, and the longest and shortest hundredth of the paths "
    "do not count (Karras 2019, Section 4.1).",
)


def walked(
    walks: Sequence[Walk],
    numbers: Sequence[int],
    share: Share,
    state: State,
    told: Callable[[int, int], None],
) -> Table | None:
    """The lengths [N, walks] of the paths `numbers`; None in every process but the first."""

    def make(some: Sequence[int]) -> Table:
        return np.stack([lengths(walk, some) for walk in walks], axis=1).astype(np.float32)

    return computed(Rows(numbers, len(walks), PATHS, make), share, state, told)


def summed(walks: Sequence[Walk], table: Table, seed: int) -> dict[str, PathLength]:
    """The path length in each space, from lengths [N, walks]."""
    return {
        walk.space: path_length(column.astype(np.float64), seed)
        for walk, column in zip(walks, table.T, strict=True)
    }


def lengths_text(
    found: Mapping[str, PathLength], about: Mapping[str, object], as_json: bool
) -> str:
    """Path lengths for programs or for people.

    Args:
        about: What was measured: model, distance, ends, epsilon, samples, seed, and what else
            JSON is to say.
    """
    if as_json:
        spaces = {
            space: {key: value for key, value in asdict(one).items() if key != "samples"}
            for space, one in found.items()
        }
        return json.dumps({**about, "spaces": spaces, "notes": NOTES}, indent=2, allow_nan=False)
    lines = [
        f"{'model':<16}{about['model']}",
        f"{'distance':<16}{about['distance']}",
        f"{'paths':<16}{about['samples']:,}, {about['ends']}, epsilon {about['epsilon']:g}",
    ]
    for space, one in found.items():
        label = f"in {space.upper()}"
        lines.append(f"{label:<16}{one.mean:.5g} ({one.low:.5g} to {one.high:.5g})")
    return "\n".join([*lines, *NOTES])
