"""The files of a training's state: read with one sentence if that fails, written all or none."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.whole_file import whole_file


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file and the texts of its header.

    Raises:
        CheckpointError: The file is not there, or is no such file.
    """
    fix = "Start from the folder of another state, or from nothing."
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 (no dict, and not iterable)
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no {path}.", fix=fix) from error
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not readable as safetensors.", fix=fix) from error


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` into `folder`, each completely or not at all, and together at the end.

    Raises:
        CheckpointError: The place cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(
            f"{folder} cannot be written: {error.strerror}.", fix="Choose another place."
        ) from error
    with ExitStack() as places:
        for name, content in files.items():
            places.enter_context(whole_file(folder / name)).write_bytes(content)
