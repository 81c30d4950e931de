import numpy as np
import pytest
import torch

from checkpoints.avatars import tensor_files
from explorer.errors import CheckpointError
from explorer.formats.encoding import encode

TENSORS = {"b.weight": torch.arange(6.0).reshape(2, 3), "a": torch.tensor(0.5)}


def test_tensors_and_texts_come_back(tmp_path):
    tensor_files.write(tmp_path / "new", {"file": encode(TENSORS, {"x": "1"})})
    tensors, texts = tensor_files.read(tmp_path / "new" / "file")
    assert np.array_equal(tensors["b.weight"], TENSORS["b.weight"])
    assert texts == {"x": "1"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


@pytest.mark.parametrize("content, problem", [(None, "There is no"), (b"PK", "not readable")])
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path, content, problem):
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{problem}.*Start from"):
        tensor_files.read(path)


def test_nothing_is_left_of_a_write_that_failed(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(CheckpointError, match="Choose another place"):
        tensor_files.write(tmp_path, {"taken": b"x", "free": b"x"})
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
