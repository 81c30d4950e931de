"""How fast a picture of StyleGAN2 is drawn: against plain code, and against a plain convolution."""

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from benchmarks.design_stylegan2 import generator, gflop, some_w
from benchmarks.sides import CONVOLUTIONS, LAYOUTS, convolution_gflop, drawing, network_of
from benchmarks.turns import Times, compare, milliseconds
from explorer.networks import Precision

COUNT = 3  # pictures a turn
CUDA_RESOLUTIONS = (256, 512, 1024)
# As the published networks have it (Karras 2020, StyleGAN2-ADA, Appendix D).
CUDA_FP16_BLOCKS, CUDA_CLAMP = 4, 256.0

Figures = dict[str, float]


@dataclass(frozen=True)
class Asked:
    """What is to be compared.

    Args:
        checkpoint: A StyleGAN2 to draw instead of a random configuration F of `resolution`.
        turns: Of each side; a turn is `COUNT` pictures.
    """

    resolution: int
    precision: Precision = "float32"
    turns: int = 5
    checkpoint: Path | None = None


def figures_of(asked: Asked) -> Figures:
    """Time all sides in turn and put the figures together that `benchmarks.synthesis` tells of."""
    work = gflop(network_of(asked.resolution, asked.checkpoint).config)
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "ours": _command("ours", asked, folder, asked.precision),
            "reference": _command("reference", asked, folder),
            "convolution": ["benchmarks.sides", "convolution", "--precision", asked.precision],
        }
        if asked.precision != "float32":
            sides["float32"] = _command("ours", asked, folder)
        found = compare(sides, asked.turns, COUNT)
        pictures = {
            path.stem: torch.load(path, weights_only=True) for path in Path(folder).iterdir()
        }
    drawn = pictures[f"ours-{asked.precision}"]
    figures = {
        **speeds(found, work),
        "max_error": (drawn - pictures["reference-float32"]).abs().max().item(),
        "peak_mb": found["ours"]["peak_mb"],
    }
    if asked.precision != "float32":
        figures["psnr_db"] = psnr(drawn, pictures["ours-float32"])
        figures["speedup"] = found["float32"]["ms"] / found["ours"]["ms"]
    return figures


def speeds(found: dict[str, Times], work: float) -> Figures:
    """What the times of all sides say of a picture of `work` GFLOP."""
    ours, reference = found["ours"]["ms"], found["reference"]["ms"]
    ours_gflops, most = work / ours * 1e3, convolution_gflops(found["convolution"])
    return {
        "ours_ms": ours,
        "reference_ms": reference,
        "ratio": reference / ours,
        "ours_gflops": ours_gflops,
        "conv_gflops": most,
        "efficiency": ours_gflops / most,
    }


def _command(side: str, asked: Asked, folder: str, precision: Precision = "float32") -> list[str]:
    command = ["benchmarks.sides", side, "--resolution", str(asked.resolution)]
    command += ["--precision", precision, "--image", f"{folder}/{side}-{precision}.pt"]
    return command + (["--checkpoint", str(asked.checkpoint)] if asked.checkpoint else [])


def convolution_gflops(times: Times) -> float:
    """GFLOP/s of the fastest of the plain convolutions, by their `times` in ms."""
    return max(
        convolution_gflop(channels, side) / times[f"{channels} {side} {layout}"] * 1e3
        for channels, side in CONVOLUTIONS
        for layout in LAYOUTS
    )


def psnr(image: Tensor, truth: Tensor) -> float:
    """The peak signal-to-noise ratio of `image` in dB; the peak is the range of `truth`.

    A trained network's picture has a range of about 2; an untrained one's is several times that.
    """
    error = (image - truth).square().mean().item()
    peak = (truth.max() - truth.min()).item()
    return math.inf if error == 0 else 10 * math.log10(peak**2 / error)


def cuda_figures(precision: Precision | None, turns: int) -> Figures:
    """Milliseconds of a picture on the GPU at each of `CUDA_RESOLUTIONS`, medians.

    Args:
        precision: None is what the published networks have: float16 in the high resolutions.
    """
    changes: dict[str, Any] = {}
    if precision is None:
        changes = {"fp16_blocks": CUDA_FP16_BLOCKS, "clamp": CUDA_CLAMP}
    found = {}
    for resolution in CUDA_RESOLUTIONS:
        network = generator(resolution, **changes)
        w = some_w(network, seed=0).cuda()
        action = drawing(network.to(torch.device("cuda")), w, precision)
        found[f"ms_{resolution}"] = _synchronised(action, turns * COUNT)
    return found


def _synchronised(action: Callable[[], Tensor], count: int) -> float:
    """The median time of `action` on the GPU in ms, from an idle device to an idle device."""

    def whole() -> None:
        action()
        torch.cuda.synchronize()

    for _ in range(COUNT):
        whole()
    return median(milliseconds(whole) for _ in range(count))
