"""Arrays out of strangers' files: what numpy wrote comes back, the rest is one sentence."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from explorer.errors import CheckpointError
from explorer.formats.arrays import MOST_BYTES, is_npy, is_npz, read_npy, read_npz, write_npy

NUMBERS = np.arange(12.0).reshape(3, 4) / 7


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def npz(save=np.savez, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def raw(header, body=b"", version=1):
    text = header.encode() + b"\n"
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + body


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8", ">f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_numpy_saved_is_read(kind, order):
    array = np.asarray(NUMBERS, kind, order=order)
    found = read_npy(npy(array))
    assert np.array_equal(found, array)
    assert found.dtype == np.dtype(kind).newbyteorder("=")


@pytest.mark.parametrize("shape", [(), (1,), (12,), (1, 12), (2, 2, 3)])
def test_arrays_of_any_shape_are_read(shape):
    array = np.resize(NUMBERS, shape)
    assert read_npy(npy(array)).shape == shape
    assert np.array_equal(np.load(io.BytesIO(write_npy(array))), array)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_header_of_any_version_and_of_python_2_is_read(version):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1L, 2L), }"
    assert read_npy(raw(header, NUMBERS[0, :2].tobytes(), version)).shape == (1, 2)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_only_what_is_wanted_of_an_archive_is_read(save):
    data = npz(save, a=NUMBERS, b=np.float32(NUMBERS), c=np.array(["text"]))
    found = read_npz(data, ("a", "b", "d"))
    assert found.keys() == {"a", "b"}
    assert np.array_equal(found["a"], NUMBERS)
    assert is_npz(data)
    assert not is_npy(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x93NUMPY", "does not begin like"),
        (raw("", version=9), "does not begin like"),
        (npy(np.array([{}], object), allow_pickle=True), "objects \\(a pickle\\)"),
        (npy(np.array(["a"])), "'<U1', which is not read"),
        (npy(np.array([1 + 1j])), "'<c16', which is not read"),
        (npy(np.zeros(2, [("a", "<f4")])), "no plain array"),
        (raw("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"), "no plain array"),
        (raw("__import__('os')"), "no plain array"),
        (raw("(" * 5000), "no plain array"),
        (raw("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1" * 9000), "no plain array"),
        (raw("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,), }"), "ends early"),
        (npy(NUMBERS)[:-1], "ends early"),
        (npy(NUMBERS) + b"\0", "ends early"),
    ],
)
def test_what_is_no_array_of_numbers_is_one_sentence(data, message):
    with pytest.raises(CheckpointError, match=message):
        read_npy(data)


def patched(data, old, new):
    assert data.count(old)
    return data.replace(old, new)


def archive(members, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "does not end like one"),
        (archive({"a.npy": b"text"}), "does not begin like"),
        (archive({"a.npy": npy(NUMBERS)}, compression=zipfile.ZIP_LZMA), "in a rare way"),
        (patched(archive({"a.npy": npy(NUMBERS)}), b"PK\x01\x02\x14\x03\x14\0\0",
                 b"PK\x01\x02\x14\x03\x14\0\x01"), "encrypted"),
        (patched(npz(a=NUMBERS), NUMBERS.tobytes(), NUMBERS[::-1].tobytes()), "not what it was"),
        (archive({f"{index}.npy": b"" for index in range(101)}), "101 members, at most 100"),
    ],
)  # fmt: skip
def test_a_damaged_archive_is_one_sentence(data, message):
    with pytest.raises(CheckpointError, match=message):
        read_npz(data, ("a",))


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_does():
    zeros = npy(np.zeros(MOST_BYTES // 8 + 1))
    bomb = archive({"a.npy": zeros, "b.npy": npy(NUMBERS)}, compression=zipfile.ZIP_DEFLATED)
    lying = bomb.replace(len(zeros).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    tracemalloc.start()
    with pytest.raises(CheckpointError, match="65 MB, at most 64 MB"):
        read_npz(bomb, ("a",))
    with pytest.raises(CheckpointError, match="not what it was"):
        read_npz(lying, ("a",))
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
    assert read_npz(bomb, ("b",))["b"].shape == (3, 4)
    with pytest.raises(CheckpointError, match="at most 64 MB"):
        read_npy(bytes(MOST_BYTES + 1))


def test_the_sizes_of_all_that_is_wanted_count_together():
    third = npy(np.zeros(MOST_BYTES // 20))
    data = archive({f"{name}.npy": third for name in "abc"}, compression=zipfile.ZIP_DEFLATED)
    assert len(read_npz(data, ("a", "b"))) == 2
    with pytest.raises(CheckpointError, match="at most 64 MB"):
        read_npz(data, ("a", "b", "c"))
