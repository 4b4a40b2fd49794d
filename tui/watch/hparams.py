"""Table of hyperparameters: one column per run, the ones that differ first.

Runs have dozens of hyperparameters and terminals few columns, so hyperparameters are the rows.
"""

from collections.abc import Sequence

from tui.chart.legend import format_value
from tui.watch.model import RunView, WatchModel, last_value
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

NAME_WIDTH, COLUMN_WIDTH = 24, 16
"""Width of the names and of each run, in cells."""
NONE = "-"


class HParamTable(TextWidget):
    """Metrics and hyperparameters of the visible runs that have hyperparameters."""

    DEFAULT_CSS = "HParamTable { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__(id="hparams")
        self._run_views: list[RunView] = []
        self._matches = ""
        self._top = 0
        self._rows: list[list[Span]] = []

    def collect(self, model: WatchModel) -> int:
        """Collect the visible runs with hyperparameters; return their number."""
        self._run_views = [run_view for run_view in model.visible_runs if run_view.run.hparams]
        return len(self._run_views)

    @property
    def position_text(self) -> str:
        """Which rows are shown, if not all fit; else empty."""
        height = max(1, self.size.height - 1)
        last = min(len(self._rows), self._top + height)
        return f"rows {self._top + 1} to {last} of {len(self._rows)}" if self._hidden_rows else ""

    def show(self, model: WatchModel) -> None:
        """Show the current runs."""
        self.collect(model)
        self._rows = [*self._metrics(), *self._hyperparameters()]
        self._top = min(self._top, self._hidden_rows)
        self.redraw()

    def turn(self, by: int) -> None:
        """Scroll by half a page."""
        half = max(1, (self.size.height - 1) // 2)
        self._top = max(0, min(self._hidden_rows, self._top + by * half))

    def lines(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """A header with the runs, and as many rows as fit."""
        del width
        head: list[Span] = [(" " * NAME_WIDTH, "dim")]
        for run_view in self._run_views:
            name = f"{run_view.letter} {run_view.name}"
            head.append(
                (align_right(fit(name, min(len(name), COLUMN_WIDTH - 2)), COLUMN_WIDTH), "title")
            )
        return [head, *self._rows[self._top : self._top + height - 1]]

    @property
    def _hidden_rows(self) -> int:
        return max(0, len(self._rows) - max(1, self.size.height - 1))

    def _metrics(self) -> list[list[Span]]:
        """Rows for the status and the last value of each metric."""
        runs = [run_view.run for run_view in self._run_views]
        tags = dict.fromkeys(tag for run in runs for tag in run.experiment.metrics)
        rows = [_row("status", [run.status or NONE for run in runs], "text")]
        for tag in tags:
            values = [last_value(run.scalars.get(tag)) for run in runs]
            rows.append(_row(tag, [format_value(value) for value in values], "text"))
        return [*rows, []]

    def _hyperparameters(self) -> list[list[Span]]:
        """Rows for the hyperparameters; those that differ come first, highlighted."""
        runs = [run_view.run for run_view in self._run_views]
        names = dict.fromkeys(name for run in runs for name in run.hparams)
        table = {name: [_text(run.hparams.get(name)) for run in runs] for name in names}
        differ = {name for name, texts in table.items() if len(set(texts)) > 1}
        rows = [_row(name, table[name], "live") for name in names if name in differ]
        rows += [_row(name, table[name], "text") for name in names if name not in differ]
        return rows


def _row(name: str, values: Sequence[str], role: str) -> list[Span]:
    cells = "".join("  " + align_right(value, COLUMN_WIDTH - 2) for value in values)
    return [(fit(name, NAME_WIDTH), "dim"), (cells, role)]


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.10g}"
    return NONE if value is None else str(value)
