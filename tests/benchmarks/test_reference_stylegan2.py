import pytest
import torch

from benchmarks.design_stylegan2 import generator, some_w
from benchmarks.reference_stylegan2 import draw


@pytest.mark.parametrize("count", [1, 2])
def test_the_plain_code_draws_what_the_network_draws(count):
    network = generator(32)
    w = some_w(network, seed=1, count=count)
    torch.testing.assert_close(draw(network, w), network.synthesis(w), atol=1e-4, rtol=0)


def test_every_w_reaches_the_picture_of_the_plain_code_as_it_does_ours():
    network = generator(16)
    w = some_w(network, seed=1)
    for layer in range(network.num_ws):
        changed = w.clone()
        changed[:, layer] = some_w(network, seed=2)[:, layer]
        assert not torch.equal(draw(network, changed), draw(network, w))
        torch.testing.assert_close(
            draw(network, changed), network.synthesis(changed), atol=1e-4, rtol=0
        )
