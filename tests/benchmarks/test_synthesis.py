import json
import math
import sys

import pytest
import torch

from benchmarks import synthesis
from benchmarks.sides import CONVOLUTIONS, LAYOUTS, convolution, convolution_gflop
from benchmarks.synthesis_stylegan2 import convolution_gflops, psnr

KEYS = (
    *("ours_ms", "reference_ms", "ratio", "ours_gflops", "conv_gflops", "efficiency"),
    *("max_error", "peak_mb"),
)


def printed_by(monkeypatch, capsys, *arguments):
    """The exit code and what is printed for `arguments`."""
    monkeypatch.setattr(sys, "argv", ["synthesis", *arguments])
    return synthesis.main(), capsys.readouterr()


def test_a_comparison_prints_one_line_with_all_figures(monkeypatch, capsys):
    arguments = ("--family", "stylegan2", "--resolution", "16", "--repeats", "1")
    code, printed = printed_by(monkeypatch, capsys, *arguments, "--precision", "float32")
    (line,) = printed.out.splitlines()
    figures = json.loads(line)
    assert code == 0
    assert tuple(figures) == KEYS
    assert figures["max_error"] < 1e-4
    assert figures["ratio"] == pytest.approx(figures["reference_ms"] / figures["ours_ms"], rel=0.01)
    assert figures["efficiency"] == pytest.approx(
        figures["ours_gflops"] / figures["conv_gflops"], rel=0.01
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA GPU")
def test_without_a_gpu_its_figures_are_declined_in_a_sentence(monkeypatch, capsys):
    code, printed = printed_by(monkeypatch, capsys, "--device", "cuda")
    assert code == 2
    assert printed.err == "There is no CUDA device here. Measure with --device cpu.\n"
    assert not printed.out


@pytest.mark.parametrize(
    "arguments", [("--precision", "bfloat16"), ("--device", "cuda"), ("--checkpoint", "x")]
)
def test_what_stylegan3_cannot_compare_is_refused(monkeypatch, capsys, arguments):
    with pytest.raises(SystemExit):
        printed_by(monkeypatch, capsys, "--family", "stylegan3-t", *arguments)
    assert "are for stylegan2." in capsys.readouterr().err


def test_the_yardstick_is_the_fastest_of_the_plain_convolutions():
    slow = {
        f"{channels} {side} {layout}": 1000.0
        for channels, side in CONVOLUTIONS
        for layout in LAYOUTS
    }
    assert convolution_gflops(slow) == pytest.approx(19.327, abs=1e-3)
    assert convolution_gflops(slow | {"256 128 nhwc": 100.0}) == pytest.approx(193.27, abs=1e-2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_plain_convolution_keeps_its_precision_layout_and_size(layout):
    y = convolution(8, 4, layout, "bfloat16")()
    assert y.shape == (1, 8, 4, 4)
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=LAYOUTS[layout])
    assert convolution_gflop(8, 4) == 2 * 9 * 8 * 8 * 16 / 1e9


def test_the_noise_of_a_picture_is_measured_against_its_range():
    truth = torch.tensor([-1.0, 3.0])
    assert psnr(truth + 0.04, truth) == pytest.approx(40, abs=1e-3)
    assert psnr(truth, truth) == math.inf
