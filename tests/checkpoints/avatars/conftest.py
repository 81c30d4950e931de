"""Tiny trainings: a state of 8 pixels and a few flat pictures, for tests that need no art."""

import numpy as np
import pytest
import torch

from checkpoints.avatars.discriminator import Discriminator
from checkpoints.avatars.faceset import FaceSet
from checkpoints.avatars.generator import Generator
from checkpoints.avatars.state import Standing, State, copy_of
from explorer.networks.stylegan2 import Config

TINY = Config(z_dim=8, w_dim=6, channels=(8, 6), mapping=(7, 6))


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def tiny_state(random):
    """A training of an 8-pixel StyleGAN2 that has seen 1000 pictures."""
    generator = Generator(TINY, random)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=random)
    average = copy_of(Generator(TINY, random))
    discriminator = Discriminator(TINY.channels, random)
    return State(generator, discriminator, average, Standing(1000, 0, seed=3), {})


@pytest.fixture
def flat_faces():
    """Eight pictures of 16 pixels, each of one colour, all hair."""
    colours = np.random.RandomState(0).randint(256, size=(8, 1, 1, 3))
    pixels = np.broadcast_to(colours, (8, 16, 16, 3)).astype(np.uint8)
    regions = np.ones((8, 16, 16), np.uint8)
    return FaceSet(pixels, regions, np.zeros((8, 0), np.float32), np.array([], np.str_))
