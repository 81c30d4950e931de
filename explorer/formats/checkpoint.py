"""From a path to a generator: finds the file, its family, and puts the parts together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from explorer.errors import CheckpointError
from explorer.formats import (
    basicsr,
    foreign,
    genforce,
    lernapparat,
    native,
    nvidia,
    rosinality,
    state_dicts,
    tensorflow,
)
from explorer.formats.assemble import assemble
from explorer.formats.blueprint import Family
from explorer.formats.card import card_of, read_config
from explorer.formats.container import Content, open_content
from explorer.formats.records import quote
from explorer.formats.summary import Summary, summarise
from explorer.networks import Generator

# The first that recognises a file reads it. Adding a family: a module with a FAMILY, and its line.
FAMILIES: tuple[Family, ...] = (
    native.FAMILY,
    nvidia.FAMILY,
    *state_dicts.FAMILIES,
    *foreign.FAMILIES,
    tensorflow.FAMILY,
    *rosinality.FAMILIES,
    basicsr.FAMILY,
    *genforce.FAMILIES,
    *lernapparat.FAMILIES,
)
WEIGHTS = "model.safetensors"
CARD = "config.json"
MOST_NAMES = 100  # that a summary mentions
PUBLISHED = "Use the file its author published."


@dataclass(frozen=True)
class Checkpoint:
    """An opened checkpoint.

    Args:
        family: Whose format it has.
        notes: Sentences on what was inferred.
        mentions: Quoted names that its pickle would have had imported.
        card: What else its files say, unchecked: `first_recipe`, `classes`, ...
    """

    generator: Generator
    family: str
    notes: tuple[str, ...]
    mentions: tuple[str, ...]
    card: Mapping[str, object] = field(default_factory=dict)

    def summary(self) -> Summary:
        """Describe it; this hashes every tensor."""
        return summarise(self.generator, self.family, self.notes, self.mentions)


def open_checkpoint(path: str | Path) -> Checkpoint:
    """Open the file or the model folder at `path`, whatever it is called. Runs nothing of it."""
    path = Path(path)
    name = path.name or path
    try:
        return _open_folder(path) if path.is_dir() else _open_file(path, {})
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error.problem}", fix=error.fix) from error
    except OSError as error:
        raise CheckpointError(
            f"{name}: it cannot be read: {error.strerror or 'the system refuses'}.",
            fix="Check the path and the permissions.",
        ) from error


def _open_folder(path: Path) -> Checkpoint:
    if not (path / WEIGHTS).is_file():
        raise CheckpointError(
            f"this is a folder without {WEIGHTS}.",
            fix="Choose a checkpoint file or a model folder.",
        )
    return _open_file(path / WEIGHTS, read_config(path / CARD))


def _open_file(path: Path, card: Mapping[str, object]) -> Checkpoint:
    if not path.is_file():  # a pipe would wait for ever
        what = "it is no regular file" if path.exists() else "there is no such file"
        raise CheckpointError(f"{what}.", fix="Check the path.")
    with path.open("rb") as file:
        content = replace(open_content(file, path.stat().st_size), card=card)
        mentions = tuple(quote(name) for name in sorted(content.names)[:MOST_NAMES])
        family = _family_of(content, mentions)
        generator, notes = assemble(family.read(content))
        return Checkpoint(generator, family.name, notes, mentions, card_of(content))


def _family_of(content: Content, mentions: tuple[str, ...]) -> Family:
    for family in FAMILIES:
        if family.recognises(content):
            return family
    hint = f" It mentions {', '.join(mentions[:3])}." if mentions else ""
    raise CheckpointError(f"this holds no generator that is known here.{hint}", fix=PUBLISHED)
