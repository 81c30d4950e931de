import pytest
import torch

from checkpoints.avatars.discriminator import Discriminator, with_deviation


def test_deviation_compares_the_pictures_of_a_group():
    x = torch.zeros(8, 2, 4, 4)
    x[0] = 2.0  # in the group of 0, 2, 4, 6
    plane = with_deviation(x)[:, 2]
    deviation = torch.tensor([2.0, 0.0, 0.0, 0.0]).std(correction=0)
    assert plane[::2].unique().item() == pytest.approx(deviation.item(), abs=1e-3)
    assert plane[1::2].abs().max() < 1e-3


def test_deviation_takes_a_batch_that_four_does_not_divide_as_one_group():
    assert with_deviation(torch.rand(3, 2, 4, 4)).shape == (3, 3, 4, 4)


def test_equal_pictures_are_judged_equally(random):
    discriminator = Discriminator((8, 6, 4), random)
    logits = discriminator(torch.rand(1, 3, 16, 16).expand(4, -1, -1, -1))
    assert logits.shape == (4,)
    torch.testing.assert_close(logits, logits[:1].expand(4))


def test_names_are_those_of_nvidias_residual_discriminator(random):
    names = Discriminator((8, 6, 4), random).state_dict().keys()
    assert names == {
        *(f"b{size}.{conv}.{part}" for size in (8, 16) for conv in ("conv0", "conv1")
          for part in ("weight", "bias")),
        *("b8.skip.weight", "b16.skip.weight", "b16.fromrgb.weight", "b16.fromrgb.bias"),
        *(f"b4.{layer}.{part}" for layer in ("conv", "fc", "out") for part in ("weight", "bias")),
    }  # fmt: skip


def test_the_old_way_in_is_gone_once_the_new_block_has_grown_in(random):
    discriminator = Discriminator((8, 6, 4), random, fading=True)
    assert "b8.fromrgb.weight" in discriminator.state_dict()
    discriminator.finish_growing()
    discriminator.finish_growing()
    assert "b8.fromrgb.weight" not in discriminator.state_dict()
    assert discriminator(torch.rand(4, 3, 16, 16)).shape == (4,)
