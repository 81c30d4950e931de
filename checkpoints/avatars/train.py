"""Trains the shipped model: `python -m checkpoints.avatars.train --data FILE.npz --state FOLDER`.

Goes on from the state in FOLDER if there is one, grows to `--resolution`, saves every few minutes
and when it is stopped (Ctrl-C, SIGTERM). FOLDER is a model folder that the explorer opens.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from checkpoints.avatars import faceset, state
from checkpoints.avatars.console import attempt
from checkpoints.avatars.machine import fast_dtype, stopping
from checkpoints.avatars.progress import Log, write_grid
from checkpoints.avatars.render import Progress, render
from checkpoints.avatars.state import State
from checkpoints.avatars.trainer import Settings, Trainer
from explorer.errors import ExplorerError
from explorer.memory import keep_memory

DEMO_FACES, DEMO_WORKERS = 2000, 2
DEMO_MINUTES, DEMO_LEAST = 3.8, 1.0  # in all, and of training where drawing took long
# Small batches: so short a training needs steps more than quiet gradients.
DEMO_OPTIONS = (
    *("--start", "16", "--resolution", "32", "--stage", "3000", "--fade", "1000", "--batch", "8"),
    *("--rate", "0.003", "--gamma", "30", "--half-life", "500"),
)
LOG_SECONDS = 30.0
RESOLUTIONS = (16, 32, 64, 128)


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m checkpoints.avatars.train", description="Train a StyleGAN2 on avatars."
    )
    add = parser.add_argument
    add("--data", type=Path, help="faces, as checkpoints.avatars.render writes them")
    add("--state", type=Path, help="folder of the training: read if it is there, and written")
    add("--resume", type=Path, help="folder of another state to begin with")
    add("--resolution", type=int, choices=RESOLUTIONS, default=128, help="pixels to grow to")
    add("--start", type=int, choices=RESOLUTIONS, default=16, help="pixels to begin with")
    add("--stage", type=int, default=100_000, help="pictures before it grows again")
    add("--batch", type=int, default=defaults.batch, help="pictures in a step, in fours")
    add("--rate", type=float, default=defaults.rate, help="learning rate")
    add("--gamma", type=float, default=defaults.gamma, help="weight of R1 at 128 pixels")
    add("--half-life", type=float, default=defaults.half_life, help="pictures, of the average")
    add("--fade", type=int, default=defaults.fade, help="pictures until a block has grown in")
    add("--path-length", type=float, default=0.0, help="weight of its regularisation")
    add("--images", type=int, help="stop when so many pictures have been seen, in all")
    add("--minutes", type=float, help="stop after this time")
    add("--save-every", type=float, default=5.0, help="minutes between saves")
    add("--seed", type=int, default=0, help="of a training from nothing")
    add("--device", choices=["cpu", "cuda"], default="cpu")
    add(
        "--demo",
        action="store_true",
        help="four minutes on two cores, from nothing: 2000 faces, 32 pixels",
    )
    return parser


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that the arguments ask for.

    Raises:
        ExplorerError: A number is out of range.
    """
    positive = min(options.batch, options.rate, options.half_life) > 0
    if options.batch % 4 or not positive or min(options.gamma, options.path_length) < 0:
        raise ExplorerError(
            f"Cannot train with batch {options.batch}, rate {options.rate}, half-life "
            f"{options.half_life}, gamma {options.gamma}, path length {options.path_length}.",
            fix="The batch is a multiple of four; rate and half-life are above 0, the others 0 up.",
        )
    return Settings(
        batch=options.batch,
        rate=options.rate,
        gamma=options.gamma,
        half_life=options.half_life,
        fade=options.fade,
        path_length=options.path_length,
    )


def first_state(options: argparse.Namespace, dtype: torch.dtype) -> State:
    """The state to go on from: of `--state`, else of `--resume`, else a new one."""
    if (options.state / state.GENERATOR).is_file():
        return state.load(options.state, dtype)
    if options.resume is not None:
        return state.load(options.resume, dtype)
    return state.start(options.start, options.seed, dtype)


def grows(now: State, options: argparse.Namespace) -> bool:
    """Whether the time has come for a block more."""
    small = now.generator.resolution < options.resolution
    return small and now.standing.since_growth >= options.stage


class Training:
    """A training with its clock and its folder.

    Args:
        trainer: Where it begins.
        options: The arguments of the command line.
        say: Is given each line of the log.
    """

    def __init__(
        self, trainer: Trainer, options: argparse.Namespace, say: Callable[[str], None]
    ) -> None:
        self.trainer, self.options, self.say = trainer, options, say
        self.begun = self.saved = time.monotonic()
        self.log = Log()

    def run(self) -> None:
        """Train until it is done or somebody asks to stop, and save."""
        with stopping() as stop:
            while not stop.asked and not self.done():
                self.advance()
        self.save()

    def done(self) -> bool:
        """Whether the pictures or the minutes that were asked for are over."""
        images, minutes = self.options.images, self.options.minutes
        seen = self.trainer.state.standing.images
        late = minutes is not None and time.monotonic() - self.begun >= 60 * minutes
        return late or (images is not None and seen >= images)

    def advance(self) -> None:
        """One step; a line of the log, a save and a growth where it is time."""
        trainer = self.trainer
        if grows(trainer.state, self.options):
            self.say(f"growing from {trainer.state.generator.resolution} pixels")
            now = state.grown(trainer.state)
            self.trainer = Trainer(now, trainer.faces, trainer.settings, trainer.device)
        figures = self.trainer.step()
        self.log.add(figures, self.trainer.settings.batch)
        if self.log.seconds() >= LOG_SECONDS:
            self.say(self.log.line(self.trainer.state.standing.images, self.trainer.fade))
        if time.monotonic() - self.saved >= 60 * self.options.save_every:
            self.save()

    def save(self) -> None:
        """Write the state and a grid of pictures."""
        now = self.trainer.state
        state.save(now, self.options.state, self.trainer.moments())
        write_grid(now.average, self.options.state / f"grid-{now.standing.images:08d}.png")
        self.saved = time.monotonic()
        self.say(f"saved {self.options.state} at {now.standing.images} images")


def train(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for.

    Raises:
        ExplorerError: They are wrong, or a file is.
    """
    settings = settings_of(options)
    if options.data is None or options.state is None:
        raise ExplorerError(
            "A training needs --data and --state.",
            fix="Draw faces with `python -m checkpoints.avatars.render`, or try --demo.",
        )
    faces = faceset.load(options.data)
    device = torch.device(options.device)
    now = first_state(options, fast_dtype(device))
    say(f"{now.generator.resolution} pixels, {now.standing.images} images, {len(faces)} faces")
    Training(Trainer(now, faces, settings, device), options, say).run()


def demo(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Draw a few faces and train on them from nothing, in four minutes with two cores."""
    begun = time.monotonic()
    folder = options.state or Path(tempfile.mkdtemp(prefix="avatars-demo-"))
    data = folder / "faces.npz"
    folder.mkdir(parents=True, exist_ok=True)
    faces = render(DEMO_FACES, options.seed, DEMO_WORKERS, Progress(DEMO_FACES))
    faceset.save(faces, data)
    minutes = max(DEMO_MINUTES - (time.monotonic() - begun) / 60, DEMO_LEAST)
    told = ["--data", str(data), "--state", str(folder), "--minutes", str(minutes), *DEMO_OPTIONS]
    train(arguments().parse_args(told), say)
    say(f"See it with: python app.py --checkpoint {folder}")


def main(argv: Sequence[str] | None = None) -> int:
    """Train; 1 where the arguments or the files are wrong."""
    keep_memory()
    options = arguments().parse_args(argv)
    work = demo if options.demo else train
    return attempt(lambda: work(options, lambda line: print(line, flush=True)))


if __name__ == "__main__":
    sys.exit(main())
