"""`python -m explorer separability`, run whole on a tiny model, also by several processes."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from explorer.cli import main
from explorer.commands.separability import by_the_paper, label
from explorer.commands.spread import SHARD, Share
from explorer.commands.state import State
from explorer.formats import content_hash, save
from explorer.labelling import Classifier, gather
from explorer.sampling import Sampler
from tests.commands.test_evaluate import CLASSES
from tests.networks.builders import tiny_generator
from tests.onnx_networks import small

ROOT = Path(__file__).parents[2]
COUNT = 300
NAMES = [
    {"name": "red"},
    {"name": "one, two"},
    {"name": "never"},
    {"name": "a", "kind": "continuous"},
]
WEIGHT = [[1, 0, 0], [0, 1, -1], [0, 0, 0], [0, 0, 1]]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a model and, beside it in a model folder too, a classifier of colours."""
    folder = tmp_path_factory.mktemp("place")
    save(tiny_generator(), folder / "tiny.safetensors")
    network = small.classifier(WEIGHT, [0, 0, -1, 0], attributes=NAMES)
    (folder / "a.onnx").write_bytes(network)
    return folder


def words(place, *more, samples=COUNT, attributes="a.onnx"):
    return [
        *("separability", "--model", str(place / "tiny.safetensors")),
        *("--attributes", str(place / attributes), "--samples", str(samples), *map(str, more)),
    ]


def run(place, *more, **options):
    return main(words(place, *more, **options))


def found(capsys):
    return json.loads(capsys.readouterr().out)


def spread(place, processes, *more):
    """What torchrun does, on one port after the other."""
    launch = ["--standalone", "--nproc-per-node", str(processes), "-m", "explorer"]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *launch, *words(place, *more)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        cwd=place,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_json_says_what_was_measured_and_how_well(place, capsys):
    assert run(place, "--json", "--seed", 5, "--trunc", 0.8) == 0
    shown = found(capsys)
    assert (shown["model"], shown["samples"], shown["seed"]) == ("tiny", COUNT, 5)
    assert shown["model_hash"] == content_hash(tiny_generator())
    assert (shown["classifier"], shown["psi"]) == ("a.onnx", 0.8)
    for space in ("z", "w"):
        score = shown["spaces"][space]
        assert 1 <= score["low"] <= score["score"] <= score["high"]
        red = score["attributes"]["red"]
        assert 0 <= red["low"] <= red["entropy"] <= red["high"]
        assert 0 < red["base_rate"] < 1 and 0 < red["accuracy"] <= 1
        assert score["attributes"]["never"] is None and score["attributes"]["a"] is None
    assert shown["reasons"]["never"] == "all 300 samples are labelled no"
    assert "continuous" in shown["reasons"]["a"]
    assert any("Held out" in note for note in shown["notes"])


def test_people_get_a_table_with_intervals_and_the_caveat(place, capsys):
    assert run(place) == 0
    shown = capsys.readouterr().out
    assert "separability score in Z: " in shown and "separability score in W: " in shown
    assert "n/a: all 300 samples are labelled no" in shown
    assert "one, two" in shown and "base rate" in shown
    assert "Held out" in shown and "published separability scores" in shown


def test_the_command_labels_the_same_samples_as_the_page():
    sampler = Sampler(tiny_generator(), 0.7)
    classifier = Classifier(lambda images: images.mean((2, 3)).numpy(), ("r", "g", "b"))
    *_, page = gather(sampler, classifier, range(3, 60))
    command = label(sampler, classifier, range(3, 60), Share(), State(), lambda *step: None)
    for name in ("z", "w", "logits"):
        assert np.array_equal(getattr(page, name), getattr(command, name))
    assert (page.seeds, page.names) == (command.seeds, command.names)


def test_the_labels_are_written_by_seed(place, tmp_path, capsys):
    out = tmp_path / "labels.csv"
    assert run(place, "--seed", 7, "--labels", out) == 0
    head, *rows = csv.reader(out.read_text().splitlines())
    assert head == ["seed", "red", "one, two", "never"]
    assert [row[0] for row in rows] == [str(seed) for seed in range(7, 7 + COUNT)]
    (picture,) = Sampler(tiny_generator()).pictures([7])
    red, green, blue = picture.mean((2, 3))[0].tolist()
    assert rows[0][1:] == [str(int(red > 0)), str(int(green > blue)), "0"]


def test_any_number_of_processes_finds_the_same(place, tmp_path, capsys):
    run(place, "--json", "--labels", tmp_path / "0.csv")
    alone = found(capsys)
    for count in (1, 2):
        out = tmp_path / f"{count}.csv"
        assert (
            spread(place, count, "--json", "--labels", out, "--state", tmp_path / str(count))
            == alone
        )
        assert out.read_bytes() == (tmp_path / "0.csv").read_bytes()
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / count).iterdir()} for count in "12"
    )
    assert one == two
    assert len(one) == 1 + -(-COUNT // SHARD)


def test_a_run_that_was_stopped_goes_on_and_redoes_nothing(place, tmp_path, capsys):
    """Stopped as by Ctrl-C, in a process of its own, once some shards are there."""
    state, many = tmp_path / "state", 200 * SHARD
    process = subprocess.Popen(
        [sys.executable, "-m", "explorer", *words(place, "--state", state, samples=many)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        cwd=place,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(list(state.glob("shard-*.npy"))) < 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1].splitlines()[-1] == "Stopped."
    assert process.returncode == 130
    kept = {path: path.stat().st_mtime_ns for path in state.glob("shard-*.npy")}
    assert 2 <= len(kept) < 200
    samples = len(kept) * SHARD + 3
    run(place, "--json", samples=samples)
    fresh = found(capsys)
    assert run(place, "--json", "--state", state, samples=samples) == 0
    assert found(capsys) == fresh
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len(list(state.glob("shard-*.npy"))) == len(kept) + 1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_paper_protocol_is_said_to_be_in_sample_and_meaningless_when_it_is(place, capsys):
    assert run(place, "--paper", "--json") == 0
    shown = found(capsys)
    assert (shown["protocol"], shown["kept"], shown["meaningless"]) == ("in-sample", 150, False)
    entropies = shown["spaces"]["w"]["attributes"]
    assert entropies["never"] is None and entropies["a"] is None
    total = sum(one["entropy"] for one in entropies.values() if one)
    assert entropies["red"]["entropy"] >= 0
    assert shown["spaces"]["w"]["score"] == pytest.approx(2**total)
    assert run(place, "--paper", samples=24) == 0
    shown = capsys.readouterr().out
    assert "in-sample score in Z: " in shown and "n/a" in shown
    assert "MEANINGLESS: 12 pictures are kept" in shown and "-0.0" not in shown


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_of_the_paper_is_kept(tmp_path):
    sampler = Sampler(tiny_generator())
    classifier = Classifier(lambda images: images.mean((2, 3)).numpy(), ("r", "g", "b"))
    *_, samples = gather(sampler, classifier, range(60))
    quiet, state = (lambda *step: None), State(tmp_path)
    first = by_the_paper(samples, 0, state, quiet)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(kept) == 6
    assert by_the_paper(samples, 0, state, quiet) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == kept


def test_the_classifier_in_the_folder_of_the_model_is_used_unless_another_is_named(
    tmp_path, capsys
):
    folder = tmp_path / "model"
    folder.mkdir()
    save(tiny_generator(), folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    asked = ["separability", "--model", str(folder), "--samples", "40", "--json"]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert said == (
        "model has no attributes.onnx in its folder. Name a classifier with --attributes.\n"
    )
    network = small.classifier(WEIGHT, [0, 0, -1, 0], attributes=NAMES)
    (folder / "attributes.onnx").write_bytes(network)
    assert main(asked) == 0
    assert found(capsys)["classifier"] == "attributes.onnx"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--samples", "1"], "1 samples from seed 0 cannot be drawn"),
        (["--samples", "0"], "0 samples from seed 0 cannot be drawn"),
        (["--seed", "-1"], "seed -1 cannot be drawn"),
        (["--trunc", "nan"], "psi"),
        (["--class", "1"], "This model has no classes"),
        (["--attributes", "none.onnx"], "No such file"),
        (["--labels", "gone/labels.csv"], "gone/labels.csv cannot be written"),
        (["--state", "/dev/null/state"], "cannot be used"),
        (["--device", "quantum"], "no quantum device"),
    ],
)
def test_mistakes_are_one_sentence(place, capsys, more, said):
    assert run(place, *more) == 2
    shown = capsys.readouterr().err
    assert said in shown and shown.count("\n") == 1


def test_a_state_of_other_work_is_refused(place, tmp_path, capsys):
    state = tmp_path / "state"
    assert run(place, "--state", state, samples=20) == 0
    capsys.readouterr()
    for more, said in ((["--seed", 1], "seed 0, not 1"), (["--trunc", 0.5], "psi 1.0, not 0.5")):
        assert run(place, "--state", state, *more, samples=20) == 2
        assert f"state holds work with {said}" in capsys.readouterr().err
    (place / "b.onnx").write_bytes(small.classifier(WEIGHT, [0, 0, 1, 0], attributes=NAMES))
    assert run(place, "--state", state, samples=20, attributes="b.onnx") == 2
    assert "state holds work with classifier_sha256" in capsys.readouterr().err


def test_a_network_that_is_no_classifier_and_a_grey_model_are_one_sentence(place, tmp_path, capsys):
    (tmp_path / "f.onnx").write_bytes(small.model(CLASSES, ["features", "probabilities"]))
    assert run(place, "--attributes", tmp_path / "f.onnx") == 2
    assert "f.onnx is no classifier" in capsys.readouterr().err
    save(tiny_generator(image_channels=1), tmp_path / "tiny.safetensors")
    assert run(place, "--model", tmp_path / "tiny.safetensors") == 2
    assert "tiny draws 1 channels" in capsys.readouterr().err
