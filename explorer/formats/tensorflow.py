"""NVIDIA's TensorFlow pickles: StyleGAN1, StyleGAN2 in configurations A to F, StyleGAN2-ADA.

A file holds `(G, D, Gs)`, of which Gs is the averaged one, or a single network. The Python source
in it (`build_module_src`) is never looked at: names and shapes of the variables tell what it is,
arguments only what they cannot. Sections 4 and 5 of the format notes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats import stylegan1, stylegan2
from explorer.formats.blueprint import Blueprint, Family
from explorer.formats.container import Content
from explorer.formats.records import Call, mapping
from explorer.formats.renaming import (
    LAYERS,
    Move,
    State,
    first,
    from_fused,
    from_hwio,
    layer,
    picture,
    plus_one,
    scalar,
    transposed,
    unchanged,
)
from explorer.formats.tensors import number

NETWORK = "dnnlib.tflib.network.Network"
MOST_VARIABLES = 4096
SCOPE = re.compile(r"(synthesis/(\d{1,5})x(\d{1,5}))/")
ANOTHER = "Use a StyleGAN checkpoint that was trained with the published settings."

# Settings of the published networks; with others the maths is another.
USUAL = {
    "use_styles": True,
    "use_instance_norm": True,
    "use_pixel_norm": False,
    "use_wscale": True,
    "const_input_layer": True,
    "normalize_latents": True,
}

DENSE = (("weight", "/weight", transposed), ("bias", "/bias", unchanged))
MODULATION = (
    ("bias", "/bias", unchanged),
    ("noise_strength", "/noise_strength", scalar),
    ("affine.weight", "/mod_weight", transposed),
    ("affine.bias", "/mod_bias", plus_one),
)
TO_RGB = (("weight", "/weight", from_hwio), ("bias", "/bias", unchanged))
EPILOGUE = (
    ("bias", "/bias", unchanged),
    ("noise_weight", "/Noise/weight", unchanged),
    ("style.weight", "/StyleMod/weight", transposed),
    ("style.bias", "/StyleMod/bias", unchanged),
)


@dataclass(frozen=True)
class Network:
    """A TensorFlow generator: its variables by scope, and what it was called with."""

    variables: Mapping[str, object]
    arguments: Mapping[str, object]

    def has(self, ending: str) -> bool:
        """Whether any variable's name ends so."""
        return any(name.endswith(ending) for name in self.variables)


def network_of(content: Content) -> Network | None:
    """The averaged generator of a TensorFlow pickle, or of lernapparat's copy of one."""
    root = content.root
    last = root[-1] if isinstance(root, tuple | list) and root else root
    if isinstance(last, Call) and last.path == NETWORK:
        return _network(last)
    variables = mapping(last) or {}
    if "G_mapping/Dense0/weight" not in variables or len(variables) > MOST_VARIABLES:
        return None
    return Network({name.removeprefix("G_"): value for name, value in variables.items()}, {})


def _network(call: Call) -> Network | None:
    state = mapping(call.state)
    if state is None:
        return None
    variables = _variables(state, "")
    arguments = dict(mapping(state.get("static_kwargs")) or {})
    components = mapping(state.get("components")) or {}
    for part in ("synthesis", "mapping"):
        component = components.get(part)
        inner = mapping(component.state) if isinstance(component, Call) else None
        if inner is not None:
            variables |= _variables(inner, f"{part}/")
            arguments |= mapping(inner.get("static_kwargs")) or {}
    return Network(variables, arguments)


def _variables(state: Mapping[str, object], prefix: str) -> dict[str, object]:
    listed = state.get("variables")
    pairs = listed[:MOST_VARIABLES] if isinstance(listed, list) else []
    return {
        prefix + pair[0]: pair[1]
        for pair in pairs
        if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)
    }


def _recognises(content: Content) -> bool:
    return network_of(content) is not None


def _read(content: Content) -> Blueprint:
    network = network_of(content)
    assert network is not None, "recognised before"
    for name, usual in USUAL.items():
        given = number(network.arguments.get(name))
        if given is not None and given != usual:
            raise CheckpointError(
                f"it was built with {name}={given}, a variant that is not supported.", fix=ANOTHER
            )
    state = State(network.variables, content.tensors, {})
    if network.has("/Conv/mod_weight"):
        return _stylegan2(state, network.arguments)
    if network.has("/Const/StyleMod/weight"):
        return _stylegan1(state, network.arguments)
    raise CheckpointError(
        "its TensorFlow network is no StyleGAN generator.", fix="Use a StyleGAN checkpoint."
    )


def _scopes(state: State) -> list[str]:
    """The scopes of the blocks, `synthesis/4x4` and so on, coarse first."""
    matches = [match for match in map(SCOPE.match, state.records) if match]
    sizes = {match[1]: int(match[2]) * int(match[3]) for match in matches}
    if not sizes:
        raise CheckpointError("it has no synthesis network.", fix=ANOTHER)
    return sorted(sizes, key=lambda scope: sizes[scope])


def _common(scopes: Sequence[str]) -> Iterator[Move]:
    """What both generations have: the mapping network and the constant."""
    for index in LAYERS:
        yield from layer(f"mapping.fc{index}", f"mapping/Dense{index}", DENSE)
    yield Move("mapping.embed.weight", "mapping/LabelConcat/weight", transposed)
    yield from layer("mapping.embed", "mapping/LabelEmbed", DENSE)
    yield Move("mapping.w_avg", "dlatent_avg", unchanged)
    yield Move("synthesis.b4.const", f"{scopes[0]}/Const/const", first)


def _text(arguments: Mapping[str, object], name: str) -> str:
    value = arguments.get(name)
    return value if isinstance(value, str) else "lrelu"


def _multiplier(arguments: Mapping[str, object]) -> float:
    given = number(arguments.get("mapping_lrmul"))
    return 0.01 if given is None else float(given)


def _stylegan2(state: State, arguments: Mapping[str, object]) -> Blueprint:
    scopes = _scopes(state)
    notes: tuple[str, ...] = ()
    # Configurations B to D grew while they were trained, and have the RGB layers of all sizes.
    if "synthesis/ToRGB_lod0/weight" in state:
        blocks, notes = stylegan1.grown(len(scopes), state.value("synthesis/lod"))
        rgb = {blocks - 1: f"synthesis/ToRGB_lod{len(scopes) - blocks}"}
        scopes = scopes[:blocks]
    else:
        rgb = {index: f"{scope}/ToRGB" for index, scope in enumerate(scopes)}
    tensors = state.moved([*_common(scopes), *_modulated(scopes, rgb)])
    tensors |= stylegan2.resampling(len(scopes), _resampling_filter(arguments))
    clamp = number(arguments.get("conv_clamp"))
    half = number(arguments.get("num_fp16_res"))
    hints = stylegan2.Hints(
        activation=_text(arguments, "nonlinearity"),
        mapping_activation=_text(arguments, "mapping_nonlinearity"),
        lr_multiplier=_multiplier(arguments),
        clamp=None if clamp is None else float(clamp),
        fp16_blocks=half if isinstance(half, int) else 0,
        label_mode=stylegan2.label_mode(is_matrix="mapping/LabelConcat/weight" in state),
    )
    return Blueprint(stylegan2.config_of(tensors, hints), tensors, notes)


def _modulated(scopes: Sequence[str], rgb: Mapping[int, str]) -> Iterator[Move]:
    for index in range(2 * len(scopes) - 1):
        name, scope = stylegan2.layer_name(index), scopes[(index + 1) // 2]
        is_up = index % 2 == 1
        source = f"{scope}/{'Conv0_up' if is_up else 'Conv1' if index else 'Conv'}"
        yield Move(f"{name}.weight", f"{source}/weight", from_fused if is_up else from_hwio)
        yield Move(f"{name}.noise_const", f"synthesis/noise{index}", picture)
        yield from layer(name, source, MODULATION)
    for index, scope in enumerate(scopes):
        yield Move(f"synthesis.b{4 << index}.skip.weight", f"{scope}/Skip/weight", from_fused)
    for index, source in rgb.items():
        yield from layer(f"synthesis.b{4 << index}.torgb", source, (*TO_RGB, *MODULATION[2:]))


def _resampling_filter(arguments: Mapping[str, object]) -> Tensor:
    """The filter [F, F] of the argument `resample_kernel`; None there is a box."""
    if "resample_kernel" not in arguments:
        return stylegan2.binomial_filter()
    given = arguments["resample_kernel"]
    listed = [1, 1] if given is None else given
    taps = [number(tap) for tap in listed[:64]] if isinstance(listed, list | tuple) else []
    numbers = torch.tensor([float(tap) for tap in taps if tap is not None])
    if not len(numbers) or len(numbers) != len(taps) or not numbers.sum():
        raise CheckpointError("its resample_kernel is no list of numbers.", fix=ANOTHER)
    return torch.outer(numbers, numbers) / numbers.sum().square()


def _stylegan1(state: State, arguments: Mapping[str, object]) -> Blueprint:
    every = _scopes(state)
    blocks, notes = stylegan1.grown(len(every), state.value("synthesis/lod"))
    scopes = every[:blocks]
    base = state.tensor(f"{scopes[0]}/Const/const").shape[2:]
    choice = arguments.get("fused_scale")  # True, False, or "auto"
    tensors = state.moved([*_common(scopes), *_styled(scopes, base, choice)])
    torgb = f"synthesis.b{4 << blocks - 1}.torgb"
    tensors |= state.moved(layer(torgb, f"synthesis/ToRGB_lod{len(every) - blocks}", TO_RGB))
    hints = stylegan1.Hints(
        activation=_text(arguments, "nonlinearity"),
        mapping_activation=_text(arguments, "mapping_nonlinearity"),
        lr_multiplier=_multiplier(arguments),
        blur=_has_blur(arguments),
    )
    return Blueprint(stylegan1.config_of(tensors, hints), tensors, notes)


def _styled(scopes: Sequence[str], base: Sequence[int], fused_scale: object) -> Iterator[Move]:
    for index in range(2 * len(scopes)):
        name, scope = stylegan1.layer_name(index), scopes[index // 2]
        names = ("Const", "Conv") if index < 2 else ("Conv0_up", "Conv1")
        source = f"{scope}/{names[index % 2]}"
        fused = stylegan1.is_fused(index, base)
        if isinstance(fused_scale, bool):
            fused = fused_scale and index % 2 == 0
        yield Move(f"{name}.weight", f"{source}/weight", from_fused if fused else from_hwio)
        yield Move(f"{name}.noise_const", f"synthesis/noise{index}", picture)
        yield from layer(name, source, EPILOGUE)


def _has_blur(arguments: Mapping[str, object]) -> bool:
    given = arguments.get("blur_filter", [1, 2, 1])
    if given is None or given == []:
        return False
    if not isinstance(given, list | tuple) or [number(tap) for tap in given] != [1, 2, 1]:
        raise CheckpointError(
            "it was built with a blur_filter other than [1, 2, 1], which is not supported.",
            fix=ANOTHER,
        )
    return True


FAMILY = Family("NVIDIA TensorFlow", _recognises, _read)
