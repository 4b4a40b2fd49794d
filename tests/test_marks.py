"""Which of the marks in one cell of a chart is shown."""

import numpy as np

from core.run.log import MarkKind
from tui.chart.marks import Mark, MarkIndex


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
