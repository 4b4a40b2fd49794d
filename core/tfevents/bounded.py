"""Histograms, texts and pictures are kept within bounds, whatever a file holds.

Numbers are small and all of them stay; these are not. Each tag keeps at most so many items, and all
tags together at most so many bytes; what has to go goes from the tag that holds most. Of a
histogram's history that item goes whose neighbours are closest, so that what remains still spans
all steps evenly; of texts and pictures the oldest goes, since people look for the newest.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar


class Storable(Protocol):
    """What can be kept: it knows its tag, its step and its size."""

    @property
    def tag(self) -> str:
        """Under which name it is kept."""

    @property
    def step(self) -> int:
        """When it was written, in steps."""

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""


T = TypeVar("T", bound=Storable)


def thin_densest(items: list[T]) -> list[T]:
    """All but the item whose neighbours' steps are closest; the first and the newest stay."""
    if len(items) < 3:
        return items[1:]
    gaps = [after.step - before.step for before, after in zip(items, items[2:], strict=False)]
    dropped = 1 + gaps.index(min(gaps))
    return items[:dropped] + items[dropped + 1 :]


def drop_oldest(items: list[T]) -> list[T]:
    """All but the first item."""
    return items[1:]


class BoundedHistory(Generic[T]):
    """Items by tag, in the order of their steps; a step that comes again replaces what followed."""

    def __init__(
        self, drop_one: Callable[[list[T]], list[T]], max_items: int, max_bytes: int
    ) -> None:
        """Keep at most `most` items of a tag and `most_bytes` in all; `shorten` drops one."""
        self.version = 0
        """Changes whenever the items do."""
        self.nbytes = 0
        """Memory held by the items, in bytes."""
        self._drop_one, self._max_items, self._max_bytes = drop_one, max_items, max_bytes
        self._items: dict[str, list[T]] = {}
        self._sizes: dict[str, int] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, tag: str) -> tuple[T, ...]:
        """The items of a tag; none for a tag that is not known."""
        return tuple(self._items.get(tag, ()))

    def add(self, item: T) -> None:
        """Append an item to its tag."""
        items = [*_before(self._items.get(item.tag, []), item.step), item]
        self._put(item.tag, items if len(items) <= self._max_items else self._drop_one(items))
        while self.nbytes > self._max_bytes:
            largest = max(self._sizes, key=self._sizes.__getitem__)
            self._put(largest, self._drop_one(self._items[largest]))

    def discard_from(self, step: int) -> None:
        """Forget the items at `step` and later, of every tag."""
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
    """The items of earlier steps; `items` are in the order of their steps."""
    if not items or items[-1].step < step:
        return items
    return [item for item in items if item.step < step]
