"""The command `dataset`: from its options to a model, directions, and a folder of faces."""

import argparse
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from explorer.chosen import model_of
from explorer.commands.dataset import (
    FIX,
    Candidates,
    Identities,
    Studio,
    chosen,
    require_own,
    write_bytes,
)
from explorer.commands.spread import Share, added, shared
from explorer.commands.state import Table, opened_state
from explorer.controlled import Control, variations
from explorer.directions.direction import Direction
from explorer.engine import Engine
from explorer.errors import ExplorerError
from explorer.identities import cosine, straight
from explorer.keepsakes import keepsake
from explorer.labelling import Classifier, classifier_of
from explorer.latents import SEEDS
from explorer.library import to_file
from explorer.manifest import DataSet, to_csv, to_json
from explorer.measuring import countdown, fingerprint
from explorer.model import Model
from explorer.naming import directions_named, library_of
from explorer.networks import Generator
from explorer.onnx_networks import open_network
from explorer.paint import threads_for
from explorer.recipe import MAX_SHIFT, Recipe, parse
from explorer.smoothness import features_of

MOST_PICTURES = 100_000
MOST_SIGMAS = 20
FEWEST_CANDIDATES = 256
DIRECTIONS = "directions.safetensors"  # in the folder of a data set, those that its recipes name


@dataclass(frozen=True)
class Work:
    """A data set that is being made.

    Args:
        place: The device, and how many threads: with others, the last bit may differ.
        draw: A recipe to a PNG that carries it.
        classifier: What looks at the pictures, if anything does.
        embedding: What tells identities apart; None for W.
    """

    options: argparse.Namespace
    model: Model
    control: Control
    sigmas: tuple[float, ...]
    place: str
    draw: Callable[[Recipe], bytes]
    classifier: Classifier | None
    embedding: Callable[[Tensor], "np.ndarray[tuple[int, ...], np.dtype[np.floating]]"] | None


def dataset(options: argparse.Namespace) -> None:
    """Write a folder of controlled faces, or go on with one."""
    sigmas = sigmas_of(options.sigmas)
    require_request(options, len(sigmas))
    with shared() as share, model_of(options.model, options.device) as model:
        library = options.library and library_of(options.library, model)
        directions = directions_named(options.directions, model, library)
        with opened_work(options, model, directions, sigmas) as work:
            require_own(options.out, options.identities)
            about = about_of(work)
            state = opened_state(options.out, asked_of(work, about), FIX)
            with countdown("candidates", share) as told:
                identities = chosen(candidates_of(work), options.identities, share, state, told)
            with countdown("pictures", share) as told:
                text = written(work, identities, about, share, told)
    if text:
        print(text)


def sigmas_of(text: str) -> tuple[float, ...]:
    """The sigmas of "-2,0,2", without 0: the neutral face is always there.

    >>> sigmas_of("-2,0,2")
    (-2.0, 2.0)

    Raises:
        ExplorerError: Not of that form, none, out of range, or one twice.
    """
    try:
        sigmas = [float(part) for part in text.split(",")]
    except ValueError:
        sigmas = [math.nan]
    fits = all(abs(sigma) <= 2 * MAX_SHIFT for sigma in sigmas)
    if not fits or len(set(sigmas)) < len(sigmas) or len(sigmas) > MOST_SIGMAS:
        raise ExplorerError(
            f"{text[:60]!r} are no sigmas.",
            fix=f"Write for example --sigmas=-2,0,2: up to {MOST_SIGMAS} different numbers from "
            f"{-2 * MAX_SHIFT:g} to {2 * MAX_SHIFT:g}.",
        )
    return tuple(sigma for sigma in sigmas if sigma)


def require_request(options: argparse.Namespace, sigmas: int) -> None:
    """Refuse what could not be drawn or written down.

    Raises:
        ExplorerError: It is such.
    """
    parse({"psi": options.trunc, "label": options.label})  # a recipe knows what they may be
    pictures = options.identities * (1 + len(options.directions) * sigmas)
    if options.identities < 1 or pictures > MOST_PICTURES:
        raise ExplorerError(
            f"{options.identities} identities are {pictures:,} pictures.",
            fix=f"Ask for at least one identity, and at most {MOST_PICTURES:,} pictures.",
        )
    last = SEEDS - FEWEST_CANDIDATES
    if not 0 <= options.seed <= last:
        raise ExplorerError(f"Seed {options.seed} is no first seed.", fix=f"Take 0 to {last}.")
    if options.distance is not None and not 0 <= options.distance < math.inf:
        raise ExplorerError(f"{options.distance} is no distance.", fix="Take 0 or more.")


@contextmanager
def opened_work(
    options: argparse.Namespace,
    model: Model,
    directions: tuple[Direction, ...],
    sigmas: tuple[float, ...],
) -> Iterator[Work]:
    """Lend the work, with an engine that draws."""
    steps = {direction.key: direction.step for direction in directions}
    engine = Engine(lambda recipe, visitor: model.generator, steps_of=lambda recipe, visitor: steps)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # what is measured does not depend on how many processes measure
    try:
        base = Recipe(model=model.ref, psi=options.trunc, label=options.label)
        path = options.attributes or model.classifier
        yield Work(
            options,
            model,
            Control(model.generator, base, directions),
            sigmas,
            place_of(model.generator, threads),
            lambda recipe: keepsake(
                engine.draw(recipe).pixels, recipe, model.directions, directions
            ),
            classifier_of(open_network(path)) if path else None,
            features_of(open_network(options.embedding)) if options.embedding else None,
        )
    finally:
        engine.close()
        torch.set_num_threads(threads)


def place_of(generator: Generator, cores: int) -> str:
    """Where pictures of `generator` are drawn, of which their last bit may depend."""
    device = generator.w_avg.device.type
    threads = threads_for(generator, cores)
    if device != "cpu":
        return device
    return f"{threads} thread{'s' if threads > 1 else ''} of the CPU"


def candidates_of(work: Work) -> Candidates:
    """The faces to choose from, as w or as the embedding sees them."""
    control, seed, minimum = work.control, work.options.seed, work.options.distance
    if work.embedding is None:
        return Candidates(control, control.row, control.columns, straight, seed, minimum)
    see = work.embedding

    def row(recipe: Recipe) -> Table:
        return see(seen(work.draw(recipe))).reshape(-1).astype(np.float32)

    blank = torch.zeros(1, 3, *control.generator.resolution)
    columns = see(blank).size
    return Candidates(control, row, columns, cosine, seed, minimum)


def seen(data: bytes) -> Tensor:
    """The picture [1, 3, H, W] in [-1, 1] of a PNG of ours, for networks."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        pixels = np.array(picture.convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1


def about_of(work: Work) -> dict[str, object]:
    """What is asked, as the manifest says it and as the state must know it."""
    options = work.options
    path = options.attributes or work.model.classifier
    return {
        "model": work.model.ref.name,
        "model_hash": work.model.ref.hash,
        "psi": options.trunc,
        "class": options.label,
        "seed": options.seed,
        "sigmas": [0.0, *work.sigmas],
        "drawn_on": work.place,
        "distance_in": "W" if options.embedding is None else options.embedding.name,
        "distance": "Euclidean" if options.embedding is None else "1 - cosine",
        "classifier": path.name if path else None,
    }


def asked_of(work: Work, about: dict[str, object]) -> dict[str, object]:
    """What the files of the folder depend on."""
    options = work.options
    path = options.attributes or work.model.classifier
    return {
        "command": "dataset",
        **about,
        "directions": sha256(to_file(work.control.directions)).hexdigest(),
        "minimum": options.distance,
        "embedding_sha256": fingerprint(options.embedding) if options.embedding else None,
        "classifier_sha256": fingerprint(path) if path else None,
    }


def written(
    work: Work,
    identities: Identities,
    about: dict[str, object],
    share: Share,
    told: Callable[[int, int], None],
) -> str:
    """Draw what is missing, then the manifest; what to say, '' but in the first process."""
    options, control, classifier = work.options, work.control, work.classifier
    names = classifier.names if classifier else ()
    varied = variations(len(control.directions), work.sigmas)

    def look(data: bytes) -> Sequence[float]:
        return list(map(float, classifier.logits(seen(data))[0])) if classifier else []

    studio = Studio(options.out, control, varied, work.draw, look)
    drawn = added(studio.make(identities, len(names), share, told), share)
    if share.rank:
        return ""
    closest = identities.closest if math.isfinite(identities.closest) else None
    reached = {
        "least_distance": identities.minimum,
        "least_distance_is": "given" if options.distance is not None else "1 % of random pairs",
        "achieved_distance": closest,
    }
    faces = tuple(studio.faces(identities, len(names)))
    found = DataSet({**about, **reached}, control.directions, names, faces)
    write_bytes(options.out / DIRECTIONS, to_file(control.directions, work.model.ref.hash))
    write_bytes(options.out / "manifest.csv", to_csv(found).encode())
    write_bytes(options.out / "manifest.json", to_json(found).encode())
    counts = {"identities": len(identities.seeds), "pictures": len(faces), "drawn": drawn}
    if options.json:
        return json.dumps({"out": str(options.out), **counts, **reached}, indent=2)
    text = f"{options.out}: {len(faces):,} pictures of {len(identities.seeds):,} identities"
    apart = "" if closest is None else f", at least {closest:.4g} apart in {about['distance_in']}"
    return f"{text}{apart}; {drawn:,} drawn now."
