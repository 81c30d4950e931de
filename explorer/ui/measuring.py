"""Measuring with a classifier: what is separable, and what a direction drags along."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.directions.direction import SPACES, Direction, Space, Step
from explorer.directions.leakage import Scores, cosines, leakage
from explorer.directions.svm import Flags, Vector
from explorer.errors import AnalysisError
from explorer.labelling import Classifier, Labelled, classifier_of, gather, pictures
from explorer.metrics.separability import in_sample
from explorer.onnx_networks import open_network
from explorer.recipe import MAX_EDITS, Edit, Point, Recipe
from explorer.sampling import on_screen
from explorer.scene import Scene
from explorer.separation import Report, direction_of, latents_in, measure, to_json
from explorer.slices import Progress
from explorer.ui.bench import Reply, Task
from explorer.ui.wire import to_wire

MOST_SAMPLES = 20_000  # the command line takes more
SECONDS = 3.0  # for a batch of a stranger's network: nobody's picture is drawn meanwhile
BINS = 31
REACH = 3.5  # standard deviations that a histogram shows on each side
PICTURES = 64  # over which leakage is measured


def attributes(task: Task) -> Generator[Reply, None, Reply]:
    """Which attributes the classifier of this model knows."""
    yield from ()
    network = task.network()
    known = classifier_of(network)
    brought = task.bench.networks.get(task.visitor) is not None
    return {"network": network.name, "names": list(known.names), "brought": brought}


def bring(task: Task) -> Generator[Reply, None, Reply]:
    """A classifier that a visitor opens; his until another one, or until it is forgotten."""
    if task.file is None:
        raise AnalysisError("No file arrived.", fix="Choose an ONNX file.")
    name = task.body.get("name")
    name = name[:80] if isinstance(name, str) else ""
    network = open_network(Path(task.file), name, seconds=SECONDS)
    known = classifier_of(network)
    image = task.bench.run(lambda: pictures(task.sampler(), [0]))
    # It must take what this model draws. Not on the engine's thread: it may take a minute.
    known.logits(image)
    task.bench.networks.put(task.visitor, network)
    yield from ()
    return {"network": network.name, "names": list(known.names), "brought": True}


def separability(task: Task) -> Generator[Reply, None, Reply]:
    """Z and W, attribute by attribute: numbers, histograms, and a direction each."""
    samples = task.number("samples", 100, MOST_SAMPLES, 2000)
    seed = task.number("seed", 0, 2**31, 0)
    network = task.network()
    known = _chosen(classifier_of(network), task.body.get("names"))
    spaces = _spaces(task.body.get("spaces"))
    work = gather(task.sampler(), known, range(seed, seed + samples), task.bench.run)
    labelled: Labelled = yield from task.steps(work, (0.0, 0.6), "drawing and labelling")
    report: Report = yield from task.steps(measure(labelled, spaces, seed), (0.6, 0.8), "fitting")
    w = yield from task.w_samples((0.8, 0.9))
    paper = yield from task.steps(_by_the_paper(labelled, spaces, seed), (0.9, 1.0), "in-sample")
    about = {"model": task.model.ref.name, "classifier": network.name}
    found: list[Reply] = []
    for space in spaces:
        for name, one in report.spaces[space].attributes.items():
            if one is None:
                continue
            direction = direction_of(report, space, name, w, {**about, "kind": "SVM"})
            histogram = histogram_of(one.fit.projections, labelled.labels(name))
            found.append(
                {"space": space, "name": name, "direction": to_wire(direction), **histogram}
            )
    return {"report": to_json(report, about), "found": found, "paper": paper}


def _by_the_paper(
    labelled: Labelled, spaces: Sequence[Space], seed: int
) -> Iterator[Progress | dict[str, Reply]]:
    """The in-sample score of each space; None where no attribute has one."""
    asked = [i for i, name in enumerate(labelled.names) if name not in labelled.continuous]
    found: dict[str, Reply] = {}
    for index, space in enumerate(spaces):
        x = latents_in(labelled, space)
        known: list[float] = []
        for number, column in enumerate(asked, index * len(asked) + 1):
            one = in_sample(x, labelled.logits[:, [column]], seed)
            known += [entropy for entropy in one.entropies if entropy is not None]
            yield Progress(number, len(asked) * len(spaces))
        frame = in_sample(x, labelled.logits[:, :0], seed)  # what does not depend on attributes
        found[space] = {
            "score": float(2 ** sum(known)) if known else None,
            "meaningless": frame.meaningless,
            "kept": frame.kept,
        }
    yield found


def _spaces(wanted: Any) -> list[Space]:
    """The spaces that were asked for; both if none were."""
    found = [space for space in SPACES if isinstance(wanted, list) and space in wanted]
    if wanted is not None and not found:
        raise AnalysisError("There is no such space.", fix="Choose Z, W or both.")
    return found or list(SPACES)


def histogram_of(projections: Vector, labels: Flags) -> Reply:
    """How the projections [N] of the two classes lie about the boundary, in shares of each class.

    In standard deviations; the ends take in all that lies beyond.
    """
    spread = float(projections.std()) or 1.0
    edges = np.linspace(-REACH, REACH, BINS + 1)
    places = (projections / spread).clip(-REACH, REACH)
    counts = [np.histogram(places[labels == flag], edges)[0] for flag in (False, True)]
    no, yes = (count / max(int(count.sum()), 1) for count in counts)
    return {"no": no.round(4).tolist(), "yes": yes.round(4).tolist(), "reach": REACH}


def leak(task: Task) -> Generator[Reply, None, Reply]:
    """What one sigma of each slider changes of every attribute, and the cosines beside it."""
    rows = task.body.get("directions")
    if not isinstance(rows, list) or not rows:
        raise AnalysisError("There is no slider to measure.", fix="Add a direction first.")
    if len(rows) > MAX_EDITS:
        raise AnalysisError(
            f"There are {len(rows)} sliders, up to {MAX_EDITS} are measured together.",
            fix="Take some off the panel.",
        )
    directions = [task.direction(row) for row in rows]
    known = classifier_of(task.network())
    work = _scored(task, known, directions)
    before, after = yield from task.steps(work, what="drawing and judging")
    change = leakage(before, after)
    return {
        "directions": [direction.name for direction in directions],
        "attributes": list(known.names),
        "mean": change.mean.round(3).tolist(),
        "low": change.low.round(3).tolist(),
        "high": change.high.round(3).tolist(),
        "cosines": [
            [None if np.isnan(cosine) else round(float(cosine), 3) for cosine in row]
            for row in cosines([direction.step for direction in directions])
        ],
        "pictures": PICTURES,
    }


def _scored(
    task: Task, known: Classifier, directions: Sequence[Direction]
) -> Iterator[Progress | tuple[Scores, list[Scores]]]:
    """Scores [N, K] of pictures as they are, and of the same after one sigma of each direction."""
    total = PICTURES * (len(directions) + 1)
    table: list[Scores] = []
    steps = {one.key: one.step for one in directions}
    for seed in range(PICTURES):
        images: list[Tensor] = []
        for recipe in _moved(task, seed, directions):
            # One picture at a time, so that whoever drags waits for no more than one.
            images.append(task.bench.run(partial(_drawn, task, recipe, steps)))
            yield Progress(seed * (len(directions) + 1) + len(images), total)
        table.append(task.bench.run(partial(known.logits, torch.cat(images))))
    before, *after = np.stack(table, axis=1)
    yield before, after


def _moved(task: Task, seed: int, directions: Sequence[Direction]) -> list[Recipe]:
    """The picture of a seed under the recipe, then one sigma along each direction."""
    here = {"a": Point(x=float(seed)), "t": 0.0, "edits": ()}
    recipes = [task.recipe.model_copy(update=here)]
    for one in directions:
        edit = Edit(direction=one.key, shift=1.0, layers=one.layers)
        recipes.append(recipes[0].model_copy(update={"edits": (edit,)}))
    return recipes


def _drawn(task: Task, recipe: Recipe, steps: Mapping[str, Step]) -> Tensor:
    """A picture [1, 3, H, W]."""
    generator = task.model.generator
    return on_screen(generator.synthesis(Scene(generator, recipe, steps).w()))


def _chosen(known: Classifier, names: Any) -> Classifier:
    """The classifier with the attributes that were asked for; all if none were."""
    if not isinstance(names, list) or not names:
        return known
    kept = [index for index, name in enumerate(known.names) if name in names]
    if not kept:
        raise AnalysisError("The classifier knows none of these attributes.", fix="Choose others.")
    return Classifier(
        lambda images: known.logits(images)[:, kept],
        tuple(known.names[index] for index in kept),
        tuple(name for name in known.continuous if name in names),
    )


def forget(task: Task) -> Generator[Reply, None, Reply]:
    """Back to the model's own classifier."""
    task.bench.networks.forget(task.visitor)
    return (yield from attributes(task))


KINDS = {
    "attributes": attributes,
    "classifier": bring,
    "own": forget,
    "separability": separability,
    "leakage": leak,
}
