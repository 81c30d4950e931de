"""Our own files: safetensors that carry the network's configuration, alone or in a model folder.

A file has `format`, `arch`, `config` and `card` (JSON) in its header; a folder has them as one
object in `config.json` beside `model.safetensors`. Both come from strangers and are checked like
any other file.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from explorer.errors import CheckpointError
from explorer.formats.architectures import ARCHITECTURES, Config, plan_of
from explorer.formats.blueprint import Blueprint, Family
from explorer.formats.card import HEADER, text_of
from explorer.formats.container import Content
from explorer.formats.encoding import encode
from explorer.formats.records import quote
from explorer.formats.whole_file import whole_file
from explorer.networks import Generator

FORMAT = "stylegan-explorer/1"


def save(
    generator: Generator,
    path: str | Path,
    *,
    card: Mapping[str, object] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write `generator` to `path` as float32 safetensors, completely or not at all.

    The same generator and texts make the same bytes.

    Args:
        card: What to say of the model besides, see `card`.
        metadata: More texts for the header, such as `source` and `source_sha256`.
    """
    plan = plan_of(generator)
    header = {
        **(metadata or {}),
        **({HEADER: text_of(card)} if card else {}),
        "format": FORMAT,
        "arch": plan.architecture,
        "config": config_json(plan.config),
    }
    with whole_file(Path(path)) as place:
        place.write_bytes(encode(generator.tensors(), header))


def config_json(config: Config) -> str:
    """The canonical text of a configuration; it is part of the content hash."""
    return json.dumps(asdict(config), sort_keys=True, separators=(",", ":"))


def _recognises(content: Content) -> bool:
    return "format" in content.metadata or {"arch", "config"} <= content.card.keys()


def _read(content: Content) -> Blueprint:
    written = content.metadata.get("format", FORMAT)
    if written != FORMAT:
        raise CheckpointError(
            f"its format is {quote(written)}, this version reads {quote(FORMAT)}.",
            fix="Update the explorer, or use the original checkpoint.",
        )
    if "format" in content.metadata:
        arch: object = content.metadata.get("arch")
        config = content.metadata.get("config", "")
    else:
        arch, config = content.card["arch"], json.dumps(content.card["config"])
    if not isinstance(arch, str) or arch not in ARCHITECTURES:
        shown = quote(arch) if isinstance(arch, str) else "missing"
        raise CheckpointError(
            f"its architecture is {shown}; known are {', '.join(ARCHITECTURES)}.",
            fix="Update the explorer, or use the original checkpoint.",
        )
    entries = content.root if isinstance(content.root, dict) else {}
    tensors = {name: content.tensors.tensor(value, name) for name, value in entries.items()}
    return Blueprint(parse_config(ARCHITECTURES[arch].config, config), tensors)


def parse_config(kind: type[Config], text: str) -> Config:
    """Read a configuration, strictly: no entry unknown, none missing, none of another type."""
    fix = "Use the file its author published, or save it again with this version."
    try:
        config = TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "text"
        raise CheckpointError(
            f"its config is wrong at {quote(place)}: {first['msg']}.", fix=fix
        ) from error
    unknown = _unknown(json.loads(text), asdict(config))
    if unknown is not None:
        raise CheckpointError(f"its config has the unknown entry {quote(unknown)}.", fix=fix)
    return config


def _unknown(given: object, known: object) -> str | None:
    """The first entry of `given`, at any depth, that `known` does not have."""
    match given, known:
        case dict(), dict():
            strange = sorted(given.keys() - known.keys())
            if strange:
                return strange[0]
            pairs = [(given[name], known[name]) for name in given]
        case list(), list() | tuple():
            pairs = list(zip(given, known, strict=True))
        case _:
            return None
    found = (_unknown(*pair) for pair in pairs)
    return next((name for name in found if name is not None), None)


FAMILY = Family("StyleGAN Latent Explorer", _recognises, _read)
