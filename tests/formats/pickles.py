"""Pickles as NVIDIA's code writes them, and hostile ones, without NVIDIA's code.

Stand-in modules lend their names to the pickler and raise if anybody ever calls into them.
"""

import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from explorer.networks.stylegan2 import StyleGAN2


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> None:
    raise AssertionError("a checkpoint's function was called")


class Network:
    """A TensorFlow network of NVIDIA's, with its Python source in it."""

    def __init__(self, **state: Any):
        self.state = {"version": 4, "build_module_src": "raise SystemExit", **state}

    def __getstate__(self) -> dict[str, Any]:
        return self.state

    def __setstate__(self, state: dict[str, Any]) -> None:
        raise AssertionError("a checkpoint's class was built")


def _create_function(*args: Any) -> None:
    raise AssertionError("a checkpoint's code was built")


STAND_INS: dict[str, Any] = {
    "torch_utils.persistence": _reconstruct_persistent_obj,
    "dnnlib.tflib.network": Network,
    "tfutil": type("Network", (), {}),
    "dill._dill": _create_function,
}


@contextmanager
def nvidia_modules() -> Iterator[None]:
    """Let pickles mention NVIDIA's names while this lasts."""
    added: dict[str, ModuleType] = {}
    for path, thing in STAND_INS.items():
        for name in accumulate(path.split("."), "{}.{}".format):
            added[name] = sys.modules[name] = ModuleType(name)
        setattr(sys.modules[path], thing.__name__, thing)
        thing.__module__ = path
    try:
        yield
    finally:
        for name in added:
            del sys.modules[name]


def tensorflow_network(variables: dict[str, Any], **arguments: Any) -> Network:
    """A TensorFlow generator with `variables`, those below `synthesis/` and `mapping/` nested."""
    parts: dict[str, list[tuple[str, Any]]] = {"": [], "synthesis": [], "mapping": []}
    for name, value in variables.items():
        part, _, leaf = name.partition("/")
        parts[part if leaf else ""].append((leaf or name, value))
    components = {
        name: Network(name=f"G_{name}", static_kwargs={}, components={}, variables=parts[name])
        for name in ("synthesis", "mapping")
    }
    return Network(name="Gs", static_kwargs=arguments, components=components, variables=parts[""])


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

    def __reduce__(self) -> tuple[Any, ...]:
        return _reconstruct_persistent_obj, (self.meta,)


class ByValue:
    """A function or type as dill writes it: built out of code, and not named."""

    def __init__(self, *args: Any, state: Any = None):
        self.args, self.state = args, state

    def __call__(self) -> None:
        raise AssertionError("a checkpoint's type was called")

    def __reduce__(self) -> tuple[Any, ...]:
        return _create_function, self.args, self.state


class Evil:
    """An object whose pickle touches `marker` when it is loaded by an executing reader."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.marker}",)


class NestedEvil(Evil):
    """The same, inside the bytes that torch would load without any check."""

    def __reduce__(self) -> tuple[Any, ...]:
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
