"""Directions that a command line names."""

from types import SimpleNamespace

import numpy as np
import pytest

from explorer.directions.direction import Direction, step_of
from explorer.errors import DirectionError
from explorer.formats.arrays import write_npy
from explorer.library import to_file
from explorer.naming import directions_named, library_of
from explorer.sampling import Sampler
from tests.networks.builders import tiny_generator

STEPS = [step_of("w", row) for row in np.eye(6)]
HERE = (Direction("smile", STEPS[0]), Direction("pose", STEPS[1]), Direction("pose", STEPS[2]))


def model(directions=HERE, note=""):
    """All of a model that is asked for."""
    ref = SimpleNamespace(name="tiny", hash="a" * 64)
    return SimpleNamespace(generator=tiny_generator(), directions=directions, note=note, ref=ref)


def test_a_direction_is_found_by_its_name_its_key_or_how_its_key_begins():
    words = ["smile", STEPS[1].key, STEPS[2].key[:8]]
    assert directions_named(words, model(), None) == HERE


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("frown", "There is no direction 'frown'; here: 'smile', 'pose', 'pose'. Name one"),
        ("pose", "2 directions are called 'pose'. Name them by their keys."),
        (STEPS[1].key[:7], "There is no direction"),
    ],
)
def test_a_word_that_means_none_or_several_is_one_sentence(word, said):
    with pytest.raises(DirectionError) as caught:
        directions_named([word], model(), None)
    assert str(caught.value).startswith(said)


def test_a_model_whose_directions_were_left_out_says_why():
    with pytest.raises(DirectionError, match=r"here: none\. They are those of another model"):
        directions_named(["smile"], model((), "They are those of another model."), None)


def test_a_library_takes_the_place_of_the_folder_of_the_model(tmp_path):
    path = tmp_path / "own.safetensors"
    path.write_bytes(to_file([Direction("nose", STEPS[3])]))
    library = library_of(path, model())
    (found,) = directions_named(["nose"], model(), library)
    assert found.key == STEPS[3].key
    with pytest.raises(DirectionError, match="no direction 'smile'"):
        directions_named(["smile"], model(), library)


def test_a_boundary_of_another_tool_gets_the_length_of_a_sigma(tmp_path):
    path = tmp_path / "age_w.npy"
    normal = np.float32([[0, 0, 1, 0, 0, 0]])
    np.save(path, normal)
    (found,) = library_of(path, model())
    w = Sampler(tiny_generator()).w(range(3000))[:, -1].numpy()
    length = np.linalg.norm(found.step.numbers.astype(np.float64))
    assert length == pytest.approx(float(w[:, 2].std()), rel=0.05)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "cannot be read"),
        (b"text", "own.safetensors: this is no file of directions"),
        (to_file(HERE[:1], "b" * 64), "those of another model"),
        (to_file([Direction("far", STEPS[0], layers=(9,))]), "for other layers"),
        (to_file([Direction("big", step_of("w", np.ones(7)))]), "7"),
    ],
)
def test_a_file_that_does_not_fit_is_one_sentence(tmp_path, data, said):
    path = tmp_path / "own.safetensors"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(DirectionError, match=said):
        library_of(path, model())


def test_the_array_of_another_tool_is_read_as_it_is_written_here(tmp_path):
    path = tmp_path / "pose_z.npy"
    path.write_bytes(write_npy(np.float32([[0, 1, 0, 0, 0, 0, 0, 0]])))
    (found,) = library_of(path, model())
    assert found.step.space == "z" and found.step.numbers.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
