import json
import math
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import synthesis
from benchmarks.sides import CONVOLUTIONS, LAYOUTS, convolution, convolution_gflop
from benchmarks.synthesis_stylegan2 import convolution_gflops, psnr, speeds

DATA = Path(__file__).parents[1] / "data"
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


@pytest.mark.parametrize("name", ["sg2_resnet_32.pkl", "sg3t_32.pkl"])
def test_a_checkpoint_that_the_reference_cannot_draw_is_declined(monkeypatch, capsys, name):
    code, printed = printed_by(monkeypatch, capsys, "--checkpoint", str(DATA / name))
    assert code == 2
    assert "is no StyleGAN2 of the skip architecture with noise. Choose one" in printed.err


def test_a_processor_is_not_asked_for_float16(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        printed_by(monkeypatch, capsys, "--precision", "float16")
    assert "float16 needs --device cuda." in capsys.readouterr().err


def test_the_speeds_follow_from_the_times_of_all_sides():
    plain = {
        f"{channels} {side} {layout}": 100.0
        for channels, side in CONVOLUTIONS
        for layout in LAYOUTS
    }
    found = {"ours": {"ms": 500.0}, "reference": {"ms": 2000.0}, "convolution": plain}
    assert speeds(found, work=60.0) == {
        "ours_ms": 500.0,
        "reference_ms": 2000.0,
        "ratio": 4.0,
        "ours_gflops": 120.0,
        "conv_gflops": pytest.approx(193.27, abs=1e-2),
        "efficiency": pytest.approx(120 / 193.27, abs=1e-4),
    }


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
