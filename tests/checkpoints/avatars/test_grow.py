import pytest
import torch
import torch.nn.functional as F

from checkpoints.avatars import state
from checkpoints.avatars.grow import faded, grow_discriminator, grow_generator
from checkpoints.avatars.layers import double, fir_filter


@torch.no_grad()
def test_a_grown_generator_draws_the_old_picture_doubled(tiny_state, random):
    old = tiny_state.generator
    grown = grow_generator(old, 4, random)
    w = torch.randn(2, 6, 6, generator=random)
    assert grown.resolution == 16
    torch.testing.assert_close(
        grown.synthesis(w), double(old.synthesis(w[:, :4]), fir_filter()), atol=1e-5, rtol=1e-5
    )


def test_the_new_block_of_a_grown_generator_learns(tiny_state, random):
    grown = grow_generator(tiny_state.generator, 4, random)
    grown.synthesis(torch.randn(2, 6, 6, generator=random)).square().sum().backward()
    assert grown.synthesis.block(-1).torgb.weight.grad.any()


@torch.no_grad()
def test_a_grown_discriminator_judges_the_halved_picture_as_the_old_at_fade_0(tiny_state, random):
    old = tiny_state.discriminator
    grown = grow_discriminator(old, 4, random)
    image = torch.rand(4, 3, 16, 16, generator=random)
    torch.testing.assert_close(grown(image, fade=0.0), old(F.avg_pool2d(image, 2)))
    assert not torch.allclose(grown(image, fade=0.5), grown(image, fade=0.0))


@torch.no_grad()
def test_at_fade_1_the_old_way_in_does_not_count(tiny_state, random):
    grown = grow_discriminator(tiny_state.discriminator, 4, random)
    image = torch.rand(4, 3, 16, 16, generator=random)
    before = grown(image, fade=1.0)
    grown.finish_growing()
    assert torch.equal(grown(image), before)


def test_real_pictures_become_sharp_with_the_fade(random):
    image = torch.rand(2, 3, 16, 16, generator=random)
    soft = double(F.avg_pool2d(image, 2), fir_filter())
    assert torch.equal(faded(image, 1.0), image)
    torch.testing.assert_close(faded(image, 0.0), soft)
    torch.testing.assert_close(faded(image, 0.25), 0.75 * soft + 0.25 * image)


def test_a_state_grows_with_its_average_and_counts_from_there(tiny_state):
    grown = state.grown(tiny_state)
    assert grown.generator.resolution == 16
    assert grown.standing.grown_at == grown.standing.images == 1000
    assert grown.standing.since_growth == 0
    for name, tensor in tiny_state.average.state_dict().items():
        assert torch.equal(grown.average.state_dict()[name], tensor)


@pytest.mark.parametrize("resolution, channels", [(16, (128, 128, 128)), (32, (128,) * 3 + (64,))])
def test_a_start_from_nothing_has_the_channels_of_its_resolution(resolution, channels):
    assert state.start(resolution, seed=0).generator.config.channels == channels
