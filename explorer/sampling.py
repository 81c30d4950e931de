"""Many samples of a generator by seed, as latents and as pictures, the same for every caller."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer import latents
from explorer.networks import Generator, Noise

BATCH = 16  # pictures drawn at a time


@dataclass(frozen=True)
class Sampler:
    """Draws what seeds stand for.

    Args:
        psi: Truncation, of all layers.
        label: A class index; None takes the classes of a conditional generator in turn, seed
            modulo their number.
        noise: What the noisy layers add.
    """

    generator: Generator
    psi: float = 1.0
    label: int | None = None
    noise: Noise = Noise("const")

    def z(self, seeds: Sequence[int]) -> Tensor:
        """The z [N, Z] of `seeds`."""
        return torch.cat([latents.sample_z(seed, self.generator.z_dim) for seed in seeds])

    def labels(self, seeds: Sequence[int]) -> Tensor | None:
        """The labels [N, C] of `seeds`; None for a generator without classes.

        Raises:
            LatentError: There is no such class, or there are no classes at all.
        """
        count = self.generator.c_dim
        if not count and self.label is None:
            return None
        picked = [seed % count if self.label is None else self.label for seed in seeds]
        return torch.cat([latents.label_vector(index, count) for index in picked])

    def w(self, seeds: Sequence[int]) -> Tensor:
        """The untruncated w [N, L, D] of `seeds`, on the generator's device."""
        device = self.generator.w_avg.device
        labels = self.labels(seeds)
        labels = None if labels is None else labels.to(device)
        return self.generator.mapping(self.z(seeds).to(device), labels)

    def centre(self, seeds: Sequence[int]) -> Tensor:
        """What truncation pulls towards: w_avg [D], or [N, 1, D] where each class has its own."""
        labels, mean = self.labels(seeds), self.generator.w_avg
        return mean if mean.ndim == 1 or labels is None else (labels.to(mean) @ mean)[:, None]

    def pictures(self, seeds: Sequence[int]) -> Iterator[Tensor]:
        """Batches [n, C, H, W] of float32 in [-1, 1] on the CPU, rounded as a screen shows them."""
        for start in range(0, len(seeds), BATCH):
            some = seeds[start : start + BATCH]
            w = latents.truncate(self.w(some), self.centre(some), self.psi)
            yield on_screen(self.generator.synthesis(w, self.noise))


def on_screen(images: Tensor) -> Tensor:
    """Images [N, C, H, W] with the 256 values that a screen or a file has, in [-1, 1], on the CPU.

    A measure must see what a person sees; real pictures come out of such files too (Parmar 2022).
    """
    return (images * 127.5 + 128).clamp(0, 255).to(torch.uint8).cpu().float() / 127.5 - 1
