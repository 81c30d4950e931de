import pytest
import torch

from explorer.formats import load, open_checkpoint
from explorer.networks import Noise
from tests.formats.layouts_stylegan1 import huangzh13, lernapparat
from tests.networks.builders import tiny_stylegan1

FUSED = {"channels": (4, 4, 4, 4, 3, 2)}  # 128 pixels


def assert_same_pictures(loaded, generator):
    assert loaded.config == generator.config
    z = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    w = generator.mapping(z)
    assert torch.equal(loaded.mapping(z), w)
    assert torch.equal(loaded.synthesis(w, Noise("none")), generator.synthesis(w, Noise("none")))
    noise = Noise("random", seed=3)  # neither stores maps
    assert torch.equal(loaded.synthesis(w, noise), generator.synthesis(w, noise))


@pytest.mark.parametrize("noise", ["top_epi.noise", "noise"])
@pytest.mark.parametrize("changes", [{}, {"base": (4, 2)}, FUSED], ids=str)
def test_lernapparat_comes_back(noise, changes, tmp_path):
    generator = tiny_stylegan1(eps=1e-5, **changes)
    torch.save(lernapparat(generator.tensors(), noise), tmp_path / "net.pt")
    checkpoint = open_checkpoint(tmp_path / "net.pt")
    assert_same_pictures(checkpoint.generator, generator)
    assert any("noise maps are not in the file" in note for note in checkpoint.notes)
    assert any("mean of W is not in the file" in note for note in checkpoint.notes)


@pytest.mark.parametrize("changes", [{}, {"base": (4, 2)}, FUSED], ids=str)
def test_huangzh13_comes_back(changes, tmp_path):
    generator = tiny_stylegan1(eps=1e-5, **changes)
    torch.save(huangzh13(generator.tensors()), tmp_path / "GAN_GEN_SHADOW_2_9.pth")
    loaded = load(tmp_path / "GAN_GEN_SHADOW_2_9.pth")
    assert_same_pictures(loaded, generator)
    assert torch.equal(loaded.w_avg, generator.w_avg)


def test_huangzh13_without_a_kernel_does_not_blur(tmp_path):
    generator = tiny_stylegan1(eps=1e-5, blur=False)
    state = huangzh13(generator.tensors())
    torch.save({n: t for n, t in state.items() if "kernel" not in n}, tmp_path / "net.pth")
    assert_same_pictures(load(tmp_path / "net.pth"), generator)


def test_huangzh13_embeds_classes(tmp_path):
    generator = tiny_stylegan1(eps=1e-5, c_dim=3, embed=8)
    torch.save(huangzh13(generator.tensors()), tmp_path / "net.pth")
    loaded = load(tmp_path / "net.pth")
    z, label = torch.ones(3, 8), torch.eye(3)
    assert torch.equal(loaded.mapping(z, label), generator.mapping(z, label))


def test_huangzh13_that_was_growing_is_cut_to_what_was_trained(tmp_path):
    small = tiny_stylegan1(eps=1e-5, channels=(8, 6))
    state = huangzh13(tiny_stylegan1(eps=1e-5).tensors()) | huangzh13(small.tensors())
    silent = {n: torch.zeros_like(t) if "blocks.1.epi" in n else t for n, t in state.items()}
    torch.save(silent, tmp_path / "net.pth")
    checkpoint = open_checkpoint(tmp_path / "net.pth")
    assert_same_pictures(checkpoint.generator, small)
    assert "only the first 2 of its 3 resolutions" in checkpoint.notes[0]
