"""The model that a command line names, opened for one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.commands.opening import opened
from explorer.devices import device_of
from explorer.errors import ExplorerError
from explorer.formats.sources import is_remote
from explorer.model import Model
from explorer.models import Models
from explorer.recipe import ModelRef

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"


def models_of(name: str | None, device: str) -> tuple[Models, ModelRef]:
    """The models to choose from and the one that `name`, a name or an address, means."""
    paths = [opened(name)] if name and (is_remote(name) or Path(name).exists()) else []
    models = Models([*paths, CHECKPOINTS], device_of(device))
    return models, ModelRef(name="" if paths or not name else name)


@contextmanager
def model_of(name: str | None, device: str) -> Iterator[Model]:
    """Lend the model that `name`, a name or an address, means, which draws in colours.

    Raises:
        ExplorerError: It does not, or is not here.
    """
    models, ref = models_of(name, device)
    try:
        model = models.open(ref)
        if model.generator.image_channels != 3:
            raise ExplorerError(
                f"{model.ref.name} draws {model.generator.image_channels} channels.",
                fix="Only RGB pictures can be looked at.",
            )
        yield model
    finally:
        models.close()
