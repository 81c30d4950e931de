"""Tensors to a GPU and back, of which it is waited for the last alone.

Only memory that the system may not move, pinned memory, is copied beside other work; see "CUDA
semantics" in PyTorch's notes.
"""

import torch
from torch import Tensor


def sent(values: Tensor, device: torch.device) -> Tensor:
    """`values` on `device`; from the memory of the CPU to a GPU nobody waits for it."""
    if device.type != "cuda" or values.is_cuda:
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def fetched(*tensors: Tensor) -> list[Tensor]:
    """`tensors` in the memory of the CPU; a GPU is waited for once, for all of them."""
    if not tensors[0].is_cuda:
        return [one.cpu() for one in tensors]
    here = [torch.empty(one.shape, dtype=one.dtype, pin_memory=True) for one in tensors]
    for place, one in zip(here, tensors, strict=True):
        place.copy_(one, non_blocking=True)
    torch.cuda.current_stream(tensors[0].device).synchronize()
    return here
