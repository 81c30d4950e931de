"""How far an address is trusted: by who gave it, the person at the command line or a visitor."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants

Report = Callable[[int, int | None], None]  # (bytes done, bytes in all if known)


@dataclass(frozen=True)
class Trust:
    """What an address may lead to.

    Args:
        files: Paths of this machine.
        token: The host's token of the Hugging Face Hub is sent.
        private_addresses: Servers that the public internet does not reach.
        plain_http: Connections without encryption.
        limit_bytes: The largest file that is fetched.
    """

    files: bool
    token: bool
    private_addresses: bool
    plain_http: bool
    limit_bytes: int


COMMAND_LINE = Trust(
    files=True, token=True, private_addresses=True, plain_http=True, limit_bytes=64 << 30
)


def visitor(limit_bytes: int) -> Trust:
    """The trust in an address that came through the page."""
    return Trust(
        files=False,
        token=False,
        private_addresses=False,
        plain_http=False,
        limit_bytes=limit_bytes,
    )


def ignore(done: int, total: int | None) -> None:
    """The report of who does not want to know."""


def cache_folder(trust: Trust) -> Path:
    """Where what was fetched is kept; a visitor never finds what the host's token opened."""
    return Path(constants.HF_HOME) / "stylegan-explorer" / ("own" if trust.token else "public")


def megabytes(count: int) -> str:
    """A number of bytes for people.

    >>> megabytes(364_000_000)
    '364.0 MB'
    """
    return f"{count / 1e6:,.1f} MB"
