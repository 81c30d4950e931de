"""Path lengths of real and of linear generators."""

import math

import numpy as np
import pytest
import torch
from onnx import helper

from explorer.errors import AnalysisError, LatentError
from explorer.metrics.path_length import path_length
from explorer.networks import Noise
from explorer.onnx_networks import OnnxNetwork
from explorer.sampling import Sampler
from explorer.slices import Progress
from explorer.smoothness import PATHS, Walk, features_of, gather_lengths, lengths
from tests.networks.builders import tiny_generator
from tests.onnx_networks import small


class Linear:
    """A generator whose picture is a matrix times w, and whose w is z."""

    def __init__(self, size=12):
        random = torch.Generator().manual_seed(1)
        self.z_dim, self.c_dim = 6, 0
        self.w_avg = torch.zeros(6)
        self.matrix = torch.randn(6, size, generator=random)

    def mapping(self, z, label=None):
        return z[:, None].expand(-1, 2, -1)

    def synthesis(self, w, noise=None):
        return (w[:, 0] @ self.matrix).view(len(w), 3, 2, -1)


def identity(images):
    return images.numpy()


def last(iterator):
    return list(iterator)[-1]


def test_the_length_in_w_of_a_linear_generator_is_its_closed_form():
    """|A (b - a)|^2 for the two ends of each path, wherever on it."""
    generator = Linear()
    sampler = Sampler(generator)
    numbers = range(20)
    a, b = (sampler.z([2 * n + end for n in numbers]) for end in (0, 1))
    expected = ((b - a) @ generator.matrix).square().sum(1).numpy()
    for ends in ("full", "end"):
        found = last(gather_lengths(Walk(sampler, identity, "w", ends), numbers))
        assert found == pytest.approx(expected, rel=0.02)


def test_the_mean_in_w_is_twice_the_squared_size_of_the_map():
    generator = Linear()
    found = lengths(Walk(Sampler(generator), identity, "w"), range(3000))
    expected = 2 * generator.matrix.square().sum().item()
    assert path_length(found).mean == pytest.approx(expected, rel=0.06)


def test_the_length_in_z_of_a_linear_generator_follows_the_arc():
    """Where a path begins: |A (angle * perpendicular + growth)|^2, growth that of the length."""
    generator = Linear()
    sampler = Sampler(generator)
    found = lengths(Walk(sampler, identity, "z", "end"), range(6))
    for number in range(6):
        a, b = sampler.z([2 * number, 2 * number + 1]).double()
        unit = a / a.norm()
        across = b / b.norm() - (b / b.norm() @ unit) * unit
        angle = math.acos(float(b @ unit / b.norm()))
        speed = across / across.norm() * angle * a.norm() + unit * (b.norm() - a.norm())
        expected = float((speed.float() @ generator.matrix).square().sum())
        assert found[number] == pytest.approx(expected, rel=0.02)


def test_a_path_is_the_same_whatever_is_drawn_beside_it():
    walk = Walk(Sampler(tiny_generator()), identity, "z")
    *steps, found = gather_lengths(walk, range(3, 3 + 2 * PATHS + 1))
    total = 2 * PATHS + 1
    assert steps == [Progress(done, total) for done in (PATHS, 2 * PATHS, total)]
    assert found[-1] == pytest.approx(lengths(walk, [2 + total])[0], rel=0.02)


def test_pictures_are_not_rounded_to_what_a_screen_shows():
    """A step of the default length changes few of the 256 levels, so they would say 0 or much."""
    found = lengths(Walk(Sampler(tiny_generator()), identity, "w"), range(20))
    longer = lengths(Walk(Sampler(tiny_generator()), identity, "w", epsilon=1e-3), range(20))
    assert (found > 0).all()
    assert found == pytest.approx(longer, rel=0.2)


def test_both_ends_of_a_path_have_the_class_of_its_number():
    generator = tiny_generator(c_dim=2, embed=4)
    whole = lengths(Walk(Sampler(generator), identity, "w"), [3])
    alike, other = (lengths(Walk(Sampler(generator, label=k), identity, "w"), [3]) for k in (1, 0))
    assert whole == pytest.approx(alike) and whole != pytest.approx(other)
    with pytest.raises(LatentError, match="lass 5"):
        lengths(Walk(Sampler(generator, label=5), identity, "w"), [3])


def test_noise_is_fixed_and_counts_as_asked():
    generator = tiny_generator()
    plain, stored = (
        lengths(Walk(Sampler(generator, noise=Noise(mode)), identity, "w"), range(3))
        for mode in ("none", "const")
    )
    assert np.isfinite(plain).all() and np.isfinite(stored).all()
    again = lengths(Walk(Sampler(generator), identity, "w"), range(3))
    assert np.array_equal(stored, again)


def test_no_paths_and_a_network_without_features_are_one_sentence():
    with pytest.raises(AnalysisError, match="There are no paths to measure"):
        next(gather_lengths(Walk(Sampler(tiny_generator()), identity, "w"), []))
    node = helper.make_node("GlobalAveragePool", ["image"], ["something"])
    with pytest.raises(AnalysisError, match=r"s\.onnx has no output `features`"):
        features_of(OnnxNetwork(small.model([node], ["something"]), "s.onnx"))


def test_every_slice_runs_where_it_is_told_to():
    slices = []

    def run(work):
        slices.append(work)
        return work()

    walk = Walk(Sampler(tiny_generator()), identity, "w")
    list(gather_lengths(walk, range(2 * PATHS), run))
    assert len(slices) == 2
