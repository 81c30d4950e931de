"""Writes the model out of a training: `python -m checkpoints.avatars.export STATE --out FOLDER`.

FOLDER becomes a model folder, whose `config.json` keeps what it said besides the network; with
`--raw`, also one that a training can go on from. The same state gives the same bytes.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from checkpoints.avatars import state, tensor_files
from checkpoints.avatars.console import attempt


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m checkpoints.avatars.export", description="Write the model of a training."
    )
    parser.add_argument("state", type=Path, help="folder of a training")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument("--raw", action="store_true", help="write the raw networks too")
    return parser


def export(folder: Path, out: Path, *, raw: bool = False) -> None:
    """Write the averaged generator of the state in `folder` as the model folder `out`.

    Args:
        raw: Write the raw generator and discriminator too, so that a training can go on from it.

    Raises:
        ExplorerError: The state cannot be read, or `out` cannot be written.
    """
    now = state.load(folder)
    files = state.model_files(now.average, now.standing, state.card_of(out))
    if raw:
        files |= state.raw_files(now)
    tensor_files.write(out, files)


def main(argv: Sequence[str] | None = None) -> int:
    """Export; 1 where the arguments or the files are wrong."""
    options = arguments().parse_args(argv)
    return attempt(lambda: export(options.state, options.out, raw=options.raw))


if __name__ == "__main__":
    sys.exit(main())
