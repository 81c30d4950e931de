import json
import os

import pytest
from safetensors import safe_open
from safetensors.torch import save_file

from explorer.errors import CheckpointError
from explorer.formats import content_hash, inspect, load, open_checkpoint, save
from explorer.formats.native import config_json
from tests.networks import golden
from tests.networks.builders import TINY, TINY1, tiny_generator, tiny_stylegan1


@pytest.fixture
def folder(tmp_path):
    """Writes a model folder: bare weights, and a config.json with `card` over the usual entries."""

    def write(**card):
        save_file(tiny_generator().tensors(), tmp_path / "model.safetensors")
        config = json.loads(config_json(TINY))
        (tmp_path / "config.json").write_text(
            json.dumps({"arch": "stylegan2", "config": config} | card)
        )
        return tmp_path

    return write


@pytest.mark.parametrize("name", golden.ALL)
def test_saving_keeps_the_hash_and_every_bit_of_the_pictures(name, tmp_path):
    original = load(golden.checkpoint(name))
    save(original, tmp_path / "saved.safetensors")
    golden.assert_same_bits(name, original, load(tmp_path / "saved.safetensors"))


@pytest.mark.parametrize(
    "changes",
    [
        {"base": (4, 2), "image_channels": 1},
        {"c_dim": 3, "embed": 5, "label_mode": "concat_then_norm"},
        {"filter_shape": (8,), "clamp": 256.0, "fp16_blocks": 2, "noise": False},
        {"architecture": "resnet", "activation": "swish", "lr_multiplier": 0.1},
    ],
    ids=str,
)
def test_every_configuration_comes_back(changes, tmp_path):
    generator = tiny_generator(**changes)
    save(generator, tmp_path / "net.safetensors")
    assert load(tmp_path / "net.safetensors").config == generator.config


@pytest.mark.parametrize(
    "changes",
    [
        {"base": (4, 2), "image_channels": 1},
        {"c_dim": 3, "embed": 5, "label_mode": "norm_then_concat"},
        {"eps": 1e-5, "bias_before_blur": True, "lr_multiplier": 1.0},
        {"blur": False, "noise": False, "activation": "relu"},
    ],
    ids=str,
)
def test_every_configuration_of_stylegan1_comes_back(changes, tmp_path):
    generator = tiny_stylegan1(**changes)
    save(generator, tmp_path / "net.safetensors")
    loaded = load(tmp_path / "net.safetensors")
    assert loaded.config == generator.config
    assert content_hash(loaded) == content_hash(generator)


@pytest.mark.parametrize(
    "entry, sentence",
    [
        ({"eps": 0.0}, "eps is 0, allowed is"),
        ({"eps": float("nan")}, "eps is nan"),
        ({"channels": [8] * 13}, "number of blocks is 13"),
        ({"filter_shape": [4, 4]}, "config has the unknown entry 'filter_shape'"),
    ],
    ids=str,
)
def test_a_stylegan1_config_out_of_bounds_is_refused(folder, entry, sentence):
    config = json.loads(config_json(TINY1)) | entry
    with pytest.raises(CheckpointError, match=sentence):
        load(folder(arch="stylegan1", config=config))


def test_the_header_says_what_the_file_is_and_where_it_is_from(tmp_path):
    path = tmp_path / "net.safetensors"
    save(tiny_generator(), path, metadata={"source": "net.pkl", "arch": "overridden"})
    with safe_open(path, "pt") as file:
        header = file.metadata()
    assert header["format"] == "stylegan-explorer/1"
    assert (header["arch"], header["source"]) == ("stylegan2", "net.pkl")
    assert json.loads(header["config"])["z_dim"] == 8
    assert inspect(path).family == "StyleGAN Latent Explorer"


def test_saving_replaces_a_file_whole_and_leaves_no_other(tmp_path):
    path = tmp_path / "net.safetensors"
    path.write_text("old")
    save(tiny_generator(), path)
    assert os.listdir(tmp_path) == ["net.safetensors"]
    other = tmp_path / "other"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode
    assert load(path).config == TINY


def test_equal_generators_make_equal_files(tmp_path):
    texts = {name: name for name in ("source", "licence", "author", "note")}
    for name in ("a", "b"):
        save(tiny_generator(), tmp_path / name, card={"classes": ["x"]}, metadata=texts)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_saving_where_nothing_can_be_written_says_so(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be written"):
        save(tiny_generator(), tmp_path / "nowhere" / "net.safetensors")


def test_the_hash_is_of_numbers_names_and_configuration_alone():
    same = content_hash(tiny_generator())
    assert len(same) == 64
    assert content_hash(tiny_generator()) == same
    assert content_hash(tiny_generator(seed=1)) != same
    assert content_hash(tiny_generator(clamp=256.0)) != same


def test_a_folder_is_described_by_its_config(folder):
    path = folder(name="Faces", first_recipe={"psi": 0.8})
    checkpoint = open_checkpoint(path)
    assert checkpoint.generator.config == TINY
    assert checkpoint.card == {"name": "Faces", "first_recipe": {"psi": 0.8}}
    assert checkpoint.summary().content_hash == content_hash(tiny_generator())


def test_a_folder_whose_weights_describe_themselves_needs_no_config(tmp_path):
    save(tiny_generator(), tmp_path / "model.safetensors")
    assert load(tmp_path).config == TINY


def test_what_a_file_says_of_itself_counts_more_than_the_config_beside_it(folder):
    path = folder(config={"z_dim": 99})
    save(tiny_generator(), path / "model.safetensors")
    assert load(path).config == TINY


@pytest.mark.parametrize(
    "card, sentence",
    [
        ({"arch": "stylegan9"}, "its architecture is 'stylegan9'; known are stylegan1, stylegan2"),
        ({"arch": ["stylegan2"]}, "its architecture is missing"),
        ({"config": []}, "its config is wrong at 'text'"),
        ({"config": {"z_dim": 8}}, "its config is wrong at 'w_dim': Field required"),
    ],
)
def test_a_wrong_config_is_refused_by_what_is_wrong(folder, card, sentence):
    with pytest.raises(CheckpointError, match=sentence):
        load(folder(**card))


@pytest.mark.parametrize(
    "entry, sentence",
    [
        ({"z_dim": "8"}, "wrong at 'z_dim': Input should be a valid integer"),
        ({"z_dim": True}, "wrong at 'z_dim'"),
        ({"z_dim": 0}, "z_dim is 0, allowed is 1 to 8192"),
        ({"channels": [10**9] * 3}, r"channels is 1e\+09, allowed is 1 to 8192"),
        ({"channels": [8] * 13}, "number of blocks is 13, allowed is 1 to 12"),
        ({"channels": []}, "number of blocks is 0"),
        ({"mapping": [6] * 65}, "number of mapping layers is 65, allowed is 1 to 64"),
        ({"mapping": [7]}, "w_dim is 6, allowed is 7"),
        ({"base": [4, 4, 4]}, "wrong at 'base"),
        ({"base": [9999, 4]}, "image's side is 39996, allowed is 1 to 4096"),
        ({"architecture": "magic"}, "wrong at 'architecture'"),
        ({"activation": "magic"}, "the activation is 'magic', allowed are linear, relu"),
        ({"image_channels": 2}, "image channels is 2, allowed are 1, 3, 4"),
        ({"lr_multiplier": float("nan")}, "lr_multiplier is nan"),
        ({"clamp": -1.0}, "clamp is -1"),
        ({"filter_shape": [4, 5]}, r"filter has the shape \[4, 5\]"),
        ({"filter_shape": [4, 4, 4]}, r"filter has the shape \[4, 4, 4\]"),
        ({"c_dim": 10**9}, r"c_dim is 1e\+09"),
        ({"c_dim": 3}, "embedding is 0, allowed is 1 to"),
        ({"fp16_blocks": -1}, "fp16_blocks is -1"),
        ({"surprise": 1}, "config has the unknown entry 'surprise'"),
        ({"z_dim": 16}, r"'mapping.fc0.weight' has the shape \[7, 8\], expected \[7, 16\]"),
    ],
    ids=str,
)
def test_a_config_out_of_bounds_is_refused_before_anything_is_built(folder, entry, sentence):
    config = json.loads(config_json(TINY)) | entry
    with pytest.raises(CheckpointError, match=sentence):
        load(folder(config=config))


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, " " * (2 << 20)], ids=len)
def test_a_config_file_that_is_no_object_is_refused(folder, text):
    path = folder()
    (path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"its config\.json is not a JSON object"):
        load(path)


def test_a_newer_format_says_so(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file(tiny_generator().tensors(), path, {"format": "stylegan-explorer/2"})
    with pytest.raises(CheckpointError, match=r"format is 'stylegan-explorer/2'.*Update"):
        load(path)
