"""The lines on the chart of the compared runs, and how far its axis goes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.run.state import RunState
from core.rundir.entry import RunEntry
from tui.chart.traces import Line
from tui.curves.shown_value import line_of
from tui.runs.listing import Group

UNREAD = RunState()
"""Placeholder for a run of which no events are read yet."""
LEAST_STEPS = 8
"""With fewer steps on its axis, a chart has ticks between them."""


def lines_of(
    groups: Sequence[Group], runs: Mapping[Path, RunState], value: str, selected: RunEntry | None
) -> Iterator[Line]:
    """Yield the curve of `value` of each run; of a group of several, their mean.

    Curves are empty until the events of their runs are read. That of `selected` is on top.
    """
    for group in groups:
        members = tuple(
            line_of(
                value, entry.title, runs.get(entry.run.path, UNREAD), layer=int(entry is selected)
            )
            for entry in group.members
        )
        yield replace(
            members[0],
            name=group.name,
            letter=group.letter,
            style=group.slot,
            layer=max(line.layer for line in members),
            members=members if len(members) > 1 else (),
        )


def last_step(groups: Sequence[Group], runs: Mapping[Path, RunState]) -> tuple[int, bool]:
    """The step beyond which no compared run will have values, and whether a plan ends there.

    It is `LEAST_STEPS` or more.
    """
    found = (runs.get(entry.run.path) for group in groups for entry in group.members)
    return max([(LEAST_STEPS, False), *((run.axis_end, run.is_live) for run in found if run)])
