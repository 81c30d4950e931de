import pytest

from explorer.cache import LruCache


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
