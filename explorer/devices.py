"""Which device a word on the command line means."""

import torch

from explorer.errors import ExplorerError


def device_of(name: str) -> torch.device:
    """The device called `name`; "auto" is CUDA where it is present, else the CPU.

    Raises:
        ExplorerError: It is not there.
    """
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there.get(name):
        raise ExplorerError(f"There is no {name} device here.", fix="Leave --device out.")
    return torch.device(name)
