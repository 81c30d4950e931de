import pytest
import torch

from explorer.devices import device_of
from explorer.errors import ExplorerError

THERE = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


def test_auto_is_cuda_where_it_is_present_and_else_the_cpu():
    assert device_of("auto").type == ("cuda" if THERE["cuda"] else "cpu")


@pytest.mark.parametrize("name", ["cpu", *THERE])
def test_a_device_that_is_there_is_given_and_another_is_a_sentence(name):
    if THERE.get(name, True):
        assert device_of(name) == torch.device(name)
    else:
        with pytest.raises(ExplorerError, match=rf"no {name} device here\. Leave --device out"):
            device_of(name)


def test_what_is_no_device_is_a_sentence():
    with pytest.raises(ExplorerError, match=r"There is no toaster device here\."):
        device_of("toaster")
