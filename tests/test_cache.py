import pytest

from explorer.cache import LruCache, Shelf


@pytest.fixture
def cache():
    """A memory of ten bytes for texts."""
    return LruCache(10, size_of=len)


@pytest.fixture
def ask(cache):
    """Asks for a text of a length under a key, and tells whether it had to be made."""

    def asked(key, length=4):
        made = []
        value = cache.get(key, lambda: made.append(key) or key * length)
        assert value == key * length
        return bool(made)

    return asked


def test_a_result_is_made_once(ask):
    assert [ask("a"), ask("a"), ask("a")] == [True, False, False]


def test_the_result_unused_for_longest_makes_room(ask, cache):
    ask("a"), ask("b")
    ask("a")  # now b is the older one
    ask("c")
    assert [ask("a"), ask("c"), len(cache)] == [False, False, 2]
    assert ask("b")


def test_room_is_counted_in_bytes(ask, cache):
    for key in "abcdefghij":
        ask(key, 1)
    assert len(cache) == 10
    ask("k", 9)
    assert len(cache) == 2
    assert [ask("k", 9), ask("j", 1)] == [False, False]


def test_a_result_over_the_capacity_is_returned_and_not_kept(ask, cache):
    assert ask("x", 11)
    assert len(cache) == 0
    assert ask("x", 11)
    assert [ask("a"), ask("a")] == [True, False]


def test_a_failure_is_not_kept(cache):
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert cache.get("a", lambda: "here") == "here"
    assert len(cache) == 1


def test_none_is_a_result_like_any_other():
    cache = LruCache(1, size_of=lambda value: 1)
    cache.get("a", lambda: None)
    assert cache.get("a", lambda: "made again") is None


def test_what_was_kept_is_found_and_counts_as_used_last():
    cache = LruCache(2, lambda value: 1)
    cache.keep("a", 1)
    cache.keep("b", 2)
    assert cache.find("a") == 1
    cache.keep("c", 3)
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (1, None, 3)


def test_what_alone_is_too_large_is_not_kept_and_drives_nothing_out():
    cache = LruCache(10, lambda value: value)
    cache.keep("small", 4)
    cache.keep("large", 11)
    assert (cache.find("small"), cache.find("large")) == (4, None)


def test_keeping_again_takes_the_place_of_the_older_value():
    cache = LruCache(10, lambda value: value)
    for value in (6, 7, 3):
        cache.keep("key", value)
    cache.keep("other", 7)
    assert (cache.find("key"), cache.find("other")) == (3, 7)


def test_shelves_of_one_cache_have_their_own_keys():
    cache = LruCache(10, lambda value: 1)
    one, other = Shelf(cache, "one"), Shelf(cache, "other")
    one.keep("key", 1)
    assert (one.find("key"), other.find("key")) == (1, None)
