"""How many models a visitor may bring, how much all of them together, and how long they stay."""

from explorer.errors import ModelError

UPLOADS_EACH = 4  # models a visitor may keep at a time
UPLOAD_SECONDS = 3600.0
UPLOAD_BYTES = 8 << 30  # that all visitors together may keep
WAIT = "Wait: what visitors bring goes away after an hour without use."


def require_room(visitor: str, count: int, kept_bytes: int) -> None:
    """Refuse one more model of `visitor` where that would be too much.

    Args:
        count: Models he has already.
        kept_bytes: What all visitors would keep, the new model included.

    Raises:
        ModelError: He has no name, or a quota is used up.
    """
    if not visitor:
        raise ModelError("A model of your own needs a visitor's name.", fix="Reload the page.")
    if count >= UPLOADS_EACH:
        raise ModelError(f"You have brought {count} models already.", fix=WAIT)
    if kept_bytes > UPLOAD_BYTES:
        raise ModelError("This server keeps as many models of visitors as it can.", fix=WAIT)
