"""Every reference file, against what its peer's own code computes from it."""

import pytest
import torch

from explorer.formats import load
from explorer.networks import Noise
from tests.networks import golden


@pytest.fixture(scope="module", params=golden.STYLEGAN1 + golden.STYLEGAN2)
def reference(request):
    """(name, generator, reference arrays) of one file."""
    name = request.param
    generator, arrays = load(golden.checkpoint(name)), golden.arrays(name)
    if "noise_0" in arrays:  # rosinality's StyleGAN1 stores none: one map for each resolution
        generator.fill(
            {
                key: arrays[f"noise_{tensor.shape[0].bit_length() - 3}"][0, 0]
                if key.endswith("noise_const")
                else tensor
                for key, tensor in generator.tensors().items()
            }
        )
    return name, generator, arrays


def test_the_mapping_gives_the_reference_w(reference):
    _, generator, arrays = reference
    w = generator.mapping(arrays["z"], arrays.get("c"))
    torch.testing.assert_close(w, arrays["ws"], atol=3e-5, rtol=3e-5)


def test_w_avg_is_the_reference_or_an_estimate_near_it(reference):
    name, generator, arrays = reference
    tolerance = 0.1 if name in golden.WITHOUT_W_AVG else 3e-5  # from other samples of w
    torch.testing.assert_close(generator.w_avg, arrays["w_avg"], atol=tolerance, rtol=3e-5)


def test_truncating_towards_w_avg_gives_the_reference_w(reference):
    _, _, arrays = reference
    w = arrays["w_avg"].lerp(arrays["ws"], arrays["psi"].item())
    torch.testing.assert_close(w, arrays["ws_trunc"], atol=3e-5, rtol=3e-5)


@pytest.mark.parametrize(
    "w, noise, image",
    [
        ("ws", "none", "img_none"),
        ("ws", "const", "img_const"),
        ("ws_trunc", "const", "img_trunc"),
        ("mixed", "const", "img_mix"),
    ],
)
def test_the_synthesis_draws_the_reference_picture(reference, w, noise, image):
    _, generator, arrays = reference
    index = arrays["mix_index"].item()
    mixed = torch.cat([arrays["ws"][:1, :index], arrays["ws"][1:, index:]], dim=1)
    drawn = generator.synthesis((arrays | {"mixed": mixed})[w], Noise(noise))
    torch.testing.assert_close(drawn, arrays[image], atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", golden.ALL)
def test_a_loaded_generator_moves_to_a_device_whole(name):
    generator = load(golden.checkpoint(name)).to(torch.device("cpu"))
    assert not any(tensor.is_meta for tensor in generator.buffers())
