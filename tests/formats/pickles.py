"""Pickles as NVIDIA's code writes them, and hostile ones, without NVIDIA's code.

Stand-in modules lend their names to the pickler and raise if anybody ever calls into them.
"""

import os
import pickle
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from explorer.networks.stylegan2 import StyleGAN2


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> None:
    raise AssertionError("a checkpoint's function was called")


@contextmanager
def nvidia_modules():
    """Let pickles mention `torch_utils.persistence` while this lasts."""
    names = ("torch_utils", "torch_utils.persistence")
    package, module = (ModuleType(name) for name in names)
    package.persistence = module
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj
    _reconstruct_persistent_obj.__module__ = names[1]
    sys.modules.update(zip(names, (package, module), strict=True))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


class Persistent:
    """A persistent object of NVIDIA's: a class name, and the attributes of an instance."""

    def __init__(self, class_name: str, state: dict[str, Any], module_src: str = ""):
        self.meta = {
            "type": "class",
            "version": 6,
            "module_src": module_src,
            "class_name": class_name,
            "state": state,
        }

    def __reduce__(self):
        return _reconstruct_persistent_obj, (self.meta,)


class Evil:
    """An object whose pickle touches `marker` when it is loaded by an executing reader."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


class NestedEvil(Evil):
    """The same, inside the bytes that torch would load without any check."""

    def __reduce__(self):
        return torch.storage._load_from_bytes, (pickle.dumps(Evil(self.marker)),)


def module_tree(
    tensors: dict[str, Any],
    attributes: dict[str, dict[str, Any]] | None = None,
    module_src: str = "",
) -> Persistent:
    """Nest `tensors`, by dotted name, into persistent modules with plain `attributes` by module."""
    attributes = attributes or {}
    states = {"": _state(attributes.get("", {}))}
    for name, tensor in tensors.items():
        owner, _, leaf = name.rpartition(".")
        _ensure(states, owner, attributes)
        group = "_parameters" if leaf in ("weight", "bias") else "_buffers"
        states[owner][group][leaf] = tensor
    for name in sorted(states, key=len, reverse=True):
        if name:
            owner, _, leaf = name.rpartition(".")
            states[owner]["_modules"][leaf] = Persistent("Layer", states[name], module_src)
    return Persistent("Generator", states[""], module_src)


def _ensure(states: dict[str, Any], name: str, attributes: dict[str, dict[str, Any]]) -> None:
    while name not in states:
        states[name] = _state(attributes.get(name, {}))
        name = name.rpartition(".")[0]


def _state(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"_parameters": {}, "_buffers": {}, "_modules": {}, **attributes}


def snapshot(generator: StyleGAN2) -> dict[str, Any]:
    """A training snapshot of `generator`."""
    return {"G": None, "D": None, "G_ema": module_tree(generator.tensors())}


def dump(value: Any, path: Path, protocol: int = 4) -> Path:
    """Write `value` as a raw pickle."""
    with nvidia_modules():
        path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


def dump_torch(value: Any, path: Path, *, legacy: bool = False, protocol: int = 2) -> Path:
    """Write `value` with torch.save."""
    with nvidia_modules():
        torch.save(value, path, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    return path
