"""Files that are written completely or not at all, whatever happens on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from explorer.errors import CheckpointError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Lend a place beside `path` to write to; what is there at the end of the block becomes `path`.

    Raises:
        CheckpointError: The place cannot be written. Then, and if the block fails, `path` stays as
            it was and nothing is left beside it.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written: {error.strerror}.", fix="Choose another place."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
