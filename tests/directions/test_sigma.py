"""The spread along a direction, where it is known."""

import numpy as np
import pytest

from explorer.directions.sigma import sigma_along, sigmas_of
from explorer.errors import AnalysisError


def test_a_sigma_is_the_standard_deviation_of_the_projections():
    stretched = np.random.default_rng(0).normal(size=(20_000, 3)) * [1, 2, 5] + 7
    assert sigma_along(stretched, np.array([0.0, 0, 1])) == pytest.approx(5, rel=0.02)
    assert sigma_along(stretched, np.array([0.6, 0.8, 0])) == pytest.approx(
        np.hypot(0.6, 1.6), rel=0.02
    )


def test_in_z_every_direction_has_a_sigma_of_one():
    sigma_of = sigmas_of(np.random.default_rng(0).normal(size=(1000, 2)) * 3)
    assert sigma_of("z", np.array([0.6, 0.8])) == 1
    assert sigma_of("w", np.array([0.6, 0.8])) == pytest.approx(3, rel=0.1)


def test_one_picture_has_no_spread():
    with pytest.raises(AnalysisError, match="at least two samples"):
        sigma_along(np.zeros((1, 3)), np.ones(3))
