"""How far latents spread along a direction: what makes one step of a slider.

The standard deviation over untruncated samples, so that a shift of 1 means the same on every
slider. The latents come from whoever can draw them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.directions.direction import Space
from explorer.directions.svm import Vector
from explorer.errors import AnalysisError

SAMPLES = 10_000  # w, untruncated, of the last layer

# Space and unit normal [D] to the standard deviation of the latents along it.
SigmaOf = Callable[[Space, Vector], float]


def sigma_along(samples: NDArray[np.floating], normal: Vector) -> float:
    """The standard deviation of the projections of samples [N, D] on a unit normal [D].

    Raises:
        AnalysisError: There are fewer than two samples.
    """
    if len(samples) < 2:
        raise AnalysisError("One picture has no spread.", fix="Draw at least two samples.")
    projections = np.asarray(samples, np.float64) @ np.asarray(normal, np.float64)
    return float(projections.std(ddof=1))  # as scikit-learn's PCA counts


def sigmas_of(samples: NDArray[np.floating]) -> SigmaOf:
    """The spread along any direction of a model, from its w [N, D].

    In z it is 1 by definition: a unit normal of a standard normal distribution.
    """
    return lambda space, normal: 1.0 if space == "z" else sigma_along(samples, normal)
