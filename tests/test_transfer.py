"""Tensors to a GPU and back."""

import warnings

import pytest
import torch

from explorer.paint import paint
from explorer.previews import View
from explorer.recipe import Recipe
from explorer.transfer import fetched, sent
from tests.networks.builders import tiny_generator

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")


def test_on_the_cpu_nothing_is_copied():
    values = torch.arange(3.0)
    assert sent(values, torch.device("cpu")) is values
    assert fetched(values, values[:1])[0] is values


@pytest.mark.cuda
@needs_cuda
def test_what_was_sent_comes_back():
    values = torch.arange(1000.0)
    there = sent(values, torch.device("cuda"))
    assert there.is_cuda
    assert sent(there, there.device) is there
    back, half = fetched(there, (there / 2).to(torch.float16))
    assert torch.equal(back, values)
    assert torch.equal(half, (values / 2).to(torch.float16))


@pytest.mark.cuda
@needs_cuda
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_cpu_waits_once_for_a_picture_of_a_gpu(precision):
    """From seeds to pixels: two sources, a mix, and noise that was never drawn before."""
    generator = tiny_generator(clamp=256.0, fp16_blocks=2).to(torch.device("cuda"))
    view = View(precision=precision)
    paint(generator, Recipe(), view=view)
    mix = {"source": {"x": 9}, "weights": [0.5] * generator.num_ws}
    recipe = Recipe.model_validate(
        {"b": {"x": 3}, "t": 0.5, "mix": mix, "noise": {"mode": "random", "seed": 5}}
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            paint(generator, recipe, view=view)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    waits = [one for one in caught if "called a synchronizing" in str(one.message)]
    assert len(waits) == 1
