"""The colours of early pictures: an affine map from the running RGB to the whole picture.

The skip architecture adds up a picture over its resolutions. What stops early lacks what later
layers add, in the mean too: it is paler, or of another tint. One map for a model and a size puts
that right. Knows no recipe and no engine.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer import latents
from explorer.errors import AnalysisError
from explorer.networks import Generator
from explorer.sampling import Sampler

SEEDS = tuple(range(8))
PSI = 0.7  # of most first recipes
RIDGE = 1e-6  # of a pixel's weight, that holds the map to the identity where pictures do not tell


class Fit:
    """A least-squares fit of the map [C, C + 1] that takes small pictures to reduced whole ones.

    Takes one pair of pictures after the other, so that it can be made in slices.
    """

    def __init__(self, channels: int):
        self._identity = torch.eye(channels, channels + 1, dtype=torch.float64)
        self._inputs = torch.zeros(channels + 1, channels + 1, dtype=torch.float64)
        self._outputs = torch.zeros(channels, channels + 1, dtype=torch.float64)
        self._pixels = 0

    def add(self, small: Tensor, whole: Tensor) -> None:
        """Take in small [N, C, h, w] and the whole pictures [N, C, H, W] of the same w."""
        x = _with_one(small)
        y = reduced(whole.clamp(-1, 1), small).cpu().double()
        self._inputs += torch.einsum("nchw,ndhw->cd", x, x)
        self._outputs += torch.einsum("nchw,ndhw->cd", y, x)
        self._pixels += x[:, 0].numel()

    def result(self) -> Tensor:
        """The map [C, C + 1], float32.

        Raises:
            AnalysisError: The pictures were no pictures.
        """
        hold = RIDGE * max(self._pixels, 1) * torch.eye(len(self._inputs), dtype=torch.float64)
        left, right = self._inputs + hold, self._outputs + self._identity @ hold
        if not (left.isfinite().all() and right.isfinite().all()):
            raise AnalysisError(
                "The colours of this model cannot be measured: it draws NaN or infinity.",
                fix="Nothing needs to be done; its previews keep their colours.",
            )
        return torch.linalg.solve(left, right.T).T.float()


def reduced(whole: Tensor, small: Tensor) -> Tensor:
    """The whole picture [N, C, H, W] averaged over the pixels of the small one [N, C, h, w]."""
    return F.interpolate(whole.float(), size=small.shape[2:], mode="area")


def corrected(image: Tensor, colour: Tensor) -> Tensor:
    """The image [N, C, H, W] under the map `colour` [C, C + 1]."""
    matrix, offset = colour[:, :-1].to(image), colour[:, -1:].to(image)
    return torch.baddbmm(offset, matrix.expand(len(image), -1, -1), image.flatten(2)).view_as(image)


def pair(generator: Generator, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """The picture of `seed` stopped at `size` [1, C, h, w], and the whole one [1, C, H, W]."""
    sampler = Sampler(generator, psi=PSI)
    w = latents.truncate(sampler.w([seed]), sampler.centre([seed]), PSI)
    return generator.synthesis(w, size=size), generator.synthesis(w)


class Colours:
    """The colour maps of one model, each fitted when it is first asked for.

    Args:
        later: Runs a slice of work when nobody needs the thread.
    """

    def __init__(self, later: Callable[[Callable[[], None]], None]):
        self._later = later
        self._maps: dict[int, Tensor | None] = {}  # by size; None until it is there

    def at(self, generator: Generator, size: int | None) -> Tensor | None:
        """The map [C, C + 1] for pictures stopped at `size`; None as long as there is none."""
        if size is None:
            return None
        if size not in self._maps:
            self._maps[size] = None
            self._fit(Fit(generator.image_channels), generator, size, SEEDS)
        return self._maps[size]

    def _fit(self, fit: Fit, generator: Generator, size: int, seeds: Sequence[int]) -> None:
        """One sample now and then; a failure ends it."""

        def slice_of_work() -> None:
            fit.add(*pair(generator, size, seeds[0]))
            if seeds[1:]:
                self._fit(fit, generator, size, seeds[1:])
            else:
                self._maps[size] = fit.result()

        self._later(slice_of_work)


def _with_one(image: Tensor) -> Tensor:
    """The pixels of image [N, C, H, W] with a 1 behind them, [N, C + 1, H, W], float64."""
    values = image.cpu().double()
    return torch.cat([values, torch.ones_like(values[:, :1])], dim=1)
