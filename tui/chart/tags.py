"""Tags: how they are sorted, grouped into pages, and filtered."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from typing import TypeVar

from trainpad.expression import Expression, TooSlowError

T = TypeVar("T")


def group_of(tag: str) -> str:
    """Return the prefix that a tag is grouped by; empty without a slash."""
    return tag.partition("/")[0] if "/" in tag else ""


def shown_tag(tag: str) -> str:
    """A tag as titles and lists show it: ``(empty)``, or quoted, where it would be blank."""
    if not tag:
        return "(empty)"
    return tag if tag.strip() else f'"{tag}"'


def paginate(tags: Sequence[T], size: int, group: Callable[[T], str]) -> list[list[T]]:
    """Split `tags` into pages of at most `size`; a group that fits one page is not split."""
    result: list[list[T]] = []
    for _, members in groupby(tags, group):
        rest = list(members)
        if result and len(result[-1]) + len(rest) <= size:
            result[-1] += rest
            continue
        result += [rest[start : start + size] for start in range(0, len(rest), size)]
    return result


Natural = list[tuple[int, int, str]]


@lru_cache(maxsize=1 << 15)
def sort_key(tag: str) -> tuple[Natural, Natural]:
    """Sort tags without a prefix first, and ``layer2`` before ``layer10``."""
    return _natural(group_of(tag)), _natural(tag)


def _natural(text: str) -> Natural:
    """A key that sorts numbers in a text by their values."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return [(0, int(part[:18]), part) if part.isdecimal() else (1, 0, part) for part in parts]


class Matcher:
    """A filter: a tag contains a text, or matches it as a regular expression."""

    def __init__(self, pattern: str) -> None:
        self._plain = pattern.lower()
        self._expression: Expression | None = None
        with suppress(re.error, OverflowError, RecursionError):
            self._expression = Expression(pattern, re.IGNORECASE)
        self._found = lru_cache(maxsize=1 << 14)(self._search)

    def __call__(self, tag: str) -> bool:
        """Return whether a tag matches."""
        return self._found(tag)

    def _search(self, tag: str) -> bool:
        if self._plain in tag.lower():
            return True
        if self._expression is None or self.problem:
            return False
        try:
            return self._expression.search(tag) is not None
        except TooSlowError:
            return False

    @property
    def problem(self) -> str:
        """One sentence where the expression takes too long, so that it is but a text."""
        return "" if self._expression is None else self._expression.problem

    @property
    def note(self) -> str:
        """The same in few words, for a title; with a space before."""
        return " (takes too long, used as text)" if self.problem else ""

    def spans(self, line: str) -> Iterator[tuple[int, int]]:
        """Yield where each piece of a line that matches begins and ends."""
        expression = self._expression
        if expression is None or self.problem:
            expression = Expression(re.escape(self._plain), re.IGNORECASE)
        with suppress(TooSlowError):
            yield from (found.span() for found in expression.find_all(line))
