"""How a direction was found, as far as it is told: JSON of a moderate size."""

import json
from collections.abc import Mapping
from typing import Any

MOST_ORIGIN = 4096  # characters of JSON


def bounded(origin: Any) -> dict[str, Any]:
    """`origin` where it is such JSON, nothing where it is not.

    It is a note for people: a direction without it moves the same pictures.
    """
    if not isinstance(origin, Mapping):
        return {}
    try:
        text = json.dumps(dict(origin), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return {}
    known: dict[str, Any] = json.loads(text) if len(text) <= MOST_ORIGIN else {}
    return known
