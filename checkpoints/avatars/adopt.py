"""Turn weights of before these scripts into a state to go on from.

    python -m checkpoints.avatars.adopt RAW.safetensors EMA.safetensors --out FOLDER

RAW has the generator's tensors as `G.*` and the discriminator's as `D.*`, EMA the averaged
generator under the same names without `G.`, and `kimg` in its header. The shipped model began so.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from checkpoints.avatars import state, tensor_files
from checkpoints.avatars.console import attempt
from explorer.errors import CheckpointError

BLOCK = re.compile(r"synthesis\.b(\d{1,4})\.")


def adopted(raw: Path, average: Path) -> state.State:
    """The state of the networks in two files; the optimisers start anew.

    Raises:
        CheckpointError: A file cannot be read, does not fit, or does not say how far it is.
    """
    both, _ = tensor_files.read(raw)
    mean, texts = tensor_files.read(average)
    try:
        images = round(float(texts["kimg"]) * 1000)
        resolution = max(int(found[1]) for name in mean if (found := BLOCK.match(name)))
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"{average} does not say its `kimg`, or has no blocks.",
            fix="Give the averaged network.",
        ) from error
    now = state.start(resolution, seed=0)
    for prefix, network in (("G.", now.generator), ("D.", now.discriminator)):
        part = {name[2:]: tensor for name, tensor in both.items() if name.startswith(prefix)}
        state.fill(network, part, raw)
    state.fill(now.average, mean, average)
    now.standing = state.Standing(images=images, grown_at=0, seed=0)
    return now


def main(argv: Sequence[str] | None = None) -> int:
    """Adopt; 1 where the arguments or the files are wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m checkpoints.avatars.adopt",
        description="Turn weights of before these scripts into a state to go on from.",
    )
    parser.add_argument("raw", type=Path, help="safetensors of G.* and D.*")
    parser.add_argument("average", type=Path, help="safetensors of the averaged generator")
    parser.add_argument("--out", type=Path, required=True, help="state folder to write")
    options = parser.parse_args(argv)
    return attempt(lambda: state.save(adopted(options.raw, options.average), options.out, {}))


if __name__ == "__main__":
    sys.exit(main())
