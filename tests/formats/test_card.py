import json

import pytest
import torch
from safetensors.torch import save_file

from explorer.errors import CheckpointError
from explorer.formats import content_hash, load, open_checkpoint, save
from explorer.formats.card import LARGEST
from explorer.formats.native import config_json
from tests.formats.pickles import dump, snapshot
from tests.networks.builders import TINY, tiny_generator

CARD = {
    "title": "Faces, “étude” \U0001f600",
    "license": "mit",
    "first_recipe": {"psi": 0.8, "a": {"x": 3}},
    "classes": ["cat", "<b>dog</b>"],
    "more": [None, True, 1.5, {}],
}


@pytest.fixture
def with_header(tmp_path):
    """Writes our own file with this text as its card: `with_header(text, **more entries)`."""

    def written(text, **more):
        header = {"arch": "stylegan2", "config": config_json(TINY), "card": text} | more
        path = tmp_path / "net.safetensors"
        save_file(tiny_generator().tensors(), path, header)
        return path

    return written


def test_a_card_comes_back_and_is_no_part_of_the_hash(tmp_path):
    plain, carded = tmp_path / "plain.safetensors", tmp_path / "carded.safetensors"
    save(tiny_generator(), plain)
    save(tiny_generator(), carded, card=CARD)
    assert open_checkpoint(plain).card == {}
    assert open_checkpoint(carded).card == CARD
    assert content_hash(load(plain)) == content_hash(load(carded))


def test_what_builds_the_network_is_no_part_of_the_card(with_header):
    path = with_header('{"arch": "x", "config": {}, "title": "t"}', format="stylegan-explorer/1")
    assert open_checkpoint(path).card == {"title": "t"}


def test_the_config_beside_a_file_counts_more_than_the_card_in_it(tmp_path):
    save(tiny_generator(), tmp_path / "model.safetensors", card={"title": "old", "license": "mit"})
    (tmp_path / "config.json").write_text('{"title": "new"}')
    assert open_checkpoint(tmp_path).card == {"title": "new", "license": "mit"}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", '{"a": "\\ud800"}', '{"a": ' + "[" * 100_000, '"' * (LARGEST + 1)],
    ids=len,
)
def test_a_card_that_is_no_object_is_refused(with_header, text):
    path = with_header(text, format="stylegan-explorer/1")
    with pytest.raises(CheckpointError, match="its card is not a JSON object of at most 1 MB"):
        load(path)


def test_what_another_format_calls_a_card_is_left_alone(with_header):
    checkpoint = open_checkpoint(with_header("my model"))
    assert checkpoint.family == "StyleGAN2 state dict"
    assert checkpoint.card == {}


@pytest.mark.parametrize("length", [LARGEST - 20, LARGEST])
def test_a_card_is_as_large_as_can_be_read_back_or_refused_when_it_is_written(length, tmp_path):
    path, card = tmp_path / "net.safetensors", {"title": "x" * length}
    if length < LARGEST:
        save(tiny_generator(), path, card=card)
        assert open_checkpoint(path).card == card
        return
    with pytest.raises(CheckpointError, match="its card cannot be written: it"):
        save(tiny_generator(), path, card=card)
    assert not path.exists()


@pytest.mark.parametrize(
    "text", ['{"a": [' + "1e9," * 260_000 + "1]}", '{"a": "\\u00e9"}'], ids=["grows", "fits"]
)
def test_a_card_that_grows_when_it_is_written_gets_a_sentence_of_its_own(
    text, with_header, tmp_path
):
    card = open_checkpoint(with_header(text, format="stylegan-explorer/1")).card
    path = tmp_path / "out.safetensors"
    if len(text) < 100:
        save(tiny_generator(), path, card=card)
        assert open_checkpoint(path).card == card
        return
    sentence = "its card cannot be written: .* 1 MB .*Shorten what its files say of the model"
    with pytest.raises(CheckpointError, match=sentence) as caught:
        save(tiny_generator(), path, card=card)
    assert "config.json" not in str(caught.value)
    assert not path.exists()


def test_half_a_surrogate_pair_in_a_card_is_not_written(tmp_path):
    with pytest.raises(CheckpointError, match="its card cannot be written"):
        save(tiny_generator(), tmp_path / "out.safetensors", card={"title": "\ud800"})


@pytest.mark.parametrize(
    "beside, names",
    [
        ({"classes": ["cat", "dog"]}, ["cat", "dog"]),
        ({"class_names": ("cat", "dog")}, ["cat", "dog"]),
        ({"class_to_idx": {"dog": 1, "cat": 0}}, ["cat", "dog"]),
        ({"classes": None, "class_to_idx": {"cat": 0}}, ["cat"]),
        ({"classes": ["cat", 7]}, None),
        ({"classes": []}, None),
        ({"classes": "cat"}, None),
        ({"classes": 3}, None),
        ({"classes": torch.ones(2)}, None),
        ({"classes": ["x" * 1000] * 2000}, None),
        ({"class_to_idx": {"cat": 0, "dog": 2}}, None),
        ({"class_to_idx": {"cat": 0, "dog": []}}, None),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("write", [dump, torch.save], ids=["pickle", "torch"])
def test_names_of_classes_beside_the_weights_are_in_the_card(beside, names, write, tmp_path):
    network = tiny_generator(c_dim=2, embed=4)
    value = snapshot(network) if write is dump else {"g_ema": network.tensors()}
    write(value | beside, tmp_path / "net.pkl")
    card = open_checkpoint(tmp_path / "net.pkl").card
    assert card == ({} if names is None else {"classes": names})


def test_the_card_of_a_folder_is_what_its_config_says_besides_the_network(tmp_path):
    save_file(tiny_generator().tensors(), tmp_path / "model.safetensors")
    network = {"arch": "stylegan2", "config": json.loads(config_json(TINY))}
    (tmp_path / "config.json").write_text(json.dumps(network | CARD))
    assert open_checkpoint(tmp_path).card == CARD
