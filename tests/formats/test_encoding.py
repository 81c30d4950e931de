import json

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from explorer.errors import CheckpointError
from explorer.formats.encoding import decode, encode

TENSORS = {"b.weight": torch.arange(6.0).reshape(2, 3), "a": torch.tensor(0.5)}


def test_safetensors_reads_what_is_encoded():
    loaded = load(encode(TENSORS, {"x": "1"}))
    assert loaded.keys() == TENSORS.keys()
    assert all(torch.equal(loaded[name], TENSORS[name]) for name in TENSORS)


def test_the_order_of_names_and_texts_does_not_show():
    texts = {"x": "1", "y": "2"}
    swapped = dict(reversed(TENSORS.items())), dict(reversed(texts.items()))
    assert encode(TENSORS, texts) == encode(*swapped)


def test_half_precision_is_kept_where_it_is_asked_for():
    halves = {name: tensor.half() for name, tensor in TENSORS.items()}
    data = encode(halves, {"x": "1"}, torch.float16)
    loaded = load(data)
    assert all(torch.equal(loaded[name], halves[name]) for name in TENSORS)
    assert all(tensor.dtype == torch.float16 for tensor in loaded.values())
    assert len(data) < len(encode(halves, {"x": "1"}))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_what_is_encoded_is_decoded(dtype):
    found = decode(encode(TENSORS, {"x": "1", "y": "é"}, dtype))
    assert found.texts == {"x": "1", "y": "é"}
    assert found.arrays.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert np.array_equal(found.arrays[name], tensor.to(dtype).numpy())


def test_what_safetensors_itself_writes_is_decoded():
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(3, dtype=torch.float16)}
    found = decode(save(tensors, {"x": "1"}))
    assert found.texts == {"x": "1"}
    assert all(np.array_equal(found.arrays[name], tensors[name].numpy()) for name in tensors)
    assert decode(save({})).arrays == {}


def written(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(dtype="F16", shape=(1,), offsets=(0, 2)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "longer than it can be"),
        ((1 << 40).to_bytes(8, "little") + b"{}", "longer than it can be"),
        (written(b"{"), "no JSON"),
        (written(b"[" * 100_000), "no JSON"),
        (written(b"\xff\xfe"), "no JSON"),
        (written([]), "names nothing"),
        (written({"__metadata__": {"a": 1}}), "texts of its header"),
        (written({"a": entry()}, b"\0" * 4), "bytes that belong to nothing"),
        (written({"a": entry()}, b"\0"), "'a' is not where"),
        (written({"a": entry(), "b": entry()}, b"\0\0"), "'b' is not where"),
        (written({"a": entry(offsets=(2, 4))}, b"\0" * 4), "'a' is not where"),
        (written({"a": entry("F64", offsets=(0, 8))}, b"\0" * 8), "'a' is no array"),
        (written({"a": entry(shape=(2,))}, b"\0\0"), "'a' is no array"),
        (written({"a": entry(shape=(0,), offsets=(0, 0))}), "'a' is no array"),
        (written({"a": entry(shape=(-1,))}, b"\0\0"), "'a' is no array"),
        (written({"a": entry(shape=(True,))}, b"\0\0"), "'a' is no array"),
        (written({"a": entry(shape=(10**30,))}, b"\0\0"), "'a' is no array"),
        (written({"a": entry(shape=(1,) * 9)}, b"\0\0"), "'a' is no array"),
        (written({"a": 3}), "'a' is no array"),
    ],
)
def test_a_damaged_file_is_one_sentence(data, message):
    with pytest.raises(CheckpointError, match=message):
        decode(data)
