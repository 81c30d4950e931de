"""Our tensors under other people's names: what their files would hold of the same network.

Written from the format notes, section by section, as the inverse of what the readers do. Each
function takes the tensors of a generator and gives a state dict.
"""

import numpy as np
import torch
from torch import Tensor

Tensors = dict[str, Tensor]


def convolutions(t: Tensors) -> list[str]:
    """The layers with noise, by our names, coarse first."""
    names = [name.removesuffix(".noise_const") for name in t if name.endswith(".noise_const")]
    return sorted(names, key=lambda name: (int(name.split(".")[1][1:]), name))


def blocks(t: Tensors) -> int:
    return len({name.split(".")[1] for name in convolutions(t)})


def dense_layers(t: Tensors) -> int:
    return sum(name.startswith("mapping.fc") and name.endswith(".weight") for name in t)


def rosinality_stylegan2(t: Tensors) -> Tensors:
    """Section 6.1, without the mean, which lies beside the state dict."""
    out = {"input.input": t["synthesis.b4.const"][None]}
    for i in range(dense_layers(t)):
        out[f"style.{i + 1}.weight"] = t[f"mapping.fc{i}.weight"]
        out[f"style.{i + 1}.bias"] = t[f"mapping.fc{i}.bias"]
    for i, name in enumerate(convolutions(t)):
        at = f"convs.{i - 1}" if i else "conv1"
        out[f"{at}.conv.weight"] = t[f"{name}.weight"][None]
        out[f"{at}.conv.modulation.weight"] = t[f"{name}.affine.weight"]
        out[f"{at}.conv.modulation.bias"] = t[f"{name}.affine.bias"]
        out[f"{at}.noise.weight"] = t[f"{name}.noise_strength"].reshape(1)
        out[f"{at}.activate.bias"] = t[f"{name}.bias"]
        out[f"noises.noise_{i}"] = t[f"{name}.noise_const"][None, None]
        if i % 2:
            out[f"{at}.conv.blur.kernel"] = t[f"{name}.resample_filter"] * 4
    for i in range(blocks(t)):
        at, name = f"to_rgbs.{i - 1}" if i else "to_rgb1", f"synthesis.b{4 << i}.torgb"
        out[f"{at}.conv.weight"] = t[f"{name}.weight"][None]
        out[f"{at}.bias"] = t[f"{name}.bias"].reshape(1, -1, 1, 1)
        out[f"{at}.conv.modulation.weight"] = t[f"{name}.affine.weight"]
        out[f"{at}.conv.modulation.bias"] = t[f"{name}.affine.bias"]
    return out


def basicsr(t: Tensors) -> Tensors:
    """Section 6.6; kernels are not in these files."""
    out = {}
    for name, tensor in rosinality_stylegan2(t).items():
        if name.endswith(".kernel"):
            continue
        for theirs, ours in (
            ("style.", "style_mlp."),
            ("input.input", "constant_input.weight"),
            ("conv1.", "style_conv1."),
            ("convs.", "style_convs."),
        ):
            if name.startswith(theirs):
                name = ours + name.removeprefix(theirs)
                break
        name = name.replace(".conv.", ".modulated_conv.").replace(".noise.weight", ".weight")
        out[name.replace("noises.noise_", "noises.noise")] = tensor
    return out


def genforce_stylegan2(t: Tensors) -> Tensors:
    """Section 6.3: TensorFlow's conventions in PyTorch's order of axes."""
    out = {
        "synthesis.early_layer.const": t["synthesis.b4.const"][None],
        "truncation.w_avg": t["mapping.w_avg"],
    }
    for i in range(dense_layers(t)):
        out[f"mapping.dense{i}.weight"] = t[f"mapping.fc{i}.weight"]
        out[f"mapping.dense{i}.bias"] = t[f"mapping.fc{i}.bias"]
    if "mapping.embed.weight" in t:
        out["mapping.label_weight"] = t["mapping.embed.weight"].T
    for i, name in enumerate(convolutions(t)):
        at, weight = f"synthesis.layer{i}", t[f"{name}.weight"]
        out[f"{at}.weight"] = weight.flip((2, 3)) if i % 2 else weight
        out[f"{at}.bias"] = t[f"{name}.bias"]
        out[f"{at}.noise"] = t[f"{name}.noise_const"][None, None]
        out[f"{at}.noise_strength"] = t[f"{name}.noise_strength"]
        out[f"{at}.style.weight"] = t[f"{name}.affine.weight"]
        out[f"{at}.style.bias"] = t[f"{name}.affine.bias"] - 1
        if i % 2:
            out[f"{at}.filter.kernel"] = t[f"{name}.resample_filter"][None, None] * 4
    for i in range(blocks(t)):
        at, name = f"synthesis.output{i}", f"synthesis.b{4 << i}.torgb"
        if f"{name}.weight" in t:
            out[f"{at}.weight"], out[f"{at}.bias"] = t[f"{name}.weight"], t[f"{name}.bias"]
            out[f"{at}.style.weight"] = t[f"{name}.affine.weight"]
            out[f"{at}.style.bias"] = t[f"{name}.affine.bias"] - 1
    return out


def tensorflow_common(t: Tensors) -> Tensors:
    """Section 4.2, what both generations share."""
    out = {"dlatent_avg": t["mapping.w_avg"], "lod": torch.zeros(())}
    out["synthesis/4x4/Const/const"] = t["synthesis.b4.const"][None]
    for i in range(dense_layers(t)):
        out[f"mapping/Dense{i}/weight"] = t[f"mapping.fc{i}.weight"].T
        out[f"mapping/Dense{i}/bias"] = t[f"mapping.fc{i}.bias"]
    if "mapping.embed.bias" in t:
        out["mapping/LabelEmbed/weight"] = t["mapping.embed.weight"].T
        out["mapping/LabelEmbed/bias"] = t["mapping.embed.bias"]
    elif "mapping.embed.weight" in t:
        out["mapping/LabelConcat/weight"] = t["mapping.embed.weight"].T
    for i, name in enumerate(convolutions(t)):
        out[f"synthesis/noise{i}"] = t[f"{name}.noise_const"][None, None]
    return out


def hwio(weight: Tensor) -> Tensor:
    return weight.permute(2, 3, 1, 0)


def tensorflow_stylegan2(t: Tensors, *, lods: bool = False) -> Tensors:
    """Section 4.2; with `lods` the RGB layer of configurations B to D, section 4.3."""
    out = tensorflow_common(t)
    for i, name in enumerate(convolutions(t)):
        side = 4 << (i + 1) // 2
        at = f"synthesis/{side}x{side}/{'Conv0_up' if i % 2 else 'Conv1' if i else 'Conv'}"
        weight = t[f"{name}.weight"]
        out[f"{at}/weight"] = hwio(weight.flip((2, 3)) if i % 2 else weight)
        out[f"{at}/bias"] = t[f"{name}.bias"]
        out[f"{at}/noise_strength"] = t[f"{name}.noise_strength"]
        out[f"{at}/mod_weight"] = t[f"{name}.affine.weight"].T
        out[f"{at}/mod_bias"] = t[f"{name}.affine.bias"] - 1
    for i in range(blocks(t)):
        name, scope = f"synthesis.b{4 << i}", f"synthesis/{4 << i}x{4 << i}"
        if f"{name}.skip.weight" in t:
            out[f"{scope}/Skip/weight"] = hwio(t[f"{name}.skip.weight"].flip((2, 3)))
        if f"{name}.torgb.weight" in t:
            at = "synthesis/ToRGB_lod0" if lods else f"{scope}/ToRGB"
            out[f"{at}/weight"] = hwio(t[f"{name}.torgb.weight"])
            out[f"{at}/bias"] = t[f"{name}.torgb.bias"]
            out[f"{at}/mod_weight"] = t[f"{name}.torgb.affine.weight"].T
            out[f"{at}/mod_bias"] = t[f"{name}.torgb.affine.bias"] - 1
    return out


def to_numpy(tensors: Tensors) -> dict[str, np.ndarray | np.float32]:
    """As TensorFlow pickles hold them: arrays, and numbers of numpy."""
    return {
        name: np.float32(tensor.item()) if tensor.ndim == 0 else tensor.contiguous().numpy()
        for name, tensor in tensors.items()
    }
