import pytest

from explorer.batches import MOST_PIXELS, SIZES, SLICE_MS, TRIALS, Batch, alike
from explorer.recipe import Edit, Mix, ModelRef, NoiseChoice, Point, Recipe, Transform

SHIPPED = 128 * 128


def work(batch, total, milliseconds):
    """The sizes in which `total` pictures are drawn that take milliseconds(size) together."""
    sizes = []
    while total:
        sizes.append(batch.next(total))
        batch.note(sizes[-1], milliseconds(sizes[-1]))
        total -= sizes[-1]
    return sizes


def flat(size):
    """Batches win nothing."""
    return 10.0 * size


def saving(size):
    """Each picture 4 ms, and 6 ms for every batch."""
    return 6.0 + 4.0 * size


def test_recipes_that_differ_in_their_w_alone_are_alike():
    one = Recipe()
    others = [
        Recipe(a=Point(x=3.0)),
        Recipe(b=Point(x=3.0), t=0.5, space="w-lerp"),
        Recipe(psi=0.5, cutoff=4, clip=1.0),
        Recipe(mix=Mix(weights=(1.0,))),
        Recipe(label=1),
        Recipe(edits=(Edit(direction="0" * 64, shift=1.0),)),
    ]
    assert alike([one, *others]) == 1 + len(others)


@pytest.mark.parametrize(
    "other",
    [
        Recipe(noise=NoiseChoice(mode="none")),
        Recipe(noise=NoiseChoice(mode="random", seed=2)),
        Recipe(noise=NoiseChoice(strength=(2.0,))),
        Recipe(transform=Transform(rotate=1.0)),
        Recipe(model=ModelRef(hash="1" * 64)),
    ],
)
def test_another_noise_transform_or_model_ends_what_is_alike(other):
    assert alike([Recipe(), Recipe(psi=0.5), other, Recipe()]) == 2
    assert alike([other]) == 1


def test_every_size_is_tried_on_work_that_comes_anyway_and_no_more_than_needed():
    sizes = work(Batch(SHIPPED), 200, saving)
    assert sizes[: TRIALS * len(SIZES)] == [size for size in SIZES for _ in range(TRIALS)]
    assert sum(sizes) == 200


def test_the_fastest_size_is_kept():
    batch = Batch(SHIPPED)
    work(batch, 45, saving)
    assert work(batch, 40, saving) == [8] * 5


def test_where_batches_win_nothing_pictures_are_drawn_one_at_a_time():
    for milliseconds in (flat, lambda size: 9.8 * size if size == 4 else 10.0 * size):
        batch = Batch(SHIPPED)
        work(batch, 45, milliseconds)
        assert work(batch, 10, milliseconds) == [1] * 10


def test_a_size_in_the_middle_may_be_the_fastest():
    def times(size):
        return {1: 10.0, 2: 16.0, 4: 26.0, 8: 70.0}[size]

    batch = Batch(SHIPPED)
    work(batch, 45, times)
    assert work(batch, 11, times) == [4, 4, 2, 1]


def test_what_is_left_is_never_exceeded():
    batch = Batch(SHIPPED)
    work(batch, 45, saving)
    for left in range(1, 20):
        assert batch.next(left) <= left


def test_one_hiccup_does_not_decide():
    batch = Batch(SHIPPED)
    calls = iter(range(100))
    work(batch, 45, lambda size: saving(size) * (9 if next(calls) % 3 == 0 else 1))
    assert batch.next(8) == 8


@pytest.mark.parametrize("each, most", [(60.0, 1), (30.0, 2), (20.0, 4), (9.0, 8)])
def test_no_batch_keeps_visitors_waiting_for_longer_than_a_slice(each, most):
    batch = Batch(SHIPPED)
    sizes = work(batch, 100, lambda size: each * size)
    assert max(sizes) == most
    assert most == 1 or each * most <= SLICE_MS


@pytest.mark.parametrize("side, most", [(128, 8), (512, 8), (1024, 2), (2048, 1)])
def test_the_memory_of_a_batch_is_bounded_however_fast_it_is(side, most):
    assert max(work(Batch(side * side), 60, lambda size: 1.0 + 0.1 * size)) == most
    assert most == 1 or most * side * side <= MOST_PIXELS
