"""A bounded memory of results. Knows neither what it keeps nor why."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
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
        self._items[key] = value
        self._used += self._size_of(value)
        while self._used > self._capacity and self._items:
            _, oldest = self._items.popitem(last=False)
            self._used -= self._size_of(oldest)
        return value
