"""What a step is, how it is named, and how places along it are measured."""

import numpy as np
import pytest
import torch

from explorer.directions.direction import Direction, Step, require_fit, step_from, step_of
from explorer.errors import DirectionError


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_a_step_is_as_long_as_its_sigma():
    step = step_of("w", normal(64), sigma=2.5)
    assert np.linalg.norm(step.numbers.astype(float)) == pytest.approx(2.5, rel=1e-3)


def test_a_step_of_every_layer_moves_w_by_its_sigma_on_average():
    step = step_of("w", normal(6, 64), sigma=2.5)
    lengths = np.square(step.numbers.astype(float)).sum(1)
    assert np.sqrt(lengths.mean()) == pytest.approx(2.5, rel=1e-3)


def test_a_step_survives_its_bytes():
    for step in (step_of("z", normal(5)), step_of("w", normal(3, 5))):
        again = step_from(step.space, step.numbers.shape, step.to_bytes())
        assert again.key == step.key
        assert np.array_equal(again.numbers, step.numbers)


def test_the_key_is_that_of_all_that_changes_pixels():
    numbers = normal(6)
    keys = {
        step_of("w", numbers).key,
        step_of("z", numbers).key,
        step_of("w", numbers.reshape(2, 3)).key,
        step_of("w", -numbers).key,
        step_of("w", numbers, 2.0).key,
    }
    assert len(keys) == 5
    assert all(len(key) == 64 for key in keys)
    assert Direction("a", step_of("w", numbers)).key == Direction("b", step_of("w", numbers)).key


def test_a_known_step_has_the_key_that_links_already_carry():
    """A change of this breaks every link and file with a direction."""
    assert Step("w", np.array([1.0, -0.5], np.float16)).key == (
        "e2f81a6816163f8fcce1be3c446e1c01820905a243dd2b30e51a24dfbb25e810"
    )


def test_a_step_raises_the_place_by_one():
    step = step_of("w", normal(8), 1.7)
    w = torch.from_numpy(normal(4, 8, seed=1)).float()
    moved = w + step.tensor()
    assert step.place(moved) - step.place(w) == pytest.approx(1, abs=1e-5)
    moved[0] = w[0]
    assert step.place(moved, layers=[1, 2]) - step.place(w, [1, 2]) == pytest.approx(1, abs=1e-5)


def test_a_place_along_a_step_of_every_layer_counts_all_layers():
    step = step_of("w", normal(4, 8), 1.7)
    w = torch.from_numpy(normal(4, 8, seed=1)).float()
    for layers in ((), (1, 3)):
        moved = w + 0.5 * step.tensor()
        assert step.place(moved, layers) - step.place(w, layers) == pytest.approx(0.5, abs=1e-4)


def test_a_place_in_z_is_that_of_the_random_numbers():
    step = step_of("z", normal(8))
    z = torch.from_numpy(normal(8, seed=1)).float()
    assert step.place(z - 2 * step.tensor()) == pytest.approx(step.place(z) - 2, abs=1e-5)


@pytest.mark.parametrize(
    ("step", "latent"),
    [
        (step_of("z", normal(8)), torch.zeros(9)),
        (step_of("w", normal(8)), torch.zeros(4, 9)),
        (step_of("w", normal(3, 8)), torch.zeros(4, 8)),
    ],
)
def test_a_latent_of_another_size_is_one_sentence(step, latent):
    with pytest.raises(DirectionError, match="model that it was made for"):
        step.place(latent)


@pytest.mark.parametrize("numbers", [np.zeros(4), np.full(4, np.nan), np.full(4, np.inf)])
def test_a_direction_that_leads_nowhere_is_refused(numbers):
    with pytest.raises(DirectionError, match="leads nowhere"):
        step_of("w", numbers)
    with pytest.raises(DirectionError, match="leads nowhere"):
        Step("w", numbers.astype(np.float16))


@pytest.mark.parametrize(
    ("space", "shape", "size"),
    [("w", [4], 6), ("w", [], 0), ("x", [4], 8), ("z", [2, 4], 16), ("w", [1, 1, 4], 8),
     ("w", [5000], 10000), ("w", [65, 1], 130), ("w", [0, 4], 0)],
)  # fmt: skip
def test_what_a_stranger_sends_is_a_direction_or_one_sentence(space, shape, size):
    with pytest.raises(DirectionError):
        step_from(space, shape, bytes(b"\x00\x3c" * (size // 2)))


def test_numbers_beyond_half_precision_are_refused():
    with pytest.raises(DirectionError, match="leads nowhere"):
        step_of("w", normal(4), sigma=1e6)


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 81}, {"boundary": np.nan}, {"layers": (64,)}]
)
def test_what_is_known_of_a_direction_is_checked(wrong):
    with pytest.raises(DirectionError):
        Direction(**{"name": "smile", "step": step_of("w", normal(4)), **wrong})


def test_numbers_whose_length_has_no_number_are_refused():
    signalling = np.array([0x7FF0000000000001] * 4, np.uint64).view(np.float64)
    for numbers in (np.full(4, 1e300), np.full(4, 1e-300), signalling):
        with pytest.raises(DirectionError, match="leads nowhere"):
            step_of("w", numbers)


def test_a_place_over_layers_that_do_not_exist_is_a_sentence():
    for step in (step_of("w", normal(5)), step_of("w", normal(3, 5))):
        with pytest.raises(DirectionError, match="for other layers than this model's 0 to 2"):
            step.place(torch.zeros(3, 5), [0, 3])


@pytest.mark.parametrize(
    "direction, sentence",
    [
        (Direction("x", step_of("w", normal(4))), r"has shape \[4\], this model's w has 5"),
        (Direction("x", step_of("z", normal(5))), r"has shape \[5\], this model's z has 8"),
        (
            Direction("x", step_of("w", normal(2, 5))),
            "x is for other layers than this model's 0 to",
        ),
        (Direction("x", step_of("w", normal(5)), layers=(3,)), "x is for other layers than"),
    ],
)
def test_a_direction_that_a_model_cannot_take_is_a_sentence(direction, sentence):
    with pytest.raises(DirectionError, match=sentence):
        require_fit(direction, z_dim=8, w_dim=5, layers=3)


def test_a_direction_of_the_sizes_of_a_model_fits():
    for step in (step_of("w", normal(5)), step_of("w", normal(3, 5)), step_of("z", normal(8))):
        require_fit(Direction("x", step, layers=(0, 2)), z_dim=8, w_dim=5, layers=3)
