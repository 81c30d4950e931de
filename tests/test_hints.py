"""What the hints on the page claim holds for the shipped model.

Regions of the 128-pixel avatars: the face fills the middle, the background the upper corners,
the hair the upper edge.
"""

import numpy as np
import pytest

from explorer.networks import GROUPS
from explorer.paint import paint
from explorer.recipe import Mix, NoiseChoice, Point, Recipe

FACE = np.s_[52:92, 40:88]
BACKGROUND = np.s_[0:16, 0:16]
HAIR = np.s_[8:32, 48:80]
PAIRS = [(12, 1), (5, 2), (33, 4), (20, 9), (13, 15), (80, 23), (3, 40), (7, 61)]


def draw(generator, **fields):
    return paint(generator, Recipe(**fields)).astype(np.float32)


@pytest.fixture(scope="module")
def change_by(avatars):
    """What mixing a group in changes: [H, W, 3] in grey levels, the mean over pairs of seeds."""
    changes = {}
    plain = [draw(avatars, a=Point(x=seed), psi=0.7) for seed, _ in PAIRS]
    for group in GROUPS:
        weights = tuple(float(layer.group == group) for layer in avatars.layers)
        mixes = [Mix(source=Point(x=source), weights=weights) for _, source in PAIRS]
        mixed = [
            draw(avatars, a=Point(x=seed), psi=0.7, mix=mix)
            for (seed, _), mix in zip(PAIRS, mixes, strict=True)
        ]
        changes[group] = np.abs(np.stack(plain) - np.stack(mixed)).mean(axis=0)
    return changes


def test_coarse_layers_decide_nearly_the_whole_face(change_by):
    in_face = {group: change[FACE].mean() for group, change in change_by.items()}
    assert in_face["coarse"] > 2 * (in_face["middle"] + in_face["fine"])


def test_fine_layers_decide_the_colour_of_the_background(change_by):
    behind = {group: change[BACKGROUND].mean() for group, change in change_by.items()}
    assert behind["fine"] > 3 * behind["coarse"]
    assert behind["fine"] > 2 * behind["middle"]
    assert behind["fine"] > 3 * change_by["fine"][FACE].mean()


def test_the_straight_line_in_w_is_the_smoothest_path(avatars):
    def energy(space):
        """Sum of squared steps along 8 walks: less is smoother."""
        total = 0.0
        for seed in range(0, 16, 2):
            ends = {"a": Point(x=seed), "b": Point(x=seed + 1), "space": space}
            walk = [draw(avatars, t=t, **ends) for t in np.linspace(0, 1, 9).tolist()]
            total += float(np.square(np.diff(np.stack(walk), axis=0)).mean())
        return total

    assert energy("w-lerp") < 0.7 * min(energy("z-slerp"), energy("z-lerp"))


def test_truncation_gives_less_variety_the_nearer_psi_is_to_0(avatars):
    def variety(psi):
        pictures = [draw(avatars, a=Point(x=seed), psi=psi) for seed in range(24)]
        return np.stack(pictures).std(axis=0).mean()

    assert variety(0.0) < 1 < variety(0.3) < 0.8 * variety(0.7) < variety(1.0)


def test_noise_is_random_detail_of_hair_cloth_and_skin_not_of_the_background(avatars):
    noises = [NoiseChoice(mode="random", seed=seed) for seed in range(12)]
    deviations = []  # [S, H, W], grey levels over noise seeds
    for seed in (20, 13, 5, 12):
        stack = np.stack([draw(avatars, a=Point(x=seed), psi=0.7, noise=one) for one in noises])
        deviations.append(stack.std(axis=0).mean(axis=2))
    deviation = np.mean(deviations, axis=0)
    assert deviation[HAIR].mean() > 10
    assert deviation[BACKGROUND].mean() < 0.3 * deviation[HAIR].mean()
