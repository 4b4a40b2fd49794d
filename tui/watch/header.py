"""The widgets around the pages: header, list of runs, problems, and the empty state."""

import time
from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from core.output.counted import counted
from trainpad.text import sanitize
from tui.chart.palette import ChartStyle
from tui.watch.model import RunView, WatchModel
from tui.watch.panels import RunChart, age_text
from tui.widgets.text_widget import Span, TextWidget, align_right, elide_middle, fit, justify

KINDS: Mapping[str, str] = {
    "scalars": "Scalars",
    "histograms": "Histograms",
    "texts": "Texts",
    "images": "Images",
    "hparams": "Hparams",
}
"""Kinds of data and their titles, in the order of the keys 1 to 5."""


class WatchHeader(TextWidget):
    """Title, number of runs and age of the last record; below, the kinds of data."""

    DEFAULT_CSS = "WatchHeader { height: 2; }"

    class KindSelected(Message):
        """A kind was clicked."""

        def __init__(self, kind: str) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._model = WatchModel()
        self._counts: Mapping[str, int] = {}
        self._kind = self._position = ""
        self._kind_ends: list[tuple[int, str]] = []
        self._void_count = 0

    def show(self, model: WatchModel, counts: Mapping[str, int], kind: str, position: str) -> None:
        """Show the number of items of each kind, and the position in the current one."""
        self._model, self._counts, self._kind, self._position = model, counts, kind, position
        self._void_count = model.void_count
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The two rows."""
        title: list[Span] = [(" trainpad watch  ", "title"), (self._title, "dim")]
        return [
            justify(title, [*self._runs(), ("  ", "dim"), *self._freshness(), (" ", "dim")], width),
            justify(self._kinds(), [(f" {self._position} ", "text")], width),
        ]

    def _runs(self) -> list[Span]:
        total, shown = len(self._model.runs), len(self._model.visible_runs)
        if not total:
            return []
        some = f"{shown:,} of {total:,} runs" if shown < total else f"{total:,} runs"
        return [("  " + (some if total > 1 else "1 run"), "text")]

    def _freshness(self) -> list[Span]:
        model = self._model
        if not model.caught_up:
            return [(f"reading {model.fraction_read:.0%}", "live")]
        age = age_text(model.last_record_time)
        return [("last record ", "dim"), (f"{age} ago", "text")] if age else [("waiting", "dim")]

    def _kinds(self) -> list[Span]:
        parts: list[Span] = [(" ", "dim")]
        self._kind_ends = []
        for number, (kind, title) in enumerate(KINDS.items(), 1):
            text = f"{number} {title} {self._counts.get(kind, 0):,}"
            self._kind_ends.append((sum(len(part) for part, _ in parts) + len(text), kind))
            parts += [(text, "live" if kind == self._kind else "dim"), ("  ", "dim")]
        if self._model.pattern:
            note = self._model.matches.note
            parts.append((f"filter {sanitize(self._model.pattern)}{note}  ", "alert"))
        if undrawn := self._model.undrawn:
            parts.append((f"not drawn: {undrawn}  ", "dim"))
        if void := self._void_count:
            shown = "shown dim" if self._model.shows_void else "o shows them"
            parts.append((f"{counted(void, 'point')} written again, {shown}", "dim"))
        return parts

    def on_click(self, event: Click) -> None:
        """Post the kind that was clicked."""
        kind = next((kind for end, kind in self._kind_ends if event.x < end), None)
        if event.y == 1 and kind is not None:
            self.post_message(self.KindSelected(kind))


class RunList(TextWidget):
    """All runs with the letter and colour of their curves; the selected one can be hidden."""

    DEFAULT_CSS = "RunList { width: 34; height: 1fr; }"
    AGE: ClassVar[int] = 8

    class Toggled(Message):
        """A run was clicked: show or hide it."""

        def __init__(self, run_view: RunView) -> None:
            super().__init__()
            self.run_view = run_view

    def __init__(self) -> None:
        super().__init__()
        self._run_views: list[RunView] = []
        self._selected_index = self._top = 0
        self._has_moved = False
        """Whether the user selected a run; until then the first one is selected."""

    @property
    def selected(self) -> RunView | None:
        """The run that keys act on; None without runs."""
        return self._run_views[self._selected_index] if self._run_views else None

    def show(self, model: WatchModel) -> None:
        """Show the current runs; those that are live come first, then the newest."""
        selected = self.selected if self._has_moved else None
        self._run_views = model.listed_runs(time.time())
        self._selected_index = self._run_views.index(selected) if selected is not None else 0
        self.redraw()

    def move(self, by: int) -> None:
        """Move the selection."""
        self._has_moved = True
        self._selected_index = max(0, min(self._selected_index + by, len(self._run_views) - 1))
        self.redraw()

    def on_click(self, event: Click) -> None:
        """Select the run that was clicked, and show or hide it."""
        index = self._top + event.y - 1
        if 0 <= index < len(self._run_views) and event.y > 0:
            self._selected_index, self._has_moved = index, True
            self.post_message(self.Toggled(self._run_views[index]))

    def rows(self, width: int, height: int) -> list[Strip]:
        """A header, and the runs around the selected one."""
        room = max(1, height - 1)
        self._top = min(max(self._top, self._selected_index - room + 1), self._selected_index)
        self._top = max(0, min(self._top, len(self._run_views) - room))
        dim = self._role_style("dim")
        shown = range(self._top, min(len(self._run_views), self._top + room))
        rows = [
            self._row(self._run_views[at], width, selected=at == self._selected_index)
            for at in shown
        ]
        return [Strip([Segment(fit("  runs", width), dim)]), *rows]

    def _row(self, run_view: RunView, width: int, *, selected: bool) -> Strip:
        """The letter in the run's colour, its name, and the age of its last record."""
        name, age = ("selected" if selected else "text" if run_view.visible else "dim"), "dim"
        status = age_text(run_view.status.last_wall_time)
        if run_view.status.fault:
            status, age = run_view.status.fault, "alert"
        marks = ("o", "*") if self.ascii_only else ("○", "●")
        return Strip(
            [
                Segment(f"{marks[run_view.visible]} ", self._colour(run_view)),
                Segment(f"{run_view.letter} ", self._colour(run_view)),
                Segment(
                    self._displayable(elide_middle(run_view.name, width - 5 - self.AGE) + " "),
                    self._role_style(name),
                ),
                Segment(self._displayable(align_right(status, self.AGE)), self._role_style(age)),
            ]
        )

    def _colour(self, run_view: RunView) -> Style:
        """The colour of the run's curves."""
        charts = self.screen.query(RunChart)
        if not run_view.visible or not charts:
            return self._role_style("dim")
        return charts.first().chart_styles[ChartStyle.LINE + run_view.style]


class ProblemBar(TextWidget):
    """One row with a problem of the files; hidden without one."""

    DEFAULT_CSS = "ProblemBar { height: 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, model: WatchModel, selected: RunView | None) -> None:
        """Show a problem of the selected run, or else the first of all."""
        problems = selected.status.problems if selected is not None else ()
        found = [f"{selected.name}: {text}" for text in problems] if selected is not None else []
        all_problems = model.problems
        self._text = next(iter([*found, *all_problems]), "")
        if len(all_problems) > 1:
            self._text += f"  ({len(all_problems):,} files have problems)"
        skipped = selected.status.skipped if selected is not None else 0
        if not self._text and skipped and selected is not None:
            what = "record or value" if skipped == 1 else "records or values"
            self._text = f"{selected.name}: {skipped:,} {what} could not be decoded"
        self.display = bool(self._text)
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The problem."""
        return [[(" " + fit(self._text, width - 1), "alert")]]


class EmptyState(TextWidget):
    """Why nothing is shown."""

    DEFAULT_CSS = "EmptyState { width: 1fr; height: 1fr; }"

    def __init__(self, no_runs_text: str) -> None:
        super().__init__(id="blank")
        self._no_runs_text = no_runs_text
        self._text = ""

    def show(self, model: WatchModel, kind: str) -> None:
        """Show the reason for this kind of data."""
        self._text = self._sentence(model, KINDS[kind].lower())
        self.redraw()

    def _sentence(self, model: WatchModel, kind: str) -> str:
        if not model.caught_up:
            return "reading ..."
        if not model.runs:
            return self._no_runs_text
        if model.pattern:
            return f"no {kind} match {sanitize(model.pattern)}{model.matches.note}"
        if not model.visible_runs:
            return "all runs are hidden; a shows all"
        undrawn = f"; not drawn: {model.undrawn}" if model.undrawn else ""
        return f"no {kind} yet{undrawn}"

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The reason, centred."""
        text = fit(self._text, min(width, cell_len(self._text)))
        rows: list[list[Span]] = [[] for _ in range(height // 2)]
        return [*rows, [(" " * max(0, (width - cell_len(text)) // 2), "dim"), (text, "dim")]]
