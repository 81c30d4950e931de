import pytest
import torch

from checkpoints.avatars.detail import FRECKLES, GRAIN, STRANDS, add_detail
from checkpoints.avatars.drawing import CLOTH, FRECKLED, HAIR, OTHER, SKIN


def detail(region, *, seed=0, size=64):
    """What is added to 4 grey pictures that are all of one region, [4, 3, 64, 64]."""
    pixels = torch.full((4, 3, size, size), 128, dtype=torch.uint8)
    regions = torch.full((4, size, size), region, dtype=torch.uint8)
    return add_detail(pixels, regions, torch.Generator().manual_seed(seed)) - 128


@pytest.mark.parametrize("region", [OTHER, SKIN])
def test_nothing_is_added_elsewhere(region):
    assert not detail(region).any()


@pytest.mark.parametrize("region", [HAIR, CLOTH, FRECKLED])
def test_detail_is_drawn_anew_for_each_picture_and_each_time(region):
    first = detail(region)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first, detail(region, seed=1))
    assert torch.equal(first, detail(region))


@pytest.mark.parametrize("region, deviation", [(HAIR, STRANDS), (CLOTH, GRAIN)])
def test_strands_and_grain_are_as_strong_as_said(region, deviation):
    added = detail(region)
    assert added.std() == pytest.approx(deviation, rel=0.05)
    assert abs(added.mean()) < 1


def test_strands_run_downwards_and_grain_has_no_direction():
    def likeness(added, axis):
        return torch.corrcoef(
            torch.stack([added.narrow(axis, 0, 63).flatten(), added.narrow(axis, 1, 63).flatten()])
        )[0, 1]

    hair, cloth = detail(HAIR), detail(CLOTH)
    assert likeness(hair, 2) == pytest.approx(6 / 7, abs=0.05)
    assert abs(likeness(hair, 3)) < 0.05
    assert abs(likeness(cloth, 2)) < 0.05


def test_freckles_are_few_dark_dots():
    added = detail(FRECKLED)
    assert set(added.unique().tolist()) == {0.0, FRECKLES}
    assert (added != 0).float().mean() == pytest.approx(0.03, abs=0.01)


def test_levels_stay_between_black_and_white():
    pixels = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    hair = torch.full((1, 32, 32), HAIR, dtype=torch.uint8)
    random = torch.Generator().manual_seed(0)
    assert add_detail(pixels, hair, random).min() == 0
    assert add_detail(pixels + 255, hair, random).max() == 255
