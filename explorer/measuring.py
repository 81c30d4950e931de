"""The commands that measure a model by what networks see: evaluate, separability and ppl."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch

from explorer.chosen import CHECKPOINTS, model_of
from explorer.commands.evaluate import evaluate, told
from explorer.commands.path_length import lengths_text, summed, walked
from explorer.commands.progress import Countdown
from explorer.commands.separability import (
    by_the_paper,
    label,
    labels_csv,
    measured,
    paper_text,
    report_text,
    require_place,
    write_text,
)
from explorer.commands.spread import Share, shared
from explorer.commands.state import opened_state
from explorer.directions.direction import Space
from explorer.errors import ExplorerError
from explorer.formats.digest import sha256_of
from explorer.labelling import classifier_of
from explorer.onnx_networks import open_network
from explorer.pictures import RealPictures
from explorer.recipe import parse
from explorer.sampling import Sampler
from explorer.smoothness import MOST_PATHS, Walk, features_of

MOST_SAMPLES = 1_000_000


def require_samples(options: argparse.Namespace) -> None:
    """Refuse samples that have no seeds, or no place in memory.

    Raises:
        ExplorerError: There are such.
    """
    last = MOST_PATHS - MOST_SAMPLES
    if not (2 <= options.samples <= MOST_SAMPLES and 0 <= options.seed <= last):
        raise ExplorerError(
            f"{options.samples} samples from seed {options.seed} cannot be drawn.",
            fix=f"Take 2 to {MOST_SAMPLES} samples, and a seed from 0 to {last}.",
        )


def compare(options: argparse.Namespace) -> None:
    """Measure how near a model's pictures are to real ones."""
    require_samples(options)
    parse({"psi": options.trunc})  # a recipe knows what psi may be
    network = open_network(options.features)
    with model_of(options.model, options.device) as model:
        drawn = Sampler(model.generator, options.trunc, options.label)
        drawn.labels([options.seed])  # a class that is not there is said before any work
        seeds = range(options.seed, options.seed + options.samples)
        real = RealPictures(options.real, model.generator.resolution, options.samples)
        found = evaluate(real, drawn.pictures(seeds), network, options.seed)
    print(told(found, options.json))


def separability(options: argparse.Namespace) -> None:
    """Measure how well a classifier's labels can be told from Z and W."""
    if options.samples is None:
        options.samples = 200_000 if options.paper else 5000
    require_samples(options)
    parse({"psi": options.trunc})
    require_place(options.labels)
    torch.set_num_threads(1)  # so that labels do not depend on how many processes draw
    with shared() as share, model_of(options.model, options.device) as model:
        path = options.attributes or attributes_beside(model.ref.name, options.model)
        classifier = classifier_of(open_network(path))
        sampler = Sampler(model.generator, options.trunc, options.label)
        sampler.labels([options.seed])
        about = {
            **{"model": model.ref.name, "model_hash": model.ref.hash},
            **{"classifier": path.name, "classifier_sha256": fingerprint(path)},
            **{"psi": options.trunc, "class": options.label},
        }
        state = opened_state(options.state, work_of("separability", options, about))
        seeds = range(options.seed, options.seed + options.samples)
        with countdown("pictures", share) as told:
            found = label(sampler, classifier, seeds, share, state, told)
        if found is None:
            return
        if options.labels:
            write_text(options.labels, labels_csv(found))
        with countdown("boundaries", share) as told:
            if options.paper:
                paper = by_the_paper(found, options.seed, state, told)
                text = paper_text(paper, about, options.json)
            else:
                report = measured(found, options.seed, told)
                text = report_text(report, about, options.json)
    print(text)


def ppl(options: argparse.Namespace) -> None:
    """Measure the perceptual path length of a model."""
    require_samples(options)
    if not 1e-6 <= options.epsilon <= 0.1:
        raise ExplorerError(
            f"A step of {options.epsilon} is too small or too large to measure.",
            fix="Take an --epsilon from 0.000001 to 0.1; published lengths have 0.0001.",
        )
    torch.set_num_threads(1)
    with shared() as share, model_of(options.model, options.device) as model:
        features = features_of(open_network(options.distance))
        sampler = Sampler(model.generator, label=options.label)
        sampler.labels([options.seed])
        spaces: list[Space] = ["z", "w"] if options.space == "both" else [options.space]
        walks = [Walk(sampler, features, s, options.ends, options.epsilon) for s in spaces]
        about = {
            **{"model": model.ref.name, "model_hash": model.ref.hash},
            "distance": f"squared difference of the features of {options.distance.name}",
            "distance_sha256": fingerprint(options.distance),
            **{"ends": options.ends, "epsilon": options.epsilon, "class": options.label},
        }
        work = {**work_of("ppl", options, about), "space": options.space}
        state = opened_state(options.state, work)
        numbers = range(options.seed, options.seed + options.samples)
        with countdown("paths", share) as told:
            table = walked(walks, numbers, share, state, told)
    if table is not None:
        found = summed(walks, table, options.seed)
        about |= {"samples": options.samples, "seed": options.seed}
        print(lengths_text(found, about, options.json))


def attributes_beside(name: str, address: str | None) -> Path:
    """The classifier in the folder of the model called `name`, or at `address`.

    Raises:
        ExplorerError: There is none.
    """
    folder = Path(address) if address and Path(address).is_dir() else CHECKPOINTS / name
    path = folder / "attributes.onnx"
    if not path.is_file():
        raise ExplorerError(
            f"{name} has no attributes.onnx in its folder.",
            fix="Name a classifier with --attributes.",
        )
    return path


def fingerprint(path: Path) -> str:
    """What changes when a network, or how it wants its pictures, does."""
    card = path.with_suffix(".json")
    return sha256_of(path) + (f" {sha256_of(card)}" if card.exists() else "")


def work_of(
    command: str, options: argparse.Namespace, about: Mapping[str, object]
) -> Mapping[str, object]:
    """What the rows that a state keeps depend on."""
    names = {"model", "classifier", "distance"}  # files may be called otherwise next time
    rest = {key: value for key, value in about.items() if key not in names}
    return {"command": command, **rest, "seed": options.seed}


@contextmanager
def countdown(what: str, share: Share) -> Iterator[Callable[[int, int], None]]:
    """Lend what shows progress on stderr, of the first process only."""
    shown = Countdown(sys.stderr, what)
    try:
        yield shown if not share.rank else lambda done, total: None
    finally:
        shown.close()
