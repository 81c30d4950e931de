"""What is no StyleGAN generator that can be read is named for what it is."""

import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import load
from tests.formats import layouts
from tests.formats.pickles import STAND_INS, Network, Persistent, dump
from tests.networks.builders import tiny_generator


@pytest.mark.parametrize(
    "value, name",
    [
        ({"g_ema": ["convs.0.conv.weight", "to_rgbs.0.iwt.ll"]}, "rosinality SWAGAN"),
        ({"g_ema": ["convs.0.conv.weight", "iwt.ll"]}, "rosinality SWAGAN"),
        ({"params_ema": ["stylegan_decoder.style_mlp.1.weight"]}, "GFPGAN"),
        ({"GAN": ["GE.blocks.0.conv1.weight", "SE.net.0.weight"]}, "lucidrains StyleGAN2"),
        ({"g_ema": ["feat_8.1.weight_orig", "init.init.0.weight_orig"]}, "FastGAN"),
        ({"G_ema": ["synthesis.feat_8.1.weight_orig"]}, "FastGAN"),
        ({"generator_smooth": ["layer0.weight", "output0.weight", "lod"]}, "progressive GAN"),
        ({"state_dict": ["layer0.conv.weight", "layer0.wscale.bias"]}, "progressive GAN"),
    ],
    ids=str,
)
def test_other_networks_are_named_and_something_else_advised(value, name, tmp_path):
    state = {key: dict.fromkeys(names, torch.ones(1)) for key, names in value.items()}
    torch.save(state, tmp_path / "net.pt")
    with pytest.raises(CheckpointError, match=rf"this is a {name}.* checkpoint, which is not") as e:
        load(tmp_path / "net.pt")
    assert e.value.fix.startswith("Use a checkpoint of NVIDIA's")


def test_twelve_channels_are_the_bands_of_swagan(tmp_path):
    state = layouts.rosinality_stylegan2(tiny_generator().tensors())
    torch.save({"g_ema": state | {"to_rgb1.bias": torch.ones(1, 12, 1, 1)}}, tmp_path / "net.pt")
    with pytest.raises(CheckpointError, match="rosinality SWAGAN checkpoint"):
        load(tmp_path / "net.pt")


def test_a_projected_gan_in_nvidias_container_is_named(tmp_path):
    synthesis = Persistent(
        "FastganSynthesis", {"_modules": {"feat_8": Persistent("Up", {"_modules": {}})}}
    )
    generator = Persistent("Generator", {"_modules": {"synthesis": synthesis}})
    with pytest.raises(CheckpointError, match=r"a projected GAN \(FastGAN\) checkpoint"):
        load(dump({"G_ema": generator}, tmp_path / "net.pkl"))


@pytest.mark.parametrize("alone", [False, True])
def test_a_progressive_gan_of_its_first_code_is_named(alone, tmp_path):
    network = STAND_INS["tfutil"]()
    path = dump(network if alone else (network, network, network), tmp_path / "net.pkl")
    with pytest.raises(CheckpointError, match=r"a progressive GAN \(TensorFlow\) checkpoint"):
        load(path)


def test_a_progressive_gan_of_its_later_code_is_named(tmp_path):
    network = Network(build_func_name="G_paper", variables=[("4x4/Dense/weight", 1.0)])
    with pytest.raises(CheckpointError, match=r"a progressive GAN \(TensorFlow\) checkpoint"):
        load(dump((network, network, network), tmp_path / "net.pkl"))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"optimizer": state},
        lambda state: {"g_optim": state, "d_optim": state, "ada_aug_p": 0.0},
    ],
    ids=["bare", "one", "two"],
)
def test_an_optimizer_alone_is_named(wrap, tmp_path):
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.ones(2)
    optimizer = torch.optim.Adam([weight])
    optimizer.step()
    torch.save(wrap(optimizer.state_dict()), tmp_path / "optim.pt")
    with pytest.raises(
        CheckpointError, match="this is the state of an optimizer, without a network"
    ) as caught:
        load(tmp_path / "optim.pt")
    assert caught.value.fix == "Use the checkpoint that training wrote beside it."


def test_a_discriminator_alone_is_not_taken_for_a_generator(tmp_path):
    torch.save({"d": {"convs.0.0.weight": torch.ones(1)}}, tmp_path / "d.pt")
    with pytest.raises(CheckpointError, match="holds no generator that is known here"):
        load(tmp_path / "d.pt")
