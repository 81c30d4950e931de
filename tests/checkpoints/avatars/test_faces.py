import numpy as np
import pytest

from checkpoints.avatars import faces
from checkpoints.avatars.faces import ATTRIBUTES, BINARY, between, face


@pytest.fixture(scope="module")
def labels():
    """The attributes [1000, A] of a thousand faces."""
    return np.array([list(face(0, index).attributes().values()) for index in range(1000)])


def test_a_face_says_every_attribute_that_the_data_promises():
    promised = "glasses sunglasses beard smile open_mouth long_hair bald light_hair skin_tone"
    promised += " happy_eyes raised_brows hoodie freckles angle shift_x scale background_hue"
    assert set(promised.split()) <= set(face(0, 0).attributes())


def test_the_same_seed_and_index_is_the_same_face():
    assert face(3, 5) == face(3, 5)
    assert face(3, 5) != face(3, 6)
    assert face(3, 5) != face(4, 5)


@pytest.mark.parametrize("name", BINARY)
def test_a_binary_attribute_is_true_of_15_to_85_percent(labels, name):
    column = labels[:, ATTRIBUTES.index(name)]
    assert set(column) == {0.0, 1.0}
    assert 0.15 < column.mean() < 0.85


def test_attributes_that_do_not_imply_each_other_are_independent(labels):
    implied = {"glasses", "sunglasses", "bald", "long_hair", "light_hair", "happy_eyes"} | {
        *("wide_eyes", "hoodie", "collar", "smile", "open_mouth")
    }
    free = [BINARY.index(name) for name in BINARY if name not in implied] + [0, 3, 5]
    correlation = np.corrcoef(labels[:, free].T) - np.eye(len(free))
    assert abs(correlation).max() < 0.12  # four standard errors of a thousand


def test_no_face_is_bald_with_long_hair_or_wears_dark_lenses_without_glasses(labels):
    column = {name: labels[:, index] for index, name in enumerate(ATTRIBUTES)}
    assert not (column["bald"] * column["long_hair"]).any()
    assert not (column["sunglasses"] * (1 - column["glasses"])).any()


def test_light_hair_is_hair_that_is_seen():
    seen = [face(0, index) for index in range(300)]
    light = [one for one in seen if one.attributes()["light_hair"]]
    assert all(one.hair != "NONE" or one.beard != "NONE" for one in light)
    assert all(one.hair_tone > faces.LIGHT_FROM for one in light)


def test_a_tone_walks_along_its_palette():
    palette = ("000000", "FF0000", "FFFFFF")
    assert between(palette, 0.0) == (0.0, 0.0, 0.0)
    assert between(palette, 0.5) == (1.0, 0.0, 0.0)
    assert between(palette, 0.75) == (1.0, 0.5, 0.5)
    assert between(palette, 1.0) == (1.0, 1.0, 1.0)
