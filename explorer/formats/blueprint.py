"""What a family module makes of a file: all that builds a generator, nothing that ran.

The only thing that families and the assembling know of each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from explorer.formats.architectures import Config
from explorer.formats.container import Content


@dataclass(frozen=True)
class Blueprint:
    """A generator on paper.

    Args:
        config: What builds the network, by its type also which network.
        tensors: By canonical name. Superfluous ones are left out; `w_avg` and noise maps may lack.
        notes: Sentences on what was inferred rather than read.
    """

    config: Config
    tensors: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """One way of writing a generator into a file; every family module has one.

    Args:
        name: For people, e.g. "NVIDIA PyTorch".
        recognises: Whether a file is of this family, by its content, cheaply.
        read: Makes the blueprint, or raises a CheckpointError.
    """

    name: str
    recognises: Callable[[Content], bool]
    read: Callable[[Content], Blueprint]
