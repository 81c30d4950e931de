import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import RecipeError
from explorer.packing import packed, to_base64, unpacked


def squeezed(data):
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(data) + squeezer.flush()


@given(st.binary(max_size=2000))
def test_bytes_survive_as_text_that_an_address_may_hold(data):
    text = packed(data)
    assert unpacked(text, len(data)) == data
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A", "The text is damaged. Copy it again, whole."),
        ("a=b+", "The text is damaged"),
        ("ä", "The text is damaged"),
        (to_base64(b"\xff\xff\xff"), "The text is damaged"),
        ("", "The text is cut off"),
        (packed(bytes(range(200)))[:-8], "The text is cut off"),
        (to_base64(squeezed(b"all") + b"more"), "The text is cut off"),
        (to_base64(squeezed(bytes(1 << 24))), "The text holds more than 1000 bytes"),  # a bomb
    ],
)
def test_a_text_that_holds_nothing_good_gets_a_sentence(text, sentence):
    with pytest.raises(RecipeError, match=sentence):
        unpacked(text, 1000)
