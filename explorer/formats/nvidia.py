"""NVIDIA's PyTorch pickles: persistent objects whose state is all we read.

Covers stylegan2-ada-pytorch, the StyleGAN2 and 3 of the stylegan3 repository, StyleGAN-XL, their
forks, and whole modules saved by torch. The Python source in them (`module_src`) is never looked
at. A module's own attributes are the truth, the arguments it was called with (`_init_kwargs`) come
second.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import overload

from explorer.errors import CheckpointError
from explorer.formats import stylegan2, stylegan3
from explorer.formats.blueprint import Blueprint, Family
from explorer.formats.container import Content
from explorer.formats.records import Call, Global, mapping
from explorer.formats.shapes import PUBLISHED
from explorer.formats.tensors import number

REBUILD = "_reconstruct_persistent_obj"
MOST_ENTRIES = 4096  # modules and tensors of a generator; the largest has some 700
DEPTH = 8


@dataclass(frozen=True)
class Module:
    """A network module as its pickled attributes."""

    class_name: str
    state: Mapping[str, object]

    def children(self) -> dict[str, object]:
        return mapping(self.state.get("_modules")) or {}

    def find(self, *names: str) -> "Module | None":
        """The module at a path of names below this one."""
        found: Module | None = self
        for name in names:
            found = module_of(found.children().get(name)) if found else None
        return found


def module_of(record: object) -> Module | None:
    """The module that `record` stands for: a persistent object, or a plain torch module."""
    if not isinstance(record, Call):
        return None
    if record.path.endswith(f".{REBUILD}") and record.args:
        meta = mapping(record.args[0]) or {}
        name, state = meta.get("class_name"), mapping(meta.get("state"))
    else:
        name = record.function.name if isinstance(record.function, Global) else None
        state = mapping(record.state)
    if not isinstance(name, str) or state is None or "_modules" not in state:
        return None
    return Module(name, state)


def generator_of(content: Content) -> Module | None:
    """The averaged generator of a training snapshot, or the file's only module."""
    entries = mapping(content.root)
    return module_of(content.root if entries is None else entries.get("G_ema"))


def records(module: Module) -> dict[str, object]:
    """Every parameter and buffer below `module` by its dotted name, not decoded."""
    found: dict[str, object] = {}
    for visited, (name, record) in enumerate(_walk(module, "", DEPTH)):
        if visited >= MOST_ENTRIES:
            raise CheckpointError(
                f"its generator has more than {MOST_ENTRIES:,} parts, far more than any StyleGAN.",
                fix="Use a file from a source you trust.",
            )
        if record is not None:
            found[name] = record
    return found


def _walk(module: Module, prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    """(name, record) of the tensors below, and (name, None) of each module."""
    for group in ("_parameters", "_buffers"):
        for name, record in (mapping(module.state.get(group)) or {}).items():
            yield prefix + name, record
    for name, record in module.children().items():
        yield prefix + name, None
        child = module_of(record)
        if child and depth:
            yield from _walk(child, f"{prefix}{name}.", depth - 1)


def _recognises(content: Content) -> bool:
    generator = generator_of(content)
    parts = ("b4", "input")  # of StyleGAN2 and of StyleGAN3
    return bool(generator and any(generator.find("synthesis", part) for part in parts))


def _read(content: Content) -> Blueprint:
    generator = generator_of(content)
    assert generator is not None, "recognised before"
    tensors = {
        name: content.tensors.tensor(record, name) for name, record in records(generator).items()
    }
    if generator.find("synthesis", "input"):
        return stylegan3.blueprint_of(tensors, _hints3(generator, content))
    return Blueprint(stylegan2.config_of(tensors, _hints2(generator)), tensors)


def _hints2(generator: Module) -> stylegan2.Hints:
    arguments = _arguments(generator)
    layer = generator.find("synthesis", "b4", "conv1")
    first = generator.find("mapping", "fc0")
    return stylegan2.Hints(
        activation=_text(_setting(layer, "activation", arguments), "lrelu"),
        mapping_activation=_text(_setting(first, "activation", {}), "lrelu"),
        lr_multiplier=_lr_multiplier(first),
        clamp=_real(_setting(layer, "conv_clamp", arguments)),
        fp16_blocks=_fp16_blocks(generator),
    )


def _hints3(generator: Module, content: Content) -> stylegan3.Hints:
    arguments = _arguments(generator)
    synthesis = generator.find("synthesis")
    source = generator.find("synthesis", "input")
    first = generator.find("mapping", "fc0")
    names = _texts(_setting(synthesis, "layer_names", {}))
    layers = {name: layer for name in names if (layer := generator.find("synthesis", name))}
    clamp = {"conv_clamp": 256} | arguments
    return stylegan3.Hints(
        names=names,
        layers={name: _layer_hints(layer, content) for name, layer in layers.items()},
        input_size=_side(_setting(source, "size", {}), content),
        sampling_rate=_real(_setting(source, "sampling_rate", {})),
        bandwidth=_real(_setting(source, "bandwidth", {}), 2.0),
        c_dim=_whole(_setting(generator, "c_dim", arguments)),
        mapping_activation=_text(_setting(first, "activation", {}), "lrelu"),
        lr_multiplier=_lr_multiplier(first),
        clamp=_real(_setting(next(iter(layers.values()), None), "conv_clamp", clamp)),
        output_scale=_real(_setting(synthesis, "output_scale", arguments), 0.25),
    )


def _layer_hints(layer: Module, content: Content) -> stylegan3.LayerHints:
    padding = layer.state.get("padding")
    sides = [_whole(side) for side in padding] if isinstance(padding, list | tuple) else []
    if len(sides) == 4 and sides[:2] != sides[2:]:
        raise _not_square()
    before, after = sides[:2] if len(sides) == 4 else (None, None)
    return stylegan3.LayerHints(
        size=_side(layer.state.get("out_size"), content),
        up=_whole(layer.state.get("up_factor")),
        down=_whole(layer.state.get("down_factor")),
        padding=None if before is None or after is None else (before, after),
    )


def _side(record: object, content: Content) -> int | None:
    """The side of a square that a file gives as one number or as an array of two."""
    if not isinstance(record, Call) or number(record) is not None:
        return _whole(record)
    sides = content.tensors.tensor(record, "size")
    if not bool((sides == sides.flatten()[0]).all()):
        raise _not_square()
    return int(sides.flatten()[0])


def _not_square() -> CheckpointError:
    return CheckpointError(
        "its layers are not square, which no StyleGAN3 here may be.", fix=PUBLISHED
    )


def _arguments(generator: Module) -> dict[str, object]:
    """What the generator was called with; ADA nests what its synthesis was called with."""
    arguments = mapping(generator.state.get("_init_kwargs")) or {}
    return arguments | (mapping(arguments.get("synthesis_kwargs")) or {})


def _setting(module: Module | None, name: str, arguments: Mapping[str, object]) -> object:
    if module and name in module.state:
        return module.state[name]
    return arguments.get(name)


def _fp16_blocks(generator: Module) -> int:
    """How many of the blocks run in half precision; they are always the highest."""
    synthesis = generator.find("synthesis")
    blocks = map(module_of, synthesis.children().values()) if synthesis else ()
    return sum(number(block.state.get("use_fp16")) is True for block in blocks if block)


def _lr_multiplier(first: Module | None) -> float:
    return _real(_setting(first, "bias_gain", {}), 0.01)  # a bias has no other gain than this


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) else default


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else ()
    return tuple(item for item in items if isinstance(item, str))


def _whole(value: object) -> int | None:
    found = number(value)
    return int(found) if found is not None and isfinite(found) else None


@overload
def _real(value: object) -> float | None: ...
@overload
def _real(value: object, default: float) -> float: ...
def _real(value: object, default: float | None = None) -> float | None:
    found = number(value)
    return default if found is None else float(found)


FAMILY = Family("NVIDIA PyTorch", _recognises, _read)
