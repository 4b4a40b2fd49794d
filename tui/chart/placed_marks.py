"""The marks of a chart by cell: those of the run, and where values of a line are not finite."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from core.run.log import MarkKind
from core.run.pyramid import Float64s
from tui.chart import axes
from tui.chart.axes import Axis
from tui.chart.marks import Mark, MarkIndex, PlacedMark
from tui.chart.traces import Line


def placed_marks(
    axis: Axis, lines: Sequence[Line], marks: MarkIndex, edges: Float64s
) -> list[PlacedMark]:
    """The most important mark of each cell between the edges, then those of non-finite values."""
    placed: list[PlacedMark] = []
    if lines and len(marks.steps):
        cells = marks.by_cell(axes.steps_of(axis, lines[0].parts[0], edges))
        placed = [PlacedMark(cell, mark) for cell, mark in cells]
    parts = [part for line in lines for part in line.parts]
    return placed + [found for part in parts for found in _placed_nonfinite(axis, part, edges)]


def nonfinite_notes(axis: Axis, lines: Sequence[Line], cell: Float64s) -> Iterator[str]:
    """What is not finite in a cell, given by its two edges, with the first step of each line."""
    for line in lines:
        for part in line.parts:
            for step, name in _nonfinite(axis, part, cell).values():
                yield f"{part.name} is {name} at step {step:,}"


def _placed_nonfinite(axis: Axis, line: Line, edges: Float64s) -> Iterator[PlacedMark]:
    """A mark in each cell with a value that is not finite; each row of them has one label."""
    found = _nonfinite(axis, line, edges)
    rows, total = sum(cell - 1 not in found for cell in found), line.curve.nonfinite.total
    count = f" × {total:,}" if rows == 1 and total > 1 else ""
    for cell, (step, name) in sorted(found.items()):
        label = "" if cell - 1 in found else f"{name}{count}"
        yield PlacedMark(cell, Mark(step, MarkKind.NONFINITE, f"{line.name} is {name}", label))


def _nonfinite(axis: Axis, line: Line, edges: Float64s) -> dict[int, tuple[int, str]]:
    """By cell: the first step with a value that is not finite, and its name."""
    listed = list(line.curve.nonfinite)
    if not listed:
        return {}
    bounds = axes.steps_of(axis, line, edges)
    cells = np.searchsorted(bounds, [step for step, _ in listed], side="right") - 1
    found: dict[int, tuple[int, str]] = {}
    for cell, (step, value) in zip(cells.tolist(), listed, strict=True):
        if 0 <= cell < len(edges) - 1:
            found.setdefault(cell, (step, "NaN" if math.isnan(value) else f"{value}"))
    columns = line.curve.columns(bounds)  # not all such values are listed
    for cell in np.flatnonzero(columns.has_values & np.isnan(columns.low)).tolist():
        first = max(bounds[cell], line.curve.first_step)  # no time is known of the first steps
        found.setdefault(cell, (math.ceil(first), "NaN"))
    return found
