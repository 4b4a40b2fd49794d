"""The row above a chart: its title, and what each line's value is, now or at the cursor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.chart_palette import Ink

BETWEEN = "   "


@dataclass(frozen=True, slots=True)
class Reading:
    """What one line says: its letter (if it has one), name, value and style."""

    letter: str
    name: str
    value: float | None
    ink: int


def value_text(value: float | None) -> str:
    """A value to four significant digits; a dash for none."""
    if value is None:
        return "-"
    if not math.isfinite(value) or not value:
        return f"{value:g}"
    return f"{value:#.4g}" if 1e-4 <= abs(value) < 1e5 else f"{value:.3e}"


def header(
    title: str, note: str, readings: Sequence[Reading], width: int, styles: Sequence[Style]
) -> Strip:
    """Title and note on the left, readings on the right as far as they fit."""
    left = [Segment(title, styles[Ink.TITLE])] if title else []
    if note:
        left.append(Segment(f"{'  ' if title else ''}{note}", styles[Ink.CURSOR]))
    used = sum(segment.cell_length for segment in left)
    groups: list[list[Segment]] = []
    for reading in readings:
        group = _group(reading, styles, alone=len(readings) == 1)
        length = sum(segment.cell_length for segment in group) + len(BETWEEN)
        if used + length > width:
            break
        used += length
        groups.append([Segment(BETWEEN, styles[Ink.NOTHING]), *group])
    gap = Segment(" " * max(0, width - used), styles[Ink.NOTHING])
    segments = [*left, gap, *(segment for group in groups for segment in group)]
    return Strip(segments).adjust_cell_length(width, styles[Ink.NOTHING])


def _group(reading: Reading, styles: Sequence[Style], alone: bool) -> list[Segment]:
    value = Segment(value_text(reading.value), styles[Ink.VALUE])
    if alone:
        return [value]
    label = f"{reading.letter} {reading.name} " if reading.letter else f"{reading.name} "
    return [Segment(label, styles[reading.ink]), value]
