"""The card of a model: what its files say of it besides the network, such as its first recipe.

A model folder has it in `config.json`, our own single files in their header; and where training
code kept the names of the classes beside the weights, they are in it too. What an entry means, and
whether it is right, is for those who use it to find out.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from explorer.errors import CheckpointError
from explorer.formats.container import Content
from explorer.formats.records import mapping

LARGEST = 1 << 20  # bytes of a card's text
HEADER = "card"  # its entry in the header of our own files
NETWORK = ("arch", "config")  # what builds the network is no part of the card


def read_config(path: Path) -> dict[str, object]:
    """The `config.json` of a model folder, empty if there is none.

    Raises:
        CheckpointError: It is no JSON object, or over 1 MB.
    """
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return _parse(file.read(LARGEST + 1), path.name)


def card_of(content: Content) -> dict[str, object]:
    """Everything a file and the `config.json` beside it say, which counts more.

    Raises:
        CheckpointError: The card in its header is no JSON object, or over 1 MB.
    """
    is_ours = "format" in content.metadata
    text = content.metadata.get(HEADER) if is_ours else None
    inside = {} if text is None else _parse(text.encode(), HEADER)
    card = {**_classes(content.root), **inside, **content.card}
    return {name: value for name, value in card.items() if name not in NETWORK}


def text_of(card: Mapping[str, object]) -> str:
    """The text of `card` for a header, from which `card_of` reads the same.

    Raises:
        CheckpointError: It would be refused there.
    """
    try:
        text = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
        _parse(text.encode(), HEADER)
    except (ValueError, RecursionError, CheckpointError) as error:
        raise CheckpointError(
            "its card cannot be written: it nests too deeply, is no text, or has over 1 MB "
            "once its numbers are written out.",
            fix="Shorten what its files say of the model besides the network.",
        ) from error
    return text


def _parse(text: bytes, place: str) -> dict[str, object]:
    try:
        card = json.loads(text) if len(text) <= LARGEST else None
        json.dumps(card, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        card = None
    if not isinstance(card, dict):
        raise CheckpointError(
            f"its {place} is not a JSON object of at most 1 MB.",
            fix="Use the file its author published.",
        )
    return card


def _classes(root: object) -> dict[str, object]:
    """The names beside the weights: a list, or numbers by name, as torchvision's data sets say."""
    entries = mapping(root) or {}
    numbers = mapping(entries.get("class_to_idx")) or {}
    listed = entries.get("classes", entries.get("class_names"))
    if not isinstance(listed, list | tuple):
        by_number = {number: name for name, number in numbers.items() if isinstance(number, int)}
        listed = [by_number.get(number) for number in range(len(numbers))]
    names = [name for name in listed if isinstance(name, str)]
    fits = names and len(names) == len(listed) and sum(map(len, names)) <= LARGEST
    return {"classes": names} if fits else {}
