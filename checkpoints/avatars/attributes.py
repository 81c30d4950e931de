"""Train the attribute classifier on renders: `python -m checkpoints.avatars.attributes`.

It has to judge what a generator draws, which is not quite what it learns from: so every picture is
shown with detail drawn anew, shifted, blurred, noisy, with colours and contrast off as a GAN's are.
It ships the attributes that it gets right on faces it never saw; the others are left out and said.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from checkpoints.avatars.classifier import SIDE, Classifier, to_onnx
from checkpoints.avatars.console import attempt
from checkpoints.avatars.faces import BINARY
from checkpoints.avatars.faceset import FaceSet, load
from explorer.errors import ExplorerError
from explorer.formats.whole_file import whole_file

HERE = Path(__file__).parent
BATCH = 64
RATE = 3e-3  # the highest, of Adam
DECAY = 1e-3
LEAST = 0.97  # held-out accuracy of an attribute that is shipped


def disturbed(images: Tensor, random: torch.Generator) -> Tensor:
    """Images [N, 3, H, W] in [-1, 1] as a generator might have drawn them."""
    count = len(images)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(count, *shape, 1, 1, generator=random) * (high - low) + low

    images = _blurred(images, uniform(0.0, 1.0, 1))
    gains, shifts = uniform(0.85, 1.15, 3), uniform(-0.15, 0.15, 3)
    noise = torch.randn(images.shape, generator=random) * uniform(0.0, 0.12, 1)
    images = _shifted(images * gains + shifts + noise, random)
    return images.clamp(-1, 1)


def _blurred(images: Tensor, share: Tensor) -> Tensor:
    """Mixed with their mean over 3 x 3 pixels."""
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return torch.lerp(images, soft, share)


def _shifted(images: Tensor, random: torch.Generator, most: int = 2) -> Tensor:
    """Moved by up to `most` pixels, all of a batch alike."""
    right, down = torch.randint(0, 2 * most + 1, (2,), generator=random).tolist()
    wide = F.pad(images, (most,) * 4, mode="replicate")
    return wide[:, :, down : down + images.shape[2], right : right + images.shape[3]]


@dataclass(frozen=True)
class Course:
    """The training.

    Args:
        labels: [N, K], 0 or 1, of the faces.
        held_out: How many faces, the last ones, only judge what was learnt.
    """

    faces: FaceSet
    labels: Tensor
    epochs: int
    seed: int
    held_out: int

    def run(self) -> Iterator[Classifier]:
        """The network after each epoch."""
        random = torch.Generator().manual_seed(self.seed)
        order = np.random.default_rng(self.seed)
        network = Classifier(self.labels.shape[1], random)
        taught = len(self.faces) - self.held_out
        steps = self.epochs * (taught // BATCH)
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
        rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
        for _ in range(self.epochs):
            network.train()
            for indices in np.split(
                order.permutation(taught)[: taught // BATCH * BATCH], taught // BATCH
            ):
                images = disturbed(self.faces.images(indices, random, SIDE), random)
                loss = F.binary_cross_entropy_with_logits(network(images), self.labels[indices])
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
                rates.step()
            yield network.eval()

    @torch.no_grad()
    def accuracy(self, network: Classifier) -> NDArray[np.float64]:
        """The share [K] of the held-out faces that `network` gets right, undisturbed."""
        random = torch.Generator().manual_seed(self.seed + 1)
        indices = np.arange(len(self.faces) - self.held_out, len(self.faces))
        right = [
            (network(self.faces.images(some, random, SIDE)) > 0) == (self.labels[some] > 0.5)
            for some in np.array_split(indices, -(-self.held_out // BATCH))
        ]
        return torch.cat(right).double().mean(0).numpy()


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m checkpoints.avatars.attributes")
    parser.description = __doc__
    add = parser.add_argument
    add("--faces", type=Path, required=True, help="what `render` wrote")
    add("--epochs", type=int, default=16)
    add("--seed", type=int, default=0)
    add("--held-out", type=int, default=2000, help="faces that judge, the last ones of the set")
    add("--out", type=Path, default=HERE / "attributes.onnx")
    return parser


def teach(options: argparse.Namespace) -> None:
    """Train, and write the attributes that are good enough; one line of JSON at the end.

    Raises:
        ExplorerError: A number is out of range, or a file cannot be read or written.
    """
    faces = load(options.faces)
    if options.epochs < 1 or not BATCH <= options.held_out <= len(faces) - BATCH:
        raise ExplorerError(
            f"{options.epochs} epochs with {options.held_out} of {len(faces)} faces held out "
            "teach nothing.",
            fix=f"Take one epoch at least, hold out {BATCH} faces or more, and leave as many.",
        )
    labels = np.stack([faces.attribute(name) for name in BINARY], axis=1)
    course = Course(faces, torch.from_numpy(labels), options.epochs, options.seed, options.held_out)
    started = time.monotonic()
    for epoch, network in enumerate(course.run(), 1):
        accuracy = course.accuracy(network)
        rows = ", ".join(f"{n} {a:.3f}" for n, a in zip(BINARY, accuracy, strict=True))
        print(f"epoch {epoch}, {time.monotonic() - started:.0f} s: {rows}", file=sys.stderr)
    kept = [name for name, share in zip(BINARY, accuracy, strict=True) if share >= LEAST]
    with whole_file(options.out) as place:
        place.write_bytes(to_onnx(network, BINARY, kept))
    found = dict(zip(BINARY, accuracy.round(4).tolist(), strict=True))
    print(json.dumps({"shipped": kept, "held_out": options.held_out, "accuracy": found}))


def main(argv: Sequence[str] | None = None) -> int:
    """Train; 1 where the arguments or the files are wrong."""
    options = arguments().parse_args(argv)
    return attempt(lambda: teach(options))


if __name__ == "__main__":
    sys.exit(main())
