"""The list of all metrics with their newest values, also of those on other pages."""

from core.output.counted import counted
from core.run.state import RunState
from tui.chart.legend import format_value
from tui.chart.tags import shown_tag, sort_key
from tui.widgets.text_widget import Span, TextWidget, align_right, elide_middle

VALUE_WIDTH = 11


class ValueList(TextWidget):
    """Name and newest value of each metric."""

    DEFAULT_CSS = "ValueList { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()
        self._shown: tuple[str, ...] = ()

    def update_run(self, run: RunState, shown: tuple[str, ...]) -> None:
        """Show this run's metrics; those called `shown` are on the charts of the page."""
        self._run, self._shown = run, shown
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The title, and as many metrics as fit: first those on the page."""
        metrics = self._run.metrics
        if not metrics:
            return []
        others = sorted(set(metrics) - set(self._shown), key=sort_key)
        names = [name for name in self._shown if name in metrics] + others
        room = max(1, height - 1)
        if len(names) > room:
            hidden = len(names) - room + 1
            names, more = names[: room - 1], f" and {hidden:,} more"
        else:
            more = ""
        count = f"   {counted(len(metrics), 'metric')}"
        title: list[Span] = [("newest", "title"), (count, "dim")]
        rows = [self._row(name, width) for name in names]
        return [title, *rows, *([[(more, "dim")]] if more else [])]

    def _row(self, name: str, width: int) -> list[Span]:
        label = elide_middle(f" {shown_tag(name)}", max(8, width - VALUE_WIDTH))
        value = format_value(self._run.metrics[name].last)
        return [(label, "dim"), (align_right(value, VALUE_WIDTH), "text")]
