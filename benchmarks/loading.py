"""How fast a large checkpoint opens: a 1024-pixel config F with G, D and G_ema, about 360 MB.

Only G_ema is wanted, so loading should cost little more than reading the file once and G_ema's
numbers once more. Each side is timed in a process of its own, the best of a few runs, with the
file in the page cache. Prints one JSON line.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.memory import memory
from explorer.formats import load
from explorer.networks.stylegan2 import Config, StyleGAN2
from tests.formats.pickles import dump, module_tree

CONFIG_F = Config(
    z_dim=512,
    w_dim=512,
    channels=(512, 512, 512, 512, 512, 256, 128, 64, 32),
    mapping=(512,) * 8,
)
CHUNK = 16 << 20  # bytes
BARS = {"ratio": 2.0, "peak_mb_above_g_ema": 200.0}


def random_tensors(config: Config, seed: int) -> dict[str, torch.Tensor]:
    """Tensors of a generator with random weights."""
    random = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in StyleGAN2(config).tensors().items()}
    return {name: torch.randn(shape, generator=random) for name, shape in shapes.items()}


def discriminator_tensors(config: Config, seed: int) -> dict[str, torch.Tensor]:
    """Tensors of the size of a residual discriminator's, which nobody will decode."""
    random = torch.Generator().manual_seed(seed)
    found = {"b4.fc.weight": torch.randn(512, 512 * 16, generator=random)}
    for index, (inner, outer) in enumerate(zip(config.channels, config.channels[1:], strict=False)):
        for name, shape in (
            ("conv0", (outer, outer, 3, 3)),
            ("conv1", (inner, outer, 3, 3)),
            ("skip", (inner, outer, 1, 1)),
        ):
            found[f"b{8 << index}.{name}.weight"] = torch.randn(shape, generator=random)
    return found


def make(folder: Path) -> dict[str, Path]:
    """Write the pickle, and G_ema's numbers alone as plain bytes."""
    g_ema = random_tensors(CONFIG_F, 0)
    value = {
        "G": module_tree(random_tensors(CONFIG_F, 1)),
        "D": module_tree(discriminator_tensors(CONFIG_F, 2)),
        "G_ema": module_tree(g_ema),
        "training_set_kwargs": {},
        "augment_pipe": None,
    }
    with (folder / "g_ema").open("wb") as file:
        for tensor in g_ema.values():
            file.write(tensor.numpy().data)
    return {"pickle": dump(value, folder / "config-f.pkl"), "g_ema": folder / "g_ema"}


def read_plainly(pickle: Path, g_ema: Path) -> None:
    """Read the whole file, then G_ema's numbers into tensors of their own."""
    buffer = bytearray(CHUNK)
    with pickle.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    tensors = [torch.empty(shape) for shape in _shapes()]
    with g_ema.open("rb", buffering=0) as file:
        for tensor in tensors:
            file.readinto(tensor.numpy().data.cast("B") if tensor.ndim else tensor.numpy().data)


def _shapes() -> list[torch.Size]:
    with torch.device("meta"):
        return [tensor.shape for tensor in StyleGAN2(CONFIG_F).tensors().values()]


def measure(side: str, pickle: Path, g_ema: Path) -> dict[str, float]:
    """In this process: seconds, and MB of memory above what it had before."""
    _shapes()  # imports, and torch's own first steps
    before = memory("VmRSS")
    start = time.perf_counter()
    if side == "load":
        generator = load(pickle)
        assert generator.num_ws == 18
    else:
        read_plainly(pickle, g_ema)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "mb": (memory("VmHWM") - before) / 1e6}


def in_process(side: str, files: dict[str, Path], runs: int) -> dict[str, float]:
    """`measure` in processes of their own: the best time, and the most memory."""
    command = [sys.executable, "-m", "benchmarks.loading", "--side", side]
    command += [str(files["pickle"]), str(files["g_ema"])]
    found = [
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(runs)
    ]
    return {
        "seconds": min(one["seconds"] for one in found),
        "mb": max(one["mb"] for one in found),
    }


def main() -> int:
    """Print the figures: 0 if they keep the bars, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each side (default: 5)")
    parser.add_argument("--side", choices=["load", "read"], help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure(options.side, *options.files)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        files = make(Path(folder))
        size, wanted = (files[name].stat().st_size / 1e6 for name in ("pickle", "g_ema"))
        read = in_process("read", files, options.runs)
        loaded = in_process("load", files, options.runs)
    ratio = loaded["seconds"] / read["seconds"]
    figures = {
        "load_s": round(loaded["seconds"], 3),
        "read_s": round(read["seconds"], 3),
        "ratio": round(ratio, 2),
        "peak_mb_above": round(loaded["mb"], 1),
        "g_ema_mb": round(wanted, 1),
        "file_mb": round(size, 1),
    }
    print(json.dumps(figures))
    return int(ratio > BARS["ratio"] or loaded["mb"] > wanted + BARS["peak_mb_above_g_ema"])


if __name__ == "__main__":
    sys.exit(main())
