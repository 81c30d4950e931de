"""StyleGAN3 in all the ways it is stored."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from benchmarks.design_stylegan3 import generator
from explorer.errors import CheckpointError
from explorer.formats import content_hash, inspect, load, open_checkpoint
from explorer.formats.native import config_json
from tests.formats.layouts_stylegan3 import attributes, nvidia_names, pickled
from tests.formats.pickles import dump, dump_torch
from tests.networks import golden
from tests.networks.builders import TINY3, XL, tiny_stylegan3

LAYER = "synthesis.L1_36_12"


@pytest.fixture(scope="module")
def network():
    return tiny_stylegan3()


@pytest.mark.parametrize("name", golden.STYLEGAN3)
@pytest.mark.parametrize("write", [torch.save, save_file], ids=["torch", "safetensors"])
def test_a_bare_state_dict_equals_the_pickle(name, write, tmp_path):
    original = load(golden.checkpoint(name))
    write(nvidia_names(original), tmp_path / "net")
    checkpoint = open_checkpoint(tmp_path / "net")
    assert checkpoint.family == "StyleGAN3 state dict"
    assert checkpoint.generator.config == original.config
    assert content_hash(checkpoint.generator) == content_hash(original)
    assert "were assumed" in checkpoint.notes[0]


@pytest.mark.parametrize("design", [TINY3, replace(TINY3, radial=True)], ids=["T", "R"])
@pytest.mark.parametrize(
    "changes", [{}, {"clamp": None}, {"clamp": 8.0, "output_scale": 1.0, "lr_multiplier": 0.1}],
    ids=str,
)  # fmt: skip
def test_what_the_modules_say_is_read(design, changes, tmp_path):
    network = generator(design, **changes)
    loaded = load(dump(pickled(network), tmp_path / "net.pkl"))
    assert loaded.config == network.config
    assert content_hash(loaded) == content_hash(network)


def test_what_no_module_says_comes_from_the_arguments_and_then_from_the_design(network, tmp_path):
    said = {"": {"_init_kwargs": {"output_scale": 0.5}}}
    config = load(dump(pickled(network, said=said), tmp_path / "net.pkl")).config
    assert config == replace(network.config, output_scale=0.5)


def test_what_a_layer_says_counts_more_than_its_name(network, tmp_path):
    said = attributes(network)
    names = [f"L{index}_9_9" for index in range(15)]
    tensors = {}
    for old, new in zip(network.config.names, names, strict=True):
        said[f"synthesis.{new}"] = said.pop(f"synthesis.{old}")
        for key, tensor in nvidia_names(network).items():
            if key.startswith(f"synthesis.{old}."):
                tensors |= {key: None, key.replace(old, new): tensor}
    said["synthesis"]["layer_names"] = names
    loaded = load(dump(pickled(network, tensors, said), tmp_path / "net.pkl"))
    assert content_hash(loaded) == content_hash(network)


def test_layers_are_sorted_by_number_and_not_by_letter(network, tmp_path):
    tensors = dict(sorted(nvidia_names(network).items()))
    order = [name for name in tensors if name.endswith(".bias") and ".L" in name]
    assert order[1].startswith("synthesis.L0_") and order[3].startswith("synthesis.L10_")
    torch.save(tensors, tmp_path / "net.pt")
    assert load(tmp_path / "net.pt").config.names == network.config.names


def test_a_transform_left_in_the_file_is_reset_and_said(network, tmp_path):
    turned = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    path = dump(pickled(network, {"synthesis.input.transform": turned}), tmp_path / "net.pkl")
    checkpoint = open_checkpoint(path)
    assert content_hash(checkpoint.generator) == content_hash(network)
    assert checkpoint.notes == ("The file turned or moved its pictures; that was reset.",)
    assert not open_checkpoint(dump(pickled(network), tmp_path / "other.pkl")).notes


@pytest.mark.parametrize(
    "write",
    [dump, partial(dump, protocol=2), dump_torch, partial(dump_torch, legacy=True)],
    ids=["pickle", "protocol 2", "zip", "legacy"],
)
@pytest.mark.parametrize("whole", [False, True], ids=["snapshot", "whole module"])
def test_every_container_is_read(network, write, whole, tmp_path):
    value = pickled(network)
    path = write(value["G_ema"] if whole else value, tmp_path / "net")
    assert content_hash(load(path)) == content_hash(network)


def test_tensors_on_a_gpu_that_is_not_here_are_read(network, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:3")
    path = dump(pickled(network), tmp_path / "net.pkl")
    assert b"cuda:3" in path.read_bytes()
    assert content_hash(load(path)) == content_hash(network)


def test_the_summary_names_the_configuration(tmp_path):
    found = [inspect(golden.checkpoint(name)).architecture for name in golden.STYLEGAN3]
    path = dump(pickled(tiny_stylegan3(**XL)), tmp_path / "net.pkl")
    assert [*found, inspect(path).architecture] == ["stylegan3 T", "stylegan3 R", "stylegan3 XL"]


# What is wrong with a file


@pytest.mark.parametrize(
    "name, tensor, sentence",
    [
        (f"{LAYER}.weight", None, f"tensor '{LAYER}.weight' is missing"),
        (f"{LAYER}.magnitude_ema", None, f"tensor '{LAYER}.magnitude_ema' is missing"),
        ("synthesis.input.phases", None, "tensor 'synthesis.input.phases' is missing"),
        ("mapping.fc0.weight", None, "tensor 'mapping.fc0.weight' is missing"),
        (f"{LAYER}.bias", torch.ones(5), r"has the shape \[5\], expected \[12\]"),
        (f"{LAYER}.weight", torch.ones(12, 9, 3, 3), r"\[12, 9, 3, 3\], expected \[12, 12, 3, 3\]"),
        (f"{LAYER}.weight", torch.ones(12, 12), r"has the shape \[12, 12\], expected 4 axes"),
        (f"{LAYER}.up_filter", torch.ones(3, 4), r"filter has the shape \[3, 4\]"),
        (f"{LAYER}.down_filter", torch.ones(400), "down-sampling taps is 400"),
        (f"{LAYER}.bias", torch.full([12], torch.nan), f"'{LAYER}.bias' holds NaN or infinity"),
        ("synthesis.input.affine.weight", torch.ones(4, 9), "w_dim is 9, allowed is 16"),
    ],
)
def test_a_tensor_that_is_wrong_is_named(network, name, tensor, sentence, tmp_path):
    path = dump(pickled(network, {name: tensor}), tmp_path / "net.pkl")
    with pytest.raises(CheckpointError, match=sentence):
        load(path)


@pytest.mark.parametrize(
    "place, entry, sentence",
    [
        (LAYER, {"padding": [9, 8, 7, 8]}, "its layers are not square"),
        (LAYER, {"padding": [99, 8, 99, 8]}, "L1_36_12's side is 36, allowed is 81"),
        (LAYER, {"out_size": np.array([36, 40])}, "its layers are not square"),
        (LAYER, {"out_size": np.array([36, 40j])}, "cannot be read"),
        (LAYER, {"up_factor": 10**6}, "up-sampling factor is 1e\\+06, allowed is 1 to 16"),
        (LAYER, {"up_factor": float("inf")}, None),
        ("synthesis.input", {"sampling_rate": float("nan")}, "sampling_rate is nan"),
        ("synthesis.input", {"bandwidth": 8}, "sampling_rate is 16"),
        ("synthesis", {"layer_names": ["L0_36_12", "odd"]}, "size of its layer 'odd' is unknown"),
        ("synthesis", {"layer_names": ["L7_1_1"]}, "'synthesis.L7_1_1.weight' is missing"),
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused(network, place, entry, sentence, tmp_path):
    said = attributes(network)
    said[place] |= entry
    path = dump(pickled(network, said=said), tmp_path / "net.pkl")
    if sentence is None:
        assert load(path).config == network.config
        return
    with pytest.raises(CheckpointError, match=sentence):
        load(path)


def test_a_network_without_layers_says_so(tmp_path):
    torch.save({"synthesis.input.freqs": torch.ones(4, 2)}, tmp_path / "net.pt")
    with pytest.raises(CheckpointError, match="its synthesis network has no layers"):
        load(tmp_path / "net.pt")


@pytest.mark.parametrize(
    "path, value, sentence",
    [
        (["stages"], [], "number of layers is 0"),
        (["stages", 0, "size"], 9999, "L0_9999_12's side is 9999, allowed is 1 to 4224"),
        (["stages", 0, "size"], 38, "L0_38_12's side is 38, allowed is 36"),
        (["stages", 0, "channels"], 10**9, r"channels is 1e\+09"),
        (["stages", 0, "kernel"], 0, "L0_36_12's kernel is 0"),
        (["stages", 0, "resampling", "down"], 0, "down-sampling factor is 0"),
        (["stages", 0, "resampling", "up_filter"], [12, 12], r"filter has the shape \[12, 12\]"),
        (["stages", 0, "resampling", "up_filter"], [10**9], r"up-sampling taps is 1e\+09"),
        (["stages", 0, "resampling", "padding"], [-(10**9), 0], r"padding is -1e\+09"),
        (["stages", 0, "resampling", "odd"], 1, "unknown entry 'odd'"),
        (["stages", 0, "surprise"], 1, "unknown entry 'surprise'"),
        (["stages", 0, "size"], "36", "wrong at 'stages.0.size'"),
        (["stages", 14, "channels"], 2, "number of image channels is 2, allowed are 1, 3, 4"),
        (["stages", 14, "resampling", "up"], 2, "L14_32_3's side|the last layer resamples"),
        (["input", "channels"], 0, "the input's channels is 0"),
        (["input", "size"], 10**6, r"the input's side is 1e\+06"),
        (["input", "rate"], 1.0, "sampling_rate is 1"),
        (["embedding"], [2, 7], "the classes embedded is 2, allowed is 3 to"),
        (["c_dim"], 0, "c_dim with a mean for each class is 0"),
        (["output_scale"], 0.0, "output_scale is 0"),
        (["clamp"], -1.0, "clamp is -1"),
        (["mapping_activation"], "magic", "mapping's activation is 'magic'"),
    ],
    ids=str,
)
def test_a_config_out_of_bounds_is_refused_before_anything_is_built(
    path, value, sentence, tmp_path
):
    network = tiny_stylegan3(**XL)
    config = json.loads(config_json(network.config))
    *way, last = path
    place = config
    for step in way:
        place = place[step]
    place[last] = value
    header = {"format": "stylegan-explorer/1", "arch": "stylegan3", "config": json.dumps(config)}
    save_file(network.tensors(), tmp_path / "net", header)
    with pytest.raises(CheckpointError, match=sentence):
        load(tmp_path / "net")
