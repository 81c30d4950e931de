import math

import numpy as np
import pytest
import torch

from explorer.colour import SEEDS, Colours, Fit, corrected, pair, reduced
from explorer.errors import AnalysisError
from tests.networks.builders import tiny_generator

MAP = torch.tensor([[0.7, 0.2, 0.0, 0.1], [0.0, 0.9, -0.1, 0.0], [0.1, 0.0, 0.6, -0.2]])


def pictures(seed, *shape, spread=0.25):
    """Pictures of which hardly a value is beyond 1."""
    values = np.random.default_rng(seed).normal(size=shape) * spread
    return torch.from_numpy(values).float().clamp(-1, 1)


def whole_of(small):
    """A whole picture twice as large, whose areas average to `small`."""
    return small.repeat_interleave(2, 2).repeat_interleave(2, 3)


def fitted(*pairs, channels=3):
    fit = Fit(channels)
    for small, whole in pairs:
        fit.add(small, whole)
    return fit.result()


def test_the_map_from_a_picture_to_an_affine_map_of_it_is_found():
    small = pictures(0, 2, 3, 16, 16)
    found = fitted((small, whole_of(corrected(small, MAP))))
    torch.testing.assert_close(found, MAP, atol=1e-4, rtol=0)


def test_pictures_that_are_right_already_are_left_alone():
    small = pictures(0, 2, 3, 16, 16)
    torch.testing.assert_close(fitted((small, small)), torch.eye(3, 4), atol=1e-6, rtol=0)
    assert torch.equal(corrected(small, torch.eye(3, 4)), small)


def test_one_sample_after_the_other_gives_the_same_map_as_all_at_once():
    pairs = [(pictures(seed, 1, 3, 8, 8), pictures(seed + 9, 1, 3, 16, 16)) for seed in range(4)]
    together = tuple(torch.cat(each) for each in zip(*pairs, strict=True))
    torch.testing.assert_close(fitted(*pairs), fitted(together))


def test_noise_in_the_pictures_gives_the_map_of_least_squares():
    small, whole = pictures(0, 4, 3, 8, 8), pictures(1, 4, 3, 16, 16)
    found = fitted((small, whole))

    def error(colour):
        return (corrected(small, colour) - reduced(whole, small)).square().mean().item()

    for index in range(12):
        moved = found.clone()
        moved.view(-1)[index] += 0.01
        assert error(found) < error(moved)


@pytest.mark.parametrize("value", [0.0, 0.5, -1.0, 300.0])
def test_pictures_of_one_colour_are_mapped_to_their_colour_and_others_stay_bounded(value):
    small, whole = torch.full((1, 3, 8, 8), value), torch.full((1, 3, 16, 16), 0.25)
    colour = fitted((small, whole))
    torch.testing.assert_close(corrected(small, colour), reduced(whole, small), atol=1e-2, rtol=0)
    assert colour.abs().max() <= 1.5


def test_without_a_picture_the_map_changes_nothing():
    torch.testing.assert_close(fitted(), torch.eye(3, 4))


def test_grey_and_transparent_pictures_have_maps_of_their_own_size():
    for channels in (1, 4):
        small = pictures(0, 2, channels, 8, 8)
        colour = fitted((small, whole_of(0.5 * small + 0.25)), channels=channels)
        assert colour.shape == (channels, channels + 1)
        torch.testing.assert_close(corrected(small, colour), 0.5 * small + 0.25, atol=1e-4, rtol=0)


def test_what_no_screen_shows_does_not_count():
    small = pictures(0, 1, 3, 8, 8)
    bright = whole_of(small * 9)
    torch.testing.assert_close(fitted((small, bright)), fitted((small, bright.clamp(-1, 1))))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_pictures_that_are_none_have_no_map(value):
    small, whole = pictures(0, 1, 3, 8, 8), pictures(1, 1, 3, 16, 16)
    for place in (small, whole):
        place[0, 0, 0, 0] = value
    with pytest.raises(AnalysisError, match=r"cannot be measured: it draws NaN or infinity\. Noth"):
        fitted((small, whole))


def test_a_batch_is_corrected_picture_by_picture():
    batch = pictures(0, 3, 3, 5, 7)
    single = torch.cat([corrected(one[None], MAP) for one in batch])
    torch.testing.assert_close(corrected(batch, MAP), single)
    expected = torch.einsum("dc,nchw->ndhw", MAP[:, :3], batch) + MAP[:, 3][:, None, None]
    torch.testing.assert_close(single, expected)


def test_a_pair_is_the_same_seed_early_and_whole():
    generator = tiny_generator()
    small, whole = pair(generator, 8, 3)
    assert (small.shape, whole.shape) == ((1, 3, 8, 8), (1, 3, 16, 16))
    assert not torch.equal(whole, pair(generator, 8, 4)[1])


def test_conditional_models_are_sampled_over_their_classes():
    generator = tiny_generator(c_dim=3, embed=4)
    assert pair(generator, 8, 1)[0].isfinite().all()


@pytest.fixture
def slices():
    """What colours want to run when nobody needs the thread."""
    return []


def test_a_map_is_made_in_slices_once_and_is_there_after_the_last(slices):
    generator, colours = tiny_generator(), Colours(slices.append)
    assert colours.at(generator, 8) is None
    ran = 0
    while slices:
        assert len(slices) == 1
        assert colours.at(generator, 8) is None
        slices.pop()()
        ran += 1
    assert ran == len(SEEDS)
    expected = fitted(*(pair(generator, 8, seed) for seed in SEEDS))
    assert torch.equal(colours.at(generator, 8), expected)
    assert slices == []


def test_every_size_has_a_map_of_its_own_and_the_whole_picture_none(slices):
    generator, colours = tiny_generator(), Colours(slices.append)
    assert colours.at(generator, None) is None
    assert slices == []
    for size in (4, 8):
        colours.at(generator, size)
    while slices:
        slices.pop(0)()
    assert not torch.equal(colours.at(generator, 4), colours.at(generator, 8))


def test_a_failed_slice_is_the_last_and_previews_keep_their_colours(slices):
    generator, colours = tiny_generator(), Colours(slices.append)
    generator.fill({n: torch.full_like(t, torch.nan) for n, t in generator.tensors().items()})
    colours.at(generator, 8)
    with pytest.raises(AnalysisError):
        while slices:
            slices.pop()()
    assert colours.at(generator, 8) is None
    assert slices == []


def test_the_shipped_model_at_half_size_has_22_db_against_the_whole_picture(avatars):
    colour = fitted(*(pair(avatars, 64, seed) for seed in SEEDS))
    found = []
    for seed in range(1000, 1004):
        small, whole = pair(avatars, 64, seed)
        shown = corrected(small, colour).clamp(-1, 1)
        error = (shown - reduced(whole.clamp(-1, 1), small)).square().mean()
        found.append(10 * math.log10(4 / error))
    assert np.mean(found) >= 22
