import pytest

from explorer.errors import CheckpointError
from explorer.formats.whole_file import whole_file


def test_what_the_block_wrote_takes_the_place_of_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with whole_file(path) as place:
        place.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as place:
        place.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "folder").mkdir()
    for name, said in (("none/file", "none/file cannot be written: No such"), ("folder", "folder")):
        with pytest.raises(CheckpointError, match=said), whole_file(tmp_path / name) as place:
            place.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
