"""A sheet as one large picture."""

import numpy as np

from explorer.recipe import Recipe
from explorer.sheets import Cell, Sheet
from explorer.stills import MOST_PIXELS, Still, numbers_of


def sheet(labels, columns):
    """Cells with these labels; those in capitals are headings."""
    cells = [Cell(None if label.isupper() else Recipe(), label) for label in labels]
    return Sheet(cells, columns)


def grey(value, size):
    return np.full((*size, 3), value, np.uint8)


def test_every_picture_stands_in_its_place_and_its_label_below():
    made = Still(sheet(["one", "two", "three"], 2), (64, 64))
    for index, value in enumerate((50, 100, 150)):
        made.put(index, grey(value, (64, 64)))
    page = made.result()
    band = (page.shape[0] - 2) // 2 - 64
    assert page.shape == (2 * (64 + band) + 2, 2 * 64 + 2, 3)
    assert (page[:64, :64] == 50).all() and (page[:64, 66:] == 100).all()
    assert (page[66 + band : 130 + band, :64] == 150).all()
    assert page[64 : 64 + band, :64].min() < 100
    assert (page[66 + band :, 66:] == 255).all()  # no fourth cell


def test_a_heading_is_text_in_the_place_of_a_picture():
    made = Still(sheet(["ROW", "one"], 2), (64, 64))
    assert list(numbers_of(sheet(["ROW", "one"], 2))) == [1]
    assert made.result()[:, :64].min() < 100


def test_a_plain_page_has_no_labels():
    page = Still(sheet(["ROW", "one"], 2), (64, 64), is_plain=True).result()
    assert page.shape == (64, 130, 3)
    assert (page == 255).all()


def test_a_long_label_stays_in_its_cell():
    """Names of directions come from strangers; the font has no Greek and no Chinese."""
    made = Still(sheet(["x" * 500, "b"], 2), (64, 64))
    made.put(0, grey(0, (64, 64)))
    assert (made.result()[64:, 64:66] == 255).all()


def test_a_page_that_would_be_too_large_has_smaller_cells():
    made = Still(sheet(["a"] * 84, 8), (1024, 1024))
    made.put(0, grey(9, (1024, 1024)))
    height, width, _ = made.result().shape
    assert 0.8 * MOST_PIXELS < height * width < 1.3 * MOST_PIXELS


def test_letters_that_the_font_lacks_are_question_marks_and_a_sigma_is_written_out():
    def page(label):
        return Still(sheet([label], 1), (128, 128)).result()

    assert np.array_equal(page("漢 \n é"), page("? ?"))
    assert np.array_equal(page("+2 σ"), page("+2 sigma"))
