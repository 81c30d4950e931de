import numpy as np
import pytest
import torch

from explorer import latents
from explorer.errors import LatentError
from explorer.networks import Noise
from explorer.paint import paint
from explorer.recipe import Recipe
from explorer.sampling import BATCH, Sampler, on_screen
from tests.networks.builders import tiny_generator


def test_a_sample_is_the_picture_that_the_page_draws_of_its_seed():
    generator = tiny_generator()
    sampler = Sampler(generator, psi=0.7, noise=Noise("none"))
    drawn = torch.cat(list(sampler.pictures([3, 9])))
    for index, seed in enumerate((3, 9)):
        recipe = Recipe(a={"x": seed}, psi=0.7, noise={"mode": "none"})
        pixels = (drawn[index].permute(1, 2, 0) * 127.5 + 127.5).round().byte().numpy()
        apart = np.abs(pixels.astype(int) - paint(generator, recipe))
        assert apart.max() <= 1 and (apart > 0).mean() <= 0.001


def test_samples_do_not_depend_on_how_they_are_batched():
    sampler = Sampler(tiny_generator())
    together = torch.cat(list(sampler.pictures(range(BATCH + 2))))
    assert len(together) == BATCH + 2
    alone = torch.cat(list(sampler.pictures([BATCH + 1])))
    assert (together[-1] - alone[0]).abs().max() <= 2 / 255


def test_classes_are_taken_in_turn_unless_one_is_asked_for():
    generator = tiny_generator(c_dim=3)
    assert Sampler(generator).labels([0, 4, 5]).argmax(1).tolist() == [0, 1, 2]
    assert Sampler(generator, label=2).labels([0, 4]).argmax(1).tolist() == [2, 2]
    assert Sampler(tiny_generator()).labels([0]) is None
    assert torch.equal(
        Sampler(generator).w([4]),
        generator.mapping(latents.sample_z(4, generator.z_dim), torch.eye(3)[1:2]),
    )


def test_a_class_of_a_generator_without_classes_is_refused():
    with pytest.raises(LatentError, match="no classes"):
        Sampler(tiny_generator(), label=3).labels([0])


def test_truncation_pulls_towards_the_mean_of_the_class_where_there_is_one():
    generator = tiny_generator(c_dim=2)
    assert torch.equal(Sampler(generator).centre([0, 1]), generator.w_avg)
    generator._mapping.w_avg = torch.arange(12.0).view(2, 6)
    assert Sampler(generator).centre([1, 0]).tolist() == [
        [[6, 7, 8, 9, 10, 11]],
        [[0, 1, 2, 3, 4, 5]],
    ]


@pytest.mark.parametrize(("value", "shown"), [(-2.0, -1.0), (2.0, 1.0), (0.0, 0.5 / 127.5)])
def test_a_screen_has_256_values(value, shown):
    assert on_screen(torch.full((1, 1, 1, 1), value)).item() == pytest.approx(shown, abs=1e-6)
