import shutil

import gradio as gr
import pytest
import torch

from explorer.errors import CheckpointError
from explorer.recipe import ModelRef
from explorer.ui.artist import EngineArtist
from explorer.ui.switching import Switch

VISITOR = "anna"


@pytest.fixture
def models(write, open_models):
    write("one")
    return open_models()


@pytest.fixture
def switch(models, start_engine):
    """Makes the handlers: `switch(function to what adapts to a model)`."""
    engine = start_engine(lambda recipe, visitor: models.open(recipe.model, visitor).generator)

    def made(adapt=lambda model: gr.skip()):
        return Switch(models, EngineArtist(engine, models), [(None, adapt)])

    return made


@pytest.fixture
def mine(write, tmp_path):
    return shutil.move(write("mine", seed=5), tmp_path / "mine.safetensors")


def test_a_model_that_was_brought_is_in_the_list(switch, models, mine):
    switch().bring(mine, VISITOR)
    assert models.names(VISITOR) == ["one", "mine"]
    assert models.names("ben") == ["one"]


def test_what_cannot_be_opened_is_not_kept(switch, models, tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_text("<html>not found</html>")
    with pytest.raises(CheckpointError):
        switch().bring(path, VISITOR)
    assert models.names(VISITOR) == ["one"]


@pytest.mark.parametrize("error", [MemoryError, torch.OutOfMemoryError, ZeroDivisionError])
def test_what_fails_in_a_way_that_nobody_thought_of_is_not_kept(switch, models, mine, error):
    def adapt(model):
        raise error

    with pytest.raises(error):
        switch(adapt).bring(mine, VISITOR)
    assert models.names(VISITOR) == ["one"]
    assert models.open(ModelRef(), VISITOR).ref.name == "one"
