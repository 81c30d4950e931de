"""`python -m explorer ppl`, run whole on a tiny model, also by several processes."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from onnx import helper

from explorer.cli import main
from explorer.formats import save
from explorer.metrics.path_length import path_length
from explorer.sampling import Sampler
from explorer.smoothness import Walk, lengths
from tests import processes
from tests.networks.builders import tiny_generator
from tests.onnx_networks import small

POOLED = [helper.make_node("GlobalAveragePool", ["image"], ["features"])]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    save(tiny_generator(), folder / "tiny.safetensors")
    (folder / "f.onnx").write_bytes(small.model(POOLED, ["features"]))
    return folder


def words(place, *more):
    return [
        *("ppl", "--model", str(place / "tiny.safetensors"), "--distance", str(place / "f.onnx")),
        *("--samples", "40", *map(str, more)),
    ]


def found(capsys):
    return json.loads(capsys.readouterr().out)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def together(count, asked, place):
    """What `count` processes print that find the environment that torchrun makes."""
    shared = {"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count), "OMP_NUM_THREADS": "1"}
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "HOME": str(place)}
    shared["TORCHELASTIC_RUN_ID"] = "test"
    with ThreadPoolExecutor(count) as pool:
        runs = [
            pool.submit(
                *(processes.run, "explorer.cli:main", *asked),
                env=shared | {"RANK": str(rank)},
                cwd=place,
            )
            for rank in range(count)
        ]
        first, *others = [run.result() for run in runs]
    assert first.returncode == 0, first.stderr
    assert all(other.returncode == 0 and not other.stdout for other in others)
    return json.loads(first.stdout)


def mean_colour(images):
    return images.mean((2, 3)).numpy()


def test_the_lengths_are_those_of_the_paths(place, capsys):
    assert main(words(place, "--json", "--ends", "end", "--seed", 3)) == 0
    shown = found(capsys)
    assert (shown["model"], shown["ends"], shown["epsilon"]) == ("tiny", "end", 1e-4)
    assert shown["distance"] == "squared difference of the features of f.onnx"
    assert (shown["samples"], shown["seed"]) == (40, 3)
    for space in ("z", "w"):
        walk = Walk(Sampler(tiny_generator()), mean_colour, space, "end")
        expected = path_length(lengths(walk, range(3, 43)), 3)
        assert shown["spaces"][space]["mean"] == pytest.approx(expected.mean, rel=0.02)
        assert shown["spaces"][space]["low"] == pytest.approx(expected.low, rel=0.05)
    assert "LPIPS only if" in shown["notes"][0]


def test_people_get_the_distance_the_intervals_and_the_caveat(place, capsys):
    assert main(words(place, "--space", "w")) == 0
    shown = capsys.readouterr().out
    assert "squared difference of the features of f.onnx" in shown
    assert "in W  " in shown and "in Z" not in shown and " to " in shown
    assert "40, full, epsilon 0.0001" in shown and "LPIPS only if" in shown


def test_any_number_of_processes_finds_the_same_and_an_old_state_is_used(place, tmp_path, capsys):
    main(words(place, "--json"))
    alone = found(capsys)
    state = tmp_path / "state"
    assert together(2, words(place, "--json", "--state", state), place) == alone
    shard = tmp_path / "state" / "shard-000000.npy"
    np.save(shard, np.full((40, 2), 7, np.float32))
    assert main(words(place, "--json", "--state", tmp_path / "state")) == 0
    assert found(capsys)["spaces"]["z"] == {"mean": 7, "low": 7, "high": 7}
    assert main(words(place, "--state", tmp_path / "state", "--space", "w")) == 2
    assert "space both, not w" in capsys.readouterr().err
    assert main(words(place, "--state", tmp_path / "state", "--epsilon", "0.01")) == 2
    assert "epsilon 0.0001, not 0.01" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--samples", "1"], "1 samples from seed 0 cannot be drawn"),
        (["--seed", "2147483648"], "seed 2147483648 cannot be drawn"),
        (["--epsilon", "0"], "A step of 0.0 is too small or too large"),
        (["--epsilon", "nan"], "A step of nan is too small or too large"),
        (["--class", "1"], "This model has no classes"),
        (["--distance", "none.onnx"], "No such file"),
        (["--model", "nobody"], "'nobody' is not here"),
    ],
)
def test_mistakes_are_one_sentence(place, capsys, more, said):
    assert main(words(place, *more)) == 2
    shown = capsys.readouterr().err
    assert said in shown and shown.count("\n") == 1


def test_a_network_without_features_is_one_sentence(place, tmp_path, capsys):
    node = helper.make_node("GlobalAveragePool", ["image"], ["something"])
    (tmp_path / "s.onnx").write_bytes(small.model([node], ["something"]))
    assert main(words(place, "--distance", tmp_path / "s.onnx")) == 2
    assert "s.onnx has no output `features`" in capsys.readouterr().err
