"""Grey images as text: two square pixels per cell, with as few colour changes as possible.

A change of colour costs ten times the bytes of a character. A half block shows two colours in four
ways (both, either, neither), so a run of cells continues as long as two colours are enough for it;
where all pixels are black or white, that is the whole line.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Levels = npt.NDArray[np.integer]
Image = npt.NDArray[np.floating]

RAMP = " .:-=+*#%@"
"""Background to ink, where there are no half blocks."""
NEGATIVE_RAMP = " ~<oO0"
"""The characters of negative values in a signed image; RAMP has the positive ones."""
COLOUR_LEVELS = 16
"""Levels of red, green and blue of an image in colour."""
GREY_LEVELS = 8
"""Enough for smooth edges, few enough to be cheap."""


GLYPHS = {(False, False): " ", (False, True): "▄", (True, False): "▀", (True, True): "█"}
"""The characters by whether the upper and the lower pixel are ink."""


class Tones(NamedTuple):
    """The two colours between which an image is drawn."""

    low: Color
    high: Color

    def gradient(self, count: int) -> tuple[Color, ...]:
        """``count`` colours from low to high."""
        return _gradient(self.low, self.high, count)


GREY = Tones(Color.from_rgb(18, 18, 18), Color.from_rgb(238, 238, 238))


@lru_cache(256)
def _gradient(low: Color, high: Color, count: int) -> tuple[Color, ...]:
    """Even steps; greys between a terminal's own colours, as their RGB values are unknown."""
    parts = [i / (count - 1) for i in range(1, count - 1)]
    if low.triplet is None or high.triplet is None:
        between = [Color.from_ansi(232 + round(part * 23)) for part in parts]
    else:
        pairs = list(zip(low.triplet, high.triplet, strict=True))
        between = [Color.from_rgb(*(a + (b - a) * part for a, b in pairs)) for part in parts]
    return (low, *between, high)


@lru_cache(4096)
def _style(ink: Color | None, background: Color) -> Style:
    return Style(color=ink, bgcolor=background)


def half_blocks(
    top: Sequence[int], bottom: Sequence[int], colours: Sequence[Color]
) -> list[Segment]:
    """One row of cells, from the colour indices of its upper and its lower pixels."""
    cells = groupby(zip(top, bottom, strict=True))
    equal = [(upper, lower, len([*same])) for (upper, lower), same in cells]
    return [_run(run, colours) for run in _runs(equal)]


Cells = tuple[int, int, int]
"""Upper and lower level of a cell, and how many of these are next to each other."""


def _runs(row: Iterable[Cells]) -> Iterator[list[Cells]]:
    """Split a row wherever a third colour occurs: the fewest pieces possible."""
    run: list[Cells] = []
    seen: set[int] = set()
    for cells in row:
        colours = {*seen, *cells[:2]}
        if len(colours) > 2:
            yield run
            run, colours = [], {*cells[:2]}
        run.append(cells)
        seen = colours
    if run:
        yield run


def _run(run: Sequence[Cells], colours: Sequence[Color]) -> Segment:
    """Cells of at most two colours as one segment; the lower level is the background.

    Ink is always a block, never a coloured space, so that a terminal without colours shows it.
    """
    seen = {level for upper, lower, _ in run for level in (upper, lower)}
    high = max(seen)
    low = min(seen) if len(seen) > 1 else 0
    text = "".join([GLYPHS[upper > low, lower > low] * count for upper, lower, count in run])
    return Segment(text, _style(colours[high] if high else None, colours[low]))


def quantise(image: Image, count: int) -> npt.NDArray[np.uint8]:
    """Levels 0 to ``count - 1`` for values 0 to 1; values outside are clipped, NaN is 0."""
    clean = np.nan_to_num(image, nan=0.0, posinf=1.0, neginf=0.0)
    levels: npt.NDArray[np.uint8] = np.rint(np.clip(clean, 0, 1) * (count - 1)).astype(np.uint8)
    return levels


def render_image(image: Image, tones: Tones = GREY, *, ascii_only: bool = False) -> list[Strip]:
    """A grey image ``[height, width]``, 0 to 1, as ``ceil(height / 2)`` rows of ``width`` cells.

    Args:
        image: the values; an odd height is padded with a row of 0.
        tones: background and ink.
        ascii_only: characters of `RAMP` instead of half blocks.
    """
    even = _even(image)
    if ascii_only:
        style = _style(tones.high, tones.low)
        rows = quantise((even[::2] + even[1::2]) / 2, len(RAMP))
        return [Strip([Segment("".join(RAMP[v] for v in row), style)]) for row in rows.tolist()]
    return level_strips(quantise(even, GREY_LEVELS), tones.gradient(GREY_LEVELS))


def render_picture(image: Image, *, ascii_only: bool = False) -> list[Strip]:
    """An image, grey ``[height, width]`` or in colour ``[height, width, 3]``, 0 to 1."""
    draw = render_image if image.ndim == 2 else render_colours
    return draw(image, ascii_only=ascii_only)


def render_colours(image: Image, *, ascii_only: bool = False) -> list[Strip]:
    """An image in colour ``[height, width, 3]``, 0 to 1, otherwise like :func:`render_image`.

    Without half blocks its brightness is drawn. Few levels of each colour keep the output small.
    """
    if ascii_only:
        return render_image(image.mean(axis=2), ascii_only=True)
    even = np.pad(image, ((0, len(image) % 2), (0, 0), (0, 0)))
    levels = quantise(even, COLOUR_LEVELS) * (255 // (COLOUR_LEVELS - 1))
    return [
        Strip(Segment.simplify(_colour_cell(*cell) for cell in zip(top, bottom, strict=True)))
        for top, bottom in zip(levels[::2].tolist(), levels[1::2].tolist(), strict=True)
    ]


def _colour_cell(top: list[int], bottom: list[int]) -> Segment:
    """One cell with the colours of its upper and its lower pixel."""
    return Segment("▀", _style(Color.from_rgb(*top), Color.from_rgb(*bottom)))


def render_signed(
    image: Image,
    negative: Tones,
    positive: Tones,
    *,
    ascii_only: bool = False,
) -> list[Strip]:
    """An image of values from -1 to 1 in two colours, otherwise like :func:`render_image`.

    The two tones share their low end. In ASCII the signs have different characters.
    """
    even = _even(image)
    if ascii_only:
        return [_signed_letters(row, negative, positive) for row in (even[::2] + even[1::2]) / 2]
    below, above = quantise(-even, GREY_LEVELS), quantise(even, GREY_LEVELS)
    levels = np.where(below > 0, below + np.uint8(GREY_LEVELS - 1), above)
    gradient = positive.gradient(GREY_LEVELS) + negative.gradient(GREY_LEVELS)[1:]
    return level_strips(levels, gradient)


def _even(image: Image) -> Image:
    return np.pad(image, ((0, len(image) % 2), (0, 0)))


def level_strips(levels: Levels, colours: Sequence[Color]) -> list[Strip]:
    """Colour indices ``[height, width]``, of an even height, as rows of half blocks."""
    rows = levels.tolist()
    return [
        Strip(half_blocks(top, bottom, colours), len(top))
        for top, bottom in zip(rows[::2], rows[1::2], strict=True)
    ]


def _signed_letters(row: Image, negative: Tones, positive: Tones) -> Strip:
    above = quantise(row, len(RAMP)).tolist()
    below = quantise(-row, len(NEGATIVE_RAMP)).tolist()
    segments = []
    for plus, minus in zip(above, below, strict=True):
        tones, letter = (negative, NEGATIVE_RAMP[minus]) if minus else (positive, RAMP[plus])
        segments.append(Segment(letter, _style(tones.high, tones.low)))
    return Strip(Segment.simplify(segments), len(above))
