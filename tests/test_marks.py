"""Which of the marks in one cell of a chart is shown."""

import numpy as np

from core.run.log import LogEntry, MarkKind
from core.run.state import RunState
from tui.chart.marks import Mark, MarkIndex, marks_of


def shown(*marks: Mark) -> list[tuple[int, str]]:
    index = MarkIndex()
    index.update(marks)
    return [(cell, mark.label) for cell, mark in index.by_cell(np.array([0.0, 10.0, 20.0, 30.0]))]


def change(step: int, label: str) -> Mark:
    return Mark(step, MarkKind.CHANGE, f"learning rate, {label}", label)


def test_of_several_changes_at_one_step_the_last_is_shown() -> None:
    marks = [change(12, label) for label in ("lr 0.01", "lr 0.0125", "lr 0.015625")]
    assert shown(*marks) == [(1, "lr 0.015625")]
    assert shown(change(3, "a"), *marks, change(25, "z")) == [
        (0, "a"), (1, "lr 0.015625"), (2, "z"),
    ]  # fmt: skip


def test_the_most_important_mark_is_shown_in_any_order() -> None:
    saved = [Mark(step, MarkKind.CHECKPOINT, "saved", "saved") for step in (11, 12, 13)]
    between = [saved[0], change(12, "lr 1"), *saved[1:]]
    assert shown(*between) == [(1, "lr 1")]


def test_messages_without_a_mark_do_not_displace_marks_from_the_chart() -> None:
    run = RunState()
    run.log_entries.append(LogEntry(7, "learning rate 0.1", mark=MarkKind.CHANGE, label="lr 0.1"))
    run.log_entries.extend(LogEntry(step, "evaluated") for step in range(8, 300))
    assert [mark.label for mark in marks_of(run.log_entries)] == ["lr 0.1"]


def test_of_very_many_marks_the_newest_are_shown() -> None:
    entries = [
        LogEntry(step, "saved", mark=MarkKind.CHECKPOINT, label="saved") for step in range(250)
    ]
    assert [mark.step for mark in marks_of(entries)] == list(range(50, 250))
