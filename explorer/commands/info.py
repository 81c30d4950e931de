"""`python -m explorer info`: what a checkpoint holds, for people or as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from explorer.commands.opening import opened
from explorer.formats import Summary, open_checkpoint
from explorer.formats.digest import sha256_of, weights_of
from explorer.networks import Generator, Layer

WIDTH = 14  # columns of the labels


@dataclass(frozen=True)
class Info:
    """A checkpoint file and what is in it.

    Args:
        path: The file, or the weights in a model folder.
        channels: Of each layer's output, where its weights tell.
    """

    path: Path
    sha256: str
    summary: Summary
    channels: tuple[int | None, ...]


def info(address: str, as_json: bool) -> None:
    """Print what the checkpoint at `address` holds."""
    found = examine(opened(address))
    print(to_json(found) if as_json else "\n".join(lines(found)))


def examine(path: Path) -> Info:
    """Open the checkpoint at `path` and hash its file."""
    checkpoint = open_checkpoint(path)
    file = weights_of(path)
    return Info(
        path=file,
        sha256=sha256_of(file),
        summary=checkpoint.summary(),
        channels=tuple(
            channels_of(checkpoint.generator, layer) for layer in checkpoint.generator.layers
        ),
    )


def channels_of(generator: Generator, layer: Layer) -> int | None:
    """How many channels `layer` puts out: its weight [O, ...] says it, or its bias [O] alone."""
    tensors = generator.tensors()
    found = (tensors.get(f"synthesis.{layer.name}.{leaf}") for leaf in ("weight", "bias"))
    return next((tensor.shape[0] for tensor in found if tensor is not None), None)


def to_json(found: Info) -> str:
    """Everything, for programs."""
    layers = [
        {**asdict(layer), "channels": channels}
        for layer, channels in zip(found.summary.layers, found.channels, strict=True)
    ]
    file = {
        "file": found.path.name,
        "bytes": found.path.stat().st_size,
        "sha256": found.sha256,
    }
    return json.dumps({**file, **asdict(found.summary), "layers": layers}, indent=2)


def lines(found: Info) -> Iterator[str]:
    """Everything, for people."""
    summary = found.summary
    height, width = summary.resolution
    classes = f"{summary.c_dim} classes" if summary.c_dim else "no classes"
    for label, value in (
        ("file", found.path.name),
        ("bytes", f"{found.path.stat().st_size:,}"),
        ("SHA-256", found.sha256),
        ("family", summary.family),
        ("architecture", summary.architecture),
        ("picture", f"{width} x {height} pixels, {summary.image_channels} channels"),
        ("sizes", f"z {summary.z_dim}, w {summary.w_dim} x {summary.num_ws}, {classes}"),
        ("parameters", f"{summary.parameters:,}"),
        ("model hash", summary.content_hash),
    ):
        yield f"{label:<{WIDTH}}{value}"
    yield "layers"
    longest = max(len(layer.name) for layer in summary.layers)
    for index, layer in enumerate(summary.layers):
        yield f"  {index:>2} {layer.name:<{longest}}  {_describe(layer, found.channels[index])}"
    for title, entries in (
        ("notes", summary.notes),
        ("names that the file mentions; none was imported", summary.mentions),
    ):
        if entries:
            yield title
            yield from (f"  {entry}" for entry in entries)


def _describe(layer: Layer, channels: int | None) -> str:
    height, width = layer.resolution
    parts = [
        f"{width} x {height}",
        *([f"{channels} channels"] if channels else []),
        *(["noise"] if layer.has_noise else []),
        layer.group,
    ]
    return ", ".join(parts)
