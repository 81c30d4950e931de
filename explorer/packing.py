"""Bytes as short text for addresses: raw deflate, then base64url."""

import base64
import zlib

from explorer.errors import RecipeError

LEVEL = 9
AGAIN = "Copy it again, whole."


def packed(data: bytes) -> str:
    """Text of letters, digits, '-' and '_' that holds `data`."""
    squeezer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return to_base64(squeezer.compress(data) + squeezer.flush())


def unpacked(text: str, most: int) -> bytes:
    """The bytes in a text of `packed`, or of another writer, at the most `most` of them.

    Raises:
        RecipeError: It holds none, or more; no more memory than that is taken.
    """
    opener = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = opener.decompress(from_base64(text), most + 1)
    except zlib.error as error:
        raise RecipeError("The text is damaged.", fix=AGAIN) from error
    if len(data) > most:
        raise RecipeError(f"The text holds more than {most} bytes.", fix=AGAIN)
    if not opener.eof or opener.unused_data:
        raise RecipeError("The text is cut off.", fix=AGAIN)
    return data


def to_base64(data: bytes) -> str:
    """base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """The bytes in a text of `to_base64`.

    Raises:
        RecipeError: It is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except ValueError as error:
        raise RecipeError("The text is damaged.", fix=AGAIN) from error
