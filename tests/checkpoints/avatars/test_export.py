import pytest

from checkpoints.avatars import state
from checkpoints.avatars.export import export, main
from checkpoints.avatars.state import CARD, DISCRIMINATOR, GENERATOR, MODEL
from tests.conftest import AVATARS


@pytest.fixture
def training(tiny_state, tmp_path):
    state.save(tiny_state, tmp_path / "training", {})
    return tmp_path / "training"


def test_only_the_model_is_written(training, tmp_path):
    export(training, tmp_path / "model")
    assert {path.name for path in (tmp_path / "model").iterdir()} == {MODEL, CARD}


def test_the_same_state_makes_the_same_bytes(training, tmp_path):
    for name in ("one", "two"):
        export(training, tmp_path / name)
    one, two = ((tmp_path / name / MODEL).read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_state_that_is_resumed_and_exported_at_once_gives_the_shipped_bytes(training, tmp_path):
    shipped, again = tmp_path / "shipped", tmp_path / "again" / "shipped"
    export(training, shipped, raw=True)
    export(shipped, again, raw=True)
    for name in (MODEL, CARD, GENERATOR, DISCRIMINATOR):
        assert (again / name).read_bytes() == (shipped / name).read_bytes()


def test_the_committed_weights_and_the_shipped_average_export_to_the_shipped_file(tmp_path):
    export(AVATARS, tmp_path / "avatars", raw=True)
    for name in (MODEL, GENERATOR, DISCRIMINATOR):
        assert (tmp_path / "avatars" / name).read_bytes() == (AVATARS / name).read_bytes()


def test_the_command_says_what_is_wrong_in_a_sentence(tmp_path, capsys):
    assert main([str(tmp_path / "missing"), "--out", str(tmp_path / "out")]) == 1
    assert "There is no" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_exports(training, tmp_path):
    assert main([str(training), "--out", str(tmp_path / "model"), "--raw"]) == 0
    assert (tmp_path / "model" / GENERATOR).is_file()
