"""Families that are recognised and not read: each gets a sentence that names it.

A family that becomes supported moves from here into a module of its own.
"""

from collections.abc import Callable

from explorer.errors import CheckpointError
from explorer.formats import nvidia, state_dicts
from explorer.formats.blueprint import Blueprint, Family
from explorer.formats.container import Content
from explorer.formats.records import Call, quote

NOT_YET = "Use NVIDIA's PyTorch version of a StyleGAN2 checkpoint, or a newer explorer."
NEVER = "Use a StyleGAN2 checkpoint."

# What it is, a key of its state dict that nothing else has, what to do. The first that fits counts.
STATE_DICTS = (
    ("rosinality SWAGAN", "to_rgbs.0.iwt.ll", NEVER),
    ("rosinality StyleGAN2", "convs.0.conv.weight", NOT_YET),
    ("rosinality StyleGAN1", "generator.progression.0.conv1.input", NOT_YET),
    ("BasicSR or GFPGAN StyleGAN2", "style_conv1.modulated_conv.weight", NOT_YET),
    ("genforce StyleGAN2", "synthesis.early_layer.const", NOT_YET),
    ("genforce StyleGAN1", "synthesis.layer0.const", NOT_YET),
    ("InterFaceGAN StyleGAN1", "synthesis.layer0.first_layer", NOT_YET),
    ("lernapparat StyleGAN1", "g_synthesis.blocks.4x4.const", NOT_YET),
    ("huangzh13 StyleGAN1", "g_synthesis.init_block.const", NOT_YET),
    ("lucidrains StyleGAN2", "GE.initial_conv.weight", NEVER),
)


def _refused(name: str, recognises: Callable[[Content], bool], fix: str) -> Family:
    def refuse(content: Content) -> Blueprint:
        supported = "not supported" if fix == NEVER else "not supported yet"
        raise CheckpointError(f"this is a {name} checkpoint, which is {supported}.", fix=fix)

    return Family(name, recognises, refuse)


def _has_key(key: str) -> Callable[[Content], bool]:
    return lambda content: any(key in state for state in state_dicts.dictionaries(content.root))


def _calls(path: str) -> Callable[[Content], bool]:
    """Whether the root is an object of the class `path`, or a tuple of such objects."""

    def recognises(content: Content) -> bool:
        nodes = content.root if isinstance(content.root, tuple) else (content.root,)
        return any(isinstance(node, Call) and node.path == path for node in nodes)

    return recognises


def _is_other_module(content: Content) -> bool:
    return nvidia.generator_of(content) is not None


def _refuse_other_module(content: Content) -> Blueprint:
    module = nvidia.generator_of(content)
    name = quote(module.class_name) if module else ""
    raise CheckpointError(
        f"its generator is a {name} and has no StyleGAN synthesis network in it.", fix=NEVER
    )


FAMILIES = (
    _refused("TensorFlow StyleGAN", _calls("dnnlib.tflib.network.Network"), NOT_YET),
    _refused("progressive GAN (TensorFlow)", _calls("tfutil.Network"), NEVER),
    *(_refused(name, _has_key(key), fix) for name, key, fix in STATE_DICTS),
    Family("other network", _is_other_module, _refuse_other_module),
)
