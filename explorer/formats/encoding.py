"""Tensors as a safetensors file whose bytes depend on nothing but what is in it.

safetensors' own writer puts the texts of a header in a new order each time; what is written twice
is to be the same file.
"""

import json
from collections.abc import Mapping

import torch
from torch import Tensor


def encode(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> bytes:
    """The file of `tensors`, as float32 and sorted by name, with `texts` in its header."""
    header: dict[str, object] = {"__metadata__": dict(sorted(texts.items()))}
    parts: list[bytes] = []
    start = 0
    for name, tensor in sorted(tensors.items()):
        part = tensor.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
        end = start + len(part)
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        parts.append(part)
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # numbers behind it begin at a multiple of eight
    return len(text).to_bytes(8, "little") + text + b"".join(parts)
