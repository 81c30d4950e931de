"""PCA against scikit-learn, SeFa against a direct eigendecomposition, and both against laws."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from explorer.directions.sigma import sigma_along, sigmas_of
from explorer.directions.unsupervised import (
    factorised,
    factorised_directions,
    layers_in,
    principal,
    principal_directions,
    random_direction,
    random_normal,
    style_weights,
)
from explorer.errors import DirectionError
from tests.networks.builders import some_w, tiny_generator, tiny_stylegan1, tiny_stylegan3

FAMILIES = [tiny_stylegan1, tiny_generator, tiny_stylegan3]


@pytest.fixture
def samples():
    """Samples [N, D] that lie along unequal axes, off centre."""
    random = np.random.default_rng(0)
    turned, _ = np.linalg.qr(random.normal(size=(12, 12)))
    return random.normal(size=(500, 12)) * np.geomspace(5, 0.1, 12) @ turned + 3


def signed(rows):
    peaks = np.take_along_axis(rows, np.abs(rows).argmax(1)[:, None], axis=1)
    return rows * np.sign(peaks)


def test_the_components_are_those_of_scikit_learn(samples):
    found, expected = principal(samples, 12), PCA(12, svd_solver="full").fit(samples)
    assert found.normals == pytest.approx(signed(expected.components_), abs=1e-9)
    assert found.mean == pytest.approx(expected.mean_)
    assert found.explained == pytest.approx(expected.explained_variance_ratio_)
    assert found.sigma == pytest.approx(np.sqrt(expected.explained_variance_))


def test_fewer_components_are_the_first_ones(samples):
    few, all_of_them = principal(samples, 3), principal(samples, 12)
    assert np.array_equal(few.normals, all_of_them.normals[:3])
    assert few.explained == pytest.approx(all_of_them.explained[:3])
    assert all_of_them.explained.sum() == pytest.approx(1)


def test_components_have_one_sign_and_unit_length(samples):
    found, mirrored = principal(samples, 12), principal(6 - samples, 12)
    assert found.normals == pytest.approx(mirrored.normals, abs=1e-9)
    assert (
        np.take_along_axis(found.normals, np.abs(found.normals).argmax(1)[:, None], axis=1).min()
        > 0
    )
    assert found.normals @ found.normals.T == pytest.approx(np.eye(12), abs=1e-9)


def test_the_axes_of_a_stretched_gaussian_are_found():
    stretched = np.random.default_rng(0).normal(size=(20_000, 3)) * [1, 4, 2] - 5
    found = principal(stretched, 2)
    assert found.normals == pytest.approx(np.eye(3)[[1, 2]], abs=0.03)
    assert found.sigma == pytest.approx([4, 2], rel=0.02)
    assert found.explained == pytest.approx([16 / 21, 4 / 21], rel=0.03)


def test_principal_directions_step_by_their_sigma(samples):
    directions = principal_directions(samples.astype(np.float32), 3, seed=8)
    assert [one.name for one in directions] == ["PCA 1", "PCA 2", "PCA 3"]
    for index, (one, sigma) in enumerate(zip(directions, principal(samples, 3).sigma, strict=True)):
        numbers = one.step.numbers.astype(float)
        assert np.linalg.norm(numbers) == pytest.approx(sigma, rel=1e-3)
        assert sigma_along(samples, numbers / np.linalg.norm(numbers)) == pytest.approx(
            sigma, rel=1e-3
        )
        assert one.step.space == "w"
        assert one.boundary is None
        assert one.origin["kind"] == "pca"
        assert (one.origin["index"], one.origin["seed"]) == (index + 1, 8)
        assert one.origin["samples"] == 500
        assert 0 < one.origin["explained"] < 1


@pytest.mark.parametrize("count", [0, 13, -1])
def test_components_that_there_are_not_cannot_be_asked_for(samples, count):
    with pytest.raises(DirectionError, match="Ask for 1 to 12"):
        principal(samples, count)
    with pytest.raises(DirectionError, match="Ask for 1 to 4"):
        principal(samples[:5], 5)


@pytest.mark.parametrize("made", FAMILIES)
@pytest.mark.parametrize("group", [None, "coarse", "middle", "fine"])
def test_a_factorisation_is_the_eigendecomposition_of_the_stacked_weights(made, group):
    generator = made()
    layers = layers_in(generator, group)
    if not layers:
        return
    tensors = generator.tensors()
    names = [f"synthesis.{generator.layers[layer].name}." for layer in layers]
    stacked = np.concatenate(
        [
            tensor.double().numpy()
            for start in names
            for name, tensor in tensors.items()
            if name in (f"{start}affine.weight", f"{start}style.weight")
        ]
    )
    values, vectors = np.linalg.eigh(stacked.T @ stacked)
    found = factorised(style_weights(generator, layers), 3)
    assert found.eigenvalues == pytest.approx(values[::-1][:3])
    assert np.abs(np.sum(found.normals * vectors.T[::-1][:3], axis=1)) == pytest.approx(np.ones(3))


@pytest.mark.parametrize("made", FAMILIES)
def test_every_w_has_one_layer_whose_styles_it_makes(made):
    generator = made()
    heights = [len(style_weights(generator, [index])) for index in range(generator.num_ws)]
    assert len(style_weights(generator, range(generator.num_ws))) == sum(heights)
    assert all(heights)


@pytest.mark.parametrize("made", FAMILIES)
def test_the_weights_of_a_layer_are_what_w_does_to_its_styles(made):
    """Only in the directions that the weights of a layer do not see may its w move unseen."""
    generator = made()
    w = some_w(generator)
    for layer in range(generator.num_ws):
        weights = style_weights(generator, [layer])
        _, sizes, axes = np.linalg.svd(weights)
        unseen = axes[np.append(sizes, np.zeros(len(axes) - len(sizes))) < 1e-9]
        moved = w.clone()
        if len(unseen):
            moved[:, layer] += 10 * moved.new_tensor(unseen[0])
            assert (generator.synthesis(moved) - generator.synthesis(w)).abs().max() < 1e-3
        moved = w.clone()
        moved[:, layer] += 10 * moved.new_tensor(axes[0])
        assert (generator.synthesis(moved) - generator.synthesis(w)).abs().max() > 1e-3


def test_an_axis_that_moves_the_styles_alone_comes_first():
    weights = np.zeros((20, 4))
    weights[:10, 2] = 3
    weights[10:, 0] = 1
    found = factorised(weights, 3)
    assert found.normals[:2] == pytest.approx(np.eye(4)[[2, 0]], abs=1e-9)
    assert found.eigenvalues == pytest.approx([90, 10, 0])


def test_factorised_directions_are_meant_for_their_layers(tiny):
    w = np.random.default_rng(0).normal(size=(1000, tiny.w_dim)) * 3
    coarse = factorised_directions(tiny, w, 2, "coarse", seed=5)
    everywhere = factorised_directions(tiny, w, 2)
    assert [one.name for one in coarse] == ["SeFa 1, coarse", "SeFa 2, coarse"]
    assert [one.name for one in everywhere] == ["SeFa 1", "SeFa 2"]
    assert coarse[0].layers == layers_in(tiny, "coarse") == (0, 1, 2)
    assert everywhere[0].layers == ()
    assert coarse[0].origin["eigenvalue"] > coarse[1].origin["eigenvalue"] > 0
    expected = {"kind": "sefa", "group": "coarse", "index": 1, "samples": 1000, "seed": 5}
    assert coarse[0].origin.items() >= expected.items()
    assert np.linalg.norm(coarse[0].step.numbers.astype(float)) == pytest.approx(3, rel=0.1)


def test_layers_that_are_not_there_are_refused(tiny):
    w = np.zeros((10, tiny.w_dim))
    with pytest.raises(DirectionError, match="no layers to factor"):
        factorised_directions(tiny, w, 1, "fine")
    with pytest.raises(DirectionError, match=f"layers from 0 to {tiny.num_ws - 1}"):
        style_weights(tiny, [tiny.num_ws])
    with pytest.raises(DirectionError, match="Ask for 1 to 6"):
        factorised(style_weights(tiny, [0]), 7)


def test_a_random_direction_is_decided_by_its_seed():
    sigma_of = sigmas_of(np.random.default_rng(0).normal(size=(5000, 64)) * 2)
    first, again = (random_direction("w", 64, 3, sigma_of) for _ in range(2))
    other, in_z = random_direction("w", 64, 4, sigma_of), random_direction("z", 64, 3, sigma_of)
    assert first.key == again.key != other.key
    assert (first.name, first.origin) == ("random 3", {"kind": "random", "seed": 3})
    assert np.linalg.norm(first.step.numbers.astype(float)) == pytest.approx(2, rel=0.1)
    assert np.linalg.norm(in_z.step.numbers.astype(float)) == pytest.approx(1, rel=1e-3)


def test_random_directions_point_anywhere():
    many = np.stack([random_normal(8, seed) for seed in range(2000)])
    assert np.abs(many.mean(0)).max() < 0.05
    assert np.square(many).mean(0) == pytest.approx(np.full(8, 1 / 8), rel=0.15)
