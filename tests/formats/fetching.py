"""Fetches addresses and prints what came of each, for a process of its own."""

import json
import sys

from explorer.errors import CheckpointError
from explorer.formats.sources import fetch
from explorer.formats.trust import COMMAND_LINE, Trust, visitor


def main(words: list[str]) -> int:
    """Print [path or sentence, progress] of each of [limit, *addresses]; limit 0 is no visitor."""
    limit, *addresses = words
    trust = visitor(int(limit)) if int(limit) else COMMAND_LINE
    json.dump([_fetched(address, trust) for address in addresses], sys.stdout)
    return 0


def _fetched(address: str, trust: Trust) -> tuple[str, list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []
    try:
        return str(fetch(address, trust, lambda done, total: seen.append((done, total)))), seen
    except CheckpointError as error:
        return str(error), seen
