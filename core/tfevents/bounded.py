"""Histories of histograms, texts and images with a limit on items per tag and on total bytes.

Scalars are small, and old ones become blocks (`core.tfevents.long_curve`); these are not. When the
byte limit is exceeded, the tag that holds the most bytes loses an item. A history of histograms or
images loses the item with the closest neighbours, so that the rest still spans all steps evenly;
texts lose the oldest, because the newest is what people read.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar


class Storable(Protocol):
    """An item that a `BoundedHistory` can hold."""

    @property
    def tag(self) -> str:
        """The name it is stored under."""

    @property
    def step(self) -> int:
        """The training step it was written at."""

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""


T = TypeVar("T", bound=Storable)


def thin_densest(items: list[T]) -> list[T]:
    """Return `items` without the one with the closest neighbours; the first and last stay."""
    if len(items) < 3:
        return items[1:]
    gaps = [after.step - before.step for before, after in zip(items, items[2:], strict=False)]
    dropped = 1 + gaps.index(min(gaps))
    return items[:dropped] + items[dropped + 1 :]


def drop_oldest(items: list[T]) -> list[T]:
    """Return `items` without the first."""
    return items[1:]


class BoundedHistory(Generic[T]):
    """Items by tag, ordered by step; adding a step again discards the items from there on."""

    def __init__(
        self, drop_one: Callable[[list[T]], list[T]], max_items: int, max_bytes: int
    ) -> None:
        """Keep at most `max_items` per tag and `max_bytes` in all; `drop_one` removes an item."""
        self.version = 0
        """Increases with every change."""
        self.nbytes = 0
        """Memory used by all items, in bytes."""
        self._drop_one, self._max_items, self._max_bytes = drop_one, max_items, max_bytes
        self._items: dict[str, list[T]] = {}
        self._sizes: dict[str, int] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, tag: str) -> tuple[T, ...]:
        """Return the items of a tag; empty for an unknown tag."""
        return tuple(self._items.get(tag, ()))

    def add(self, item: T) -> None:
        """Append an item to its tag, and drop others where a limit is exceeded."""
        items = [*_before(self._items.get(item.tag, []), item.step), item]
        self._put(item.tag, items if len(items) <= self._max_items else self._drop_one(items))
        while self.nbytes > self._max_bytes:
            largest = max(self._sizes, key=self._sizes.__getitem__)
            self._put(largest, self._drop_one(self._items[largest]))

    def discard_from(self, step: int) -> None:
        """Discard the items of every tag at `step` and later."""
        for tag, items in list(self._items.items()):
            self._put(tag, _before(items, step))

    def _put(self, tag: str, items: list[T]) -> None:
        size = sum(item.nbytes for item in items)
        self.nbytes += size - self._sizes.get(tag, 0)
        self._items[tag], self._sizes[tag] = items, size
        if not items:
            del self._items[tag], self._sizes[tag]
        self.version += 1


def _before(items: list[T], step: int) -> list[T]:
    """Return the items before `step`; `items` are ordered by step."""
    if not items or items[-1].step < step:
        return items
    return [item for item in items if item.step < step]
