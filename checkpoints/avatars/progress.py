"""What a training shows of itself: a line of figures now and then, and a grid of pictures."""

import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from checkpoints.avatars.generator import Generator
from explorer.images import sheet
from explorer.pixels import Pixels

GRID = (8, 5)  # columns and rows
GRID_PSI = 0.8


class Log:
    """Collects the figures of steps and tells their means, with the pictures a second."""

    def __init__(self) -> None:
        self.values: defaultdict[str, list[float]] = defaultdict(list)
        self.images = 0
        self.since = time.monotonic()

    def add(self, figures: Mapping[str, float], images: int) -> None:
        """Note the figures of one step of `images` pictures."""
        for name, value in figures.items():
            self.values[name].append(value)
        self.images += images

    def seconds(self) -> float:
        """The time since the last line."""
        return time.monotonic() - self.since

    def line(self, seen: int, fade: float) -> str:
        """The means since the last line; starts the next."""
        figures = " ".join(f"{name} {np.mean(self.values[name]):.3f}" for name in self.values)
        rate = self.images / self.seconds()
        self.values.clear()
        self.images, self.since = 0, time.monotonic()
        return f"{seen / 1000:.1f} kimg, {rate:.2f} images/s, fade {fade:.2f}: {figures}"


@torch.no_grad()
def draw_grid(average: Generator) -> Pixels:
    """The pictures of seeds 0 to 39 at psi 0.8 with the stored noise, on one page."""
    columns, rows = GRID
    pages: list[Tensor] = []
    device = average.mapping.w_avg.device
    for row in range(rows):
        seeds = range(row * columns, (row + 1) * columns)
        z = np.concatenate(
            [np.random.RandomState(seed).randn(1, average.config.z_dim) for seed in seeds]
        )
        w = average.mapping(torch.from_numpy(z).to(device, torch.float32))
        w = average.mapping.w_avg.lerp(w, GRID_PSI)
        image = average.synthesis(w[:, None].expand(-1, average.num_ws, -1))
        pages.append((image * 127.5 + 128).clamp(0, 255).to(torch.uint8).cpu())
    return sheet(list(torch.cat(pages).permute(0, 2, 3, 1).numpy()), columns, gap=0)


def write_grid(average: Generator, path: Path) -> None:
    """Write the page of `draw_grid` as PNG."""
    Image.fromarray(draw_grid(average)).save(path, "PNG")
