import pytest
import torch

from checkpoints.avatars.generator import Generator
from explorer.networks import Noise
from explorer.networks.stylegan2 import Config, StyleGAN2


@pytest.fixture
def pair(random):
    """The trainer's and the explorer's network of 16 pixels, with the same tensors."""
    config = Config(z_dim=8, w_dim=6, channels=(8, 6, 4), mapping=(7, 6))
    ours = Generator(config, random)
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            if name.endswith(("noise_strength", "bias")):
                parameter += torch.randn(parameter.shape, generator=random)
    theirs = StyleGAN2(config)
    theirs.fill({name: tensor.clone() for name, tensor in ours.state_dict().items()})
    return ours, theirs


@torch.no_grad()
def test_it_draws_what_the_explorer_draws_with_its_tensors(pair, random):
    ours, theirs = pair
    z = torch.randn(3, 8, generator=random)
    w = ours.mapping(z)[:, None].expand(-1, ours.num_ws, -1)
    torch.testing.assert_close(w, theirs.mapping(z), atol=1e-5, rtol=0)
    image = ours.synthesis(w)
    assert image.shape == (3, 3, 16, 16)
    torch.testing.assert_close(image, theirs.synthesis(w), atol=1e-4, rtol=0)


@torch.no_grad()
def test_each_layer_takes_its_own_w(pair, random):
    ours, theirs = pair
    w = torch.randn(2, ours.num_ws, 6, generator=random)
    torch.testing.assert_close(ours.synthesis(w), theirs.synthesis(w), atol=1e-4, rtol=0)


@torch.no_grad()
def test_noise_is_drawn_anew_for_every_picture(pair, random):
    ours, theirs = pair
    w = torch.randn(1, ours.num_ws, 6, generator=random).expand(2, -1, -1)
    noisy = ours.synthesis(w, random)
    assert not torch.allclose(noisy[0], noisy[1])
    still = theirs.synthesis(w, Noise("none"))
    assert not torch.allclose(noisy, still)


def test_it_has_exactly_the_tensors_of_the_explorers_network(pair):
    ours, theirs = pair
    assert ours.state_dict().keys() == theirs.tensors().keys()


@torch.no_grad()
def test_bfloat16_draws_nearly_the_same(random):
    config = Config(z_dim=8, w_dim=6, channels=(8, 6), mapping=(6,))
    exact = Generator(config, random)
    rough = Generator(config, random, torch.bfloat16)
    rough.load_state_dict(exact.state_dict())
    w = torch.randn(2, 4, 6, generator=random)
    image = rough.synthesis(w)
    assert image.dtype == torch.float32
    assert (image - exact.synthesis(w)).abs().max() < 0.05 * exact.synthesis(w).abs().max()
