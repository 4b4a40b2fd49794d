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
from tui.chart.palette import Ink
from tui.watch.model import Entry, Watched
from tui.watch.panels import RunChart, ago
from tui.widgets.text_widget import Lines, Part, both_ends, fit, right, spread

KINDS: Mapping[str, str] = {
    "scalars": "Scalars",
    "histograms": "Histograms",
    "texts": "Texts",
    "images": "Images",
    "hparams": "Hparams",
}
"""What can be looked at, and what it is called; the keys 1 to 5 in this order."""


class WatchHeader(Lines):
    """What is watched, how many runs there are, and when the last record came; below, the kinds."""

    DEFAULT_CSS = "WatchHeader { height: 2; }"

    class Chosen(Message):
        """Somebody clicked on a kind."""

        def __init__(self, kind: str) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._watched = Watched()
        self._counts: Mapping[str, int] = {}
        self._kind = self._where = ""
        self._places: list[tuple[int, str]] = []

    def show(self, watched: Watched, counts: Mapping[str, int], kind: str, where: str) -> None:
        """Show this, with how many there are of each kind, and where in the present one."""
        self._watched, self._counts, self._kind, self._where = watched, counts, kind, where
        self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - two rows
        """The two rows."""
        title: list[Part] = [(" trainpad watch  ", "title"), (self._title, "dim")]
        return [
            spread(title, [*self._runs(), ("  ", "dim"), *self._fresh(), (" ", "dim")], width),
            spread(self._kinds(), [(f" {self._where} ", "text")], width),
        ]

    def _runs(self) -> list[Part]:
        total, shown = len(self._watched.entries), len(self._watched.shown)
        if not total:
            return []
        some = f"{shown:,} of {total:,} runs" if shown < total else f"{total:,} runs"
        return [("  " + (some if total > 1 else "1 run"), "text")]

    def _fresh(self) -> list[Part]:
        watched = self._watched
        if not watched.caught_up:
            return [(f"reading {watched.share_read:.0%}", "live")]
        age = ago(watched.last_record)
        return [("last record ", "dim"), (f"{age} ago", "text")] if age else [("waiting", "dim")]

    def _kinds(self) -> list[Part]:
        parts: list[Part] = [(" ", "dim")]
        self._places = []
        for number, (kind, title) in enumerate(KINDS.items(), 1):
            text = f"{number} {title} {self._counts.get(kind, 0):,}"
            self._places.append((sum(len(part) for part, _ in parts) + len(text), kind))
            parts += [(text, "live" if kind == self._kind else "dim"), ("  ", "dim")]
        if self._watched.pattern:
            parts.append((f"filter {sanitize(self._watched.pattern)}", "alert"))
        return parts

    def on_click(self, event: Click) -> None:
        """Go to the kind that was clicked."""
        kind = next((kind for end, kind in self._places if event.x < end), None)
        if event.y == 1 and kind is not None:
            self.post_message(self.Chosen(kind))


class RunList(Lines):
    """All runs, with the colour and letter of their curves; the chosen one can be shown or not."""

    DEFAULT_CSS = "RunList { width: 34; height: 1fr; }"
    AGE: ClassVar[int] = 8

    class Toggled(Message):
        """Somebody wants a run shown, or not any more."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        self._at = self._top = 0

    @property
    def chosen(self) -> Entry | None:
        """The run that keys act on."""
        return self._entries[self._at] if self._entries else None

    def show(self, watched: Watched) -> None:
        """Show the runs as they are now."""
        self._entries = list(watched.entries.values())
        self.update_rows()

    def move(self, by: int) -> None:
        """Choose another run."""
        self._at = max(0, min(self._at + by, len(self._entries) - 1))
        self.update_rows()

    def on_click(self, event: Click) -> None:
        """Show a run, or hide it."""
        place = self._top + event.y - 1
        if 0 <= place < len(self._entries) and event.y > 0:
            self._at = place
            self.post_message(self.Toggled(self._entries[place]))

    def rows(self, width: int, height: int) -> list[Strip]:
        """A head, and the runs around the chosen one."""
        room = max(1, height - 1)
        self._top = min(max(self._top, self._at - room + 1), self._at)
        self._top = max(0, min(self._top, len(self._entries) - room))
        dim = self._style("dim")
        shown = range(self._top, min(len(self._entries), self._top + room))
        rows = [self._row(self._entries[at], width, chosen=at == self._at) for at in shown]
        return [Strip([Segment(fit("  runs", width), dim)]), *rows]

    def _row(self, entry: Entry, width: int, *, chosen: bool) -> Strip:
        """The letter in the run's colour, its name, and how old its last record is."""
        name, age = ("chosen" if chosen else "text" if entry.shown else "dim"), "dim"
        told = ago(entry.status.last_wall_time)
        if entry.status.fault:
            told, age = entry.status.fault, "alert"
        signs = ("o", "*") if self.ascii_only else ("○", "●")
        return Strip(
            [
                Segment(f"{signs[entry.shown]} ", self._colour(entry)),
                Segment(f"{entry.letter} ", self._colour(entry)),
                Segment(
                    self._spelled(both_ends(entry.name, width - 5 - self.AGE) + " "),
                    self._style(name),
                ),
                Segment(self._spelled(right(told, self.AGE)), self._style(age)),
            ]
        )

    def _colour(self, entry: Entry) -> Style:
        """That of the run's curves, as the charts have it."""
        charts = self.screen.query(RunChart)
        if not entry.shown or not charts:
            return self._style("dim")
        return charts.first().palette[Ink.LINE + entry.style - 1]


class Problems(Lines):
    """What is wrong with files or the filter, in a row; no row where nothing is."""

    DEFAULT_CSS = "Problems { height: 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, watched: Watched, chosen: Entry | None) -> None:
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
        self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - one row
        """The sentence."""
        return [[(" " + fit(self._text, width - 1), "alert")]]


class Blank(Lines):
    """Why there is nothing to see."""

    DEFAULT_CSS = "Blank { width: 1fr; height: 1fr; }"

    def __init__(self, missing: str) -> None:
        super().__init__(id="blank")
        self._missing = missing
        self._text = ""

    def show(self, watched: Watched, kind: str) -> None:
        """Say it for this kind."""
        self._text = self._sentence(watched, KINDS[kind].lower())
        self.update_rows()

    def _sentence(self, watched: Watched, kind: str) -> str:
        if not watched.caught_up:
            return "reading ..."
        if not watched.entries:
            return self._missing
        if watched.pattern:
            return f"no {kind} match {sanitize(watched.pattern)}"
        return f"no {kind} yet" if watched.shown else "no run is shown; a shows all"

    def lines(self, width: int, height: int) -> list[list[Part]]:
        """The sentence, in the middle."""
        text = fit(self._text, min(width, cell_len(self._text)))
        rows: list[list[Part]] = [[] for _ in range(height // 2)]
        return [*rows, [(" " * max(0, (width - cell_len(text)) // 2), "dim"), (text, "dim")]]
