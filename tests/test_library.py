"""Files of directions: what is saved comes back, what others save is read, the rest refused."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from explorer.directions.direction import Direction, Step, step_of
from explorer.directions.foreign import npy_name
from explorer.errors import DirectionError, ExplorerError
from explorer.formats.encoding import decode, encode
from explorer.library import FORMAT, LARGEST, MOST, Library, from_file, imported, to_file, to_npy
from tests.fuzz import mutations

PUBLISHED = Path(__file__).parent / "data" / "interfacegan"
MODEL = "0123456789abcdef" * 4
FUZZED = 400  # mutations of each kind of file


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def sigma_of(space, direction):
    """As if z were standard normal, and w twice as wide."""
    assert np.linalg.norm(direction) == pytest.approx(1)
    return 1.0 if space == "z" else 2.0


SMILE = Direction(
    "smile, élan 😀",
    step_of("w", normal(8), 1.3),
    boundary=-0.25,
    layers=(0, 1, 5),
    origin={"kind": "svm", "accuracy": 0.91, "labels": {"yes": 20, "no": [1, None, True]}},
)
DIRECTIONS = (
    SMILE,
    Direction("wide", step_of("w", normal(4, 8, seed=1))),
    Direction("signs", Step("z", np.array([-0.0, 1, 0, 0, 0, 0, 0, 6e-8], np.float16))),
    Direction("smile again", SMILE.step),
)


def known(direction):
    return (
        direction.name,
        direction.key,
        direction.step.space,
        direction.boundary,
        direction.layers,
        dict(direction.origin),
    )


def remade(direction):
    """The same direction, what is known of it in another order."""
    return Direction(
        direction.name,
        Step(direction.step.space, direction.step.numbers.copy()),
        direction.boundary,
        direction.layers,
        dict(reversed(direction.origin.items())),
    )


def test_a_library_survives_its_file():
    found = from_file(to_file(DIRECTIONS, MODEL))
    assert found.model == MODEL
    assert [known(one) for one in found.directions] == [known(one) for one in DIRECTIONS]
    for one, saved in zip(found.directions, DIRECTIONS, strict=True):
        assert np.array_equal(one.step.numbers, saved.step.numbers)
    assert from_file(to_file([])) == Library((), "")


def test_equal_directions_make_equal_bytes():
    again = [remade(one) for one in DIRECTIONS]
    assert to_file(again, MODEL) == to_file(DIRECTIONS, MODEL)
    assert to_file(from_file(to_file(DIRECTIONS, MODEL)).directions, MODEL) == to_file(
        DIRECTIONS, MODEL
    )
    assert to_file(DIRECTIONS[::-1], MODEL) != to_file(DIRECTIONS, MODEL)
    assert to_file(DIRECTIONS, "") != to_file(DIRECTIONS, MODEL)


def test_a_library_is_a_safetensors_file_of_half_precision():
    tensors = load(to_file(DIRECTIONS))
    assert tensors.keys() == {one.key for one in DIRECTIONS}
    assert {str(tensor.dtype) for tensor in tensors.values()} == {"torch.float16"}
    assert np.array_equal(tensors[SMILE.key].numpy(), SMILE.step.numbers)


def rewritten(change=None, vectors=None, **texts):
    """The file of DIRECTIONS with its list or its vectors changed."""
    found = decode(to_file(DIRECTIONS, MODEL))
    index = json.loads(found.texts["directions"])
    if change:
        change(index)
    tensors = {name: torch.from_numpy(array) for name, array in found.arrays.items()}
    if vectors:
        vectors(tensors)
    return encode(
        tensors, {"format": FORMAT, "directions": json.dumps(index), **texts}, torch.float16
    )


def test_a_vector_that_is_not_the_one_its_key_says_is_refused():
    def damage(tensors):
        tensors[SMILE.key][3] += 0.01

    with pytest.raises(DirectionError, match="smile, élan 😀 is not the one that was saved"):
        from_file(rewritten(vectors=damage))
    data = bytearray(to_file(DIRECTIONS))
    data[-1] ^= 1
    with pytest.raises(DirectionError, match="is not the one that was saved"):
        from_file(bytes(data))

    def swap(index):
        index["directions"][0]["space"] = "z"

    with pytest.raises(DirectionError, match="is not the one that was saved"):
        from_file(rewritten(swap))


def test_a_newer_version_says_so_whatever_it_holds():
    def renew(index):
        index.clear()
        index.update(version=2, news=[])

    with pytest.raises(DirectionError, match="has version 2, this explorer reads up to 1"):
        from_file(rewritten(renew))


def put(*path, value):
    def change(index):
        for step in path[:-1]:
            index = index[step]
        index[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("version", value="1"), "list of directions is wrong: version"),
        (put("model", value="x"), "list of directions is wrong: model"),
        (put("more", value=1), "list of directions is wrong: more"),
        (put("directions", value=None), "list of directions is wrong: directions"),
        (put("directions", 0, "key", value="ff"), r"wrong: directions\.0\.key"),
        (put("directions", 0, "key", value="f" * 64), "vectors are not those that it lists"),
        (put("directions", 0, "gauge", value=True), "vectors are not those that it lists"),
        (put("directions", 0, "space", value="s"), r"wrong: directions\.0\.space"),
        (put("directions", 0, "boundary", value=float("nan")), r"wrong: directions\.0\.boundary"),
        (put("directions", 0, "boundary", value=True), r"wrong: directions\.0\.boundary"),
        (put("directions", 0, "layers", value=[64]), "layers that do not exist"),
        (put("directions", 0, "layers", value=[0.5]), r"wrong: directions\.0\.layers"),
        (put("directions", 0, "layers", value=[0] * 65), r"wrong: directions\.0\.layers"),
        (put("directions", 0, "name", value=""), "name of 1 to 80"),
        (put("directions", 0, "name", value="x" * 81), "name of 1 to 80"),
        (put("directions", 0, "name", value="\ud800"), "list of directions is wrong"),
        (put("directions", 0, "origin", value=[]), r"wrong: directions\.0\.origin"),
        (put("directions", value=[]), "vectors are not those that it lists"),
    ],
)
def test_a_list_that_cannot_be_is_one_sentence(change, message):
    with pytest.raises(DirectionError, match=message):
        from_file(rewritten(change))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is damaged"),
        (b"not a library of anything", "The file is damaged"),
        (to_file(DIRECTIONS)[:-1], "The file is damaged"),
        (rewritten(format="stylegan-explorer/1"), "no library of directions"),
        (rewritten(directions="["), "list of directions is wrong"),
        (rewritten(directions="[" * 100_000), "list of directions is wrong"),
        (rewritten(directions=""), "list of directions is wrong"),
        (bytes(LARGEST + 1), "takes 17 MB, a file of directions has at most 16"),
    ],
)
def test_what_is_no_library_is_one_sentence(data, message):
    with pytest.raises(DirectionError, match=message):
        from_file(data)


def test_vectors_of_another_precision_are_refused():
    found = decode(to_file([SMILE]))
    tensors = {name: torch.from_numpy(array) for name, array in found.arrays.items()}
    with pytest.raises(DirectionError, match="half precision"):
        from_file(encode(tensors, found.texts))


@pytest.mark.parametrize(
    "origin", [{"x": float("nan")}, {"x": {1}}, {"x": "\ud800"}, {3: 10**5000}]
)
def test_what_could_not_be_read_again_is_not_written(origin):
    with pytest.raises(DirectionError, match="cannot be saved"):
        to_file([Direction("x", SMILE.step, origin=origin)])


def test_too_many_or_too_large_directions_are_not_written():
    with pytest.raises(DirectionError, match="cannot be saved: directions: "):
        to_file([SMILE] * (MOST + 1))
    with pytest.raises(DirectionError, match="cannot be saved: model"):
        to_file([SMILE], "my model")
    large = [Direction("x", step_of("w", normal(64, 4096, seed=seed))) for seed in range(33)]
    with pytest.raises(DirectionError, match="at most 16"):
        to_file(large)
    assert len(from_file(to_file([SMILE] * MOST)).directions) == MOST


# What others save.


@pytest.mark.parametrize(
    ("name", "space"), [("stylegan_ffhq_age_boundary", "z"), ("stylegan_ffhq_age_w_boundary", "w")]
)
def test_the_published_boundaries_are_read(name, space):
    data = (PUBLISHED / f"{name}.npy").read_bytes()
    (found,) = imported(f"C:\\downloads\\{name}.npy", data, 512, 512, sigma_of).directions
    numbers = found.step.numbers.astype(float)
    published = np.load(PUBLISHED / f"{name}.npy")[0]
    assert (found.name, found.step.space, found.boundary) == (name, space, None)
    assert numbers == pytest.approx(published * (1 if space == "z" else 2), abs=5e-4)
    assert found.origin == {"kind": "interfacegan", "file": name}


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "space"),
    [("age.npy", "z"), ("age_w.npy", "w"), ("w-age", "w"), ("W age.npz", "w"), ("snow.npy", "z"),
     ("w/age.npy", "z"), ("", "z"), ("x" * 300 + "_w.npy", "z")],
)  # fmt: skip
def test_the_name_of_a_boundary_says_its_space(name, space):
    for shape in ((6,), (1, 6)):
        (found,) = imported(name, npy(normal(*shape)), 6, 6, sigma_of).directions
        assert found.step.space == space
        assert 0 < len(found.name) <= 80


@pytest.fixture
def dump():
    """What GANSpace saves of the layer `style` in W."""
    comp = np.linalg.qr(normal(8, 8))[0][:3].astype(np.float32)
    return {
        "act_comp": comp,
        "act_mean": np.zeros((1, 8), np.float32),
        "act_stdev": np.float32([3, 2, 1]),
        "lat_comp": comp[:, None],
        "lat_mean": np.zeros((1, 8), np.float32),
        "lat_stdev": np.float32([2.5, 1.5, 0.5]),
        "var_ratio": np.float32([0.5, 0.25, 0.125]),
        "random_stdevs": np.float32([0.1]),
    }


def test_a_dump_of_ganspace_is_read(dump):
    found = imported("stylegan2-ffhq_style_ipca.npz", npz(**dump), 6, 8, sigma_of).directions
    assert [one.name for one in found] == [f"stylegan2-ffhq_style_ipca C{i}" for i in range(3)]
    assert {one.step.space for one in found} == {"w"}
    for index, one in enumerate(found):
        expected = dump["lat_comp"][index, 0] * dump["lat_stdev"][index]
        assert one.step.numbers.astype(float) == pytest.approx(expected, abs=2e-3)
        assert one.origin["index"] == index
        assert one.origin["explained"] == float(dump["var_ratio"][index])


def test_a_dump_in_z_is_known_by_its_spread(dump):
    dump["lat_stdev"] = np.ones(3, np.float32)
    found = imported("ffhq_w.npz", npz(**dump), 8, 6, sigma_of).directions
    assert {one.step.space for one in found} == {"z"}
    assert np.linalg.norm(found[0].step.numbers.astype(float)) == pytest.approx(1, rel=1e-3)


def test_a_dump_without_spreads_takes_those_of_the_model(dump):
    bare = npz(lat_comp=dump["lat_comp"])
    for name, space, length in (("ffhq_w.npz", "w", 2), ("ffhq.npz", "z", 1)):
        first, *_ = imported(name, bare, 8, 8, sigma_of).directions
        assert first.step.space == space
        assert np.linalg.norm(first.step.numbers.astype(float)) == pytest.approx(length, rel=1e-3)
    acts = npz(act_comp=dump["act_comp"], act_stdev=dump["act_stdev"])
    first, *_ = imported("ffhq.npz", acts, 6, 8, sigma_of).directions
    assert first.step.space == "w"
    assert np.linalg.norm(first.step.numbers.astype(float)) == pytest.approx(3, rel=1e-3)
    assert "explained" not in first.origin


def test_a_library_is_imported_whatever_it_is_called():
    found = imported("x.npy", to_file([SMILE], MODEL), 4, 8, sigma_of)
    assert found.model == MODEL
    assert known(found.directions[0]) == known(SMILE)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("age.npy", npy(normal(1, 512)), "age.npy: its directions have 512 numbers, this model's z "
         "has 6. Use it with the model that it was made for."),
        ("age_w.npy", npy(normal(512)), "its directions have 512 numbers, this model's w has 8"),
        ("a.npz", npz(lat_comp=normal(3, 1, 512), lat_stdev=np.arange(3.0)),
         "a.npz: its directions have 512 numbers, this model's w has 8"),
        ("a", to_file([Direction("x", step_of("z", normal(512)))]),
         "a: its directions have 512 numbers, this model's z has 6"),
        ("a.npy", npy(normal(2, 6)), r"shape \[2, 6\], a boundary has"),
        ("a.npy", npy(normal(1, 1, 6)), r"shape \[1, 1, 6\], a boundary has"),
        ("a.npy", npy(np.zeros(6)), "a.npy: a direction leads nowhere"),
        ("a.npy", npy(np.full(6, np.nan)), "leads nowhere"),
        ("a.npy", npy(np.zeros((1, 0))), "have 0 numbers"),
        ("a.npy", npy(np.arange(6)), "'<i8', which is not read"),
        ("a", to_file([SMILE]) + bytes(LARGEST), "a: it takes 17 MB"),
        ("a.npz", npz(x=normal(3)), "no components of GANSpace"),
        ("a.npz", npz(lat_comp=normal(3, 18, 8)), r"shape \[3, 18, 8\]"),
        ("a.npz", npz(lat_comp=normal(1001, 8)), r"shape \[1001, 8\]"),
        ("a.npz", npz(lat_comp=np.zeros((0, 8))), r"shape \[0, 8\]"),
        ("a.npz", npz(act_comp=normal(3, 512, 4, 4)), r"shape \[3, 512, 4, 4\]"),
        ("a.png", b"\x89PNG and more", "a.png: this is no file of directions"),
        ("a", b"", "a: this is no file of directions"),
    ],
)  # fmt: skip
def test_what_is_not_for_this_model_or_no_direction_is_one_sentence(name, data, message):
    with pytest.raises(DirectionError, match=message) as caught:
        imported(name, data, 6, 8, sigma_of)
    assert caught.value.fix


def test_an_array_of_objects_is_never_unpickled():
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(DirectionError, match=r"objects \(a pickle\), which are not read"):
        imported("a.npy", file.getvalue(), 6, 8, sigma_of)


def test_a_name_that_is_no_unicode_is_still_a_name():
    (found,) = imported("\udce4ge.npy", npy(normal(6)), 6, 8, sigma_of).directions
    assert found.name == "?ge"


@pytest.mark.parametrize("space", ["z", "w"])
def test_an_exported_direction_is_the_one_that_is_imported(space):
    direction = Direction("age w", step_of(space, normal(6), sigma_of(space, [1])))
    data = to_npy(direction)
    array = np.load(io.BytesIO(data), allow_pickle=False)
    assert (array.shape, array.dtype) == ((1, 6), np.float32)
    assert np.linalg.norm(array) == pytest.approx(1)
    (again,) = imported(npy_name(direction), data, 6, 6, sigma_of).directions
    assert again.step.space == space
    assert again.step.numbers.astype(float) == pytest.approx(
        direction.step.numbers.astype(float), rel=2e-3
    )


def test_a_step_of_every_layer_has_no_single_normal():
    with pytest.raises(DirectionError, match="wide has a step of its own in every layer"):
        to_npy(DIRECTIONS[1])


@pytest.mark.parametrize("kind", ["library", "npy", "npz"])
def test_a_damaged_file_is_directions_or_a_refusal(kind, dump):
    data = {
        "library": to_file(DIRECTIONS, MODEL),
        "npy": (PUBLISHED / "stylegan_ffhq_age_boundary.npy").read_bytes(),
        "npz": npz(**dump),
    }[kind]
    sizes = (512, 512) if kind == "npy" else (8, 8)
    read, refused = [], []

    def trial(damaged):
        try:
            read.append(imported(f"a.{kind}", damaged, *sizes, sigma_of))
        except ExplorerError as error:
            refused.append(error.problem)

    mutations.run(data, 1, FUZZED, trial)
    assert len(read) + len(refused) == FUZZED
    assert len(refused) > FUZZED / 4
    assert max(map(len, refused)) < 400


def test_a_gauge_survives_its_file():
    gauge = np.array([0.25, 0.5], np.float16)
    one = Direction("a", step_of("w", np.array([2.0, 1.0]), 5**0.5), 0.5, gauge=gauge)
    (again,) = from_file(to_file([one])).directions
    assert np.array_equal(again.gauge, gauge)
    assert again.key == one.key
