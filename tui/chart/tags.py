"""Tags: how they are sorted, grouped into pages, and filtered."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TypeVar

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


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a predicate: the tag contains the pattern, or matches it as a regular expression."""
    plain = pattern.lower()
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        return lambda tag: plain in tag.lower()
    return lambda tag: plain in tag.lower() or expression.search(tag) is not None
