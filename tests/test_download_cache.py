import os
import time

import pytest

from explorer.download_cache import ABANDONED, mark_used, trim

HOUR = 3600


@pytest.fixture
def cache(tmp_path):
    """A folder in which `put(name, size, age)` writes files last used `age` seconds ago."""

    class Cache:
        folder = tmp_path / "cache"

        def put(self, name, size, age=0.0):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(size))
            os.utime(path, (time.time() - age, time.time() - age))
            return path

        def names(self):
            found = self.folder.rglob("*")
            return {path.relative_to(self.folder).as_posix() for path in found}

    return Cache()


def test_the_files_unused_for_longest_go_first(cache):
    for name, age in [("a/new", 1), ("a/old", 3 * HOUR), ("b/older", 4 * HOUR)]:
        cache.put(name, 100, age)
    trim(cache.folder, 200)
    assert {"a/new", "a/old"} <= cache.names()
    trim(cache.folder, 199)
    assert cache.names() - {"b"} == {"a", "a/new"}


def test_what_is_used_stays_and_its_time_of_writing_too(cache):
    used, other = cache.put("used", 100, 2 * HOUR), cache.put("other", 100, HOUR)
    written = used.stat().st_mtime_ns
    mark_used(used)
    trim(cache.folder, 100)
    assert used.exists()
    assert not other.exists()
    assert used.stat().st_mtime_ns == written


def test_a_cache_within_its_bound_is_left_alone(cache):
    cache.put("a", 100, HOUR)
    cache.put("b", 0, HOUR)
    trim(cache.folder, 100)
    assert cache.names() == {"a", "b"}


def test_a_folder_that_is_not_there_is_no_trouble(tmp_path):
    trim(tmp_path / "never", 0)


def test_many_small_files_are_bounded_too(cache):
    for index in range(5):
        cache.put(f"{index}", 0, index)
    trim(cache.folder, 100, most_files=2)
    assert cache.names() == {"0", "1"}


def test_links_to_what_is_gone_and_empty_folders_go_with_it(cache):
    blob = cache.put("model/blobs/one", 100)
    link = cache.folder / "model" / "snapshots" / "file"
    link.parent.mkdir()
    link.symlink_to(os.path.relpath(blob, link.parent))
    trim(cache.folder, 100)
    assert link.read_bytes() == bytes(100)
    trim(cache.folder, 99)
    assert not link.is_symlink()
    for folder in ("model/blobs", "model/snapshots"):
        os.utime(cache.folder / folder, (0, 0))
    trim(cache.folder, 99)
    assert cache.names() <= {"model"}


def test_what_a_link_leads_to_outside_is_not_touched(cache, tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(bytes(100))
    cache.put("a", 1)
    (cache.folder / "link").symlink_to(outside)
    trim(cache.folder, 0)
    assert outside.exists()


def test_what_is_being_written_stays_unless_it_was_abandoned(cache):
    cache.put("now.incomplete", 100, HOUR)
    cache.put("left.incomplete", 100, ABANDONED + HOUR)
    trim(cache.folder, 0)
    assert cache.names() == {"now.incomplete"}
