"""A picture that starts from an earlier one (`synthesis(memory=...)`)."""

import pytest
import torch

from explorer.cache import LruCache, Shelf
from explorer.networks import Noise
from tests.networks.builders import some_w, tiny_generator

ARCHITECTURES = ["skip", "resnet", "orig"]


class Counting(LruCache):
    """A memory that tells of which blocks the features were found in it."""

    def __init__(self, capacity: int = 1 << 20):
        super().__init__(capacity, lambda kept: kept.nbytes)
        self.found = []

    def find(self, key):
        value = super().find(key)
        if value is not None and key[0] == "features":
            self.found.append(key[1])
        return value


@pytest.fixture
def memory():
    return Counting()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_change_of_one_w_starts_after_the_last_block_without_it(memory, architecture):
    generator = tiny_generator(architecture=architecture)
    w = some_w(generator)
    generator.synthesis(w[:1], memory=memory)
    starts = []
    for index in range(generator.num_ws):
        other = w[:1].clone()
        other[:, index] = w[1, index]
        memory.found.clear()
        image = generator.synthesis(other, memory=memory)
        assert torch.equal(image, generator.synthesis(other))
        starts.append(memory.found[0] if memory.found else None)
    assert starts == [None, 0, 0, 1, 1, 1]


def test_the_rgb_of_a_block_is_made_under_the_w_that_the_next_begins_with():
    """So a change of that w may take over the features, but not the image."""
    generator = tiny_generator()
    w = some_w(generator)
    other = w[:1].clone()
    other[:, 3] = w[1, 3]  # b16.conv0, and the RGB of b8
    memory = LruCache(1 << 20, lambda kept: kept.nbytes)
    generator.synthesis(w[:1], memory=memory)
    image = generator.synthesis(other, size=8, memory=memory)
    assert torch.equal(image, generator.synthesis(other, size=8))
    assert not torch.equal(image, generator.synthesis(w[:1], size=8))


@pytest.mark.parametrize("lost", ["features", "image"])
def test_what_was_forgotten_is_drawn_again(lost):
    generator = tiny_generator()
    w = some_w(generator)[:1]

    class Forgetful(LruCache):
        def keep(self, key, value):
            if key[0] != lost:
                super().keep(key, value)

    memory = Forgetful(1 << 20, lambda kept: kept.nbytes)
    for _ in range(2):
        assert torch.equal(generator.synthesis(w, memory=memory), generator.synthesis(w))


def test_an_equal_picture_draws_the_last_block_alone(memory):
    generator = tiny_generator()
    w = some_w(generator)[:1]
    first, again = (generator.synthesis(w, memory=memory) for _ in range(2))
    assert memory.found == [1]
    assert torch.equal(first, again)


def test_noise_counts_as_far_as_it_was_added(memory):
    generator = tiny_generator()
    w = some_w(generator)[:1]

    def start(noise):
        memory.found.clear()
        image = generator.synthesis(w, noise, memory=memory)
        assert torch.equal(image, generator.synthesis(w, noise))
        return memory.found[0] if memory.found else None

    assert start(Noise("random", seed=1)) is None
    assert start(Noise("random", seed=2)) is None
    assert start(Noise("random", seed=1, strength=(1, 1, 1, 1, 0.5))) == 1
    assert start(Noise("random", seed=1, strength=(1, 1, 0.5, 1, 1))) == 0
    assert start(Noise("const")) is None
    assert start(Noise("const", seed=9)) == 1


def test_precision_and_the_size_of_the_batch_count(memory):
    generator = tiny_generator()
    w = some_w(generator)
    generator.synthesis(w[:1], memory=memory)
    generator.synthesis(w[:1], precision="bfloat16", memory=memory)
    generator.synthesis(w[:1].expand(2, -1, -1), memory=memory)
    assert memory.found == []


def test_a_small_picture_starts_from_a_large_one_and_the_other_way_round(memory):
    generator = tiny_generator()
    w = some_w(generator)[:1]
    small = generator.synthesis(w, size=8, memory=memory)
    assert torch.equal(generator.synthesis(w, memory=memory), generator.synthesis(w))
    assert memory.found == [1]
    assert torch.equal(generator.synthesis(w, size=8, memory=memory), small)
    assert torch.equal(
        generator.synthesis(w, size=4, memory=memory), generator.synthesis(w, size=4)
    )


def test_writing_over_a_picture_changes_no_later_one(memory):
    generator = tiny_generator()
    w = some_w(generator)[:1]
    for size in (4, 8, None):
        expected = generator.synthesis(w, size=size)
        generator.synthesis(w, size=size, memory=memory).zero_()
        assert torch.equal(generator.synthesis(w, size=size, memory=memory), expected)


def test_models_do_not_share_their_shelves():
    memory = Counting(capacity=2000)
    one, other = tiny_generator(), tiny_generator(seed=1)
    w = some_w(one)[:1]
    for generator, name in ((one, "one"), (other, "other")):
        image = generator.synthesis(w, memory=Shelf(memory, name))
        assert torch.equal(image, generator.synthesis(w))
    assert memory.found == []
