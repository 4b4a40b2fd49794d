"""The lines on the charts of a study."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.run.series import Points
from core.run.timeline import Timeline
from core.sweep.overview import StudyOverview
from core.sweep.results import Row
from tui.chart.chart import Line
from tui.chart.line_letters import LETTERS

MAX_CURVES: Final = 6
"""Trials on the chart of curves in a colour of their own: the selected one and the best."""


def curve_lines(overview: StudyOverview, selected: int) -> list[Line]:
    """The curve of each trial; the selected one and the best in colours of their own."""
    ranked = sorted(
        (row for row in overview.rows if row.curve and row.value is not None),
        key=lambda row: row.value or 0.0, reverse=overview.description.goal.maximize,
    )  # fmt: skip
    chosen = [row for row in ranked if row.number == selected]
    chosen += [row for row in ranked if row not in chosen][: MAX_CURVES - len(chosen)]
    dim = [
        Line(str(row.number), _points(row.curve), is_void=True)
        for row in ranked
        if row not in chosen
    ]
    return [*dim, *(_coloured(row, place, selected) for place, row in enumerate(chosen))]


def _coloured(row: Row, place: int, selected: int) -> Line:
    layer = 1 + (row.number == selected)
    points = _points(row.curve)
    return Line(str(row.number), points, style=place, letter=LETTERS[place], layer=layer)


def progress_lines(overview: StudyOverview) -> list[Line]:
    """The value of each complete trial, and the best up to it; by trial, or by when it ended."""
    values = [
        (row.number, row.value)
        for row in overview.rows
        if row.state == "complete" and row.value is not None
    ]
    if not values:
        return []
    timeline = _timeline(overview)
    best = _points(overview.best_so_far())
    return [
        Line("best so far", best, style=0, layer=1, timeline=timeline),
        Line("each trial", _points(values), style=1, timeline=timeline),
    ]


def _timeline(overview: StudyOverview) -> Timeline:
    """When each complete trial ended, in seconds of Unix time; it begins with the study."""
    complete = [row for row in overview.rows if row.state == "complete" and row.ended]
    timeline = Timeline()
    if complete:
        begun = min(row.started for row in overview.rows if row.started)
        timeline.extend([-1], [begun])
        timeline.extend([row.number for row in complete], [row.ended for row in complete])
    return timeline


def _points(curve: Sequence[tuple[int, float]]) -> Points:
    steps, values = zip(*curve, strict=True) if curve else ((), ())
    return Points.of_sorted(np.array(steps, np.int64), np.array(values, np.float32))
