"""The file behind a checkpoint, and its hash: what it is as bytes, not as a model."""

import hashlib
from pathlib import Path

from explorer.errors import CheckpointError
from explorer.formats.checkpoint import WEIGHTS


def weights_of(path: Path) -> Path:
    """The file with the weights: `path` itself, or that of a model folder."""
    return path / WEIGHTS if path.is_dir() else path


def sha256_of(path: Path) -> str:
    """SHA-256 (hex) of the bytes of a file, as `sha256sum` shows it."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise CheckpointError(
            f"{path.name}: it cannot be read: {error.strerror}.",
            fix="Check the path and the permissions.",
        ) from error
    return digest.hexdigest()
