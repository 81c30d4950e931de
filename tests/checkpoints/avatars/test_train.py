import os
import signal

import pytest

from checkpoints.avatars import faceset, state, train
from checkpoints.avatars.train import Training, arguments, first_state, main, settings_of
from checkpoints.avatars.trainer import Trainer
from explorer import formats
from explorer.errors import ExplorerError
from explorer.recipe import ModelRef


@pytest.fixture
def command(flat_faces, tiny_state, tmp_path):
    """Arguments that go on from a tiny state at 16 pixels, and save into `new`."""
    faceset.save(flat_faces, tmp_path / "faces.npz")
    state.save(tiny_state, tmp_path / "old", {})
    return [
        *("--data", str(tmp_path / "faces.npz"), "--state", str(tmp_path / "new")),
        *("--resume", str(tmp_path / "old"), "--batch", "4", "--resolution", "16"),
    ]


def test_a_training_goes_on_grows_and_saves_what_the_explorer_opens(command, tmp_path, capsys):
    assert main([*command, "--images", "1008", "--stage", "1000"]) == 0
    told = capsys.readouterr().out
    assert "growing from 8 pixels" in told
    assert "at 1008 images" in told
    assert state.load(tmp_path / "new").standing.images == 1008
    assert formats.load(tmp_path / "new").resolution == (16, 16)
    assert (tmp_path / "new" / "grid-00001008.png").is_file()


def test_the_state_itself_comes_before_the_one_to_resume_from(command, tmp_path):
    main([*command, "--images", "1004"])
    main([*command, "--images", "1008"])
    assert state.load(tmp_path / "new").standing.images == 1008


def test_sigterm_stops_after_the_step_and_saves(command, flat_faces, tmp_path):
    options = arguments().parse_args(command)
    now = first_state(options, train.torch.float32)
    trainer = Trainer(now, flat_faces, settings_of(options), train.torch.device("cpu"))
    training = Training(trainer, options, lambda line: None)
    step = trainer.step

    def step_and_be_stopped():
        os.kill(os.getpid(), signal.SIGTERM)
        return step()

    trainer.step = step_and_be_stopped
    training.run()
    assert state.load(tmp_path / "new").standing.images == 1004


def test_a_training_is_over_after_its_minutes(command, capsys):
    assert main([*command, "--minutes", "0"]) == 0
    assert "at 1000 images" in capsys.readouterr().out


def test_a_training_from_nothing_begins_with_the_asked_resolution(tmp_path):
    options = arguments().parse_args(["--state", str(tmp_path), "--start", "16", "--seed", "4"])
    new = first_state(options, train.torch.float32)
    assert new.generator.resolution == 16
    assert new.standing == state.Standing(seed=4)


@pytest.mark.parametrize(
    "wrong", [["--batch", "6"], ["--rate", "0"], ["--gamma", "-1"], ["--half-life", "0"]]
)
def test_settings_out_of_range_say_what_is_allowed(wrong):
    with pytest.raises(ExplorerError, match="multiple of four"):
        settings_of(arguments().parse_args(wrong))


def test_path_length_regularisation_is_an_option():
    assert settings_of(arguments().parse_args([])).path_length == 0
    assert settings_of(arguments().parse_args(["--path-length", "2"])).path_length == 2


def test_the_command_says_what_is_missing_in_a_sentence(capsys, tmp_path):
    assert main([]) == 1
    assert "needs --data and --state" in capsys.readouterr().err
    assert main(["--data", str(tmp_path / "none.npz"), "--state", str(tmp_path)]) == 1
    assert "There are no faces" in capsys.readouterr().err


def test_the_demo_draws_faces_and_trains_from_nothing(tmp_path, capsys, monkeypatch, open_models):
    monkeypatch.setattr(train, "DEMO_FACES", 4)
    monkeypatch.setattr(train, "DEMO_WORKERS", 1)
    monkeypatch.setattr(train, "DEMO_MINUTES", 0.0)
    monkeypatch.setattr(train, "DEMO_LEAST", 0.0)
    assert main(["--demo", "--state", str(tmp_path / "demo")]) == 0
    assert f"python app.py --checkpoint {tmp_path / 'demo'}" in capsys.readouterr().out
    model = open_models([tmp_path / "demo"]).open(ModelRef())
    assert model.generator.resolution == (16, 16)  # it had no time to grow
    assert list((tmp_path / "demo").glob("grid-*.png"))
