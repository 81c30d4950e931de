import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin, PngImagePlugin

from explorer import images
from explorer.errors import RecipeError
from explorer.recipe import MAX_BYTES, PNG_KEY, Mix, Point, Recipe

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RECIPE = Recipe(a=Point(x=7.25, y=-3.0), psi=0.7, mix=Mix(weights=(0.0, 0.5, 1.0)))


def gradient(height, width):
    y, x = np.indices((height, width))
    return np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=2).astype(np.uint8)


def opened(data):
    return Image.open(io.BytesIO(data))


def png_with_text(text, key=PNG_KEY):
    info = PngImagePlugin.PngInfo()
    info.add_itxt(key, text, zip=True)
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "size, sampling", [((64, 64), 0), ((255, 512), 0), ((256, 256), 2), ((320, 512), 2)]
)
def test_a_jpeg_shows_the_picture_and_small_ones_keep_their_full_colour(size, sampling):
    pixels = gradient(*size)
    picture = opened(images.jpeg(pixels))
    assert (picture.format, picture.size) == ("JPEG", size[::-1])
    assert JpegImagePlugin.get_sampling(picture) == sampling
    assert np.abs(np.asarray(picture).astype(int) - pixels).mean() < 6


def test_a_frame_without_a_limit_is_the_usual_jpeg():
    for size, quality in (((64, 64), 95), ((320, 512), 90)):
        pixels = gradient(*size)
        frame = images.frame(pixels)
        assert frame == images.Frame(images.jpeg(pixels), *size[::-1], quality, is_lowered=False)
        assert images.frame(pixels, len(frame.data)) == frame


@pytest.mark.parametrize("size", [(64, 64), (256, 256), (320, 512)])
def test_a_frame_has_the_highest_quality_that_fits(size):
    pixels = gradient(*size)
    usual = images.usual_quality(pixels)
    steps = [usual, *(step for step in images.LOWER_QUALITIES if step < usual)]
    lengths = [len(images.jpeg(pixels, step)) for step in steps]
    assert lengths == sorted(set(lengths), reverse=True)
    for step, length, most in zip(steps[1:], lengths[1:], lengths, strict=False):
        frame = images.frame(pixels, most - 1)
        assert (len(frame.data), frame.quality, frame.is_lowered) == (length, step, True)
        assert opened(frame.data).size == (frame.width, frame.height) == size[::-1]


def test_a_frame_that_fits_at_no_quality_is_halved_until_it_fits():
    pixels = gradient(512, 1024)
    half, quarter = gradient(256, 512), gradient(128, 256)
    lowest = len(images.jpeg(pixels, images.LOWER_QUALITIES[-1]))
    frame = images.frame(pixels, lowest - 1)
    assert (frame.width, frame.height) == (512, 256)
    assert len(frame.data) < lowest
    assert np.abs(np.asarray(opened(frame.data)).astype(int) - half)[..., :2].mean() < 6
    tiny = images.frame(pixels, 1)
    assert (tiny.width, tiny.height, tiny.quality) == (256, 128, images.LOWER_QUALITIES[-1])
    assert tiny.data == images.frame(pixels, len(tiny.data)).data
    assert np.abs(np.asarray(opened(tiny.data)).astype(int) - quarter)[..., :2].mean() < 6


@pytest.mark.parametrize("size", [(16, 16), (128, 300), (255, 255)])
def test_a_frame_is_never_made_smaller_than_128_pixels(size):
    frame = images.frame(gradient(*size), 1)
    assert (frame.height, frame.width) == size
    assert frame.is_lowered


def test_a_png_has_the_very_pixels_and_the_recipe_as_text():
    pixels = gradient(16, 24)
    data = images.png(pixels, RECIPE)
    picture = opened(data)
    assert np.array_equal(np.asarray(picture), pixels)
    assert picture.text[PNG_KEY] == RECIPE.to_json()
    assert b"iTXt" + PNG_KEY.encode() + b"\0" in data
    assert images.recipe_of(data) == RECIPE


def test_the_same_picture_is_the_same_file():
    assert images.png(gradient(8, 8), RECIPE) == images.png(gradient(8, 8), RECIPE)


def test_a_png_without_recipe_carries_nothing():
    data = images.png(gradient(8, 8))
    assert opened(data).text == {}
    with pytest.raises(RecipeError, match=r"carries no recipe\. .* not edited since"):
        images.recipe_of(data)


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"", "The file is not a readable PNG. Choose a picture saved here"),
        (b"<html>", "The file is not a readable PNG"),
        (images.jpeg(gradient(8, 8)), "The file is not a readable PNG"),
        (images.png(gradient(8, 8), RECIPE)[:60], "The file is not a readable PNG"),
        (bytes(images.MAX_FILE + (1 << 20)), "The picture is 65 MB, the limit is 64 MB"),
        (png_that_claims(9000, 9000), "The PNG claims to be too large"),
        (png_that_claims(60000, 60000), "The PNG claims to be too large"),
        (png_with_text("x", key="comment"), "The PNG carries no recipe"),
        (png_with_text(" " * (MAX_BYTES + 1)), "The PNG carries no recipe"),
        (png_with_text(" " * (4 << 20)), "The file is not a readable PNG"),  # a bomb of text
        (png_with_text("{"), "The recipe is not valid JSON"),
        (png_with_text('{"psi": 9}'), "psi is 9: it must be less than or equal to 2"),
        (png_with_text('{"version": 2}'), "This recipe has version 2, this explorer reads up to 1"),
    ],
)
def test_a_file_without_a_good_recipe_gets_a_sentence(data, sentence):
    with pytest.raises(RecipeError, match=sentence):
        images.recipe_of(data)


def test_a_damaged_picture_gives_its_recipe_or_a_sentence():
    data = images.png(gradient(4, 4), RECIPE)
    damaged = [data[:length] for length in range(len(data))]
    damaged += [data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :] for at in range(len(data))]
    for broken in damaged:
        try:
            assert images.recipe_of(broken) == RECIPE
        except RecipeError as error:
            assert error.fix


@pytest.mark.parametrize("kind", [b"gAMA", b"cHRM", b"tRNS", b"pHYs"])
def test_a_short_chunk_behind_the_pixels_gets_a_sentence_or_changes_nothing(kind):
    """The reader unpacks them without a look at their length."""
    data = images.png(gradient(4, 4), RECIPE)
    end = data.index(b"IEND") - 4
    chunk = struct.pack(">I", 1) + kind + b"\0" + struct.pack(">I", zlib.crc32(kind + b"\0"))
    try:
        assert images.recipe_of(data[:end] + chunk + data[end:]) == RECIPE
    except RecipeError as error:
        assert error.fix


def test_a_sheet_has_its_pictures_in_rows_with_white_between():
    pictures = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    page = images.sheet(pictures, columns=2, gap=1)
    assert page[..., 0].tolist() == [
        [10, 10, 10, 255, 20, 20, 20],
        [10, 10, 10, 255, 20, 20, 20],
        [255] * 7,
        [30, 30, 30, 255, 255, 255, 255],
        [30, 30, 30, 255, 255, 255, 255],
    ]
