import pytest
import torch

from explorer.formats import content_hash, load, open_checkpoint
from explorer.networks.noise import noise_map
from tests.formats import layouts
from tests.formats.layouts_stylegan1 import rosinality_stylegan1
from tests.networks.builders import tiny_generator, tiny_stylegan1

PORT = {"eps": 1e-5, "bias_before_blur": True, "lr_multiplier": 1.0}


@pytest.mark.parametrize("channels", [(8, 6, 4), (4, 4, 4, 4, 3, 2)], ids=["16", "128"])
@pytest.mark.parametrize("key", ["g_running", None], ids=["training", "bare"])
def test_stylegan1_comes_back(channels, key, tmp_path):
    generator = tiny_stylegan1(channels=channels, **PORT)
    tensors = generator.tensors() | {"synthesis.b4.conv0.bias": torch.zeros(channels[0])}
    state = rosinality_stylegan1(tensors, levels=9)
    torch.save({key: state} if key else state, tmp_path / "net.model")
    loaded = load(tmp_path / "net.model")
    assert loaded.config == generator.config
    for name, tensor in loaded.tensors().items():
        if not name.endswith(("noise_const", "w_avg")):
            torch.testing.assert_close(tensor, tensors[name], atol=1e-6, rtol=1e-6)


def test_stylegan1_has_one_noise_map_for_both_layers_of_a_resolution(tmp_path):
    state = rosinality_stylegan1(tiny_stylegan1(**PORT).tensors(), levels=3)
    torch.save(state, tmp_path / "net.model")
    tensors = load(tmp_path / "net.model").tensors()
    for block, side in enumerate((4, 8, 16)):
        for half in (0, 1):
            stored = tensors[f"synthesis.b{side}.conv{half}.noise_const"]
            assert torch.equal(stored, noise_map(0, block, (side, side)))


def test_a_stylegan1_whose_noise_was_never_trained_is_taken_whole(tmp_path):
    tensors = tiny_stylegan1(**PORT).tensors()
    silent = {n: torch.zeros_like(t) if "noise_weight" in n else t for n, t in tensors.items()}
    torch.save(rosinality_stylegan1(silent, levels=3), tmp_path / "net.model")
    checkpoint = open_checkpoint(tmp_path / "net.model")
    assert checkpoint.generator.resolution == (16, 16)
    assert "as no noise weight was trained" in checkpoint.notes[0]


@pytest.mark.parametrize("taps", [2, 4, 6])
def test_a_filter_of_any_length_is_read_and_its_gain_taken_off(taps, tmp_path):
    generator = tiny_generator(filter_shape=(taps, taps))
    state = layouts.rosinality_stylegan2(generator.tensors())
    torch.save({"g_ema": state, "latent_avg": generator.w_avg}, tmp_path / "net.pt")
    assert content_hash(load(tmp_path / "net.pt")) == content_hash(generator)


def test_missing_noise_maps_are_drawn_and_said(tmp_path):
    state = layouts.rosinality_stylegan2(tiny_generator().tensors())
    torch.save({n: t for n, t in state.items() if "noises." not in n}, tmp_path / "net.pt")
    notes = open_checkpoint(tmp_path / "net.pt").notes
    assert any("5 noise maps are not in the file and were drawn from seed 0" in n for n in notes)


def test_a_converted_conditional_network_is_suspected(tmp_path):
    state = layouts.rosinality_stylegan2(tiny_generator(z_dim=12).tensors())
    torch.save({"g_ema": state}, tmp_path / "net.pt")
    assert "whose labels are lost" in open_checkpoint(tmp_path / "net.pt").notes[0]
