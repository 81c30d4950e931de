"""Make the shipped sliders: `python -m checkpoints.avatars.sliders`.

Every attribute of the classifier becomes a direction of W. It is shipped if two sigmas of it turn
enough pictures that do not have the attribute into pictures that do; what it changes besides is
measured on the same pictures. Prints the tables of the model card.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from checkpoints.avatars.console import attempt
from explorer import latents
from explorer.directions.direction import Direction
from explorer.directions.leakage import Change, Scores, measured
from explorer.errors import AnalysisError
from explorer.formats import load
from explorer.formats.summary import content_hash
from explorer.formats.whole_file import whole_file
from explorer.labelling import Classifier, Labelled, classifier_of, gather, gather_w
from explorer.library import to_file
from explorer.onnx_networks import open_network
from explorer.sampling import Sampler, on_screen
from explorer.separation import Report, direction_of, measure
from explorer.slices import Progress, sliced

HERE = Path(__file__).parent
PSI, SHIFT = 0.7, 2.0  # of the pictures that are turned, and by how many sigmas
NEGATIVES = 200  # pictures without the attribute
MOST = 4000  # pictures among which they are looked for
LEAST = 0.6  # share that turns, of a slider that is shipped
FRESH = 10**6  # the first seed of pictures that no boundary was fitted to
BATCH = 16


@dataclass(frozen=True)
class Trial:
    """A direction, and what it did to pictures without its attribute.

    Args:
        change: Of every attribute of the classifier, for each sigma.
        flipped: The share that has the attribute after `SHIFT` sigmas.
    """

    direction: Direction
    change: Change
    flipped: float
    negatives: int

    @property
    def ships(self) -> bool:
        """Whether it turns enough pictures, and its labels are separable at all."""
        return self.flipped >= LEAST


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m checkpoints.avatars.sliders")
    parser.description = __doc__
    add = parser.add_argument
    add("--model", type=Path, default=HERE, help="model folder with attributes.onnx")
    add("--samples", type=int, default=10_000, help="pictures that the boundaries are fitted to")
    add("--seed", type=int, default=0)
    return parser


def last_of(work: Iterator[object]) -> object:
    """The result of long work, whose progress is told on stderr."""
    for step in work:
        if not isinstance(step, Progress):
            return step
        if step.done % 1000 < BATCH:
            print(f"{step.done} of {step.total}", file=sys.stderr)
    raise AssertionError("the work ends with its result")


def boundaries(sampler: Sampler, classifier: Classifier, seeds: Sequence[int]) -> list[Direction]:
    """The direction of each attribute that has enough pictures of both kinds."""
    labelled = last_of(gather(sampler, classifier, seeds))
    assert isinstance(labelled, Labelled)
    report = last_of(measure(labelled, ("w",)))
    assert isinstance(report, Report)
    w = last_of(gather_w(sampler))
    assert isinstance(w, np.ndarray)
    found = report.spaces["w"].attributes
    return [
        direction_of(report, "w", name, w, {"kind": "SVM on the classifier's labels"})
        for name, one in found.items()
        if one is not None
    ]


def scored(
    sampler: Sampler, classifier: Classifier, seeds: Sequence[int], step: Tensor | None = None
) -> Scores:
    """Logits [N, K] of `seeds` at PSI, moved by SHIFT times `step`."""
    rows = []
    for some in sliced(seeds, BATCH):
        w = latents.truncate(sampler.w(some), sampler.centre(some), PSI)
        if step is not None:
            w = latents.shift(w, step, SHIFT)
        rows.append(classifier.logits(on_screen(sampler.generator.synthesis(w))))
    return np.concatenate(rows)


def tried(
    sampler: Sampler, classifier: Classifier, directions: Sequence[Direction]
) -> Iterator[Trial]:
    """Every direction on pictures that do not have its attribute."""
    seeds = np.arange(FRESH, FRESH + MOST)
    before = scored(sampler, classifier, seeds.tolist())
    for direction in directions:
        index = classifier.names.index(direction.name)
        rows = np.flatnonzero(before[:, index] <= 0)[:NEGATIVES]
        if not len(rows):
            raise AnalysisError(f"Every picture has {direction.name}.", fix="Leave it out.")
        after = scored(sampler, classifier, seeds[rows].tolist(), direction.step.tensor())
        change = measured(before[rows], after, SHIFT)
        yield Trial(direction, change, float(change.flipped[index]), len(rows))


def table(trials: Sequence[Trial], names: Sequence[str]) -> str:
    """The trials as a table of the model card."""
    head = ["direction", "turns", "accuracy", "changes most besides, logits per sigma"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for trial in trials:
        own = names.index(trial.direction.name)
        order = np.argsort(-np.abs(trial.change.mean))
        others = [f"{names[i]} {trial.change.mean[i]:+.2f}" for i in order if i != own][:3]
        cells = [
            trial.direction.name + ("" if trial.ships else " (left out)"),
            f"{trial.flipped:.0%} of {trial.negatives}",
            f"{trial.direction.origin['accuracy']:.2f}",
            f"itself {trial.change.mean[own]:+.2f}; {', '.join(others)}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def matrix(trials: Sequence[Trial], names: Sequence[str]) -> str:
    """The mean change of every attribute by every direction, in logits per sigma, as a table."""
    lines = [f"| +1 sigma of | {' | '.join(names)} |", f"|{'---|' * (len(names) + 1)}"]
    for trial in trials:
        cells = [f"{change:+.1f}" for change in trial.change.mean]
        lines.append(f"| {trial.direction.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def make(options: argparse.Namespace) -> None:
    """Write `directions.safetensors` into the model folder, and print the table.

    Raises:
        ExplorerError: The model or its classifier cannot be read, or there are too few samples.
    """
    if not 100 <= options.samples <= 1_000_000 or not 0 <= options.seed < FRESH:
        raise AnalysisError(
            f"{options.samples} samples from seed {options.seed} make no sliders.",
            fix=f"Take 100 to 1000000, and a seed below {FRESH}.",
        )
    generator = load(options.model)
    classifier = classifier_of(open_network(options.model / "attributes.onnx"))
    sampler = Sampler(generator)
    seeds = range(options.seed, options.seed + options.samples)
    directions = boundaries(sampler, classifier, seeds)
    trials = list(tried(sampler, classifier, directions))
    shipped = [
        replace(one.direction, origin={**one.direction.origin, "flipped": one.flipped})
        for one in trials
        if one.ships
    ]
    with whole_file(options.model / "directions.safetensors") as place:
        place.write_bytes(to_file(shipped, content_hash(generator)))
    print(table(trials, classifier.names), matrix(trials, classifier.names), sep="\n\n")
    print(json.dumps({"shipped": [direction.name for direction in shipped]}))


def main(argv: Sequence[str] | None = None) -> int:
    """Make the sliders; 1 where the arguments or the files are wrong."""
    options = arguments().parse_args(argv)
    return attempt(lambda: make(options))


if __name__ == "__main__":
    sys.exit(main())
