"""What StyleGAN-XL adds: classes with vectors and means, super-resolution, and dill."""

import json
from dataclasses import asdict
from functools import partial

import pytest
import torch
from safetensors.torch import save_file

from explorer.formats import content_hash, load, open_checkpoint
from tests.formats.layouts_stylegan3 import attributes, nvidia_names, pickled, super_resolution
from tests.formats.pickles import ByValue, Evil, Persistent, dump
from tests.networks.builders import XL, tiny_stylegan3


@pytest.fixture(scope="module")
def network():
    return tiny_stylegan3()


@pytest.mark.parametrize("make", [partial(tiny_stylegan3, **XL), super_resolution],
                         ids=["stem", "super-resolution"])  # fmt: skip
def test_stylegan_xl_is_read(make, tmp_path):
    network = make()
    loaded = load(dump(pickled(network), tmp_path / "net.pkl"))
    assert loaded.config == network.config
    assert content_hash(loaded) == content_hash(network)
    assert loaded.w_avg.shape == (3, 16)
    w = loaded.mapping(torch.ones(1, 16), torch.eye(3)[:1])
    assert loaded.synthesis(w).shape[2:] == loaded.resolution
    assert loaded.synthesis(w).isfinite().all()


def test_the_state_dict_of_a_super_resolution_network_is_enough(tmp_path):
    network = super_resolution(c_dim=5)
    torch.save(nvidia_names(network), tmp_path / "net.pt")
    assert load(tmp_path / "net.pt").config == network.config


def test_the_arguments_of_a_super_resolution_network_are_not_believed(tmp_path):
    """They are those of its stem, and those of growing it."""
    network = super_resolution()
    said = attributes(network)
    said["synthesis"]["_init_kwargs"] = {"img_resolution": 16, "output_scale": 9.0}
    said[""]["_init_kwargs"] = {"head_layers": 4, "path_stem": "x", "up_factor": [2]}
    loaded = load(dump(pickled(network, said=said), tmp_path / "net.pkl"))
    assert content_hash(loaded) == content_hash(network)


def test_class_vectors_without_classes_are_left_out(network, tmp_path):
    value = pickled(network, {"mapping.embed.weight": torch.ones(1000, 320)})
    checkpoint = open_checkpoint(dump(value, tmp_path / "net.pkl"))
    assert content_hash(checkpoint.generator) == content_hash(network)


def test_the_missing_mean_of_a_conditional_network_is_estimated(tmp_path):
    network = tiny_stylegan3(**XL)
    value = pickled(network, {"mapping.w_avg": None})
    assert load(dump(value, tmp_path / "net.pkl")).w_avg.shape == (16,)
    config = json.dumps({"arch": "stylegan3", "config": asdict(network.config)})
    (tmp_path / "config.json").write_text(config)
    tensors = network.tensors()
    del tensors["mapping.w_avg"]
    save_file(tensors, tmp_path / "model.safetensors")
    assert load(tmp_path).w_avg.shape == (3, 16)


def test_what_only_the_discriminator_needs_is_never_built(network, tmp_path):
    """dill writes functions and types into the files of StyleGAN-XL, all on this side."""
    marker = tmp_path / "ran"
    odd = Persistent("ProjectedDiscriminator", {"hook": Evil(marker), "get": getattr})
    path = dump(pickled(network) | {"D": odd, "progress": {"cur_nimg": torch.ones(1)}},
                tmp_path / "net.pkl")  # fmt: skip
    checkpoint = open_checkpoint(path)
    assert content_hash(checkpoint.generator) == content_hash(network)
    assert "'builtins.getattr'" in checkpoint.mentions
    assert not marker.exists()


class Built:
    """An instance of a type that dill wrote by value."""

    def __init__(self, kind):
        self.kind = kind

    def __reduce__(self):
        return self.kind, (), {"training": False}


def test_a_generator_that_dill_wrote_is_read_and_none_of_its_code_is_built(network, tmp_path):
    """Also where functions and types by value are the generator's own attributes."""
    code = ByValue(0, 1, b"t\x00\x83\x01S\x00", (None,), ("relu",), "networks.py", "forward", b"")
    function = ByValue(
        code, {"scale": 2.0}, "forward", (1.0,), None, state=(None, {"__doc__": None})
    )
    kind = ByValue(ByValue("TypeType"), "Layer", (object,), {"forward": function})
    said = attributes(network)
    said["synthesis.L0_36_12"] |= {"activation_fn": function, "layer_type": kind}
    said[""] |= {"hook": Built(kind), "_init_kwargs": {"layer": kind}}
    value = pickled(network, said=said) | {"D": Built(kind), "progress": {"best_fid": 9.9}}
    checkpoint = open_checkpoint(dump(value, tmp_path / "net.pkl"))
    assert content_hash(checkpoint.generator) == content_hash(network)
    assert "'dill._dill._create_function'" in checkpoint.mentions
