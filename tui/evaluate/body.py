"""What the Evaluate screens of our runs and of attached ones consist of."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from tui.chart.chart import Chart
from tui.evaluate.confusion import CellFormat, ConfusionMatrix
from tui.evaluate.pairs import WorstPairs
from tui.evaluate.report import EvaluationSlice
from tui.evaluate.views import MatrixViews
from tui.widgets.gallery import Gallery
from tui.widgets.text_widget import TitleRow

LOW_ROWS = 12
"""Rows for the matrix on a low screen, as in the layout."""
HIGH_SHARE = 0.55
"""Its share of the rows below the header on other screens."""
AROUND = 4
"""Rows of header, keys and margins."""
MATRIX_ENDS = 2
"""Rows of the matrix besides its classes."""


def evaluate_body() -> ComposeResult:
    """Matrix and metrics, the worst pairs, the images, and the chart of the selected class."""
    with Vertical(id="evaluate-body"):
        yield TitleRow("evaluate-summary")
        with Horizontal(id="evaluate-matrix"):
            yield ConfusionMatrix()
            yield WorstPairs()
        yield TitleRow("evaluate-title")
        yield Gallery()
        yield Chart("metrics", fractions=True, id="evaluate-chart")


def show_matrix(
    screen: Screen[None],
    evaluation: EvaluationSlice,
    cell_format: CellFormat,
    cursor: tuple[int, int],
    views: MatrixViews,
) -> None:
    """Show the matrix, and the worst pairs beside it or in its place where it does not fit."""
    view, cell = views.shown(evaluation, cursor)
    arrange(screen, len(view.matrix))
    screen.query_one(ConfusionMatrix).show(view, cell_format, cell)
    screen.query_one(WorstPairs).show(evaluation, cursor)


def arrange(screen: Screen[None], classes: int) -> None:
    """Make room for the worst pairs if not all rows of the matrix fit."""
    is_low = screen.has_class("-low")
    room = LOW_ROWS if is_low else int(HIGH_SHARE * (screen.size.height - AROUND))
    screen.set_class(classes + MATRIX_ENDS > room, "-many")
