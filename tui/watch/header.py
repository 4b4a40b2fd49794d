"""The rows around the pages: what is watched and how fresh it is, the runs, and what is wrong."""

from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

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
"""What can be looked at, and what it is called; the keys 1 to 5 in this order."""


class WatchHeader(TextWidget):
    """What is watched, how many runs there are, and when the last record came; below, the kinds."""

    DEFAULT_CSS = "WatchHeader { height: 2; }"

    class KindSelected(Message):
        """Somebody clicked on a kind."""

        def __init__(self, kind: str) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._watched = WatchModel()
        self._counts: Mapping[str, int] = {}
        self._kind = self._position = ""
        self._kind_ends: list[tuple[int, str]] = []

    def show(self, watched: WatchModel, counts: Mapping[str, int], kind: str, where: str) -> None:
        """Show this, with how many there are of each kind, and where in the present one."""
        self._watched, self._counts, self._kind, self._position = watched, counts, kind, where
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The two rows."""
        title: list[Span] = [(" trainpad watch  ", "title"), (self._title, "dim")]
        return [
            justify(title, [*self._runs(), ("  ", "dim"), *self._freshness(), (" ", "dim")], width),
            justify(self._kinds(), [(f" {self._position} ", "text")], width),
        ]

    def _runs(self) -> list[Span]:
        total, shown = len(self._watched.runs), len(self._watched.visible_runs)
        if not total:
            return []
        some = f"{shown:,} of {total:,} runs" if shown < total else f"{total:,} runs"
        return [("  " + (some if total > 1 else "1 run"), "text")]

    def _freshness(self) -> list[Span]:
        watched = self._watched
        if not watched.caught_up:
            return [(f"reading {watched.fraction_read:.0%}", "live")]
        age = age_text(watched.last_record_time)
        return [("last record ", "dim"), (f"{age} ago", "text")] if age else [("waiting", "dim")]

    def _kinds(self) -> list[Span]:
        parts: list[Span] = [(" ", "dim")]
        self._kind_ends = []
        for number, (kind, title) in enumerate(KINDS.items(), 1):
            text = f"{number} {title} {self._counts.get(kind, 0):,}"
            self._kind_ends.append((sum(len(part) for part, _ in parts) + len(text), kind))
            parts += [(text, "live" if kind == self._kind else "dim"), ("  ", "dim")]
        if self._watched.pattern:
            parts.append((f"filter {sanitize(self._watched.pattern)}", "alert"))
        return parts

    def on_click(self, event: Click) -> None:
        """Go to the kind that was clicked."""
        kind = next((kind for end, kind in self._kind_ends if event.x < end), None)
        if event.y == 1 and kind is not None:
            self.post_message(self.KindSelected(kind))


class RunList(TextWidget):
    """All runs, with the colour and letter of their curves; the chosen one can be shown or not."""

    DEFAULT_CSS = "RunList { width: 34; height: 1fr; }"
    AGE: ClassVar[int] = 8

    class Toggled(Message):
        """Somebody wants a run shown, or not any more."""

        def __init__(self, entry: RunView) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[RunView] = []
        self._selected_index = self._top = 0

    @property
    def selected(self) -> RunView | None:
        """The run that keys act on."""
        return self._entries[self._selected_index] if self._entries else None

    def show(self, watched: WatchModel) -> None:
        """Show the runs as they are now."""
        self._entries = list(watched.runs.values())
        self.redraw()

    def move(self, by: int) -> None:
        """Choose another run."""
        self._selected_index = max(0, min(self._selected_index + by, len(self._entries) - 1))
        self.redraw()

    def on_click(self, event: Click) -> None:
        """Show a run, or hide it."""
        place = self._top + event.y - 1
        if 0 <= place < len(self._entries) and event.y > 0:
            self._selected_index = place
            self.post_message(self.Toggled(self._entries[place]))

    def rows(self, width: int, height: int) -> list[Strip]:
        """A head, and the runs around the chosen one."""
        room = max(1, height - 1)
        self._top = min(max(self._top, self._selected_index - room + 1), self._selected_index)
        self._top = max(0, min(self._top, len(self._entries) - room))
        dim = self._role_style("dim")
        shown = range(self._top, min(len(self._entries), self._top + room))
        rows = [
            self._row(self._entries[at], width, chosen=at == self._selected_index) for at in shown
        ]
        return [Strip([Segment(fit("  runs", width), dim)]), *rows]

    def _row(self, entry: RunView, width: int, *, chosen: bool) -> Strip:
        """The letter in the run's colour, its name, and how old its last record is."""
        name, age = ("chosen" if chosen else "text" if entry.visible else "dim"), "dim"
        told = age_text(entry.status.last_wall_time)
        if entry.status.fault:
            told, age = entry.status.fault, "alert"
        signs = ("o", "*") if self.ascii_only else ("○", "●")
        return Strip(
            [
                Segment(f"{signs[entry.visible]} ", self._colour(entry)),
                Segment(f"{entry.letter} ", self._colour(entry)),
                Segment(
                    self._displayable(elide_middle(entry.name, width - 5 - self.AGE) + " "),
                    self._role_style(name),
                ),
                Segment(self._displayable(align_right(told, self.AGE)), self._role_style(age)),
            ]
        )

    def _colour(self, entry: RunView) -> Style:
        """That of the run's curves, as the charts have it."""
        charts = self.screen.query(RunChart)
        if not entry.visible or not charts:
            return self._role_style("dim")
        return charts.first().palette[ChartStyle.LINE + entry.style - 1]


class ProblemBar(TextWidget):
    """What is wrong with files or the filter, in a row; no row where nothing is."""

    DEFAULT_CSS = "ProblemBar { height: 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, watched: WatchModel, chosen: RunView | None) -> None:
        """Show the problem of the chosen run, or else the first there is."""
        own = chosen.status.problems if chosen is not None else ()
        found = [f"{chosen.name}: {text}" for text in own] if chosen is not None else []
        every = watched.problems
        self._text = next(iter([*found, *every]), "")
        if len(every) > 1:
            self._text += f"  ({len(every):,} files have problems)"
        skipped = chosen.status.skipped if chosen is not None else 0
        if not self._text and skipped and chosen is not None:
            self._text = f"{chosen.name}: records or values not understood: {skipped:,}"
        self.display = bool(self._text)
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The sentence."""
        return [[(" " + fit(self._text, width - 1), "alert")]]


class EmptyState(TextWidget):
    """Why there is nothing to see."""

    DEFAULT_CSS = "EmptyState { width: 1fr; height: 1fr; }"

    def __init__(self, missing: str) -> None:
        super().__init__(id="blank")
        self._missing = missing
        self._text = ""

    def show(self, watched: WatchModel, kind: str) -> None:
        """Say it for this kind."""
        self._text = self._sentence(watched, KINDS[kind].lower())
        self.redraw()

    def _sentence(self, watched: WatchModel, kind: str) -> str:
        if not watched.caught_up:
            return "reading ..."
        if not watched.runs:
            return self._missing
        if watched.pattern:
            return f"no {kind} match {sanitize(watched.pattern)}"
        return f"no {kind} yet" if watched.visible_runs else "no run is shown; a shows all"

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The sentence, in the middle."""
        text = fit(self._text, min(width, cell_len(self._text)))
        rows: list[list[Span]] = [[] for _ in range(height // 2)]
        return [*rows, [(" " * max(0, (width - cell_len(text)) // 2), "dim"), (text, "dim")]]
