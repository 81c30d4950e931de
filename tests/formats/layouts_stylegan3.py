"""StyleGAN3 and StyleGAN-XL as NVIDIA's code and its fork store them."""

from dataclasses import replace

import numpy as np
import torch

from benchmarks.design_stylegan3 import generator
from explorer.networks.stylegan3 import PLAIN, StyleGAN3
from tests.formats.pickles import module_tree
from tests.networks.builders import TINY3, XL


def nvidia_names(network):
    """The tensors of `network` as NVIDIA's and StyleGAN-XL's code names them."""
    tensors = {
        name.replace("mapping.embed.proj.", "mapping.embed_proj."): tensor
        for name, tensor in network.tensors().items()
    }
    return tensors | {"synthesis.input.transform": torch.eye(3)}


def attributes(network):
    """What NVIDIA's modules of `network` say about themselves."""
    config, found = network.config, {}
    side = config.input.size
    for name, stage in zip(config.names, config.stages, strict=True):
        how = stage.resampling
        found[f"synthesis.{name}"] = {
            "in_size": np.array([side] * 2),
            "out_size": np.array([stage.size] * 2),
            "up_factor": how.up,
            "down_factor": np.int64(how.down),
            "padding": list(how.padding * 2),
            "conv_clamp": config.clamp,
            "use_fp16": np.bool_(True),
        }
        side = stage.size
    return found | {
        "": {"c_dim": config.c_dim},
        "mapping.fc0": {"activation": "lrelu", "bias_gain": config.lr_multiplier},
        "synthesis": {"layer_names": list(config.names), "output_scale": config.output_scale},
        "synthesis.input": {
            "size": np.array([config.input.size] * 2),
            "sampling_rate": np.float64(config.input.rate),
            "bandwidth": config.input.bandwidth,
        },
    }


def pickled(network, changes=None, said=None):
    """A snapshot of `network` with some tensors and attributes changed (None leaves one out)."""
    tensors = {k: v for k, v in (nvidia_names(network) | (changes or {})).items() if v is not None}
    return {"G_ema": module_tree(tensors, attributes(network) if said is None else said)}


def super_resolution(**changes):
    """A stem without its critically sampled layers, and a head at twice the resolution."""
    large = generator(replace(TINY3, resolution=64, layers=6), **XL)
    stem = generator(replace(TINY3, layers=6)).config
    # The head starts from where the stem's rate ends.
    head = large.config.stages[5:]
    first = replace(head[0], resampling=_seam(stem.stages[3].size, head[0].size))
    config = replace(large.config, input=stem.input, stages=(*stem.stages[:4], first, *head[1:]))
    return _filled(replace(config, **changes))


def _seam(inputs, size, up=4, down=2):
    total = (size - 1) * down + 1 - (inputs + 2) * up + 6 * (up + down) - 2
    before = (total + up) // 2
    return replace(PLAIN, up=up, down=down, up_filter=(6 * up,), down_filter=(6 * down,),
                   padding=(before, total - before))  # fmt: skip


def _filled(config):
    network = StyleGAN3(config)
    random = torch.Generator().manual_seed(0)
    network.fill(
        {
            name: torch.rand(tensor.shape, generator=random) + 0.1
            for name, tensor in network.tensors().items()
        }
    )
    return network
