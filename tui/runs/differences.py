"""In what the marked runs differ, or what one run's settings are."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual.geometry import Size

from core.run.hparams import SPECS
from core.run.own_hparams import is_own_value
from core.rundir.entry import RunEntry
from tui.chart.coloured import LineColoured, line_role
from tui.chart.line_letters import LETTERS
from tui.runs import columns
from tui.runs.value_columns import metric_columns, setting_column
from tui.widgets.text_widget import Span, align_right, fit

MAX_METRICS = 4
"""Metrics of attached runs that are shown."""


class HparamDifferences(LineColoured):
    """The settings in which the marked runs differ, or a single run's non-default ones.

    Of more runs than fit, the first are shown.
    """

    LABEL_WIDTH, COLUMN_WIDTH, MIN_COLUMN_WIDTH = 16, 10, 7

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[tuple[str, RunEntry]] = ()

    def show(self, entries: Sequence[tuple[str, RunEntry]]) -> None:
        """Compare these runs, each with its letter."""
        is_wider = len(entries) != len(self._entries)
        self._entries = entries
        if is_wider:
            self.refresh(layout=True)
        self.redraw()

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's
        """The width of the labels and of one column per run."""
        return self.LABEL_WIDTH + self.COLUMN_WIDTH * max(2, len(self._entries))

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - all are visible
        """A header with the letters, metrics, steps, and a row per setting."""
        if not self._entries:
            return []
        entries = [entry for _, entry in self._entries]
        several = len(entries) > 1
        names = _differing(entries) if several else _of_one(entries[0])
        title = "differences" if several else "settings"
        if not several and entries[0].summary.is_own:
            title = "hyperparameters"
        fitting = self._fitting(width)
        if len(fitting) < len(entries):
            title = f"{len(fitting)} of {len(entries)} runs"
        letters = [letter for letter, _ in fitting] if several else [""]
        header: list[Span] = [(fit(title, self.LABEL_WIDTH), "dim")]
        header += [
            (self._align(letter, width), line_role(LETTERS.index(letter)) if letter else "live")
            for letter in letters
        ]
        rows = [header, *self._numbers(entries, width)]
        for name in names:
            column = setting_column(name)
            rows.append(self._row(column.name, column.format, width, "text"))
        return [*rows, *([] if names else [[(_none(entries), "dim")]])]

    def _numbers(self, entries: Sequence[RunEntry], width: int) -> list[list[Span]]:
        """The best accuracy of runs of ours, the best of each metric of others, and the steps."""
        rows = []
        if any(entry.summary.is_own for entry in entries):
            for label, column in (("best", columns.BEST), ("last", columns.LAST)):
                rows.append(self._row(f"{label} prec. @ 1", column.format, width, "text"))
        attached = [entry for entry in entries if entry.summary.is_attached]
        metrics = dict.fromkeys(name for entry in attached for name in entry.values.metrics)
        for name in list(metrics)[:MAX_METRICS]:
            column = metric_columns(name)[0]
            rows.append(self._row(column.name, column.format, width, "text"))
        steps = "trials" if entries[0].summary.is_study else "steps"
        return [*rows, self._row(steps, lambda e: f"{e.summary.steps:,}", width, "dim")]

    def _row(
        self, label: str, show: Callable[[RunEntry], str], width: int, role: str
    ) -> list[Span]:
        """A label that may reach up to the text of the first run, and that of each run."""
        first, *others = [self._align(show(entry), width) for _, entry in self._fitting(width)]
        free = len(first) - len(first.lstrip()) - 1
        extra = max(0, min(free, cell_len(label) - self.LABEL_WIDTH))
        start = (fit(label, self.LABEL_WIDTH + extra), "dim")
        return [start, *((text, role) for text in (first[extra:], *others))]

    def _fitting(self, width: int) -> Sequence[tuple[str, RunEntry]]:
        """The runs of which the columns fit."""
        return self._entries[: max(1, (width - self.LABEL_WIDTH) // self.MIN_COLUMN_WIDTH)]

    def _align(self, text: str, width: int) -> str:
        """`text`, right-aligned in a run's column."""
        room = (width - self.LABEL_WIDTH) // max(1, len(self._fitting(width)))
        most = self.COLUMN_WIDTH * (1 if len(self._entries) > 1 else 2)
        room = max(self.MIN_COLUMN_WIDTH, min(most, room))
        return " " + align_right(text, room - 1)


def _differing(entries: Sequence[RunEntry]) -> list[str]:
    """The settings in which these runs differ, in the order in which they have them."""
    names = dict.fromkeys(name for entry in entries for name in entry.values.settings)
    return [
        name for name in names if len({entry.values.settings.get(name) for entry in entries}) > 1
    ]


def _none(entries: Sequence[RunEntry]) -> str:
    """What to say where no settings are shown."""
    if not any(entry.values.settings for entry in entries):
        return "no known settings"
    return "no differing settings" if len(entries) > 1 else "all defaults"


def _of_one(entry: RunEntry) -> list[str]:
    """The settings of an attached run, or the hyperparameters that are not the default."""
    if not entry.summary.is_own:
        return list(entry.values.settings)
    return [
        *(n for n, spec in SPECS.items() if entry.hyperparameters[n] != spec.default),
        *filter(is_own_value, entry.values.settings),
    ]
