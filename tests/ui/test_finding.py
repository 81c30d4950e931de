"""Directions without labels, and their way into files and back, through the lab."""

import base64

import numpy as np
import pytest
from sklearn.decomposition import PCA

from explorer.directions.direction import Direction, step_of
from explorer.directions.unsupervised import factorised, layers_in, style_weights
from explorer.formats.arrays import read_npy
from explorer.library import LARGEST, from_file, to_file
from explorer.networks import GROUPS
from explorer.recipe import ModelRef
from explorer.ui.wire import from_wire, to_wire
from tests.ui.driving import HOSTILE, cosine, step_on
from tests.ui.test_directions import FOREIGN, ROUND, SMILE, WIDE

OTHER_MODEL = "0123456789abcdef" * 4
SIX = Direction("six", step_of("w", np.ones((6, 6))), layers=(0, 1))


def found_by(lab, kind, **more):
    found = lab.result(kind, **more)
    assert found.keys() == {"directions"}
    return found["directions"]


def sigma_along(spread, wire):
    """The spread of w along a direction, in steps."""
    numbers = step_on(wire).numbers.astype(np.float64)
    return (spread @ numbers / (numbers @ numbers)).std()


@pytest.mark.parametrize("kind, count", [("pca", 3), ("sefa", 3), ("random", 1)])
def test_directions_without_labels_have_steps_of_one_sigma(lab, spread, kind, count):
    found = found_by(lab, kind, count=3, group="all", seed=5)
    assert len(found) == count
    for one in found:
        assert sigma_along(spread, one) == pytest.approx(1, rel=2e-3)
        assert (one["space"], one["shape"], one["boundary"], one["layers"]) == ("w", [6], None, [])
        assert one["origin"]["kind"] == kind
        assert one["key"] == from_wire(one).key


def test_pca_finds_what_scikit_learn_finds(lab, spread):
    truth = PCA(3).fit(spread)
    for one, axis, share in zip(
        found_by(lab, "pca", count=3),
        truth.components_,
        truth.explained_variance_ratio_,
        strict=True,
    ):
        assert abs(cosine(step_on(one).numbers, axis)) > 0.9999
        assert one["origin"]["explained"] == pytest.approx(float(share), rel=1e-4)


@pytest.mark.parametrize("group", GROUPS)
def test_sefa_of_a_style_group_is_for_its_layers(lab, tiny, group):
    layers = layers_in(tiny, group)
    if not layers:
        assert "no layers" in lab.problem("sefa", group=group)
        return
    truth = factorised(style_weights(tiny, layers), 2)
    for one, axis in zip(found_by(lab, "sefa", count=2, group=group), truth.normals, strict=True):
        assert one["layers"] == list(layers)
        assert abs(cosine(step_on(one).numbers, axis)) > 0.9999


def test_a_seed_is_a_random_direction(lab):
    one, same, other = (found_by(lab, "random", seed=seed)[0] for seed in (5, 5, 6))
    assert one == same and one["key"] != other["key"]


@pytest.mark.parametrize("count", [0, 21, None, "3", 2.0])
@pytest.mark.parametrize("kind", ["pca", "sefa"])
def test_a_count_out_of_range_is_a_sentence(lab, kind, count):
    assert lab.problem(kind, count=count) == (
        "count has to be a whole number from 1 to 20. Choose one."
    )


def test_more_directions_than_there_are_is_a_sentence(lab):
    assert lab.problem("pca", count=7).startswith("7 directions cannot be found in 10000 samples")


def test_what_is_orthogonalised_shares_nothing_with_the_others(lab, spread):
    one, *others = (to_wire(Direction(f"d{i}", step_of("w", np.eye(6)[i] + 0.5))) for i in range(3))
    (found,) = found_by(lab, "orthogonalise", direction=one, against=others)
    for other in others:
        assert cosine(step_on(found).numbers, step_on(other).numbers) == pytest.approx(0, abs=2e-3)
    assert cosine(step_on(found).numbers, step_on(one).numbers) > 0.3
    assert sigma_along(spread, found) == pytest.approx(1, rel=2e-3)
    assert (found["name"], found["boundary"]) == ("d0 ⊥", None)
    assert found["origin"] == {"kind": "orthogonalised", "note": "d0 without d1, d2"}


def test_the_longest_name_is_orthogonalised_too(lab):
    long = {**to_wire(SMILE), "name": "x" * 80}
    other = to_wire(Direction("y", step_of("w", np.eye(6)[0])))
    (found,) = found_by(lab, "orthogonalise", direction=long, against=[other])
    assert found["name"] == "x" * 78 + " ⊥"


@pytest.mark.parametrize(
    "direction, against, sentence",
    [
        (SMILE, [], "There are no directions to keep still. Lock some first."),
        (SMILE, [SMILE] * 21, "21 directions are too many to keep still. Unlock some."),
        (SMILE, [SMILE], "Nothing is left of the direction without the others."),
        (SMILE, [ROUND], "A direction in w has no angle to one in z."),
        (FOREIGN, [FOREIGN], "The direction has shape [5], this model's w has 6 numbers."),
        (SMILE, [WIDE], "wide is for other layers than this model's 0 to 5."),
    ],
)
def test_what_cannot_be_orthogonalised_is_a_sentence(lab, direction, against, sentence):
    said = lab.problem(
        "orthogonalise", direction=to_wire(direction), against=[to_wire(one) for one in against]
    )
    assert said.startswith(sentence)


def exported(lab, path, directions, **more):
    """The name of the file that an export gives, written to `path`."""
    found = lab.result("export", directions=[to_wire(one) for one in directions], **more)
    assert found.keys() == {"file", "name"}
    path.write_bytes(base64.b64decode(found["file"], validate=True))
    return found["name"]


def test_a_library_comes_back_as_it_was(fresh_lab, tmp_path):
    mine = [
        Direction("a", SMILE.step, -0.25, (0, 5), {"kind": "labels", "accuracy": 0.9}),
        SIX,
        Direction(HOSTILE, ROUND.step),
    ]
    path = tmp_path / "library"
    assert exported(fresh_lab, path, mine, format="library") == "one-directions.safetensors"
    (reply,) = list(fresh_lab.start(fresh_lab.body("import"), path))  # at once: nothing is drawn
    assert reply["result"] == {"directions": [to_wire(one) for one in mine], "note": ""}


def test_an_exported_library_names_its_model(lab, models, tmp_path):
    exported(lab, tmp_path / "library", [SMILE])
    found = from_file((tmp_path / "library").read_bytes())
    assert found.model == models.open(ModelRef(name="one")).ref.hash


def test_forty_directions_go_through_one_export(lab, tmp_path):
    many = [
        Direction(f"d{i}", step_of("w", np.random.default_rng(i).normal(size=6))) for i in range(40)
    ]
    exported(lab, tmp_path / "library", many)
    assert len(from_file((tmp_path / "library").read_bytes()).directions) == 40


def test_a_boundary_comes_back_with_a_step_of_one_sigma(lab, tmp_path, spread):
    for one, name in ((SMILE, "smile_w.npy"), (ROUND, "round.npy")):
        path = tmp_path / "upload.bin"
        assert exported(lab, path, [one, FOREIGN], format="npy") == name
        assert read_npy(path.read_bytes()).shape == (1, one.step.numbers.shape[0])
        (again,) = lab.result("import", path, name=name)["directions"]
        assert (again["space"], again["name"]) == (one.step.space, name[:-4])
        assert cosine(step_on(again).numbers, one.step.numbers) > 0.99999
        if one.step.space == "w":
            assert sigma_along(spread, again) == pytest.approx(1, rel=2e-3)
        else:
            assert np.linalg.norm(step_on(again).numbers) == pytest.approx(1, rel=2e-3)


def test_components_of_ganspace_come_with_their_spread(lab, tmp_path):
    path = tmp_path / "dump.npz"
    np.savez(path, lat_comp=np.eye(6)[:2, None], lat_stdev=np.array([2.0, 0.5]))
    first, second = lab.result("import", path, name="faces.npz")["directions"]
    assert np.allclose(step_on(first).numbers, [2, 0, 0, 0, 0, 0])
    assert np.allclose(step_on(second).numbers, [0, 0.5, 0, 0, 0, 0])


def test_a_library_of_another_model_says_that_it_may_mean_nothing(lab, tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(to_file([SMILE], OTHER_MODEL))
    found = lab.result("import", path)
    assert found["directions"][0]["key"] == SMILE.key
    assert found["note"] == (
        "They were made for another model of these sizes: they may mean nothing here."
    )


@pytest.mark.parametrize(
    "data, sentence",
    [
        (
            to_file([SMILE, FOREIGN]),
            "mine.bin: its directions have 5 numbers, this model's w has 6",
        ),
        (to_file([WIDE]), "wide is for other layers than this model's 0 to 5. Use it with the"),
        (to_file([Direction("x", SMILE.step, layers=(17,))]), "x is for other layers than this"),
        (b"", "mine.bin: this is no file of directions. Choose a library (.safetensors)"),
        (b"\x89PNG\r\n\x1a\n" * 9, "mine.bin: this is no file of directions"),
        (b"PK\x03\x04", "mine.bin: "),
        (b"\x93NUMPY\x01", "mine.bin: "),
        (b"\0" * (LARGEST + 9), "mine.bin: this is no file of directions"),
        (to_file([SMILE])[:-1], "mine.bin: "),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[:30],
)
def test_a_file_that_cannot_be_imported_is_a_sentence_at_once(fresh_lab, tmp_path, data, sentence):
    path = tmp_path / "mine.bin"
    path.write_bytes(data)
    (reply,) = list(fresh_lab.start(fresh_lab.body("import"), path))
    assert reply["problem"].startswith(sentence)


def test_a_pickle_in_an_array_is_not_read(lab, tmp_path):
    path = tmp_path / "boundary.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "holds objects (a pickle), which are not read" in lab.problem("import", path)


def test_a_hostile_file_name_is_just_text(lab, tmp_path):
    path = tmp_path / "upload.npy"
    np.save(path, np.ones((1, 8), np.float32))
    (found,) = lab.result("import", path, name=f"{HOSTILE}.npy")["directions"]
    assert found["name"] == HOSTILE
    assert lab.problem("import", tmp_path / "upload.npy", name="x_w.npy").startswith("x_w.npy: its")


def test_no_file_and_no_directions_are_sentences(lab):
    assert lab.problem("import").startswith("No file arrived.")
    for wrong in (None, [], {}, "x"):
        assert lab.problem("export", directions=wrong).startswith("There is nothing to export.")
    assert lab.problem("export", directions=[to_wire(SMILE)] * 201).startswith(
        "There are 201 directions, a library holds 200."
    )
    assert "no direction" in lab.problem("export", directions=[7])
    assert "step of its own in every layer" in lab.problem(
        "export", directions=[to_wire(SIX)], format="npy"
    )
