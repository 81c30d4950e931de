"""A sheet as one large picture: the cells at full size, in rows, each with its label below."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explorer.pixels import Pixels
from explorer.sheets import Sheet

MOST_PIXELS = 48 << 20  # of a page: what has more is made of smaller cells
LEAST_TEXT, TEXT_SHARE = 11, 14  # pixels of the letters at least; of a cell's width one in so many
NO_LETTER = "\uffff"
INK, PAPER = (40, 40, 46), (255, 255, 255)


class Still:
    """A page that is filled cell by cell.

    Args:
        size: (height, width) of the pictures that come.
        is_plain: Without labels; headings then are empty cells.
    """

    def __init__(self, sheet: Sheet, size: tuple[int, int], *, is_plain: bool = False):
        self._sheet, self._is_plain = sheet, is_plain
        self._rows = -(-len(sheet.cells) // sheet.columns)
        share = (MOST_PIXELS / (size[0] * size[1] * self._rows * sheet.columns)) ** 0.5
        self._height, self._width = (max(1, int(side * min(1.0, share))) for side in size)
        letters = max(LEAST_TEXT, self._width // TEXT_SHARE)
        self._font = ImageFont.load_default(letters)
        self._band = 0 if is_plain else letters * 3 // 2
        self._gap = max(2, self._width // 64)
        across = sheet.columns * (self._width + self._gap) - self._gap
        down = self._rows * (self._height + self._band + self._gap) - self._gap
        self._page = Image.new("RGB", (across, down), PAPER)
        self._pen = ImageDraw.Draw(self._page)
        for index, cell in enumerate(sheet.cells):
            if not is_plain:
                self._label(index, cell.label, is_heading=cell.recipe is None)

    def put(self, index: int, pixels: Pixels) -> None:
        """Lay the picture [H, W, 3] of cell `index` on the page."""
        picture = Image.fromarray(pixels)
        if picture.size != (self._width, self._height):
            picture = picture.resize((self._width, self._height), Image.Resampling.LANCZOS)
        self._page.paste(picture, self._corner(index))

    def result(self) -> Pixels:
        """The page [H, W, 3]."""
        return np.asarray(self._page)

    def _corner(self, index: int) -> tuple[int, int]:
        row, column = divmod(index, self._sheet.columns)
        down = self._height + self._band + self._gap
        return column * (self._width + self._gap), row * down

    def _label(self, index: int, text: str, *, is_heading: bool) -> None:
        x, y = self._corner(index)
        y += self._height // 2 if is_heading else self._height
        place = (x + self._width / 2, y + self._band / 2)
        self._pen.text(place, self._fitting(text), INK, self._font, anchor="mm")

    def _fitting(self, text: str) -> str:
        """`text` in one line and in letters that the font has, cut where it is too wide."""
        known = (letter if self._has(letter) else "?" for letter in text.replace("σ", "sigma"))
        line = " ".join("".join(known).split())
        while line and self._font.getlength(line) > self._width:
            line = line.removesuffix("…")[:-1] + "…" if len(line) > 1 else ""
        return line

    def _has(self, letter: str) -> bool:
        """Whether the font has it; what it lacks looks all alike."""
        missing, own = (bytes(self._font.getmask(one)) for one in (NO_LETTER, letter))
        return own != missing or letter.isspace()


def numbers_of(sheet: Sheet) -> Sequence[int]:
    """The cells of `sheet` that have a picture."""
    return [index for index, cell in enumerate(sheet.cells) if cell.recipe is not None]
