"""A confusion matrix as the Evaluate screen draws it."""

from core.run.events import Evaluated
from core.run.state import RunState
from tui.evaluate.confusion import CellFormat, ConfusionMatrix
from tui.evaluate.report import EvaluationSlice, ReportCache


def looked(matrix: list[list[int]], names: tuple[str, ...] | None = None) -> EvaluationSlice:
    run = RunState()
    if names is not None:
        run.info = {"dataset": {"classes": list(names)}}
    run.evaluations.append(Evaluated(10, {"test": matrix}, {}, 0.1))
    look = ReportCache().evaluation_slice(run, "test", None)
    assert look is not None
    return look


def table(
    look: EvaluationSlice,
    width: int,
    height: int,
    numbers: CellFormat = CellFormat.COUNTS,
    *,
    ascii_only: bool = False,
) -> list[str]:
    made = ConfusionMatrix()
    made.ascii_only = ascii_only
    made._slice, made._cell_format, made._cursor = look, numbers, (1, 0)
    return [
        "".join(made._displayable(text) for text, _ in parts).rstrip()
        for parts in made.lines(width, height)
    ]
