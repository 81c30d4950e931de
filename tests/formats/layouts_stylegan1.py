"""A StyleGAN1's tensors under other people's names; see `layouts`."""

import torch
from torch import Tensor

from tests.formats.layouts import (
    Tensors,
    blocks,
    convolutions,
    dense_layers,
    hwio,
    tensorflow_common,
)

ROOT2 = 2.0**0.5


def turn_fused(t: Tensors, name: str) -> Tensor:
    """A StyleGAN1 weight as TensorFlow keeps it: the other way round from 128 pixels on."""
    weight = t[f"{name}.weight"]
    fused = name.endswith("conv0") and min(t[f"{name}.noise_const"].shape) >= 128
    return weight.flip((2, 3)) if fused else weight


def last_rgb(t: Tensors, name: str) -> Tensor:
    return t[f"synthesis.b{2 << blocks(t)}.torgb.{name}"]


def rosinality_stylegan1(t: Tensors, levels: int) -> Tensors:
    """Section 6.2: `levels` resolutions, of which those beyond the network's are untrained."""
    out = {}
    for i in range(dense_layers(t)):
        out[f"style.{2 * i + 1}.linear.weight_orig"] = t[f"mapping.fc{i}.weight"]
        out[f"style.{2 * i + 1}.linear.bias"] = t[f"mapping.fc{i}.bias"]
    for i, name in enumerate(convolutions(t)):
        at, half = f"generator.progression.{i // 2}", i % 2 + 1
        channels = len(t[f"{name}.bias"])
        if i == 0:
            out[f"{at}.conv1.input"] = t["synthesis.b4.const"][None]
        elif half == 1 and min(t[f"{name}.noise_const"].shape) >= 128:
            weight = t[f"{name}.weight"].flip((2, 3)).transpose(0, 1) * 4
            out[f"{at}.conv1.0.weight"] = weight
            out[f"{at}.conv1.0.bias"] = t[f"{name}.bias"]
        else:
            conv = f"{at}.conv1.1" if half == 1 else f"{at}.conv2"
            out[f"{conv}.conv.weight_orig"] = t[f"{name}.weight"]
            out[f"{conv}.conv.bias"] = t[f"{name}.bias"]
        noise = t[f"{name}.noise_weight"] / (2 / channels) ** 0.5
        out[f"{at}.noise{half}.weight_orig"] = noise.reshape(1, -1, 1, 1)
        style = t[f"{name}.style.weight"] / ROOT2
        out[f"{at}.adain{half}.style.linear.weight_orig"] = style
        one = torch.cat([torch.ones(channels), torch.zeros(channels)])
        out[f"{at}.adain{half}.style.linear.bias"] = t[f"{name}.style.bias"] + one
    done = blocks(t)
    for i in range(done, levels):
        out[f"generator.progression.{i}.noise1.weight_orig"] = torch.zeros(1, 2, 1, 1)
    out[f"generator.to_rgb.{done - 1}.conv.weight_orig"] = last_rgb(t, "weight") / ROOT2
    out[f"generator.to_rgb.{done - 1}.conv.bias"] = last_rgb(t, "bias")
    return out


def genforce_stylegan1(t: Tensors) -> Tensors:
    """Section 6.3."""
    out = {
        "synthesis.layer0.const": t["synthesis.b4.const"][None],
        "synthesis.lod": torch.zeros(()),
        "truncation.w_avg": t["mapping.w_avg"],
        f"synthesis.output{blocks(t) - 1}.weight": last_rgb(t, "weight"),
        f"synthesis.output{blocks(t) - 1}.bias": last_rgb(t, "bias"),
    }
    for i in range(dense_layers(t)):
        out[f"mapping.dense{i}.weight"] = t[f"mapping.fc{i}.weight"]
        out[f"mapping.dense{i}.bias"] = t[f"mapping.fc{i}.bias"]
    if "mapping.embed.weight" in t:
        out["mapping.label_weight"] = t["mapping.embed.weight"].T
    for i, name in enumerate(convolutions(t)):
        at = f"synthesis.layer{i}"
        if i:
            out[f"{at}.weight"] = turn_fused(t, name)
        out[f"{at}.bias"] = t[f"{name}.bias"]
        out[f"{at}.apply_noise.weight"] = t[f"{name}.noise_weight"]
        out[f"{at}.apply_noise.noise"] = t[f"{name}.noise_const"][None, None]
        out[f"{at}.style.weight"] = t[f"{name}.style.weight"]
        out[f"{at}.style.bias"] = t[f"{name}.style.bias"]
    return out


def interfacegan(t: Tensors) -> Tensors:
    """Section 6.3, older; a fused layer keeps TensorFlow's kernel [3, 3, in, out] as it is."""
    out = {
        "synthesis.layer0.first_layer": t["synthesis.b4.const"][None],
        "synthesis.lod": torch.zeros(()),
        "truncation.w_avg": t["mapping.w_avg"],
        "truncation.truncation": torch.ones(1, 2 * blocks(t), 1),
        f"synthesis.output{blocks(t) - 1}.conv.weight": last_rgb(t, "weight"),
        f"synthesis.output{blocks(t) - 1}.bias": last_rgb(t, "bias"),
    }
    for i in range(dense_layers(t)):
        out[f"mapping.dense{i}.linear.weight"] = t[f"mapping.fc{i}.weight"]
        out[f"mapping.dense{i}.wscale.bias"] = t[f"mapping.fc{i}.bias"]
    for i, name in enumerate(convolutions(t)):
        at = f"synthesis.layer{i}"
        if i and i % 2 == 0 and min(t[f"{name}.noise_const"].shape) >= 128:
            out[f"{at}.weight"] = turn_fused(t, name).permute(2, 3, 1, 0)
        elif i:
            out[f"{at}.conv.weight"] = t[f"{name}.weight"]
        at += ".epilogue"
        out[f"{at}.bias"] = t[f"{name}.bias"]
        out[f"{at}.apply_noise.weight"] = t[f"{name}.noise_weight"]
        out[f"{at}.apply_noise.noise"] = t[f"{name}.noise_const"][None, None]
        out[f"{at}.style_mod.dense.linear.weight"] = t[f"{name}.style.weight"]
        out[f"{at}.style_mod.dense.wscale.bias"] = t[f"{name}.style.bias"]
    return out


def lernapparat(t: Tensors, noise: str = "top_epi.noise") -> Tensors:
    """Section 6.4, or the older way with `noise` alone; no mean, no noise maps."""
    out = {
        "g_synthesis.torgb.weight": last_rgb(t, "weight"),
        "g_synthesis.torgb.bias": last_rgb(t, "bias"),
    }
    for i in range(dense_layers(t)):
        out[f"g_mapping.dense{i}.weight"] = t[f"mapping.fc{i}.weight"]
        out[f"g_mapping.dense{i}.bias"] = t[f"mapping.fc{i}.bias"]
    for i in range(blocks(t)):
        out |= _lernapparat_block(t, i, f"g_synthesis.blocks.{4 << i}x{4 << i}", noise)
    return out


def _lernapparat_block(t: Tensors, index: int, at: str, noise: str) -> Tensors:
    conv0, conv1 = (f"synthesis.b{4 << index}.conv{half}" for half in (0, 1))
    first, second = ("", "conv") if index == 0 else ("conv0_up.", "conv1")
    out = {
        f"{at}.{first}bias": t[f"{conv0}.bias"],
        f"{at}.{second}.weight": t[f"{conv1}.weight"],
        f"{at}.{second}.bias": t[f"{conv1}.bias"],
    }
    if index == 0:
        out[f"{at}.const"] = t["synthesis.b4.const"][None]
    else:
        out[f"{at}.conv0_up.weight"] = turn_fused(t, conv0)
        out[f"{at}.conv0_up.intermediate.kernel"] = torch.ones(1, 1, 3, 3) / 16
    for half, name in enumerate((conv0, conv1), 1):
        out[f"{at}.epi{half}.{noise}.weight"] = t[f"{name}.noise_weight"]
        out[f"{at}.epi{half}.style_mod.lin.weight"] = t[f"{name}.style.weight"]
        out[f"{at}.epi{half}.style_mod.lin.bias"] = t[f"{name}.style.bias"]
    return out


def huangzh13(t: Tensors) -> Tensors:
    """Section 6.5."""
    done = blocks(t)
    out = {
        "truncation.avg_latent": t["mapping.w_avg"],
        f"g_synthesis.to_rgb.{done - 1}.weight": last_rgb(t, "weight"),
        f"g_synthesis.to_rgb.{done - 1}.bias": last_rgb(t, "bias"),
    }
    for i in range(dense_layers(t)):
        out[f"g_mapping.map.dense{i}.weight"] = t[f"mapping.fc{i}.weight"]
        out[f"g_mapping.map.dense{i}.bias"] = t[f"mapping.fc{i}.bias"]
    if "mapping.embed.weight" in t:
        out["class_embedding.weight"] = t["mapping.embed.weight"].T
    for i in range(done):
        at = f"g_synthesis.blocks.{i - 1}" if i else "g_synthesis.init_block"
        out |= _lernapparat_block(t, i, at, "top_epi.noise")
    return out


def tensorflow_stylegan1(t: Tensors) -> Tensors:
    """Section 5.1."""
    out = tensorflow_common(t)
    out["synthesis/lod"] = torch.zeros(())
    out["synthesis/ToRGB_lod0/weight"] = hwio(last_rgb(t, "weight"))
    out["synthesis/ToRGB_lod0/bias"] = last_rgb(t, "bias")
    for i, name in enumerate(convolutions(t)):
        side = 4 << i // 2
        layer = ("Const", "Conv")[i] if i < 2 else ("Conv0_up", "Conv1")[i % 2]
        at = f"synthesis/{side}x{side}/{layer}"
        if i:
            out[f"{at}/weight"] = hwio(turn_fused(t, name))
        out[f"{at}/bias"] = t[f"{name}.bias"]
        out[f"{at}/Noise/weight"] = t[f"{name}.noise_weight"]
        out[f"{at}/StyleMod/weight"] = t[f"{name}.style.weight"].T
        out[f"{at}/StyleMod/bias"] = t[f"{name}.style.bias"]
    return out
