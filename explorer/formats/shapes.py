"""What the names and shapes of a generator's tensors tell, whatever its architecture."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.records import quote

PUBLISHED = "Use the file its author published."


@dataclass(frozen=True)
class MappingSizes:
    """The sizes of a mapping network, as a configuration names them."""

    z_dim: int
    mapping: tuple[int, ...]
    c_dim: int
    embed: int


def mapping_sizes(tensors: Mapping[str, Tensor]) -> MappingSizes:
    """Read the sizes of the mapping network off `mapping.fc{i}.weight` and `mapping.embed`."""
    layers = count(tensors, "mapping.fc{}.weight", range(64))
    embed, c_dim = (
        shape(tensors, "mapping.embed.weight", 2) if "mapping.embed.weight" in tensors else (0, 0)
    )
    return MappingSizes(
        z_dim=shape(tensors, "mapping.fc0.weight", 2)[1] - embed,
        mapping=tuple(shape(tensors, f"mapping.fc{i}.weight", 2)[0] for i in range(layers)),
        c_dim=c_dim,
        embed=embed,
    )


def count(names: Mapping[str, object], name: str, indices: Iterable[int]) -> int:
    """How many of the names follow each other without a gap."""
    found = 0
    for index in indices:
        if name.format(index) not in names:
            break
        found += 1
    return found


def shape(tensors: Mapping[str, Tensor], name: str, axes: int | None = None) -> tuple[int, ...]:
    """The shape of the tensor `name`, which must be there and have `axes` axes."""
    if name not in tensors:
        raise CheckpointError(f"tensor {quote(name)} is missing.", fix=PUBLISHED)
    sizes = tuple(tensors[name].shape)
    if axes is not None and len(sizes) != axes:
        raise CheckpointError(
            f"tensor {quote(name)} has the shape {list(sizes)}, expected {axes} axes.",
            fix=PUBLISHED,
        )
    return sizes
