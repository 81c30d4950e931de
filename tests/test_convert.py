import pytest
import torch
from safetensors import safe_open

from explorer.cli import main
from explorer.formats import content_hash, load
from explorer.formats.digest import sha256_of
from explorer.networks import Noise
from tests.conftest import AVATARS
from tests.networks import golden

NAME = "sg2_orig_16"


def convert(*words):
    return main(["convert", *map(str, words)])


def header(path):
    with safe_open(path, "pt") as file:
        return file.metadata()


@pytest.mark.parametrize("name", golden.STYLEGAN2)
def test_a_converted_file_draws_the_same_bits_and_has_the_same_hash(name, tmp_path, capsys):
    source, target = golden.checkpoint(name), tmp_path / "out.safetensors"
    assert convert(source, target) == 0
    original, converted = load(source), load(target)
    assert content_hash(converted) == content_hash(original)
    arrays = golden.arrays(name)
    w = original.mapping(arrays["z"], arrays.get("c"))
    assert torch.equal(converted.mapping(arrays["z"], arrays.get("c")), w)
    for noise in (Noise("const"), Noise("random", seed=1), Noise("none")):
        assert torch.equal(converted.synthesis(w, noise), original.synthesis(w, noise))
    said = capsys.readouterr().out
    assert said.startswith(f"{target} has the generator of {source.name}: ")
    assert said.endswith(f"model hash {content_hash(original)}.\n")


def test_the_new_file_says_what_it_was_made_from(tmp_path):
    source, target = golden.checkpoint(NAME), tmp_path / "out.safetensors"
    convert(source, target)
    found = header(target)
    assert (found["source"], found["source_sha256"]) == (source.name, sha256_of(source))


def test_a_model_folder_becomes_one_file_that_needs_no_card(tmp_path):
    target = tmp_path / "out.safetensors"
    assert convert(AVATARS, target) == 0
    assert header(target)["source"] == "avatars"
    assert header(target)["source_sha256"] == sha256_of(AVATARS / "model.safetensors")
    assert content_hash(load(target)) == content_hash(load(AVATARS))


def test_a_file_is_not_replaced_unless_asked(tmp_path, capsys):
    target = tmp_path / "out.safetensors"
    target.write_text("precious")
    assert convert(golden.checkpoint(NAME), target) == 2
    assert f"{target} exists. Choose another name, or add --force.\n" in capsys.readouterr().err
    assert target.read_text() == "precious"
    assert convert(golden.checkpoint(NAME), target, "--force") == 0
    assert content_hash(load(target)) == content_hash(load(golden.checkpoint(NAME)))


def test_a_file_may_be_converted_onto_itself(tmp_path):
    target = tmp_path / "net.safetensors"
    target.write_bytes(golden.checkpoint(NAME).read_bytes())
    assert convert(target, target, "--force") == 0
    assert content_hash(load(target)) == content_hash(load(golden.checkpoint(NAME)))


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("out.pkl", "out.pkl does not end in .safetensors. Write for example out.safetensors."),
        ("folder.safetensors", "exists"),
        ("nowhere/out.safetensors", "cannot be written"),
    ],
)
def test_a_place_that_cannot_be_used_says_so(name, sentence, tmp_path, capsys):
    (tmp_path / "folder.safetensors").mkdir()
    assert convert(golden.checkpoint(NAME), tmp_path / name, "--force") == 2
    assert sentence in capsys.readouterr().err


def test_nothing_is_left_of_a_conversion_that_failed(tmp_path, capsys):
    source, target = tmp_path / "short.pkl", tmp_path / "out.safetensors"
    source.write_bytes(golden.checkpoint(NAME).read_bytes()[:1000])
    assert convert(source, target) == 2
    assert "short.pkl: the file ends early" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [source]
