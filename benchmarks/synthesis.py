"""How fast a picture is drawn, against plain code and the arithmetic that it needs.

    python -m benchmarks.synthesis --family stylegan2 --resolution 1024 --precision float32

Random weights, batch 1, torch's own number of threads; times are medians in milliseconds. Every
side works in a process of its own, they take turns. Prints one line of JSON.

stylegan2 (configuration F): `ours_ms`; `reference_ms` of plain float32 code with the allocator as
it comes, and how many times as long that is (`ratio`); GFLOP/s of our picture (`ours_gflops`) and
of a plain 3x3 convolution in the same precision (`conv_gflops`: the fastest of 512 channels at
64x64 and 256 at 128x128, in either layout), and the share of it that we reach (`efficiency`);
`max_error` between the images; `peak_mb` of memory in our process. Below float32 also `psnr_db`
and `speedup` against our own float32. With --device cuda: milliseconds at 256, 512 and 1024.

stylegan3-t, stylegan3-r: `filters_*` are all filtered nonlinearities of a picture together,
`over_convolutions` is the whole picture over its convolutions alone.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from benchmarks import synthesis_stylegan2, synthesis_stylegan3
from benchmarks.sides import PRECISIONS
from explorer.errors import ExplorerError

FAMILIES = ("stylegan2", *sorted(synthesis_stylegan3.CHANNEL_BASES))
RESOLUTIONS = {"stylegan2": 1024}  # of the others 256


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.synthesis",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--family", choices=FAMILIES, default="stylegan2")
    parser.add_argument("--resolution", type=int, help="default: 1024, of StyleGAN3 256")
    parser.add_argument("--checkpoint", type=Path, help="a StyleGAN2 instead of random weights")
    parser.add_argument("--precision", choices=PRECISIONS, help="default: float32; on CUDA mixed")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--repeats", type=int, default=5)
    return parser


def figures_of(options: argparse.Namespace) -> dict[str, float]:
    """The figures that `options` ask for."""
    if options.device == "cuda":
        return synthesis_stylegan2.cuda_figures(options.precision, options.repeats)
    resolution = options.resolution or RESOLUTIONS.get(options.family, 256)
    if options.family != "stylegan2":
        return synthesis_stylegan3.figures_of(options.family, resolution, options.repeats)
    asked = synthesis_stylegan2.Asked(
        resolution, options.precision or "float32", options.repeats, options.checkpoint
    )
    return synthesis_stylegan2.figures_of(asked)


def main() -> int:
    """Measure once and print."""
    parser = arguments()
    options = parser.parse_args()
    if options.family != "stylegan2" and (
        options.checkpoint or options.precision or options.device == "cuda"
    ):
        parser.error("--checkpoint, --precision and --device are for stylegan2.")
    if options.device == "cuda" and (options.checkpoint or options.resolution):
        parser.error("On CUDA random weights are measured, at 256, 512 and 1024.")
    if options.precision == "float16" and options.device == "cpu":
        parser.error("Processors draw in float32 or bfloat16; float16 needs --device cuda.")
    if options.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here. Measure with --device cpu.", file=sys.stderr)
        return 2
    try:
        figures = figures_of(options)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps({name: float(f"{value:.4g}") for name, value in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
