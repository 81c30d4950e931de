"""The way from a recipe to pixels, without a cache or a thread.

A forked ZeroGPU worker draws with just this; the engine decides when and how to draw.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from explorer.colour import corrected
from explorer.directions.direction import Step
from explorer.errors import LatentError
from explorer.networks import Generator, Memory, Noise
from explorer.pixels import Pixels
from explorer.previews import View
from explorer.recipe import Recipe, Transform
from explorer.scene import Described, Remember, Scene, forget
from explorer.transfer import fetched

CHECK = 8  # pixels of a square of the checkerboard behind transparent pictures
ONE_THREAD_PIXELS = 128 * 128  # up to here a second thread costs more in waiting than it draws
NO_STEPS: Mapping[str, Step] = MappingProxyType({})
WHOLE = View()


def noise_of(recipe: Recipe) -> Noise:
    """The recipe's noise, in the words of the networks."""
    return Noise(recipe.noise.mode, recipe.noise.seed, recipe.noise.strength or None)


def transform_of(recipe: Recipe) -> Tensor | None:
    """The inverse of the picture's transform, [3, 3], as StyleGAN3 stores it; None for none.

    The picture is turned counter-clockwise by `rotate`, then moved right by x and down by y, as by
    NVIDIA's --rotate and --translate.
    """
    if recipe.transform == Transform():
        return None
    angle = math.radians(recipe.transform.rotate)
    sine, cosine = math.sin(angle), math.cos(angle)
    forward = torch.tensor(
        [
            [cosine, sine, recipe.transform.x],
            [-sine, cosine, recipe.transform.y],
            [0.0, 0.0, 1.0],
        ],
        dtype=torch.float64,
    )
    return torch.linalg.inv(forward).to(torch.float32)


def rounded(image: Tensor) -> Tensor:
    """image [N, C, H, W] as uint8 [N, H, W, C], on its device, as NVIDIA's tools round it."""
    return (image * 127.5 + 128).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def on_screen(values: Pixels) -> Pixels:
    """values [H, W, C] as [H, W, 3]: grey repeated, a fourth channel shown on a checkerboard."""
    if values.shape[2] == 4:
        return _on_checkerboard(values)
    return np.ascontiguousarray(np.broadcast_to(values, (*values.shape[:2], 3)))


def _on_checkerboard(rgba: Pixels) -> Pixels:
    y, x = np.indices(rgba.shape[:2]) // CHECK
    board = np.where((x + y) % 2, 255, 204)[..., None]
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return (rgba[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)


def paint(
    generator: Generator,
    recipe: Recipe,
    steps: Mapping[str, Step] = NO_STEPS,
    remember: Remember = forget,
    view: View = WHOLE,
    colour: Tensor | None = None,
) -> Pixels:
    """Draw `recipe`, whose edits take `steps`: the whole way from seeds to pixels.

    Args:
        view: At which size and in which precision.
        colour: The map [C, C + 1] of the colours of a preview.
    """
    return paint_all([Scene(generator, recipe, steps, remember)], view, colour)[0]


def paint_all(
    scenes: Sequence[Described],
    view: View = WHOLE,
    colour: Tensor | None = None,
    memory: Memory | None = None,
) -> list[Pixels]:
    """Draw at once what differs in its w alone; see `paint`.

    Args:
        memory: Of the activations of this generator, from which late changes start.
    """
    generator, recipe = scenes[0].generator, scenes[0].recipe
    w = torch.cat([scene.w() for scene in scenes])
    noise, transform = noise_of(recipe), transform_of(recipe)
    image = generator.synthesis(w, noise, transform, view.size, view.precision, memory)
    if colour is not None:
        image = corrected(image, colour)
    values, is_finite = fetched(rounded(image), torch.isfinite(image).all())
    if not is_finite:
        raise LatentError(
            "This recipe leads to numbers that are no colours (NaN or infinity).",
            fix="Bring psi, the mix or the noise strength closer to their defaults.",
        )
    return [on_screen(one) for one in values.numpy()]


def threads_for(generator: Generator, cores: int) -> int:
    """How many threads draw pictures of `generator` fastest.

    Depends on nothing but the model and the machine: sums may round otherwise on more threads.
    """
    height, width = generator.resolution
    return 1 if height * width <= ONE_THREAD_PIXELS else cores
