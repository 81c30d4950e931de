"""A bounded memory of results. Knows neither what it keeps nor why."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


class LruCache(Generic[V]):
    """The results used last, as many as fit in `capacity` bytes. Failures are not kept.

    For one thread: the engine's.

    >>> cache = LruCache(2, size_of=lambda value: 1)
    >>> [cache.get(key, lambda: key.upper()) for key in "abca"]
    ['A', 'B', 'C', 'A']
    >>> len(cache)
    2
    """

    def __init__(self, capacity: int, size_of: Callable[[V], int]):
        self._capacity = capacity
        self._size_of = size_of
        self._items: OrderedDict[Hashable, V] = OrderedDict()
        self._used = 0

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """What `make` returned for `key`; it runs only if that is not here any more."""
        if key in self._items:
            self._items.move_to_end(key)
            return self._items[key]
        value = make()
        self.keep(key, value)
        return value

    def find(self, key: Hashable) -> V | None:
        """What is here under `key`, used last from now on."""
        if key not in self._items:
            return None
        self._items.move_to_end(key)
        return self._items[key]

    def keep(self, key: Hashable, value: V) -> None:
        """Keep `value` under `key`, unless it alone is too large; the oldest make room."""
        size = self._size_of(value)
        if size > self._capacity:
            return
        if key in self._items:
            self._used -= self._size_of(self._items.pop(key))
        self._items[key] = value
        self._used += size
        while self._used > self._capacity:
            _, oldest = self._items.popitem(last=False)
            self._used -= self._size_of(oldest)


@dataclass(frozen=True)
class Shelf(Generic[V]):
    """The part of a cache whose keys begin with `name`."""

    cache: LruCache[V]
    name: Hashable

    def find(self, key: Hashable) -> V | None:
        """See `LruCache.find`."""
        return self.cache.find((self.name, key))

    def keep(self, key: Hashable, value: V) -> None:
        """See `LruCache.keep`."""
        self.cache.keep((self.name, key), value)
