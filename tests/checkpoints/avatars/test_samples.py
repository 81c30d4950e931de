"""The model card's pictures: every seed from 0 up, and the nearest face found for certain."""

import numpy as np
import pytest
from PIL import Image

from checkpoints.avatars import faceset, samples, state
from checkpoints.avatars.faceset import FaceSet
from explorer.formats import load


@pytest.fixture
def faces():
    """Twelve pictures of 32 pixels of random patches, without detail."""
    random = np.random.default_rng(0)
    patches = random.integers(256, size=(12, 8, 8, 3), dtype=np.uint8)
    pixels = patches.repeat(4, axis=1).repeat(4, axis=2)
    regions = np.zeros(pixels.shape[:3], np.uint8)
    return FaceSet(pixels, regions, np.zeros((12, 0), np.float32), np.array([], np.str_))


def test_the_nearest_face_is_the_face_itself_under_a_little_noise(faces):
    noisy = faces.pixels[[7, 2]].astype(int) + np.random.default_rng(1).integers(
        -9, 9, (2, 32, 32, 3)
    )
    found = samples.nearest(list(noisy.clip(0, 255).astype(np.uint8)), faces)
    assert found == [(7, False), (2, False)]


def test_a_mirrored_face_is_found_and_shown_mirrored(faces):
    mirrored = faces.pixels[3][:, ::-1].copy()
    assert samples.nearest([mirrored], faces) == [(3, True)]
    page = samples.side_by_side([mirrored], faces)
    above, below = page[:32], page[-32:]
    assert np.abs(above.astype(int) - below).max() <= 1


def test_the_card_shows_seeds_from_0_up_and_each_sample_above_its_nearest(
    tmp_path, tiny_state, flat_faces
):
    model = tmp_path / "model"
    state.save(tiny_state, model, {})
    faceset.save(flat_faces, tmp_path / "faces.npz")
    arguments = ["--model", str(model), "--data", str(tmp_path / "faces.npz")]
    assert samples.main([*arguments, "--out", str(tmp_path)]) == 0
    pages = {path.name: Image.open(path).size for path in tmp_path.glob("*.png")}
    grid, side = 8 * 8 + 7 * 2, 8
    assert pages == {
        "samples-psi-1.png": (grid, grid),
        "samples-psi-0.7.png": (grid, grid),
        "nearest.png": (grid, 2 * side + 2),
    }
    first = samples.drawn(load(model), 0.7, range(2))
    shown = np.asarray(Image.open(tmp_path / "samples-psi-0.7.png"))
    assert np.array_equal(shown[:8, :8], first[0])
    assert np.array_equal(shown[:8, 10:18], first[1])


def test_a_missing_file_is_named(tmp_path, capsys):
    assert samples.main(["--model", str(tmp_path / "none"), "--data", "faces.npz"]) == 1
    assert "none" in capsys.readouterr().err
