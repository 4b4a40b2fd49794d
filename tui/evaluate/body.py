"""What the Evaluate screens of our runs and of attached ones consist of."""

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.chart.chart import Chart
from tui.evaluate.confusion import ConfusionMatrix
from tui.widgets.gallery import Gallery
from tui.widgets.text_widget import TitleRow


def evaluate_body() -> ComposeResult:
    """Matrix and metrics, the images, and the chart of the selected class."""
    with Vertical(id="evaluate-body"):
        yield TitleRow("evaluate-summary")
        yield ConfusionMatrix()
        yield TitleRow("evaluate-title")
        yield Gallery()
        yield Chart("metrics", fractions=True, id="evaluate-chart")
