"""Files that hold something else, named for what they are, each with what to do instead.

Asked before the families whose files they resemble. A family that becomes supported moves from
here into a module of its own.
"""

from collections.abc import Callable

from explorer.errors import CheckpointError
from explorer.formats import nvidia, state_dicts, tensorflow
from explorer.formats.blueprint import Blueprint, Family
from explorer.formats.container import Content
from explorer.formats.records import Call, mapping, quote

INSTEAD = "Use a checkpoint of NVIDIA's, rosinality's, genforce's or BasicSR's StyleGAN."

# What it is, and how the names of its tensors begin as no others do.
STATE_DICTS = (
    ("rosinality SWAGAN", ("iwt.", "to_rgbs.0.iwt.")),
    ("GFPGAN", ("stylegan_decoder.", "conv_body_first.")),
    ("lucidrains StyleGAN2", ("GE.", "SE.")),
    ("FastGAN", ("synthesis.feat_8.", "feat_8.")),
    ("progressive GAN (genforce)", ("output0.", "layer0.wscale.", "layer0.conv.")),
)


def _refused(what: str, recognises: Callable[[Content], bool], fix: str = INSTEAD) -> Family:
    def refuse(content: Content) -> Blueprint:
        raise CheckpointError(f"this is {what}, which is not supported.", fix=fix)

    return Family(what, recognises, refuse)


def _begins(*beginnings: str) -> Callable[[Content], bool]:
    def recognises(content: Content) -> bool:
        states = state_dicts.dictionaries(content.root)
        return any(name.startswith(beginnings) for state in states for name in state)

    return recognises


def _is_swagan(content: Content) -> bool:
    """Its RGB layers make four wavelet bands of three colours."""
    for state in state_dicts.dictionaries(content.root):
        if "convs.0.conv.weight" in state and "to_rgb1.bias" in state:
            return content.tensors.tensor(state["to_rgb1.bias"], "to_rgb1.bias").numel() == 12
    return False


def _is_optimizer(content: Content) -> bool:
    """Whether optimizers are all there is, one or several."""
    entries = mapping(content.root) or {}
    inner = [found for found in map(mapping, entries.values()) if found is not None]
    return "param_groups" in entries or (
        bool(inner) and all("param_groups" in found for found in inner)
    )


def _is_old_progressive_gan(content: Content) -> bool:
    nodes = content.root if isinstance(content.root, tuple) else (content.root,)
    return any(isinstance(node, Call) and node.path == "tfutil.Network" for node in nodes)


def _is_progressive_gan(content: Content) -> bool:
    network = tensorflow.network_of(content)
    return bool(network and network.has("4x4/Dense/weight") and not network.has("/StyleMod/bias"))


def _has_module(*names: str) -> Callable[[Content], bool]:
    def recognises(content: Content) -> bool:
        generator = nvidia.generator_of(content)
        return bool(generator and generator.find(*names))

    return recognises


def _is_other_module(content: Content) -> bool:
    return nvidia.generator_of(content) is not None


def _refuse_other_module(content: Content) -> Blueprint:
    module = nvidia.generator_of(content)
    name = quote(module.class_name) if module else ""
    raise CheckpointError(
        f"its generator is a {name} and has no StyleGAN synthesis network in it.", fix=INSTEAD
    )


FAMILIES = (
    *(_refused(f"a {name} checkpoint", _begins(*names)) for name, names in STATE_DICTS),
    _refused("a rosinality SWAGAN checkpoint", _is_swagan),
    _refused("a projected GAN (FastGAN) checkpoint", _has_module("synthesis", "feat_8")),
    _refused("a progressive GAN (TensorFlow) checkpoint", _is_old_progressive_gan),
    _refused("a progressive GAN (TensorFlow) checkpoint", _is_progressive_gan),
    _refused(
        "the state of an optimizer, without a network",
        _is_optimizer,
        "Use the checkpoint that training wrote beside it.",
    ),
    Family("other network", _is_other_module, _refuse_other_module),
)
