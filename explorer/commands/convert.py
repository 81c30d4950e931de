"""`python -m explorer convert`: any checkpoint as safetensors that say where they are from."""

from pathlib import Path

from explorer.commands.opening import opened
from explorer.errors import ExplorerError
from explorer.formats import content_hash, open_checkpoint, save
from explorer.formats.digest import sha256_of, weights_of

SUFFIX = ".safetensors"


def convert(address: str, target: Path, force: bool) -> None:
    """Write the generator at `address` to `target`, and say so.

    The new file draws the same pictures bit by bit, has the same model hash, and says of the model
    what a model folder's `config.json` said: first recipe, names of classes, and the rest.

    Raises:
        ExplorerError: `target` is there already and not `force`d, or has another suffix.
        CheckpointError: The checkpoint cannot be read, or `target` cannot be written.
    """
    _require_free(target, force)
    path = opened(address)
    checkpoint = open_checkpoint(path)
    source = {"source": _name_of(address, path), "source_sha256": sha256_of(weights_of(path))}
    save(checkpoint.generator, target, card=checkpoint.card, metadata=source)
    size = target.stat().st_size / 1e6
    print(
        f"{target} has the generator of {source['source']}: {size:.1f} MB, "
        f"model hash {content_hash(checkpoint.generator)}."
    )


def _require_free(target: Path, force: bool) -> None:
    if target.suffix != SUFFIX:
        raise ExplorerError(
            f"{target} does not end in {SUFFIX}.", fix=f"Write for example {target.stem}{SUFFIX}."
        )
    if target.is_dir() or (target.exists() and not force):
        raise ExplorerError(f"{target} exists.", fix="Choose another name, or add --force.")


def _name_of(address: str, path: Path) -> str:
    """What to call the source: of paths and URLs the last part, which gives nothing away."""
    return address if address.startswith("hf://") else path.resolve().name
