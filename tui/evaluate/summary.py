"""What the Evaluate screens say about an evaluation and about the selected cell, in a row."""

from core.run.metrics import accuracy, correct_count
from tui.evaluate.confusion import CellFormat
from tui.evaluate.report import EvaluationSlice
from tui.widgets.text_widget import Span

Cell = tuple[int, int]


def slice_summary(
    evaluation: EvaluationSlice,
    cell_format: CellFormat,
    *,
    has_l2: bool = False,
    top_five: float | None = None,
    view: str = "",
) -> list[Span]:
    """Accuracy of the split, what the matrix shows, and the loss, which has no L2 penalty.

    `view` says which classes the matrix shows, if not all.
    """
    n_correct, total = correct_count(evaluation.matrix), int(evaluation.matrix.sum())
    loss = evaluation.event.loss.get(evaluation.split)
    parts: list[Span] = [
        (f"{evaluation.split}  ", "title"),
        (f"{accuracy(evaluation.matrix):.4f}", "live"),
        *([(f"   top-5 {top_five:.4f}", "live")] if top_five is not None else []),
        *([(f"   {view}", "alert")] if view else []),
        ("  true ↓ predicted →", "dim"),
        (f"   {n_correct:,} of {total:,} correct", "text"),
    ]
    penalty = " without L2" if has_l2 else ""
    parts += [(f"   loss {loss:.3f}{penalty}", "text")] if loss is not None else []
    return [*parts, (f"   {cell_format}", "dim")]


def evaluation_label(evaluation: EvaluationSlice) -> list[Span]:
    """Step and number of the evaluation."""
    step = f"step {evaluation.event.step:,}"
    if evaluation.is_newest:
        return [(f"{step}, newest of {evaluation.count:,}", "dim")]
    return [(f"{step}, {evaluation.index + 1:,} of {evaluation.count:,}", "alert")]


def cell_summary(evaluation: EvaluationSlice, cell: Cell) -> list[Span]:
    """The selected cell in words."""
    true_name, predicted_name = (evaluation.names[i] for i in cell)
    count, support = int(evaluation.matrix[cell]), int(evaluation.report.support[cell[0]])
    share = f" ({count / support:.1%})" if support else ""
    selected = f"{true_name} predicted as {predicted_name}"
    return [(f"{selected}: {count:,}", "text"), (f" of {support:,}{share}", "text")]
