import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from explorer.errors import CheckpointError
from explorer.formats import content_hash, load, open_checkpoint
from tests.formats.pickles import dump_torch
from tests.networks.builders import TINY, tiny_generator


@pytest.fixture(scope="module")
def tensors():
    return tiny_generator().tensors()


def arrays(tensors):
    return {name: tensor.numpy() for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"G_ema": state, "G": {}},
        lambda state: {"g_ema": state},
        lambda state: {"state_dict": state},
        lambda state: {"models": {"generator_smooth": state}},
        lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
    ],
    ids=["bare", "G_ema", "g_ema", "state_dict", "models", "module."],
)
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_state_dict_is_found_where_people_put_it(tensors, wrap, legacy, tmp_path):
    path = tmp_path / "net.pt"
    torch.save(wrap(tensors), path, _use_new_zipfile_serialization=not legacy)
    assert content_hash(load(path)) == content_hash(tiny_generator())


def test_the_averaged_network_is_taken_and_not_the_other(tensors, tmp_path):
    other = tiny_generator(seed=1).tensors()
    torch.save({"g": other, "g_ema": tensors}, tmp_path / "net.pt")
    assert content_hash(load(tmp_path / "net.pt")) == content_hash(tiny_generator())


def test_what_was_assumed_is_said(tensors, tmp_path):
    save_file(tensors, tmp_path / "net.safetensors")
    checkpoint = open_checkpoint(tmp_path / "net.safetensors")
    assert checkpoint.generator.config == TINY
    assert "were assumed" in checkpoint.notes[0]


def test_tensors_without_a_use_are_left_out_and_said(tensors, tmp_path):
    save_file(tensors | {"synthesis.spare": torch.ones(1)}, tmp_path / "net.safetensors")
    notes = open_checkpoint(tmp_path / "net.safetensors").notes
    assert any("'synthesis.spare'" in note for note in notes)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_numpy_arrays_are_read_in_every_protocol(tensors, protocol, tmp_path):
    path = tmp_path / "net.pkl"
    path.write_bytes(pickle.dumps(arrays(tensors), protocol))
    assert content_hash(load(path)) == content_hash(tiny_generator())


@pytest.mark.parametrize("name", [b"numpy.core", b"numpy._core"])
def test_numpy_arrays_are_read_under_old_and_new_names(tensors, name, tmp_path):
    data = pickle.dumps(arrays(tensors), 3).replace(b"numpy._core", name)  # no frames: any length
    assert name in data
    (tmp_path / "net.pkl").write_bytes(data)
    assert content_hash(load(tmp_path / "net.pkl")) == content_hash(tiny_generator())


@pytest.mark.parametrize("layout", [">f4", "<f8", "f2", "fortran"])
@pytest.mark.parametrize("protocol", [3, 5])
def test_numpy_arrays_are_read_in_any_layout(tensors, layout, protocol, tmp_path):
    name = "synthesis.b8.conv0.weight"
    array = tensors[name].numpy().astype(np.float16)
    odd = np.asfortranarray(array) if layout == "fortran" else array.astype(layout)
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(arrays(tensors) | {name: odd}, protocol))
    loaded = load(tmp_path / "net.pkl").tensors()[name]
    assert np.array_equal(loaded.numpy(), array.astype(np.float32))


@pytest.mark.parametrize(
    "array, kind",
    [(np.array([None]), "'O8'"), (np.zeros(3, complex), "'c16'"), (np.array(["a"]), "'U1'")],
)
def test_arrays_of_anything_but_real_numbers_are_refused_by_name(array, kind, tensors, tmp_path):
    path = tmp_path / "net.pkl"
    path.write_bytes(pickle.dumps(arrays(tensors) | {"mapping.w_avg": array}))
    with pytest.raises(CheckpointError, match=f"'mapping.w_avg' cannot be read.*{kind}"):
        load(path)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("kind", [torch.complex64, torch.complex128], ids=str)
def test_complex_torch_files_are_refused_by_name(tensors, legacy, kind, tmp_path):
    value = tensors | {"mapping.w_avg": torch.zeros(6, dtype=kind)}
    path = dump_torch(value, tmp_path / "net.pt", legacy=legacy)
    with pytest.raises(CheckpointError, match=r"tensor 'mapping\.w_avg' holds complex numbers"):
        load(path)


def test_complex_safetensors_are_refused_by_name(tensors, tmp_path):
    save_file(tensors | {"mapping.w_avg": torch.zeros(6, dtype=torch.complex64)}, tmp_path / "net")
    with pytest.raises(CheckpointError, match=r"tensor 'mapping\.w_avg' holds complex numbers"):
        load(tmp_path / "net")
