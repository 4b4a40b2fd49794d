"""Groups of classes that are confused with each other, so that a matrix of many classes fits."""

import math

import numpy as np

from core.run.metrics import Int64s, errors, normalized_by_true


def group_classes(matrix: Int64s, count: int | None = None) -> list[list[int]]:
    """Groups of class numbers, in the order of their first ones.

    The pair that is confused most comes together first. No group grows much beyond the average that
    way; classes that are hardly confused join the smallest groups.

    Args:
        matrix: a row per true class, a column per predicted one.
        count: how many groups at most; by default about the root of the number of classes.
    """
    classes = len(matrix)
    count = max(1, count or math.ceil(math.sqrt(classes)))
    limit = math.ceil(classes / count) + 1
    groups = {number: [number] for number in range(classes)}
    place = list(range(classes))
    for first, second in _confused_pairs(matrix):
        if len(groups) <= count:
            break
        a, b = sorted((place[first], place[second]))
        if a != b and len(groups[a]) + len(groups[b]) <= limit:
            _merge(groups, place, a, b)
    while len(groups) > count:
        a, b, *_ = sorted(groups, key=lambda group: (len(groups[group]), group))
        _merge(groups, place, min(a, b), max(a, b))
    return sorted(sorted(group) for group in groups.values())


def _merge(groups: dict[int, list[int]], place: list[int], a: int, b: int) -> None:
    """Let group `a` have the classes of group `b`."""
    for number in groups[b]:
        place[number] = a
    groups[a] += groups.pop(b)


def _confused_pairs(matrix: Int64s) -> list[tuple[int, int]]:
    """Pairs of classes, those first of which the largest shares are taken for each other."""
    shares = np.nan_to_num(normalized_by_true(matrix)) * (errors(matrix) > 0)
    both = np.triu(shares + shares.T, 1)
    first, second = np.nonzero(both)
    order = np.argsort(-both[first, second], kind="stable")
    return list(zip(first[order].tolist(), second[order].tolist(), strict=True))
