import shutil
import stat
import zipfile

import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import content_hash, load, save
from tests.formats.pickles import dump, dump_torch, snapshot
from tests.networks import golden
from tests.networks.builders import tiny_generator

MARK = "synthesis.b4.const"


@pytest.fixture(scope="module")
def containers(tmp_path_factory):
    """The tiny generator in every container: name -> path."""
    folder = tmp_path_factory.mktemp("containers")
    value = snapshot(tiny_generator())
    save(tiny_generator(), folder / "native")
    return {
        "pickle": dump(value, folder / "pickle"),
        "zip": dump_torch(value, folder / "zip"),
        "legacy": dump_torch(value, folder / "legacy", legacy=True),
        "legacy 4": dump_torch(value, folder / "legacy4", legacy=True, protocol=4),
        "native": folder / "native",
    }


CONTAINERS = ("pickle", "zip", "legacy", "legacy 4", "native")


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", ["a.pkl", "a.pt", "a.safetensors", "a.html", "a.JPG", "a", ".pkl"])
def test_the_name_of_a_file_changes_nothing(containers, container, name, tmp_path):
    shutil.copy(containers[container], tmp_path / name)
    assert content_hash(load(tmp_path / name)) == content_hash(tiny_generator())


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.95, 0.999])
def test_a_file_that_ends_early_says_so(containers, container, part, tmp_path):
    data = containers[container].read_bytes()
    path = tmp_path / "short.pkl"
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(CheckpointError, match=r"short\.pkl: the file (ends early|is damaged)"):
        load(path)


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>", "web page, not a checkpoint.*download the file itself"),
        (b"\n  <html>", "web page, not a checkpoint"),
        (b"\xef\xbb\xbf<html>", "web page, not a checkpoint"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "Git LFS pointer.*git lfs pull",
        ),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "HDF5 file.*Use the PyTorch or TensorFlow checkpoint"),
        (b"\x1f\x8b\x08" + bytes(64), "gzip archive. Unpack it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "this is a picture"),
        (bytes(4096), "not a checkpoint"),
        (b"just some words\n", "not a checkpoint"),
        (b"\x80\x09abc", "not a checkpoint"),
        (torch.arange(999).numpy().tobytes(), "not a checkpoint"),
        (b"PK\x03\x04" + bytes(64), "begins like a zip archive"),
        ((2).to_bytes(8, "little") + b"{}", "no generator that is known here"),
        ((9).to_bytes(8, "little") + b"{not json", "begins like safetensors"),
    ],
)
def test_what_is_no_checkpoint_is_named(data, sentence, tmp_path):
    path = tmp_path / "ffhq.pkl"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=sentence) as caught:
        load(path)
    assert str(caught.value).startswith("ffhq.pkl: ")


def zipped(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def members(containers):
    """The members of the tiny generator's archive, by name."""
    with zipfile.ZipFile(containers["zip"]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_torchscript_is_refused_as_a_program(tmp_path):
    path = zipped(
        tmp_path / "m.pt", {"m/data.pkl": b"", "m/constants.pkl": b"", "m/code/a.py": b""}
    )
    with pytest.raises(CheckpointError, match="TorchScript file: a program, which is never run"):
        load(path)


def test_other_archives_are_named(tmp_path):
    with pytest.raises(CheckpointError, match="zip archive without a torch checkpoint"):
        load(zipped(tmp_path / "m.zip", {"readme.txt": b"hello"}))


def test_a_compressed_archive_is_not_unpacked(members, tmp_path):
    """A kilobyte can unpack to a gigabyte, and torch stores its members as they are."""
    path = zipped(tmp_path / "bomb.pt", members, zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError, match="is compressed or encrypted"):
        load(path)


def test_an_archive_of_endless_contents_is_refused(tmp_path):
    path = zipped(tmp_path / "many.pt", {f"{i}" + "x" * 5000: b"" for i in range(1000)})
    with pytest.raises(CheckpointError, match="begins like a zip archive"):
        load(path)


@pytest.mark.parametrize("prefix", ["/etc/", "C:\\", "../" * 9, "a/../../"])
def test_paths_in_an_archive_lead_nowhere(members, prefix, tmp_path):
    path = zipped(tmp_path / "net.pt", {f"{prefix}{name}": data for name, data in members.items()})
    assert content_hash(load(path)) == content_hash(tiny_generator())
    assert list(tmp_path.iterdir()) == [path]


def test_a_symbolic_link_in_an_archive_is_bytes_and_is_not_followed(members, tmp_path):
    secret = tmp_path / "secret"
    storage = next(name for name in members if name.endswith("/data/0"))
    secret.write_bytes(members[storage])
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)
            if name == storage:
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
                data = bytes(secret)
            archive.writestr(entry, data)
    with pytest.raises(
        CheckpointError, match=r"net\.pt: tensor '.*' cannot be read: the file ends"
    ):
        load(path)


@pytest.mark.parametrize("entry", ["net/data.pkl", "net/data/0"])
def test_a_member_that_claims_more_bytes_than_the_file_has_is_refused(members, entry, tmp_path):
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr("net/" + name.partition("/")[2], data)
        claimed = archive.getinfo(entry)
        claimed.file_size = claimed.compress_size = 1 << 30
    with pytest.raises(CheckpointError, match="the file ends early"):
        load(path)


def test_a_storage_of_widely_spread_numbers_is_not_read_again_and_again(tmp_path):
    spread = torch.zeros(1 << 20)[:: (1 << 20) - 1]
    path = dump_torch(
        {f"synthesis.x{i}": spread for i in range(99)} | {MARK: spread}, tmp_path / "x"
    )
    with pytest.raises(CheckpointError, match="claim more numbers than the file holds"):
        load(path)


def test_one_storage_named_often_cannot_fill_the_memory(tmp_path):
    tensor = torch.zeros(1 << 20)
    path = dump_torch(
        {MARK: tensor, **{f"synthesis.x{i}": tensor for i in range(99)}},
        tmp_path / "many.pt",
    )
    with pytest.raises(CheckpointError, match="claim more numbers than the file holds"):
        load(path)


@pytest.mark.parametrize("name", golden.ALL)
@pytest.mark.parametrize("part", [0.5, 0.999])
def test_a_reference_file_that_ends_early_says_so(name, part, tmp_path):
    data = golden.checkpoint(name).read_bytes()
    path = tmp_path / "short.pkl"
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(CheckpointError, match=r"the file ends early|does not end like one"):
        load(path)
