"""Pixels to files and back: JPEG for the hand, PNG that carries its recipe, sheets of pictures."""

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from explorer.errors import RecipeError
from explorer.pixels import Pixels
from explorer.recipe import MAX_BYTES, PNG_KEY, Recipe, parse

LOWER_QUALITIES = (90, 80, 70, 60, 50)  # of a frame that has to fit
LEAST_SIDE = 128  # pixels on the short side of a frame that has to fit, or the picture's own
SMALL = 256  # below this many pixels a JPEG keeps its full colour: enlarged, 4:2:0 bleeds
MAX_FILE = 64 << 20
MAX_PIXELS = 64 << 20  # reading the text of a PNG decodes all of it
NO_TEXTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Frame:
    """A picture as it is shown while the hand moves.

    Args:
        data: The bytes of a JPEG.
        quality: Its quality, up to 100.
        is_lowered: Whether quality or size had to be lowered.
    """

    data: bytes
    width: int
    height: int
    quality: int
    is_lowered: bool


def usual_quality(pixels: Pixels) -> int:
    """The JPEG quality, up to 100, of a frame that may have any number of bytes."""
    return 95 if _is_small(pixels) else 90


def jpeg(pixels: Pixels, quality: int | None = None) -> bytes:
    """Encode pixels for a live frame, by default at the usual quality.

    Small pictures keep their full colour, without chroma subsampling.
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(
        buffer,
        "JPEG",
        quality=quality or usual_quality(pixels),
        subsampling=0 if _is_small(pixels) else 2,
    )
    return buffer.getvalue()


def frame(pixels: Pixels, most: int | None = None) -> Frame:
    """Encode pixels for a live frame of at most `most` bytes, as well as they fit.

    Where the lowest quality does not fit, the size is halved, but not below `LEAST_SIDE`. What
    does not fit then either is as small as it gets.
    """
    for small in _halved(pixels):
        usual = usual_quality(small)
        for quality in (usual, *(step for step in LOWER_QUALITIES if step < usual)):
            data = jpeg(small, quality)
            height, width, _ = small.shape
            is_lowered = small is not pixels or quality < usual
            encoded = Frame(data, width, height, quality, is_lowered)
            if most is None or len(data) <= most:
                return encoded
    return encoded


def _is_small(pixels: Pixels) -> bool:
    return min(pixels.shape[:2]) < SMALL


def _halved(pixels: Pixels) -> Iterator[Pixels]:
    """The pixels, then again and again at half the size."""
    yield pixels
    while min(pixels.shape[:2]) >= 2 * LEAST_SIDE:
        pixels = np.asarray(Image.fromarray(pixels).reduce(2))
        yield pixels


def png(pixels: Pixels, recipe: Recipe | None = None, texts: Mapping[str, str] = NO_TEXTS) -> bytes:
    """Encode pixels without loss, with the recipe as an iTXt chunk under `PNG_KEY`.

    Args:
        texts: Other such chunks, by their keywords.
    """
    info = PngImagePlugin.PngInfo()
    if recipe is not None:
        info.add_itxt(PNG_KEY, recipe.to_json())
        info.add_text("Software", "StyleGAN Latent Explorer")
    for keyword, text in texts.items():
        info.add_itxt(keyword, text)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=info, compress_level=3)
    return buffer.getvalue()


def recipe_of(data: bytes) -> Recipe:
    """The recipe that a PNG carries.

    Raises:
        RecipeError: The bytes are no PNG, carry no recipe, or a broken one.
    """
    return recipe_among(texts_of(data))


def texts_of(data: bytes) -> dict[str, str]:
    """The texts that a PNG carries, by their keywords.

    Raises:
        RecipeError: The bytes are no PNG.
    """
    if len(data) > MAX_FILE:
        raise RecipeError(
            f"The picture is {len(data) >> 20} MB, the limit is {MAX_FILE >> 20} MB.",
            fix="Choose a picture saved here.",
        )
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            texts = getattr(picture, "text", {})
            return {key: str(text) for key, text in texts.items() if isinstance(text, str)}
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error) as error:
        raise RecipeError(
            "The file is not a readable PNG.", fix="Choose a picture saved here."
        ) from error
    except Image.DecompressionBombError as error:
        raise RecipeError(
            "The PNG claims to be too large.", fix="Choose a picture saved here."
        ) from error


def recipe_among(texts: Mapping[str, str]) -> Recipe:
    """The recipe among the texts of a PNG.

    Raises:
        RecipeError: There is none, or a broken one.
    """
    text = texts.get(PNG_KEY)
    if text is None or len(text) > MAX_BYTES:
        raise RecipeError(
            "The PNG carries no recipe.",
            fix="Choose a picture saved by this explorer, and not edited since.",
        )
    return parse(text)


def sheet(pictures: Sequence[Pixels], columns: int, gap: int = 2) -> Pixels:
    """Lay equal pictures [H, W, 3] out in rows of `columns`, on white with `gap` pixels between.

    >>> sheet([np.zeros((2, 2, 3), np.uint8)] * 3, columns=2, gap=0).shape
    (4, 4, 3)
    """
    height, width, _ = pictures[0].shape
    rows = -(-len(pictures) // columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    page = np.full(size, 255, np.uint8)
    for index, picture in enumerate(pictures):
        y, x = (index // columns) * (height + gap), (index % columns) * (width + gap)
        page[y : y + height, x : x + width] = picture
    return page
