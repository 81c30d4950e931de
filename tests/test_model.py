"""What lies beside a model's weights: directions that all visitors share, and a classifier."""

import re
import shutil

import numpy as np
import pytest
import torch

from explorer.directions.direction import Direction, step_of
from explorer.library import LARGEST, to_file
from explorer.model import CLASSIFIER, DIRECTIONS, directions_of, read
from tests.networks.builders import tiny_generator

SMILE = Direction("smile", step_of("w", np.arange(1.0, 7)), -0.5, (0, 1), {"kind": "SVM"})
ROUND = Direction("round", step_of("z", np.ones(8)))
CPU = torch.device("cpu")

HASH = "0a" * 32


@pytest.fixture
def model_folder(folder, write):
    """A model folder, to which a test adds what is beside the weights."""
    path = folder / "faces"
    path.mkdir()
    shutil.move(write("faces"), path / "model.safetensors")
    (path / "config.json").write_text("{}")
    return path


def test_the_directions_and_the_classifier_of_a_folder_come_with_its_model(model_folder):
    (model_folder / DIRECTIONS).write_bytes(to_file([SMILE, ROUND]))
    (model_folder / CLASSIFIER).write_bytes(b"is looked at when it is used")
    _, card = read(model_folder, "faces", CPU)
    assert [(one.name, one.key, one.boundary, one.layers) for one in card.directions] == [
        ("smile", SMILE.key, -0.5, (0, 1)),
        ("round", ROUND.key, None, ()),
    ]
    assert card.directions[0].origin == {"kind": "SVM"}
    assert card.classifier == model_folder / CLASSIFIER


def test_a_folder_with_nothing_else_and_a_file_have_nothing_beside(model_folder, folder, write):
    path = write("one")
    (folder / DIRECTIONS).write_bytes(to_file([SMILE]))
    (folder / CLASSIFIER).touch()
    for place in (model_folder, path):
        _, card = read(place, "faces", CPU)
        assert (card.directions, card.classifier, card.note) == ((), None, "")


def test_folders_of_those_names_are_nothing(model_folder):
    (model_folder / DIRECTIONS).mkdir()
    (model_folder / CLASSIFIER).mkdir()
    _, card = read(model_folder, "faces", CPU)
    assert (card.directions, card.classifier, card.note) == ((), None, "")


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"", "The directions of faces are left out. "),
        (b"<html>", "The directions of faces are left out. "),
        (to_file([SMILE])[:-1], "The directions of faces are left out. "),
        (b"\0" * (LARGEST + 2), "The directions of faces are left out. It takes 17 MB"),
        (
            to_file([Direction("x", step_of("w", np.ones(5)))]),
            r"The directions of faces are left out\. The direction has shape \[5\], this model's w",
        ),
        (
            to_file([Direction("x", step_of("w", np.ones((4, 6))))]),
            "The directions of faces are left out. x is for other layers than this model's 0 to 5",
        ),
        (
            to_file([Direction("x", SMILE.step, layers=(6,))]),
            "The directions of faces are left out. x is for other layers than this model's 0 to 5",
        ),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[32:],
)
def test_directions_that_the_model_cannot_take_are_left_out_with_a_sentence(
    model_folder, data, sentence
):
    (model_folder / DIRECTIONS).write_bytes(data)
    _, card = read(model_folder, "faces", CPU)
    assert card.directions == ()
    assert re.match(sentence, card.note)


def test_directions_fit_the_sizes_of_their_own_model(model_folder, tiny):
    (model_folder / DIRECTIONS).write_bytes(to_file([Direction("x", step_of("w", np.ones(5)))]))
    wide = tiny_generator(w_dim=5, mapping=(7, 5))
    assert directions_of(model_folder, wide, HASH)[0][0].name == "x"
    assert directions_of(model_folder, tiny, HASH)[0] == ()


def test_the_directions_of_another_model_of_the_same_sizes_are_left_out(model_folder, tiny):
    directions = [Direction("x", step_of("w", np.ones(tiny.w_dim)))]
    (model_folder / DIRECTIONS).write_bytes(to_file(directions, HASH))
    assert directions_of(model_folder, tiny, HASH)[0][0].name == "x"
    found, note = directions_of(model_folder, tiny, "0b" * 32)
    assert found == () and "those of another model" in note
