import numpy as np
import pytest
import torch

from checkpoints.avatars import faceset
from checkpoints.avatars.drawing import OTHER
from checkpoints.avatars.render import render
from explorer.errors import ExplorerError


@pytest.fixture(scope="module")
def faces():
    return render(3, seed=1)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def test_what_is_saved_is_loaded_without_a_pickle(faces, tmp_path):
    faceset.save(faces, tmp_path / "faces.npz")
    loaded = faceset.load(tmp_path / "faces.npz")
    for name in faceset.ARRAYS:
        assert np.array_equal(getattr(loaded, name), getattr(faces, name))


def test_equal_faces_make_equal_bytes(faces, tmp_path):
    for name in ("a.npz", "b.npz"):
        faceset.save(faces, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_nothing_is_left_of_a_save_that_failed(faces, tmp_path):
    with pytest.raises(ExplorerError, match="Choose another place"):
        faceset.save(faces, tmp_path / "missing" / "faces.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content, problem", [(None, "no faces at"), (b"PK?", "holds no faces")])
def test_a_file_that_is_no_set_says_how_to_make_one(tmp_path, content, problem):
    path = tmp_path / "faces.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ExplorerError, match=rf"{problem}.*checkpoints\.avatars\.render"):
        faceset.load(path)


def test_an_attribute_that_does_not_exist_says_which_do(faces):
    assert set(faces.attribute("glasses")) <= {0.0, 1.0}
    with pytest.raises(ExplorerError, match=r"'hat'.*glasses, sunglasses"):
        faces.attribute("hat")


def test_images_are_the_pictures_outside_hair_cloth_and_skin(faces, random):
    images = faces.images(np.array([2, 0]), random)
    assert images.shape == (2, 3, 128, 128)
    other = faces.regions[[2, 0]] == OTHER
    levels = ((images + 1) * 127.5).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(levels[other], faces.pixels[[2, 0]][other], atol=1e-3)
    assert abs(levels - faces.pixels[[2, 0]]).max() > 20


def test_smaller_images_are_means_of_the_large(faces):
    indices = np.arange(3)
    large = faces.images(indices, torch.Generator().manual_seed(0))
    small = faces.images(indices, torch.Generator().manual_seed(0), resolution=64)
    torch.testing.assert_close(small, torch.nn.functional.avg_pool2d(large, 2))


def test_baked_detail_depends_on_the_seed_and_the_place_alone(faces):
    baked = faces.baked(seed=7)
    first = faceset.FaceSet(
        faces.pixels[:1], faces.regions[:1], faces.attributes[:1], faces.names
    ).baked(seed=7)
    assert np.array_equal(first[0], baked[0])
    assert not np.array_equal(faces.baked(seed=8), baked)
    assert not np.array_equal(baked, faces.pixels)
