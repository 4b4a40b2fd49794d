"""Find the digits in a drawing of several: which strokes belong to each, left to right.

Strokes that overlap from left to right are one digit, and a wide gap lies between two. A narrow gap
may be either: a 5 with a detached bar, a 4 of two strokes that do not touch, or an 11. There a
network decides: how confidently it classifies the strokes together, and each on its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np

from data.ink import InkBox, Strokes, ink_extent, inks_to_images
from data.ink_field import Floats, Stroke

Judge = Callable[[Floats], Floats]
"""Returns the highest probability of each image ``[n, 28, 28]``: ``[n]``."""

WIDE_GAP = 0.28
"""Of the tallest part's height: a wider gap lies between two digits."""
TOGETHER = 3
"""Parts that one digit may have, with narrow gaps between them."""
BELONGING, NEUTRAL_GAP = 0.5, 0.08
"""What a gap of no width adds to the logarithm of the joined strokes' probability, and the width,
of the tallest part's height, that adds nothing; a wider gap subtracts."""
LEAST = 1e-3
"""A lower probability counts as this."""
SPECK = 0.12
"""Of the tallest part's height: a smaller part is no digit, but part of its neighbour."""


@dataclass(frozen=True, slots=True)
class StrokeGroup:
    """One digit of a drawing: its strokes, by their index, and its bounding box."""

    strokes: tuple[int, ...]
    box: InkBox

    def of(self, drawing: Strokes) -> list[Stroke]:
        """The strokes themselves."""
        return [drawing[index] for index in self.strokes]

    def joined(self, other: "StrokeGroup") -> "StrokeGroup":
        """Both as one digit."""
        a, b = self.box, other.box
        box = InkBox(
            min(a.left, b.left), min(a.top, b.top), max(a.right, b.right), max(a.bottom, b.bottom)
        )
        return StrokeGroup(tuple(sorted(self.strokes + other.strokes)), box)


def group_strokes(drawing: Strokes, judge: Judge) -> list[StrokeGroup]:
    """Return the digits of a drawing from left to right; empty if nothing is drawn.

    ``judge`` is called at most once, and only if some gap is narrow.
    """
    parts = _separate_parts(drawing)
    if len(parts) < 2:
        return parts
    tallest = max(part.box.side for part in parts)
    if not tallest:  # dots have no height to compare gaps with
        return [reduce(StrokeGroup.joined, parts)]
    parts = _without_specks(parts, SPECK * tallest)
    gaps = [(b.box.left - a.box.right) / tallest for a, b in pairwise(parts)]
    if all(gap > WIDE_GAP for gap in gaps):
        return parts
    return _best_segmentation(drawing, parts, gaps, judge)


def _separate_parts(drawing: Strokes) -> list[StrokeGroup]:
    """Strokes that overlap from left to right, as one group each; in order of their left edges."""
    boxes = [(index, ink_extent([stroke])) for index, stroke in enumerate(drawing)]
    alone = [StrokeGroup((index,), box) for index, box in boxes if box is not None]
    parts: list[StrokeGroup] = []
    for group in sorted(alone, key=lambda group: group.box.left):
        if parts and group.box.left <= parts[-1].box.right:
            parts[-1] = parts[-1].joined(group)
        else:
            parts.append(group)
    return parts


def _without_specks(parts: list[StrokeGroup], size: float) -> list[StrokeGroup]:
    """Join parts that are smaller than `size` with the nearest one."""
    while len(parts) > 1:
        small = [i for i, part in enumerate(parts) if part.box.side < size]
        if not small:
            break
        i = small[0]
        before = parts[i].box.left - parts[i - 1].box.right if i else np.inf
        after = parts[i + 1].box.left - parts[i].box.right if i + 1 < len(parts) else np.inf
        first = i - 1 if before <= after else i
        parts = [*parts[:first], parts[first].joined(parts[first + 1]), *parts[first + 2 :]]
    return parts


def _best_segmentation(
    drawing: Strokes, parts: list[StrokeGroup], gaps: list[float], judge: Judge
) -> list[StrokeGroup]:
    """Return the most probable way to join neighbouring parts."""
    candidates: dict[tuple[int, int], StrokeGroup] = {}
    for start, group in enumerate(parts):
        candidates[start, start + 1] = group
        for stop in range(start + 1, min(start + TOGETHER, len(parts))):
            if gaps[stop - 1] > WIDE_GAP:
                break
            group = group.joined(parts[stop])  # noqa: PLW2901
            candidates[start, stop + 1] = group
    images = inks_to_images([group.of(drawing) for group in candidates.values()])
    scores = dict(zip(candidates, np.log(np.maximum(judge(images), LEAST)).tolist(), strict=True))
    best: list[tuple[float, list[StrokeGroup]]] = [(0.0, [])]
    for end in range(1, len(parts) + 1):
        ways = [
            (
                best[start][0]
                + scores[start, stop]
                + sum(BELONGING * (1 - gaps[i] / NEUTRAL_GAP) for i in range(start, end - 1)),
                [*best[start][1], candidates[start, stop]],
            )
            for start, stop in candidates
            if stop == end
        ]
        best.append(max(ways, key=lambda way: way[0]))
    return best[-1][1]
