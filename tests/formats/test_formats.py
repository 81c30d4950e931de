import os

import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import content_hash, inspect, load
from tests.networks import golden


def test_a_path_may_be_text():
    path = golden.checkpoint("sg2_orig_16")
    assert content_hash(load(str(path))) == content_hash(load(path))


def test_a_generator_is_loaded_in_float32_on_the_cpu():
    tensors = load(golden.checkpoint("sg2_fp16cfg_32")).tensors().values()
    assert {tensor.dtype for tensor in tensors} == {torch.float32}
    assert {tensor.device.type for tensor in tensors} == {"cpu"}
    assert all(tensor.is_contiguous() for tensor in tensors)


def test_every_tensor_lies_in_the_order_of_its_axes_whatever_order_the_file_had():
    """A 1x1 kernel with its channels last counts as contiguous, yet rounds differently."""
    for tensor in load(golden.checkpoint("sg2_fp16cfg_32")).tensors().values():
        assert tensor.stride() == torch.empty(tensor.shape).stride()


def test_the_summary_has_the_hash_and_the_size_of_the_generator():
    path = golden.checkpoint("sg2_skip_32")
    generator, summary = load(path), inspect(path)
    assert summary.content_hash == content_hash(generator)
    assert summary.parameters == sum(tensor.numel() for tensor in generator.tensors().values())


def test_a_generator_no_longer_needs_its_file(tmp_path):
    path = tmp_path / "net.pkl"
    path.write_bytes(golden.checkpoint("sg2_orig_16").read_bytes())
    generator = load(path)
    before = content_hash(generator)
    path.write_bytes(b"")
    assert content_hash(generator) == before


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.pkl: there is no such file"):
        load(tmp_path / "none.pkl")


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(CheckpointError, match=r"a folder without model\.safetensors"):
        load(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="it is no regular file"):
        load(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    path = tmp_path / "secret.pkl"
    path.touch(mode=0)
    with pytest.raises(CheckpointError, match=r"secret\.pkl: it cannot be read: Permission denied"):
        load(path)


def test_a_name_that_the_system_refuses_says_so():
    with pytest.raises(CheckpointError, match=r"cannot be read|no such file"):
        load("x" * 5000)
