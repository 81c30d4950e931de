import numpy as np
import pytest
from PIL import Image

from checkpoints.avatars import faceset
from checkpoints.avatars.faces import ATTRIBUTES, face
from checkpoints.avatars.render import main, render
from explorer.errors import ExplorerError


def test_two_processes_draw_what_one_draws():
    one, two = render(2, seed=5), render(2, seed=5, workers=2)
    for name in faceset.ARRAYS:
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_each_picture_comes_with_the_attributes_of_its_face():
    faces = render(2, seed=5)
    for name in ATTRIBUTES:
        assert faces.attribute(name)[1] == np.float32(face(5, 1).attributes()[name])


def test_the_same_seed_makes_the_same_file(tmp_path):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    for out in (one, two):
        assert main(["--count", "2", "--seed", "5", "--out", str(out)]) == 0
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("count, seed, workers", [(0, 0, 1), (1, -1, 1), (1, 2**32, 1), (1, 0, 0)])
def test_a_number_out_of_range_says_what_to_ask_for(count, seed, workers):
    with pytest.raises(ExplorerError, match="at least one of each, and a seed from 0"):
        render(count, seed, workers)


def test_the_command_writes_the_set_and_a_grid_and_tells_how_far_it_is(tmp_path, capsys):
    out, grid = tmp_path / "faces.npz", tmp_path / "grid.png"
    assert main(["--count", "2", "--out", str(out), "--grid", str(grid)]) == 0
    assert len(faceset.load(out)) == 2
    with Image.open(grid) as page:
        assert page.size == (8 * 128, 128)
    assert "2 of 2 faces" in capsys.readouterr().err


def test_the_command_says_what_is_wrong_in_a_sentence(tmp_path, capsys):
    assert main(["--count", "0", "--out", str(tmp_path / "faces.npz")]) == 1
    assert "Cannot draw 0 faces" in capsys.readouterr().err


def test_the_command_keeps_the_pictures_with_their_detail_to_measure_against(tmp_path):
    out, baked = tmp_path / "faces.npz", tmp_path / "faces.npy"
    assert main(["--count", "2", "--seed", "3", "--out", str(out), "--baked", str(baked)]) == 0
    pictures = np.load(baked, allow_pickle=False)
    assert np.array_equal(pictures, faceset.load(out).baked(3))
