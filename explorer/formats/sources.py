"""From an address, as a person writes it, to a file on this machine.

An address is a path, `hf://owner/repo[/path/to/file][@revision]`, or an http(s) URL with an
optional `#sha256=...`. What is in the file is for others to say.
"""

from pathlib import Path

from explorer.errors import CheckpointError
from explorer.formats import hub, web
from explorer.formats.records import quote
from explorer.formats.trust import Report, Trust, ignore


def is_remote(address: str) -> bool:
    """Whether `address` names something that would have to be fetched."""
    return "://" in address


def fetch(address: str, trust: Trust, report: Report = ignore) -> Path:
    """The file or model folder at `address`, fetched unless it is here already.

    Args:
        report: Is told the bytes done and in all while something is fetched.

    Raises:
        CheckpointError: It cannot be had, or `trust` does not allow it.
    """
    if address.startswith("hf://"):
        return hub.fetch_hub(address, trust, report)
    if address.lower().startswith(("http://", "https://")):
        return web.fetch_url(address, trust, report)
    if is_remote(address) or not trust.files:
        raise CheckpointError(
            f"{quote(address)} is no address of a checkpoint.",
            fix="Write hf://owner/repo/file, or a link that begins with https://.",
        )
    return Path(address)
