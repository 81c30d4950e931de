"""`python -m explorer dataset`, run whole, killed, gone on with, and by several processes."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer import images
from explorer.cli import main
from explorer.datasets import seen, sigmas_of
from explorer.directions.direction import Direction, step_of
from explorer.errors import ExplorerError
from explorer.formats import content_hash, load, save
from explorer.keepsakes import keepsake
from explorer.library import from_file, to_file
from explorer.model import read_bounded
from explorer.onnx_networks import open_network
from explorer.paint import paint
from explorer.recipe import parse
from explorer.scene import Scene
from tests.commands.test_evaluate import CLASSES
from tests.networks.builders import tiny_generator
from tests.onnx_networks import small

ROOT = Path(__file__).parents[2]
AVATARS = ROOT / "checkpoints" / "avatars"
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
SHOWN = ["one", "two", "three"]


def directions():
    random = np.random.default_rng(0)
    return [
        Direction(name, step_of("w", random.normal(size=6), 0.3), boundary)
        for name, boundary in zip(SHOWN, (0.1, None, -0.2), strict=True)
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the folder of a model in it, and an embedding."""
    folder = tmp_path_factory.mktemp("place")
    model = folder / "tiny"
    model.mkdir()
    save(tiny_generator(), model / "model.safetensors")
    (model / "config.json").write_text("{}")
    (model / "directions.safetensors").write_bytes(to_file(directions()))
    network = small.classifier([[1, 0, 0], [0, 1, -1]], [0, 0.5])
    (model / "attributes.onnx").write_bytes(network)
    (folder / "e.onnx").write_bytes(small.model(CLASSES, ["features", "probabilities"]))
    return folder


def words(place, out, *more, identities=6, shown=SHOWN):
    return [
        *("dataset", "--model", str(place / "tiny"), "--out", str(out)),
        *("--identities", str(identities), "--directions", *shown, *map(str, more)),
    ]


def made(capsys, *command):
    """What a run says of itself, as JSON."""
    assert main([*command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def manifest(out):
    return json.loads((out / "manifest.json").read_text())


def pictures(out):
    return [one for identity in manifest(out)["identities"] for one in identity["pictures"]]


def contents(out):
    """The files of a data set, but what only goes on with it."""
    return {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
    }


def killed(out, command, at_least):
    """Start the command in a process of its own, kill it amid its work; the pictures it left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "explorer", *command],
        env=ENVIRONMENT,
        cwd=out.parent,
        stderr=subprocess.PIPE,
    )
    while len(list(out.glob("identity-*/*.png"))) < at_least and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    return {path: path.stat().st_mtime_ns for path in out.glob("identity-*/*.png")}


def test_20_identities_in_7_variations_survive_a_kill_and_their_recipes_redraw_them(
    tmp_path, capsys
):
    """With the shipped model, as a person would."""
    out = tmp_path / "faces"
    chosen = ["glasses", "smile", "long_hair"]
    command = ["dataset", "--identities", "20", "--directions", *chosen, "--sigmas=-2,0,2"]
    command += ["--trunc", "0.7", "--out", str(out)]
    left = killed(out, command, 20)
    assert 20 <= len(left) < 140
    assert not (out / "manifest.json").exists()
    said = made(capsys, *command)
    assert (said["identities"], said["pictures"]) == (20, 140)
    assert said["drawn"] == 140 - len(left)
    assert {path: path.stat().st_mtime_ns for path in left} == left
    assert said["achieved_distance"] >= said["least_distance"] > 0
    assert made(capsys, *command)["drawn"] == 0
    generator = load(AVATARS)
    shipped = from_file(read_bounded(AVATARS / "directions.safetensors")).directions
    steps = {one.key: one.step for one in shipped}
    found = pictures(out)
    assert len(found) == 140 and len(list(out.glob("*/*.png"))) == 140
    for one in found:
        recipe = parse(one["recipe"])
        data = (out / one["file"]).read_bytes()
        assert keepsake(paint(generator, recipe, steps), recipe, shipped) == data
        assert sha256(data).hexdigest() == one["sha256"]
    (tmp_path / "r.json").write_text(json.dumps(found[-1]["recipe"]))
    again = ["--recipe", str(tmp_path / "r.json"), "--out", str(tmp_path / "again.png")]
    assert main(["render", *again]) == 0
    assert (tmp_path / "again.png").read_bytes() == (out / found[-1]["file"]).read_bytes()


def test_the_manifest_says_what_was_asked_and_what_each_picture_is(place, tmp_path, capsys):
    out = tmp_path / "faces"
    made(capsys, *words(place, out, "--trunc", 0.8, "--seed", 40))
    found = manifest(out)
    assert (found["model"], found["psi"], found["seed"]) == ("tiny", 0.8, 40)
    assert found["model_hash"] == content_hash(tiny_generator())
    assert (found["distance_in"], found["least_distance_is"]) == ("W", "1 % of random pairs")
    assert [one["name"] for one in found["directions"]] == SHOWN
    assert found["attributes"] == ["a0", "a1"]
    classifier = open_network(place / "tiny" / "attributes.onnx")
    steps = {one.key: one.step for one in directions()}
    for one in pictures(out):
        recipe = parse(one["recipe"])
        assert recipe == images.recipe_of((out / one["file"]).read_bytes())
        assert one["shifts"] == [edit.shift for edit in recipe.edits]
        logits = classifier.logits(seen((out / one["file"]).read_bytes()))[0]
        assert one["scores"] == pytest.approx(logits, abs=1e-4)
        w = Scene(tiny_generator(), recipe, steps).w()[0]
        first = directions()[0]
        stands = first.step.place(w) - first.boundary
        assert one["strengths"][0] == pytest.approx(stands, abs=1e-3)
        if one["direction"] is None:
            neutral = one
            assert one["sigma"] == 0
            assert one["is_clipped"] or one["strengths"] == pytest.approx([0, 0, 0], abs=1e-2)
        else:
            at = SHOWN.index(one["direction"])
            moved = one["shifts"][at] - neutral["shifts"][at]
            assert one["is_clipped"] or moved == pytest.approx(one["sigma"])
            stood = one["strengths"][at] - neutral["strengths"][at]
            assert stood == pytest.approx(moved, abs=2e-2)
    assert not all(one["is_clipped"] for one in pictures(out))
    rows = list(csv.DictReader((out / "manifest.csv").open(newline="")))
    assert [row["file"] for row in rows] == [one["file"] for one in pictures(out)]


def test_identities_are_as_far_apart_in_w_as_is_said(place, tmp_path, capsys):
    said = made(capsys, *words(place, tmp_path / "a", identities=12))
    steps = {one.key: one.step for one in directions()}
    neutral = [one for one in pictures(tmp_path / "a") if one["direction"] is None]
    scenes = [Scene(tiny_generator(), parse(one["recipe"]), steps) for one in neutral]
    w = torch.stack([scene.w()[0, 0] for scene in scenes])
    assert float(torch.pdist(w).min()) == pytest.approx(said["achieved_distance"], rel=1e-3)
    wider = 1.5 * said["achieved_distance"]
    said = made(capsys, *words(place, tmp_path / "b", "--distance", wider, identities=4))
    assert (said["least_distance"], said["least_distance_is"]) == (wider, "given")
    assert said["achieved_distance"] >= wider


def test_an_embedding_tells_identities_apart(place, tmp_path, capsys):
    out, path = tmp_path / "faces", place / "e.onnx"
    said = made(capsys, *words(place, out, "--embedding", path))
    assert manifest(out)["distance_in"] == "e.onnx"
    network = open_network(path)
    rows = [
        network(seen((out / one["file"]).read_bytes()))["features"].reshape(-1)
        for one in pictures(out)
        if one["direction"] is None
    ]
    units = np.array([row / np.linalg.norm(row) for row in rows])
    apart = (1 - units @ units.T)[~np.eye(len(units), dtype=bool)]
    assert apart.min() == pytest.approx(said["achieved_distance"], abs=1e-6)
    assert apart.min() >= said["least_distance"]


def test_any_number_of_processes_writes_the_same_files(place, tmp_path, capsys):
    more = ("--embedding", place / "e.onnx")
    alone = made(capsys, *words(place, tmp_path / "1", *more))
    launch = ["--standalone", "--nproc-per-node", "2", "-m", "explorer"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", *launch),
            *words(place, tmp_path / "2", *more, "--json"),
        ],
        env=ENVIRONMENT,
        cwd=place,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {**alone, "out": str(tmp_path / "2")}
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert alone["drawn"] == 42


def test_more_identities_go_on_from_fewer_and_fewer_are_refused(place, tmp_path, capsys):
    out = tmp_path / "faces"
    made(capsys, *words(place, out, identities=3))
    before = contents(out)
    assert made(capsys, *words(place, out, identities=5))["drawn"] == 14
    after = contents(out)
    assert all(after[name] == data for name, data in before.items() if name[0] == "i")
    assert main(words(place, out, identities=4)) == 2
    assert "holds more than 4 identities" in capsys.readouterr().err


def test_what_is_damaged_or_missing_is_drawn_again_and_nothing_else(place, tmp_path, capsys):
    out = tmp_path / "faces"
    made(capsys, *words(place, out))
    before = contents(out)
    folder = out / "identity-0002"
    (folder / "one+2.0.png").unlink()
    cut = (folder / "neutral.png").read_bytes()[:-40]
    (folder / "neutral.png").write_bytes(cut)
    other = (out / "identity-0003" / "two-2.0.png").read_bytes()
    (folder / "two-2.0.png").write_bytes(other)
    (folder / f".three+2.0.png.{'0' * 32}").write_bytes(b"half")  # as a kill leaves it
    assert made(capsys, *words(place, out))["drawn"] == 3
    assert contents(out) == before


def test_another_request_into_the_same_folder_is_refused(place, tmp_path, capsys):
    out = tmp_path / "faces"
    made(capsys, *words(place, out))
    before = contents(out)
    for more, said in (
        (["--seed", "1"], "seed 0, not 1"),
        (["--trunc", "0.5"], "psi 1.0, not 0.5"),
        (["--sigmas=-1,1"], "sigmas"),
        (["--distance", "0.5"], "minimum None, not 0.5"),
        (["--embedding", place / "e.onnx"], "distance_in W, not e.onnx"),
    ):
        assert main(words(place, out, *more)) == 2
        shown = capsys.readouterr().err
        assert said in shown and "--out" in shown and shown.count("\n") == 1
    assert main(words(place, out, shown=["one", "two"])) == 2
    assert "holds work with directions" in capsys.readouterr().err
    assert contents(out) == before


def test_a_folder_of_something_else_is_left_alone(place, tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("mine")
    assert main(words(place, tmp_path)) == 2
    assert "is not empty, and holds no data set" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_stop_by_ctrl_c_leaves_what_can_be_gone_on_with(place, tmp_path, capsys):
    out = tmp_path / "faces"
    process = subprocess.Popen(
        [sys.executable, "-m", "explorer", *words(place, out, identities=40)],
        env=ENVIRONMENT,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(out.glob("identity-*/*.png")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1].splitlines()[-1] == "Stopped."
    assert process.returncode == 130
    left = len(list(out.glob("identity-*/*.png")))
    assert made(capsys, *words(place, out, identities=40))["drawn"] == 40 * 7 - left


def test_directions_out_of_a_file_lie_beside_the_pictures(place, tmp_path, capsys):
    own = tmp_path / "own.safetensors"
    own.write_bytes(to_file([Direction("nose", step_of("z", np.ones(8)))]))
    out = tmp_path / "faces"
    made(capsys, *words(place, out, "--library", own, shown=["nose"], identities=2))
    library = from_file((out / "directions.safetensors").read_bytes())
    assert library.model == content_hash(tiny_generator())
    steps = {one.key: one.step for one in library.directions}
    for one in pictures(out):
        recipe = parse(one["recipe"])
        drawn = keepsake(paint(tiny_generator(), recipe, steps), recipe, (), library.directions)
        assert drawn == (out / one["file"]).read_bytes()


def test_people_are_told_what_there_is(place, tmp_path, capsys):
    assert main(words(place, tmp_path / "a", "--sigmas=2", identities=1)) == 0
    said = capsys.readouterr().out
    assert said == f"{tmp_path / 'a'}: 4 pictures of 1 identities; 4 drawn now.\n"
    assert main(words(place, tmp_path / "b", identities=2)) == 0
    assert "14 pictures of 2 identities, at least " in capsys.readouterr().out
    assert manifest(tmp_path / "a")["achieved_distance"] is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--identities", "0"], "0 identities are 0 pictures"),
        (["--identities", "20000"], "at most 100,000 pictures"),
        (["--sigmas=a"], "'a' are no sigmas"),
        (["--sigmas=2,2"], "are no sigmas"),
        (["--sigmas=99"], "are no sigmas"),
        (["--sigmas=nan"], "are no sigmas"),
        (["--seed", "-1"], "Seed -1 is no first seed"),
        (["--seed", "4294967295"], "is no first seed"),
        (["--trunc", "nan"], "psi"),
        (["--class", "1"], "This model has no classes"),
        (["--class=-1"], "label is -1: it must be greater than or equal to 0"),
        (["--distance", "nan"], "nan is no distance"),
        (["--distance", "1e6"], "Only 1 of 6 identities are 1e+06 apart among 600 candidates"),
        (["--directions", "frown"], "There is no direction 'frown'"),
        (["--directions", "one", "one"], "2 directions are named, 1 of them different"),
        (["--embedding", "none.onnx"], "No such file"),
        (["--attributes", "none.onnx"], "No such file"),
        (["--library", "none.npy"], "none.npy cannot be read"),
        (["--out", "/dev/null/faces"], "cannot be used"),
        (["--device", "quantum"], "no quantum device"),
        (["--model", "nobody"], "'nobody' is not here"),
    ],
)
def test_mistakes_are_one_sentence(place, tmp_path, capsys, more, said):
    assert main(words(place, tmp_path / "faces", *more)) == 2
    shown = capsys.readouterr().err
    assert said in shown and shown.count("\n") == 1


def test_the_neutral_face_needs_no_sigma():
    assert sigmas_of("0") == () and sigmas_of("0, 1.5,-2") == (1.5, -2.0)
    with pytest.raises(ExplorerError, match="up to 20"):
        sigmas_of(",".join(map(str, range(21))))
