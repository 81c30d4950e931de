"""The README's pictures show what the page's tables show."""

import numpy as np
import pytest
import torch

from docs import figures
from explorer.models import Models
from explorer.paint import paint
from explorer.recipe import ModelRef, NoiseChoice, Point, Recipe


@pytest.fixture
def model(folder, write):
    write("net")
    return Models([folder], torch.device("cpu")).open(ModelRef())


def test_the_mixing_table_has_three_rows_for_each_group_under_one_row_of_sources(model):
    side = model.generator.resolution[0]
    page = figures.mixing_table(model)
    assert page.shape == (10 * (side + 2) - 2, 7 * (side + 2) - 2, 3)
    source = paint(
        model.generator, Recipe(a=model.first_recipe.mix.source, psi=model.first_recipe.psi)
    )
    assert np.array_equal(page[:side, side + 2 : 2 * side + 2], source)


def test_the_truncation_strip_goes_from_psi_minus_1_to_one_and_a_half(model):
    side = model.generator.resolution[0]
    page = figures.truncation_strip(model)
    assert page.shape == (2 * side + 2, 11 * (side + 2) - 2, 3)
    first = Point(x=figures.TRUNCATION_SEEDS[0])
    assert np.array_equal(page[:side, :side], paint(model.generator, Recipe(a=first, psi=-1.0)))


def test_the_noise_picture_shows_strength_0_1_2_and_the_deviation(model):
    side = model.generator.resolution[0]
    page = figures.noise_picture(model)
    assert page.shape == (3 * (side + 2) - 2, 4 * (side + 2) - 2, 3)
    count = sum(layer.has_noise for layer in model.generator.layers)
    recipe = Recipe(
        a=Point(x=figures.NOISE_SEEDS[0]),
        psi=model.first_recipe.psi,
        noise=NoiseChoice(strength=(2.0,) * count),
    )
    twice = page[:side, 2 * (side + 2) : 2 * (side + 2) + side]
    assert np.array_equal(twice, paint(model.generator, recipe))
    assert page[:side, 3 * (side + 2) :].max() > 0
