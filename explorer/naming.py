"""The directions that a command line names: those of a model's folder, or of a file."""

from collections.abc import Sequence
from pathlib import Path

from explorer.directions.direction import Direction, Space, require_fit
from explorer.directions.sigma import sigmas_of
from explorer.directions.svm import Vector
from explorer.errors import DirectionError
from explorer.labelling import gather_w
from explorer.library import imported
from explorer.model import Model, read_bounded
from explorer.sampling import Sampler
from explorer.slices import Progress

SHOWN = 12  # names in a message
LEAST_KEY = 8  # hexadecimal digits that may stand for a key


def library_of(path: Path, model: Model) -> tuple[Direction, ...]:
    """The directions in a file of any kind that is read here.

    Raises:
        DirectionError: It cannot be read, or is for another model.
    """
    try:
        data = read_bounded(path)
    except OSError as error:
        raise DirectionError(
            f"{path} cannot be read: {error.strerror}.", fix="Check the path."
        ) from error
    generator = model.generator
    sizes = generator.z_dim, generator.w_dim
    asked: set[Space] = set()

    def at_first(space: Space, normal: Vector) -> float:
        asked.add(space)
        return 1.0

    library = imported(path.name, data, *sizes, at_first)
    if library.model not in ("", model.ref.hash):
        raise DirectionError(
            f"The directions in {path.name} are those of another model.",
            fix="Use them with the model that they were made for.",
        )
    for one in library.directions:
        require_fit(one, *sizes, generator.num_ws)
    if "w" in asked:  # other tools' directions get the length of a sigma here
        *_, samples = gather_w(Sampler(generator))
        assert not isinstance(samples, Progress), "they come last"
        library = imported(path.name, data, *sizes, sigmas_of(samples))
    return library.directions


def directions_named(
    words: Sequence[str], model: Model, library: Sequence[Direction] | None
) -> tuple[Direction, ...]:
    """The directions that `words`, names or keys, mean.

    Args:
        library: Where they are looked for; None for those in the model's folder.

    Raises:
        DirectionError: A word means none of them, or more than one.
    """
    here = model.directions if library is None else library
    return tuple(_named(word, here, model.note if library is None else "") for word in words)


def _named(word: str, here: Sequence[Direction], note: str) -> Direction:
    same = [one for one in here if one.name == word]
    if not same and len(word) >= LEAST_KEY:
        same = [one for one in here if one.key.startswith(word)]
    if len(same) == 1:
        return same[0]
    if same:
        raise DirectionError(
            f"{len(same)} directions are called {word!r}.", fix="Name them by their keys."
        )
    names = ", ".join(repr(one.name) for one in here[:SHOWN]) or "none"
    raise DirectionError(
        f"There is no direction {word[:60]!r}; here: {names}.",
        fix=note or "Name one of these, or give a file of others with --library.",
    )
