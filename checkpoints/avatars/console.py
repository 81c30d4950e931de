"""Running a script for a person, whose own mistake is one sentence and no traceback."""

import sys
from collections.abc import Callable

from explorer.errors import ExplorerError


def attempt(work: Callable[[], None]) -> int:
    """Do `work`: 0, or 1 after the sentence of an error that a person can put right."""
    try:
        work()
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
