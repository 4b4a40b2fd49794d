"""Many small images of one shape as one picture: a layer's feature maps, or its units as squares.

All share one scale, so that channels can be compared. Where not all fit, even reduced, the first
are drawn.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.half_blocks import NEGATIVE_RAMP, RAMP, Tones, level_strips, quantise

Floats = npt.NDArray[np.floating]

MIN_SIDE = 6
"""Smallest height and width, in pixels, that a map is reduced to."""
MAX_ENLARGED = 8
"""Maps are enlarged to about this many pixels, and units to half of them."""
GAMMA = 0.7
"""Values are drawn brighter than in proportion: a layer's largest one leaves the others dark."""
LEVELS = 12
"""Levels of each sign."""
ZERO = Color.from_rgb(38, 40, 46)
"""The colour of 0, which is not that of the gaps: a channel that is 0 everywhere is seen."""
ABOVE = Tones(ZERO, Color.from_rgb(255, 214, 130))
BELOW = Tones(ZERO, Color.from_rgb(86, 180, 255))


class GridLayout(NamedTuple):
    """How maps are arranged."""

    side: tuple[int, int]
    """Height and width of a map as it is drawn, in pixels."""
    pitch: tuple[int, int]
    """The distance of a map from the next, in pixels; the height is even, for whole cells."""
    across: int
    down: int

    @property
    def capacity(self) -> int:
        """The number of maps that fit."""
        return self.across * self.down


def grid_layout(shape: tuple[int, int], count: int, width: int, height: int) -> GridLayout:
    """The largest maps of which `count` fit into ``width`` x ``height`` cells, or the smallest."""
    layouts = [_layout(side, width, height) for side in _sides(shape)]
    found = next((layout for layout in layouts if layout.capacity >= count), layouts[-1])
    rows = min(found.down, -(-count // found.across))
    return found._replace(across=min(found.across, -(-count // rows)))  # rows of equal length


def _sides(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Sizes in which maps of a shape can be drawn, the largest first."""
    smallest, largest = min(shape), max(shape)
    most = MAX_ENLARGED // 2 if largest == 1 else MAX_ENLARGED // largest
    enlarged = [(shape[0] * k, shape[1] * k) for k in range(most, 1, -1)]
    least = -(-MIN_SIDE * largest // smallest) if smallest > MIN_SIDE else largest
    reduced = [
        (max(1, round(shape[0] * side / largest)), max(1, round(shape[1] * side / largest)))
        for side in range(largest, least - 1, -1)
    ]
    return enlarged + reduced


def _layout(side: tuple[int, int], width: int, height: int) -> GridLayout:
    rows, columns = side
    gap = 1 if columns > 2 else 0  # squares of one or two pixels touch
    pitch = (rows + gap) + (rows + gap) % 2, columns + gap
    across = max(1, (width + gap) // pitch[1])
    down = max(1, (2 * height + pitch[0] - rows) // pitch[0])
    return GridLayout(side, pitch, across, down)


def render_maps(
    maps: Floats, layout: GridLayout, gap: Color | None, *, ascii_only: bool = False
) -> list[Strip]:
    """Maps ``[rows, columns, count]`` as rows of cells, as many of them as there is room for.

    Args:
        maps: values of any scale; those that are not finite are drawn as 0.
        layout: where they are.
        gap: the colour between maps; None for that of the terminal.
        ascii_only: letters in place of half blocks.
    """
    clean = np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)[..., : layout.capacity]
    shown = resized(clean, layout.side)
    shown = shown / max(float(np.abs(shown).max(initial=0)), 1e-12)
    shown = np.sign(shown) * np.abs(shown) ** GAMMA
    count = shown.shape[-1]
    down = -(-count // layout.across)
    canvas = np.full((down * layout.pitch[0], layout.across * layout.pitch[1]), np.nan)
    for i in range(count):
        top, left = i // layout.across * layout.pitch[0], i % layout.across * layout.pitch[1]
        canvas[top : top + layout.side[0], left : left + layout.side[1]] = shown[..., i]
    end = (down - 1) * layout.pitch[0] + layout.side[0]
    canvas = canvas[: end + end % 2]
    if ascii_only:
        return _letters(canvas)
    above, below = quantise(canvas, LEVELS), quantise(-canvas, LEVELS)
    levels = np.where(below > 0, below + np.uint8(LEVELS), above + np.uint8(1))
    levels[np.isnan(canvas)] = 0
    colours = (gap or Color.default(), *ABOVE.gradient(LEVELS), *BELOW.gradient(LEVELS)[1:])
    return level_strips(levels, colours)


def unit_maps(values: Floats) -> Floats:
    """Units ``[n]`` as maps of one pixel, ``[1, 1, n]``."""
    return values.reshape(1, 1, -1)


def resized(maps: Floats, side: tuple[int, int]) -> Floats:
    """Maps ``[rows, columns, count]`` in another size: each new pixel is the mean of its area."""
    rows, columns = _areas(maps.shape[0], side[0]), _areas(maps.shape[1], side[1])
    return np.asarray(np.einsum("ar,rcn,bc->abn", rows, maps, columns, optimize=True))


def _areas(old: int, new: int) -> Floats:
    """The share of each of `old` pixels in each of `new` ones, ``[new, old]``."""
    edges = np.linspace(0, old, new + 1)
    starts = np.arange(old)
    covered = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return np.asarray(np.clip(covered, 0, None) * new / old)


def _letters(canvas: Floats) -> list[Strip]:
    """A letter for two pixels, the upper and the lower; a dot or more within a map."""
    style = Style(color=ABOVE.high, bgcolor=Color.default())
    strips = []
    for top, bottom in zip(canvas[::2], canvas[1::2], strict=True):
        value = np.where(np.isnan(bottom), top, (top + np.nan_to_num(bottom)) / 2)
        above = np.maximum(quantise(value, len(RAMP)), 1).tolist()
        below = quantise(-value, len(NEGATIVE_RAMP)).tolist()
        blank = np.isnan(value).tolist()
        text = "".join(
            " " if gap else NEGATIVE_RAMP[minus] if minus else RAMP[plus]
            for gap, plus, minus in zip(blank, above, below, strict=True)
        )
        strips.append(Strip([Segment(text, style)]))
    return strips
