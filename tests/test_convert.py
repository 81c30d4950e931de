import json

import pytest
from safetensors import safe_open

from explorer.cli import main
from explorer.errors import CheckpointError
from explorer.formats import content_hash, load, open_checkpoint, save
from explorer.formats.digest import sha256_of
from explorer.recipe import ModelRef
from tests.conftest import AVATARS
from tests.formats.pickles import dump, snapshot
from tests.networks import golden
from tests.networks.builders import tiny_generator

NAME = "sg2_orig_16"


def convert(*words):
    return main(["convert", *map(str, words)])


def header(path):
    with safe_open(path, "pt") as file:
        return file.metadata()


@pytest.mark.parametrize("name", ["tf_sg1_32", "sg2_cond_16", "sg2_fp16cfg_32", "sg3t_32"])
def test_a_converted_file_draws_the_same_bits_and_has_the_same_hash(name, tmp_path, capsys):
    source, target = golden.checkpoint(name), tmp_path / "out.safetensors"
    assert convert(source, target) == 0
    original = load(source)
    golden.assert_same_bits(name, original, load(target))
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


@pytest.fixture
def opened(open_models):
    """The only model at a path, as the page opens it."""
    return lambda path: open_models([path]).open(ModelRef())


def test_the_shipped_model_begins_with_the_same_recipe_as_one_file(opened, tmp_path):
    target = tmp_path / "avatars.safetensors"
    convert(AVATARS, target)
    assert opened(target).first_recipe == opened(AVATARS).first_recipe
    assert opened(target).first_recipe.psi == 0.7


def test_a_folder_keeps_the_names_of_its_classes_and_all_else_it_says(opened, tmp_path):
    card = {
        "classes": ["cat", "dog"],
        "first_recipe": {"label": 1},
        "title": "Pets",
        "license": "mit",
    }
    folder, target = tmp_path / "pets", tmp_path / "pets.safetensors"
    folder.mkdir()
    save(tiny_generator(c_dim=2, embed=4), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(card))
    convert(folder, target)
    assert open_checkpoint(target).card == card
    for path in (folder, target):
        model = opened(path)
        assert (model.classes, model.first_recipe.label) == (("cat", "dog"), 1)


def test_names_of_classes_that_a_checkpoint_carries_are_kept(opened, tmp_path):
    value = snapshot(tiny_generator(c_dim=2, embed=4)) | {"classes": ["cat", "dog"]}
    source, target = dump(value, tmp_path / "pets.pkl"), tmp_path / "pets.safetensors"
    convert(source, target)
    assert opened(source).classes == opened(target).classes == ("cat", "dog")


def test_a_converted_file_may_be_converted_again(tmp_path):
    first, second = (tmp_path / f"{name}.safetensors" for name in ("first", "second"))
    convert(AVATARS, first)
    convert(first, second)
    assert open_checkpoint(second).card == open_checkpoint(AVATARS).card
    assert header(second)["source"] == first.name


def test_a_first_recipe_that_is_none_is_refused_as_in_the_folder(opened, tmp_path):
    folder, target = tmp_path / "odd", tmp_path / "odd.safetensors"
    folder.mkdir()
    save(tiny_generator(), folder / "model.safetensors")
    (folder / "config.json").write_text('{"first_recipe": {"psi": 9}}')
    convert(folder, target)
    for path in (folder, target):
        with pytest.raises(CheckpointError, match="odd: its first_recipe is wrong: psi is 9"):
            opened(path)


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
