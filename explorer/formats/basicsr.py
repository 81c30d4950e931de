"""BasicSR's StyleGAN2: rosinality's network under other names (section 6.6 of the format notes)."""

import re
from dataclasses import replace

from explorer.formats import rosinality, state_dicts
from explorer.formats.blueprint import Blueprint
from explorer.formats.renaming import State

# Applied in turn; the last but one is for the noise, whose strength is a layer's only own weight.
NAMES = (
    (r"^style_mlp\.", "style."),
    (r"^constant_input\.weight$", "input.input"),
    (r"^style_conv", "conv"),
    (r"\.modulated_conv\.", ".conv."),
    (r"^(conv1|convs\.\d+)\.weight$", r"\1.noise.weight"),
    (r"^noises\.noise(\d+)$", r"noises.noise_\1"),
)


def rosinality_name(name: str) -> str:
    """What rosinality calls BasicSR's tensor `name`.

    >>> rosinality_name("style_convs.3.modulated_conv.weight")
    'convs.3.conv.weight'
    """
    for pattern, replacement in NAMES:
        name = re.sub(pattern, replacement, name)
    return name


def _read(state: State) -> Blueprint:
    records = {rosinality_name(name): record for name, record in state.records.items()}
    return rosinality.read_stylegan2(replace(state, records=records))


FAMILY = state_dicts.family("BasicSR StyleGAN2", "style_conv1.modulated_conv.weight", _read)
