import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import load, open_checkpoint
from tests.formats import layouts
from tests.formats.layouts_stylegan1 import genforce_stylegan1, interfacegan
from tests.networks.builders import tiny_generator, tiny_stylegan1


def test_a_network_without_small_pictures_is_origin(tmp_path):
    generator = tiny_generator(architecture="orig")
    torch.save(layouts.genforce_stylegan2(generator.tensors()), tmp_path / "net.pth")
    loaded = load(tmp_path / "net.pth")
    assert loaded.config == generator.config
    w = generator.mapping(torch.ones(1, 8))
    torch.testing.assert_close(loaded.synthesis(w), generator.synthesis(w), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("taps", [2, 6])
def test_a_filter_of_any_length_is_read(taps, tmp_path):
    generator = tiny_generator(filter_shape=(taps, taps))
    torch.save(layouts.genforce_stylegan2(generator.tensors()), tmp_path / "net.pth")
    assert load(tmp_path / "net.pth").config == generator.config


def growing(lod, write):
    """A 16-pixel network that has `lod` doublings to go, with the RGB layer of 8 pixels."""
    small = tiny_stylegan1(channels=(8, 6))
    whole = write(tiny_stylegan1().tensors())
    return small, whole | write(small.tensors()) | {"synthesis.lod": torch.tensor(lod)}


@pytest.mark.parametrize("write", [genforce_stylegan1, interfacegan])
@pytest.mark.parametrize("lod", [0.3, 1.0])
def test_a_network_that_was_growing_is_cut_to_what_is_complete(write, lod, tmp_path):
    small, state = growing(lod, write)
    torch.save(state, tmp_path / "net.pth")
    checkpoint = open_checkpoint(tmp_path / "net.pth")
    assert checkpoint.generator.resolution == (8, 8)
    w = small.mapping(torch.ones(1, 8))
    assert torch.equal(checkpoint.generator.synthesis(w), small.synthesis(w))
    assert f"level of detail {lod:g}): only its first 2 of 3 resolutions" in checkpoint.notes[0]


@pytest.mark.parametrize("lod", [-1.0, 3.0, float("nan"), float("inf")])
def test_a_level_of_detail_that_cannot_be_is_refused(lod, tmp_path):
    state = genforce_stylegan1(tiny_stylegan1().tensors())
    torch.save(state | {"synthesis.lod": torch.tensor(lod)}, tmp_path / "net.pth")
    with pytest.raises(CheckpointError, match=r"level of detail is .*, which cannot be"):
        load(tmp_path / "net.pth")


def test_the_oldest_layout_has_one_rgb_layer_without_a_number(tmp_path):
    generator = tiny_stylegan1()
    state = interfacegan(generator.tensors())
    renamed = {n.replace("output2", "output"): t for n, t in state.items() if "lod" not in n}
    torch.save(renamed, tmp_path / "net.pth")
    w = generator.mapping(torch.ones(1, 8))
    assert torch.equal(load(tmp_path / "net.pth").synthesis(w), generator.synthesis(w))
