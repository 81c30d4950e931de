"""Checkpoints: files to generators and back, without running a byte of them.

The only code that touches checkpoint bytes, and the only door to it. A file goes through three
hands: `container` tells what kind of file it is, a family module makes a blueprint of what is in
it, `assemble` checks that and builds the network. None of them knows devices, models or pages.
"""

from pathlib import Path

from explorer.formats.checkpoint import Checkpoint, open_checkpoint
from explorer.formats.native import save
from explorer.formats.summary import Summary, content_hash
from explorer.networks import Generator

__all__ = ["Checkpoint", "Summary", "content_hash", "inspect", "load", "open_checkpoint", "save"]


def load(path: str | Path) -> Generator:
    """Load the generator in the file or model folder at `path`, on the CPU in float32."""
    return open_checkpoint(path).generator


def inspect(path: str | Path) -> Summary:
    """Say what the file or model folder at `path` holds."""
    return open_checkpoint(path).summary()
