from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
import torch

from explorer import latents
from explorer.errors import LatentError


@pytest.fixture
def w():
    return torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def other():
    return torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def w_avg():
    return torch.randn(8, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def ends():
    """Two samples of Z, [1, 512] each."""
    return latents.sample_z(4, 512), latents.sample_z(5, 512)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_a_seed_gives_the_z_of_nvidias_tools(seed):
    theirs = np.random.RandomState(seed).randn(1, 512)
    torch.testing.assert_close(latents.sample_z(seed, 512), torch.from_numpy(theirs).float())


def test_sampling_leaves_the_global_generators_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    latents.sample_z(7, 8)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_does_not_exist_says_which_do(seed):
    with pytest.raises(LatentError, match=f"Seed {seed} does not exist.*from 0 to 4294967295"):
        latents.sample_z(seed, 8)


@pytest.mark.parametrize(
    "x, y, seed", [(7, 0, 7), (3, 2, 203), (-1, 0, 2**32 - 1), (0, -1, 2**32 - 100), (2**32, 0, 0)]
)
def test_the_grid_of_seeds_has_no_edge(x, y, seed):
    assert latents.seed_at(x, y) == seed
    assert latents.neighbours(float(x), float(y)) == [(seed, 1.0)]


@pytest.mark.parametrize("x, y", [(0.25, 0.5), (-0.75, 3.0), (12.0, -0.1), (1e9 + 0.5, 0.5)])
def test_a_point_between_seeds_has_the_bilinear_weights_of_its_neighbours(x, y):
    found = dict(latents.neighbours(x, y))
    assert sum(found.values()) == pytest.approx(1)
    assert all(weight > 0 for weight in found.values())
    left, top = np.floor(x), np.floor(y)
    for i, j in product((0, 1), (0, 1)):
        expected = (1 - abs(x - (left + i))) * (1 - abs(y - (top + j)))
        assert found.get(latents.seed_at(int(left) + i, int(top) + j), 0) == pytest.approx(expected)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("side", [-1e-6, 1e-6])
def test_walking_over_a_whole_point_of_the_grid_makes_no_jump(axis, side):
    def z_at(x, y):
        around = latents.neighbours(x, y)
        return latents.blend_z([(latents.sample_z(seed, 64), share) for seed, share in around])

    there = (2.0, 5.0)
    near = tuple(value + side * (index == axis) for index, value in enumerate(there))
    torch.testing.assert_close(z_at(*near), z_at(*there), atol=1e-4, rtol=0)


def test_blending_is_the_weighted_sum(w, other):
    torch.testing.assert_close(latents.blend([(w, 0.25), (other, 0.75)]), 0.25 * w + 0.75 * other)


def test_blending_one_part_keeps_it_to_the_bit(w):
    assert torch.equal(latents.blend([(w, 1.0)]), w)
    assert torch.equal(latents.blend_z([(w, 1.0)]), w)


def test_blended_z_has_the_mean_length_and_the_direction_of_the_sum(ends):
    z = latents.blend_z([(ends[0], 0.5), (ends[1], 0.5)])
    torch.testing.assert_close(z.norm(), (ends[0].norm() + ends[1].norm()) / 2)
    plain = ends[0] + ends[1]
    torch.testing.assert_close(z / z.norm(), plain / plain.norm())


def test_blending_opposite_z_gives_numbers():
    z = torch.ones(1, 4)
    assert latents.blend_z([(z, 0.5), (-z, 0.5)]).isfinite().all()


@pytest.mark.parametrize("c", [0.2, 1.0, 4.0])
def test_clipped_tails_are_the_truncated_normal(c):
    normal = NormalDist()
    z = torch.linspace(-5, 5, 101)
    low = normal.cdf(-c)
    expected = [normal.inv_cdf(low + normal.cdf(value) * (1 - 2 * low)) for value in z.tolist()]
    torch.testing.assert_close(latents.clip_tails(z, c), torch.tensor(expected))


@pytest.mark.parametrize("c", [0.2, 1.0, 4.0])
def test_clipping_keeps_the_order_and_the_bound_even_of_absurd_z(c):
    z = torch.tensor([-1e30, -50.0, -9.0, -1.0, 0.0, 1.0, 9.0, 50.0, 1e30])
    clipped = latents.clip_tails(z, c)
    assert (clipped.abs() <= c).all()
    assert (clipped.diff() >= 0).all()
    assert (clipped[2:-2].diff() > 0).all()
    torch.testing.assert_close(clipped, -clipped.flip(0))


def test_clipping_far_out_changes_nothing(ends):
    torch.testing.assert_close(latents.clip_tails(ends[0], 8.0), ends[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("t, index", [(0.0, 0), (1.0, 1)])
def test_slerp_starts_and_ends_at_its_arguments(ends, t, index):
    torch.testing.assert_close(latents.slerp(*ends, t), ends[index], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_slerp_walks_its_angle_and_its_length_evenly(ends, t):
    def angle(a, b):
        return torch.cosine_similarity(a.double(), b.double()).acos()

    a, b = ends
    between = latents.slerp(a, b, t)
    torch.testing.assert_close(angle(a, between), t * angle(a, b), atol=1e-3, rtol=0)
    torch.testing.assert_close(between.norm(), (1 - t) * a.norm() + t * b.norm())


@pytest.mark.parametrize("factor", [3.0, -3.0])
def test_slerp_without_an_arc_is_the_straight_line(factor):
    a = torch.ones(4)
    torch.testing.assert_close(latents.slerp(a, factor * a, 0.5), (1 + factor) / 2 * a)


def test_truncating_to_0_is_the_mean_and_to_1_changes_nothing(w, w_avg):
    torch.testing.assert_close(latents.truncate(w, w_avg, 0.0), w_avg.expand_as(w))
    assert torch.equal(latents.truncate(w, w_avg, 1.0), w)


@pytest.mark.parametrize("psi", [-1.0, 0.3, 2.0])
def test_truncation_scales_the_distance_from_the_mean(w, w_avg, psi):
    torch.testing.assert_close(latents.truncate(w, w_avg, psi) - w_avg, psi * (w - w_avg))


@pytest.mark.parametrize("cutoff", [0, 2, 6, 64])
def test_truncation_reaches_the_layers_before_the_cutoff(w, w_avg, cutoff):
    truncated = latents.truncate(w, w_avg, 0.5, cutoff)
    everywhere = latents.truncate(w, w_avg, 0.5)
    assert torch.equal(truncated[:, cutoff:], w[:, cutoff:])
    assert torch.equal(truncated[:, :cutoff], everywhere[:, :cutoff])


@pytest.mark.parametrize("layers", [[], [0, 3], [0, 1, 2, 3, 4, 5]])
def test_mixing_takes_the_layers_of_weight_1_to_the_bit(w, other, layers):
    mixed = latents.mix(w, other, [float(layer in layers) for layer in range(6)])
    for layer in range(6):
        assert torch.equal(mixed[:, layer], (other if layer in layers else w)[:, layer])


def test_mixing_by_parts_is_a_line_in_each_layer(w, other):
    mixed = latents.mix(w, other, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    for layer in range(6):
        share = layer / 5
        expected = (1 - share) * w[:, layer] + share * other[:, layer]
        torch.testing.assert_close(mixed[:, layer], expected)


def test_no_function_changes_its_arguments(w, other, w_avg, ends):
    given = (w, other, w_avg, *ends)
    before = [tensor.clone() for tensor in given]
    latents.truncate(w, w_avg, 0.1, 3)
    latents.mix(w, other, [0.5] * 6)
    latents.blend([(w, 0.5), (other, 0.5)])
    latents.blend_z([(ends[0], 0.5), (ends[1], 0.5)])
    latents.slerp(*ends, 0.5)
    latents.clip_tails(ends[0], 1.0)
    assert all(torch.equal(now, then) for now, then in zip(given, before, strict=True))


def test_a_class_index_is_a_one_hot_label():
    assert latents.label_vector(2, 4).tolist() == [[0, 0, 1, 0]]


def test_weights_over_classes_are_the_label():
    assert latents.label_vector((0.5, 0.0, 0.25), 3).tolist() == [[0.5, 0, 0.25]]


@pytest.mark.parametrize(
    "label, c_dim, sentence",
    [
        (0, 0, "This model has no classes. Leave the label out."),
        (3, 3, "Class 3 does not exist: this model has classes 0 to 2. Choose a class"),
        (-1, 3, "Class -1 does not exist: this model has classes 0 to 2."),
        ((1.0,), 3, "The label has 1 weights, this model 3 classes. Give one weight for each"),
    ],
)
def test_a_label_that_does_not_fit_says_what_would(label, c_dim, sentence):
    with pytest.raises(LatentError, match=sentence):
        latents.label_vector(label, c_dim)


@pytest.mark.parametrize("count", [1, 5, 7])
def test_a_mix_with_another_number_of_weights_says_how_many_are_right(w, other, count):
    with pytest.raises(LatentError, match=f"The mix has {count} weights, this model 6 layers"):
        latents.mix(w, other, [0.5] * count)


def test_latents_of_two_models_do_not_mix(w):
    with pytest.raises(LatentError, match=r"shapes \[2, 6, 8\] and \[2, 5, 8\].*same model"):
        latents.mix(w, w[:, :5], [0.5] * 6)


@pytest.mark.parametrize("shape", [(8,), (6, 8), (1, 2, 6, 8)])
def test_what_is_no_extended_latent_is_refused(w_avg, shape):
    with pytest.raises(LatentError, match=r"Expected a latent of shape \[N, L, D\], got"):
        latents.truncate(torch.zeros(shape), w_avg, 0.5)
    with pytest.raises(LatentError, match=r"Expected a latent of shape \[N, L, D\], got"):
        latents.mix(torch.zeros(shape), torch.zeros(shape), [0.5])
