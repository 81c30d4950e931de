import io
import os
import pickle
import time

import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import content_hash, inert_pickle, load
from explorer.formats.records import Blob, Call, Global, mapping
from tests.formats.pickles import Evil, NestedEvil, dump, dump_torch, module_tree, snapshot
from tests.networks.builders import tiny_generator

CONST = "synthesis.b4.const"


def parse(data: bytes):
    return inert_pickle.parse(Blob(io.BytesIO(data), 0, len(data)))


@pytest.fixture
def marker(tmp_path):
    """A file that hostile code would make; the test fails if it is there in the end."""
    path = tmp_path / "ran"
    yield path
    assert not path.exists(), "code out of a checkpoint was run"


def with_const(value):
    return {"G_ema": module_tree(tiny_generator().tensors() | {CONST: value})}


def storage_in_a_tensor(storage):
    """A record of torch's tensor rebuilding with `storage` in it, whatever that is."""

    class Tensor:
        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, (storage, 0, (8, 4, 4), (16, 4, 1), False, {})

    return Tensor()


def test_the_hostile_object_of_these_tests_is_hostile(tmp_path):
    marker = tmp_path / "ran"
    pickle.loads(pickle.dumps(Evil(marker)))
    assert marker.exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "hostile",
    [
        lambda marker: Evil(marker),
        lambda marker: (Evil(marker),),
        lambda marker: {"G_ema": Evil(marker)},
        lambda marker: with_const(Evil(marker)),
        lambda marker: with_const(NestedEvil(marker)),
        lambda marker: with_const(storage_in_a_tensor(Evil(marker))),
        lambda marker: with_const(storage_in_a_tensor(NestedEvil(marker))),
    ],
    ids=["root", "tuple", "generator", "tensor", "nested tensor", "storage", "nested storage"],
)
def test_code_in_a_pickle_is_refused_and_not_run(hostile, protocol, marker, tmp_path):
    path = dump(hostile(marker), tmp_path / "hostile.pkl", protocol)
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert str(caught.value).startswith("hostile.pkl: ")


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_code_in_a_torch_file_is_refused_and_not_run(legacy, marker, tmp_path):
    for hostile in (Evil(marker), with_const(Evil(marker)), {CONST: NestedEvil(marker)}):
        with pytest.raises(CheckpointError):
            load(dump_torch(hostile, tmp_path / "hostile.pt", legacy=legacy))


def test_code_beside_the_generator_is_not_run(marker, tmp_path):
    generator = tiny_generator()
    value = snapshot(generator) | {"D": Evil(marker), "G": NestedEvil(marker)}
    loaded = load(dump(value, tmp_path / "net.pkl"))
    assert content_hash(loaded) == content_hash(generator)


def test_source_code_in_a_checkpoint_is_not_run(marker, tmp_path):
    generator = tiny_generator()
    source = f"open({str(marker)!r}, 'w')\nraise SystemExit"
    value = {"G_ema": module_tree(generator.tensors(), module_src=source)}
    assert content_hash(load(dump(value, tmp_path / "net.pkl"))) == content_hash(generator)


class Everything:
    """An object that uses what pickles can do: arguments, state, list items, entries."""

    def __reduce__(self):
        return os.path.join, ("a", 2), {"b": 3}, iter([4, 5]), iter([("c", 6)])


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_calls_become_records(protocol):
    parsed = parse(pickle.dumps(Everything(), protocol))
    call = parsed.root
    assert isinstance(call, Call)
    assert call.path == "posixpath.join"
    assert (call.args, call.state, call.appended, call.items) == (
        ("a", 2),
        {"b": 3},
        [4, 5],
        {"c": 6},
    )
    assert parsed.names == {"posixpath.join"}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [0, 255, 65535, -1, 2**31, -(2**40), 2**79],
        [1.5, float("inf")],
        ("", "ascii", "\u00e4\u20ac", "x" * 300),
        ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        {"a": {"b": [1, [2]]}, "c": {}},
    ],
    ids=str,
)
def test_plain_values_stay_what_they_are(value, protocol):
    assert parse(pickle.dumps(value, protocol)).root == value


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_bytes_are_noted_and_not_read(protocol):
    data = pickle.dumps(bytes(range(256)) * 300, protocol)
    blob = parse(data).root
    assert isinstance(blob, Blob)
    assert blob.read() == bytes(range(256)) * 300


class CountingFile(io.BytesIO):
    """A file that counts the bytes read from it."""

    count = 0

    def read(self, *args):
        data = super().read(*args)
        self.count += len(data)
        return data


def test_bytes_that_nobody_asks_for_cost_nothing():
    data = pickle.dumps({"D": bytes(10_000_000), "G_ema": 1}, 4)
    file = CountingFile(data)
    assert inert_pickle.parse(Blob(file, 0, len(data))).root["G_ema"] == 1
    assert file.count < 1000


def test_text_longer_than_any_name_is_noted_and_not_read():
    data = pickle.dumps(["x" * 70_000, "name"], 4)
    blob, name = parse(data).root
    assert (blob.read(), name) == (b"x" * 70_000, "name")


@pytest.mark.parametrize("protocol", [4, 5])
def test_a_set_becomes_a_list(protocol):
    assert parse(pickle.dumps({7}, protocol)).root == [7]


def test_keys_that_are_no_text_are_left_out():
    assert parse(pickle.dumps({("a", 1): 1, 5: 2, "b": 3})).root == {"b": 3}


def test_values_that_contain_themselves_are_parsed():
    endless = []
    endless.append(endless)
    root = parse(pickle.dumps(endless)).root
    assert root[0] is root


def test_ordered_dictionaries_of_every_kind_are_mappings():
    call = Call(Global("some.fork", "EasyDict"), (), state={"a": 1})
    assert mapping(call) == {"a": 1}
    assert mapping(Call(Global("os", "system"), ())) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04",
        b"\x80\x04.",
        b"\x80\x040.",
        b"\x80\x04h\x07.",
        b"\x80\x04\x85.",
        b"\x80\x04K\x01R.",
        b"\x80\x04K\x01K\x02\x93.",
        b"\x80\x04)K\x01b.",
        b"\x80\x04K\x01(K\x02K\x03u.",
        b"\x80\x04](K\x01u.",
        b"\x80\x04K\x01a.",
        b"\x80\x04u.",
        b"\x80\x04Nr\xff\xff\xff\x7f.",
        b"\x80\x04B\xff\xff\xff\xffabc.",
        b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.",
        b"\x80\x04X\xff\xff\xff\xffabc.",
        b"\x80\x04\x8b\xff\xff\xff\x7fabc.",
        b"\x80\x04\x8a\xff" + b"x" * 300 + b".",
        b"\x80\x04c" + b"x" * 5000,
        b"\x80\x04cos\nsystem",
        b"\x80\x04cos\n\xff\xff\n.",
        b"\x80\x05\x97.",
        b"\x80\x04\x82\x01.",
        b"\x80\x04\xff.",
        b"\x80\x04(((((((1.",
        b"\x80\x04(o.",
    ],
)
def test_a_malformed_pickle_is_a_checkpoint_error(data):
    with pytest.raises(CheckpointError, match=r"damaged|ends early"):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"N0" * inert_pickle.OPCODES + b".",
        b")" * inert_pickle.OPCODES + b".",
        b"N" + b"\x85" * inert_pickle.OPCODES + b".",
    ],
    ids=["long", "wide", "deep"],
)
def test_a_pickle_without_end_is_refused_in_bounded_time(data):
    start = time.monotonic()
    with pytest.raises(CheckpointError, match="more than 1,000,000 instructions"):
        parse(b"\x80\x04" + data)
    assert time.monotonic() - start < 10


DEEP = 100_000  # far more than Python's own calls may nest


@pytest.mark.parametrize(
    "data",
    [
        b"N" + b"\x85" * DEEP,
        b"]" * DEEP + b"a" * (DEEP - 1),
        b"}" + b"\x8c\x05G_ema}" * DEEP + b"s" * DEEP,
        b"cos\nsystem\n" + b")R" * DEEP,
        b"}\x8c\x12synthesis.b4.constN" + b"\x85" * DEEP + b"s",
    ],
    ids=["tuples", "lists", "dictionaries", "calls", "tensor"],
)
def test_values_nested_without_end_are_refused_and_overflow_nothing(data, tmp_path):
    (tmp_path / "deep.pkl").write_bytes(b"\x80\x04" + data + b".")
    with pytest.raises(CheckpointError, match=r"no generator that is known|cannot be read"):
        load(tmp_path / "deep.pkl")


def test_a_value_that_doubles_at_every_step_costs_no_time(tmp_path):
    """Each tuple holds the one before twice: as keys, or if walked, they would take for ever."""
    path = tmp_path / "laughs.pkl"
    path.write_bytes(b"\x80\x04}N" + b"2\x86" * 5000 + b"Ns.")
    start = time.monotonic()
    with pytest.raises(CheckpointError, match="no generator that is known here"):
        load(path)
    assert time.monotonic() - start < 1
