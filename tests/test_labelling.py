"""Drawing and labelling, slice by slice."""

import json

import numpy as np
import pytest
import torch

from explorer.errors import AnalysisError, LatentError
from explorer.labelling import SLICE, Classifier, classifier_of, gather, gather_w
from explorer.onnx_networks import OnnxNetwork
from explorer.sampling import Sampler
from explorer.slices import Progress
from tests.networks.builders import tiny_generator
from tests.onnx_networks import small


def colours(images):
    return images.mean((2, 3)).numpy()


RGB = Classifier(colours, ("red", "green", "blue"))


def last(iterator):
    return list(iterator)[-1]


def test_what_is_gathered_belongs_to_its_seeds():
    sampler = Sampler(tiny_generator(), psi=0.5)
    found = last(gather(sampler, RGB, range(3, 15)))
    assert found.seeds == tuple(range(3, 15))
    assert torch.equal(torch.from_numpy(found.z), sampler.z(range(3, 15)))
    assert found.names == RGB.names
    alone = last(gather(sampler, RGB, [14]))
    assert found.w[-1:] == pytest.approx(alone.w, abs=1e-5)
    assert found.logits[-1:] == pytest.approx(alone.logits, abs=2 / 255)
    (images,) = sampler.pictures([14])
    assert alone.logits == pytest.approx(colours(images))
    assert np.array_equal(found.labels("green"), found.logits[:, 1] > 0)


def test_w_is_that_of_the_last_layer_and_not_truncated():
    sampler = Sampler(tiny_generator(), psi=0.0)
    found = last(gather(sampler, RGB, range(4)))
    assert torch.equal(torch.from_numpy(found.w), sampler.w(range(4))[:, -1])
    assert found.w.dtype == found.logits.dtype == np.float32


def test_progress_comes_after_every_slice_and_the_samples_at_the_end():
    steps = list(gather(Sampler(tiny_generator()), RGB, range(2 * SLICE + 1)))
    total = 2 * SLICE + 1
    assert steps[:-1] == [Progress(done, total) for done in (SLICE, 2 * SLICE, total)]
    assert len(steps[-1].seeds) == total


def test_every_slice_runs_where_it_is_told_to_and_stops_when_dropped():
    slices = []

    def run(work):
        slices.append(work)
        return work()

    steps = gather(Sampler(tiny_generator()), RGB, range(10 * SLICE), run)
    next(steps)
    steps.close()
    assert len(slices) == 3  # the pictures of one slice, its w, and the look at it


def test_w_is_gathered_without_pictures():
    sampler = Sampler(tiny_generator())
    *steps, w = gather_w(sampler, range(150))
    assert steps == [Progress(100, 150), Progress(150, 150)]
    assert w == pytest.approx(sampler.w(range(150))[:, -1].numpy(), abs=1e-5)


def test_no_seeds_and_a_class_that_is_not_there_are_one_sentence():
    with pytest.raises(AnalysisError, match="There are no samples to label"):
        next(gather(Sampler(tiny_generator()), RGB, []))
    with pytest.raises(LatentError, match="no classes"):
        next(gather(Sampler(tiny_generator(), label=3), RGB, [0]))


def network(attributes):
    data = small.classifier(np.eye(3), np.zeros(3), attributes=attributes)
    return OnnxNetwork(data, "c.onnx")


def test_a_network_with_names_is_a_classifier():
    names = [{"name": "a"}, {"name": "b", "kind": "continuous"}, {"name": "c"}]
    found = classifier_of(network(names))
    assert (found.names, found.continuous) == (("a", "b", "c"), ("b",))
    images = torch.rand(2, 3, 8, 8)
    assert found.logits(images) == pytest.approx(colours(images), abs=1e-5)


def test_a_network_without_names_or_with_one_twice_is_one_sentence():
    plain = OnnxNetwork(small.classifier(np.eye(3), np.zeros(3)), "c.onnx")
    plain.attributes = ()
    with pytest.raises(AnalysisError, match=r"c\.onnx is no classifier: it has no output `logits`"):
        classifier_of(plain)
    with pytest.raises(AnalysisError, match=r"c\.onnx has 2 attributes called 'a'"):
        classifier_of(network(json.dumps([{"name": "a"}, {"name": "b"}, {"name": "a"}])))
