"""Leave out what generated pictures hardly differ in: `python -m checkpoints.avatars.occurrence`.

Counts how many of the model's own pictures have each attribute of its classifier, and keeps in
`attributes.onnx` those that 10 to 90 % of them have: of the others there is too little to learn
from. Prints every share, for the model card.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from checkpoints.avatars.classifier import without_others
from checkpoints.avatars.console import attempt
from explorer.errors import AnalysisError
from explorer.formats import load
from explorer.formats.whole_file import whole_file
from explorer.labelling import classifier_of
from explorer.networks import Generator
from explorer.onnx_networks import OnnxNetwork, open_network
from explorer.sampling import Sampler

HERE = Path(__file__).parent
LEAST, MOST = 0.1, 0.9


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m checkpoints.avatars.occurrence")
    parser.description = __doc__
    parser.add_argument("--model", type=Path, default=HERE, help="folder with attributes.onnx")
    parser.add_argument("--samples", type=int, default=2000, help="pictures to count in")
    return parser


def shares(generator: Generator, network: OnnxNetwork, seeds: Sequence[int]) -> dict[str, float]:
    """The share of the untruncated pictures of `seeds` that has each attribute of `network`."""
    classifier = classifier_of(network)
    batches = Sampler(generator).pictures(seeds)
    answers = np.concatenate([classifier.logits(batch) > 0 for batch in batches])
    return dict(zip(classifier.names, answers.mean(0).tolist(), strict=True))


def leave_out(options: argparse.Namespace) -> None:
    """Rewrite `attributes.onnx` without what is too rare or too common; one line of JSON.

    Raises:
        ExplorerError: A file cannot be read or written, or nothing would be left.
    """
    if options.samples < 1:
        raise AnalysisError(f"Cannot count in {options.samples} pictures.", fix="Take 2000.")
    path = options.model / "attributes.onnx"
    network = open_network(path)
    found = shares(load(options.model), network, range(options.samples))
    kept = [name for name, share in found.items() if LEAST <= share <= MOST]
    if not kept:
        raise AnalysisError(
            f"No attribute of {path} is in {LEAST:.0%} to {MOST:.0%} of the pictures.",
            fix="Use the classifier of this model's own kind of picture.",
        )
    data = without_others(path.read_bytes(), kept)
    with whole_file(path) as place:
        place.write_bytes(data)
    rounded = {name: round(share, 4) for name, share in found.items()}
    print(json.dumps({"kept": kept, "samples": options.samples, "shares": rounded}))


def main(argv: Sequence[str] | None = None) -> int:
    """Count; 1 where the arguments or the files are wrong."""
    options = arguments().parse_args(argv)
    return attempt(lambda: leave_out(options))


if __name__ == "__main__":
    sys.exit(main())
