"""StyleGAN-XL has a mean of W for each class, and truncation pulls towards that of the picture."""

import pytest
import torch

from explorer.recipe import Recipe
from tests.networks.builders import XL, tiny_stylegan3
from tests.recipes import latent


@pytest.fixture(scope="module")
def network():
    return tiny_stylegan3(**XL)


@pytest.mark.parametrize("label", [0, 2])
def test_psi_0_is_the_mean_of_the_class(network, label):
    w = latent(network, Recipe(label=label, psi=0.0))
    torch.testing.assert_close(w, network.w_avg[label].expand_as(w), atol=1e-6, rtol=1e-5)


def test_several_classes_have_the_mean_of_their_means(network):
    w = latent(network, Recipe(label=(1.0, 0.0, 1.0), psi=0.0))
    mean = network.w_avg[[0, 2]].mean(0)
    torch.testing.assert_close(w, mean.expand_as(w), atol=1e-6, rtol=1e-5)
