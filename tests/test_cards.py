"""What a model's own files say of it: what the page shows first, and the names of its classes."""

import json
import shutil

import pytest

from explorer.errors import CheckpointError
from explorer.formats import save
from explorer.recipe import ModelRef
from tests.conftest import AVATARS
from tests.networks.builders import tiny_stylegan1


def test_a_model_folder_says_what_the_page_shows_first(open_models):
    model = open_models([AVATARS]).open(ModelRef())
    card = json.loads((AVATARS / "config.json").read_text())
    assert model.ref.name == "avatars"
    assert model.first_recipe.psi == card["first_recipe"]["psi"]
    assert model.first_recipe.model == model.ref


def test_a_conditional_model_begins_with_its_first_class(write, open_models):
    write("classes", c_dim=3, embed=4)
    model = open_models().open(ModelRef())
    assert (model.first_recipe.label, model.classes) == (0, ())


@pytest.mark.parametrize(
    ("channels", "cutoff"), [((8, 6, 4, 4, 2), 8), ((8, 6), None)], ids=["10 layers", "4 layers"]
)
def test_a_stylegan1_begins_truncated_as_its_own_code_does(channels, cutoff, folder, open_models):
    save(tiny_stylegan1(channels=channels), folder / "net.safetensors")
    first = open_models().open(ModelRef()).first_recipe
    assert (first.psi, first.cutoff) == (0.7, cutoff)


def test_what_a_stylegan1_says_itself_counts_more(folder, open_models):
    save(tiny_stylegan1(), folder / "net.safetensors", card={"first_recipe": {"psi": 0.9}})
    first = open_models().open(ModelRef()).first_recipe
    assert (first.psi, first.cutoff) == (0.9, None)


@pytest.fixture
def with_card(folder, write):
    """Writes a model folder whose config.json has more entries: `with_card(**entries)`."""

    def written(**entries):
        target = folder / "carded"
        target.mkdir()
        shutil.move(write("weights", c_dim=2, embed=4), target / "model.safetensors")
        (target / "config.json").write_text(json.dumps(entries))

    return written


@pytest.mark.parametrize(
    "named, known",
    [
        (["cat", "<b>dog</b>"], ("cat", "<b>dog</b>")),
        ([1, None], ("1", "None")),
        (["cat", ["dog"]], ()),
        (["cat"], ()),
        ("cat", ()),
        (None, ()),
    ],
)
def test_class_names_are_text_and_one_for_each_class_or_none(with_card, open_models, named, known):
    with_card(classes=named)
    assert open_models().open(ModelRef()).classes == known


def test_a_first_recipe_that_is_none_says_whose_it_is(with_card, open_models):
    with_card(first_recipe={"psi": 9})
    with pytest.raises(
        CheckpointError, match="carded: its first_recipe is wrong: psi is 9: it must"
    ):
        open_models().open(ModelRef())


def test_a_copy_that_somebody_uploads_renames_nobodys_model(with_card, open_models, folder):
    with_card(first_recipe={"psi": 0.5})
    models = open_models()
    copy = folder.parent / "anna-private.safetensors"
    shutil.copy(folder / "carded" / "model.safetensors", copy)
    hers = models.open(ModelRef(name=models.upload(copy, "anna")), "anna")
    his = models.open(ModelRef(name="carded"), "ben")
    assert (hers.ref.name, hers.first_recipe.psi) == ("anna-private", 1.0)
    assert (his.ref.name, his.first_recipe.psi) == ("carded", 0.5)
    assert hers.generator is his.generator
