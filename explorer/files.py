"""Where checkpoints lie: which files of a folder are offered, under which names, how large."""

from pathlib import Path

from explorer.formats.hub import SUFFIXES

NAME_LENGTH = 80  # characters


def checkpoints(path: Path) -> list[Path]:
    """The checkpoints at `path`: itself, or what lies in the folder, sorted by name."""
    if path.is_file() or (path / "config.json").is_file():
        return [path]
    if not path.is_dir():
        return []
    found = [child for child in path.iterdir() if not child.name.startswith(".")]
    return sorted(
        child
        for child in found
        if (child.is_file() and child.suffix.lower() in SUFFIXES)
        or (child / "config.json").is_file()
    )


def name_of(path: Path) -> str:
    """A name that fits into a recipe: file names may be longer, or not be Unicode."""
    name = path.name if path.is_dir() else path.stem
    if path.parent.name == "snapshots":  # the hub's cache: models--OWNER--NAME/snapshots/COMMIT
        name = path.parents[1].name.rpartition("--")[2]
    return name[:NAME_LENGTH].encode(errors="replace").decode()


def size_of(path: Path) -> int:
    """Bytes of the weights at `path`, a file or a model folder."""
    file = path / "model.safetensors" if path.is_dir() else path
    return file.stat().st_size if file.is_file() else 0


def stamp_of(path: Path) -> tuple[float, int]:
    """What changes when the file at `path` is written anew: its time and size."""
    file = path / "model.safetensors" if path.is_dir() else path
    found = file.stat() if file.is_file() else path.stat()
    return found.st_mtime, found.st_size


def parts_of(path: Path) -> list[Path]:
    """The files that make up the checkpoint at `path`: itself, or those of a model folder.

    They are named also where they are links to what is gone.
    """
    if not path.is_dir():
        return [path]
    return [part for part in path.iterdir() if part.name in ("model.safetensors", "config.json")]
