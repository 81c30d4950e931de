"""Rotating and moving, which StyleGAN3 draws by itself; laws on the reference network of kind R."""

import pytest
import torch

from explorer.formats import load
from explorer.paint import paint, transform_of
from explorer.recipe import Point, Recipe, Transform
from tests.networks import golden
from tests.recipes import latent

INSIDE = slice(10, 22)  # of 32 pixels: away from what came in over an edge


@pytest.fixture(scope="module")
def generator():
    return load(golden.checkpoint("sg3r_32"))


def draw(generator, **transform):
    """The image [C, H, W] under a transform."""
    recipe = Recipe(a=Point(x=3.0), transform=Transform(**transform))
    return generator.synthesis(latent(generator, recipe), transform=transform_of(recipe))[0]


def test_no_transform_is_none():
    assert transform_of(Recipe()) is None


@pytest.mark.parametrize("turns", [1, 2, -1])
def test_rotating_by_quarters_turns_the_picture_counter_clockwise(generator, turns):
    plain, turned = draw(generator), draw(generator, rotate=90.0 * turns)
    torch.testing.assert_close(turned, torch.rot90(plain, turns, (1, 2)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("field, axis", [("x", 2), ("y", 1)])
@pytest.mark.parametrize("share", [0.25, -0.125])
def test_moving_by_whole_pixels_shifts_the_picture_right_and_down(generator, field, axis, share):
    plain, moved = draw(generator), draw(generator, **{field: share})
    expected = torch.roll(plain, int(32 * share), axis)
    inside = (slice(None), INSIDE, INSIDE)
    torch.testing.assert_close(moved[inside], expected[inside], atol=2e-3, rtol=0)


def test_the_matrix_is_the_inverse_of_turning_and_then_moving():
    matrix = transform_of(Recipe(transform=Transform(rotate=90.0, x=0.5)))
    there = torch.tensor([[0.0, 1.0, 0.5], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    torch.testing.assert_close(matrix @ there, torch.eye(3), atol=1e-6, rtol=0)


def test_other_families_ignore_it(tiny):
    recipe = Recipe(transform=Transform(rotate=45.0))
    assert (paint(tiny, recipe) == paint(tiny, Recipe())).all()
