import io

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.errors import ExplorerError
from explorer.pictures import BATCH, RealPictures


def pixels(count=3, height=8, width=8):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_an_array_is_read_in_batches_from_black_at_minus_one_to_white_at_one(tmp_path):
    made = pixels(BATCH + 1)
    np.save(tmp_path / "a.npy", made)
    batches = list(RealPictures(tmp_path / "a.npy", (8, 8)))
    assert [len(batch) for batch in batches] == [BATCH, 1]
    expected = torch.from_numpy(made).permute(0, 3, 1, 2) / 127.5 - 1
    assert torch.equal(torch.cat(batches), expected)


def test_a_folder_is_read_by_name_and_other_files_are_passed_over(tmp_path):
    made = pixels(2)
    for name, picture in zip(("b.png", "a.PNG"), made, strict=True):
        Image.fromarray(picture).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    found = torch.cat(list(RealPictures(tmp_path, (8, 8))))
    expected = torch.from_numpy(made[::-1].copy()).permute(0, 3, 1, 2) / 127.5 - 1
    assert torch.equal(found, expected)


def test_pictures_are_brought_to_the_size_that_the_model_draws(tmp_path):
    np.save(tmp_path / "a.npy", pixels(1))
    (found,) = RealPictures(tmp_path / "a.npy", (4, 4))
    assert found.shape == (1, 3, 4, 4)


def test_no_more_than_the_count_are_read(tmp_path):
    np.save(tmp_path / "a.npy", pixels(5))
    assert sum(map(len, RealPictures(tmp_path / "a.npy", (8, 8), 3))) == 3


def broken_png(path):
    (path / "a.png").write_bytes(b"\x89PNG broken")
    return path


def empty(path):
    return path


def tall(path):
    np.save(path / "a.npy", pixels(1, 16, 8))
    return path / "a.npy"


def objects(path):
    np.save(path / "a.npy", np.array([{}]), allow_pickle=True)
    return path / "a.npy"


def floats(path):
    np.save(path / "a.npy", np.zeros((1, 8, 8, 3)))
    return path / "a.npy"


def deep(path):
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(path / "a.png")
    return path


def transparent(path):
    Image.fromarray(np.zeros((8, 8, 4), np.uint8)).save(path / "a.png")
    return path


def torn(path):
    data = io.BytesIO()
    Image.fromarray(pixels(1)[0]).save(data, "PNG")
    (path / "a.png").write_bytes(data.getvalue().replace(b"IDAT", b"ID\0T"))
    return path


def negative(path):
    np.save(path / "a.npy", pixels(1))
    data = (path / "a.npy").read_bytes().replace(b"(1, 8, 8, 3)", b"(-1,8, 8, 3)")
    (path / "a.npy").write_bytes(data)
    return path / "a.npy"


def malformed(path):
    np.save(path / "a.npy", pixels(1))
    data = (path / "a.npy").read_bytes().replace(b"(1, 8, 8, 3)", b"((((((((((((")
    (path / "a.npy").write_bytes(data)
    return path / "a.npy"


def flat(path):
    np.save(path / "a.npy", np.zeros((3, 0, 0, 3), np.uint8))
    return path / "a.npy"


def missing(path):
    return path / "none.npy"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (broken_png, "a.png cannot be read as a picture"),
        (deep, "a.png cannot be read as a picture"),
        (transparent, "a.png cannot be read as a picture"),
        (torn, "a.png cannot be read as a picture"),
        (negative, "cannot be read as pictures"),
        (malformed, "cannot be read as pictures"),
        (flat, "a.npy has 0 x 0 pixels"),
        (empty, "There are no pictures"),
        (tall, "a.npy has 8 x 16 pixels and 3 channels; the model draws 8 x 8"),
        (objects, "cannot be read as pictures"),
        (floats, "holds something else than pictures"),
        (missing, "cannot be read as pictures"),
    ],
)
def test_what_are_no_pictures_is_one_sentence(tmp_path, make, said):
    with pytest.raises(ExplorerError, match=said):
        list(RealPictures(make(tmp_path), (8, 8)))
