import torch
from safetensors.torch import load

from explorer.formats.encoding import encode

TENSORS = {"b.weight": torch.arange(6.0).reshape(2, 3), "a": torch.tensor(0.5)}


def test_safetensors_reads_what_is_encoded():
    loaded = load(encode(TENSORS, {"x": "1"}))
    assert loaded.keys() == TENSORS.keys()
    assert all(torch.equal(loaded[name], TENSORS[name]) for name in TENSORS)


def test_the_order_of_names_and_texts_does_not_show():
    texts = {"x": "1", "y": "2"}
    swapped = dict(reversed(TENSORS.items())), dict(reversed(texts.items()))
    assert encode(TENSORS, texts) == encode(*swapped)
