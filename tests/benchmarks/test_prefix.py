import torch

from benchmarks.design_stylegan2 import generator, some_w
from benchmarks.prefix import changed, first_layer, measure


def test_a_late_change_touches_the_layers_of_the_last_resolutions_alone():
    network = generator(32)
    names = [layer.name for layer in network.layers]
    assert names[first_layer(network, 1) :] == ["b32.conv0", "b32.conv1", "b32.torgb"]
    assert names[first_layer(network, 2)] == "b16.conv0"
    w = some_w(network, 0)
    late = changed(network, w, 1, seed=3)
    first = first_layer(network, 1)
    assert torch.equal(late[:, :first], w[:, :first])
    assert torch.equal(late[:, first:], some_w(network, 3)[:, first:])


def test_pictures_from_kept_layers_are_those_of_all_layers():
    figures = measure(generator(32), "float32", count=1)
    assert list(figures) == [
        *("full_ms", "last_ms", "last_ratio", "last_two_ms", "last_two_ratio", "equal")
    ]
    assert figures["equal"] is True
