import pytest
import torch

from explorer.devices import device_of, has_bfloat16
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


@pytest.mark.parametrize(
    "text, there",
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 sse\n", True),
        ("flags\t\t: fpu amx_bf16\n\nflags\t\t: fpu amx_bf16\n", True),
        ("model name\t: avx512_bf16\nflags\t\t: fpu avx2 avx512_bf16x\n", False),
        ("Features\t: fp asimd\n", False),
        ("", False),
    ],
)
def test_bfloat16_is_used_where_the_processor_multiplies_it(tmp_path, text, there):
    (tmp_path / "cpuinfo").write_text(text)
    assert has_bfloat16(tmp_path / "cpuinfo") is there


def test_nothing_is_known_of_the_processors_of_other_systems(tmp_path):
    assert has_bfloat16(tmp_path / "cpuinfo") is False
    assert has_bfloat16() in (True, False)
