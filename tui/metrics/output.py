"""The last lines that the program printed, with a search."""

from collections.abc import Iterator, Sequence

from core.output.counted import counted
from tui.chart.tags import Matcher
from tui.widgets.text_widget import Span, TextWidget, fit


class OutputPane(TextWidget):
    """The end of `run.log`; follows it unless it was scrolled."""

    DEFAULT_CSS = "OutputPane { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[str] = ()
        self._above = 0
        """How many lines are below the last one that is shown; 0 follows the output."""
        self._pattern, self._matches = "", Matcher("")

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines, the newest last."""
        if self._above:  # keep what is on the screen where it is
            self._above += max(0, len(lines) - len(self._lines))
        self._lines = lines
        self._above = min(self._above, max(0, len(lines) - 1))
        self.redraw()

    @property
    def pattern(self) -> str:
        """What is searched for: a substring, or a regular expression; empty for nothing."""
        return self._pattern

    @property
    def printed(self) -> Sequence[str]:
        """The lines, the newest last."""
        return self._lines

    @property
    def is_empty(self) -> bool:
        """Whether nothing was printed."""
        return not self._lines

    @property
    def page(self) -> int:
        """How many lines are shown at once."""
        return max(1, self.size.height - 1)

    def scroll_by(self, lines: int) -> None:
        """Show earlier lines, or later ones if negative."""
        self._above = max(0, min(self._above + lines, len(self._lines) - self.page))
        self.redraw()

    def follow(self) -> None:
        """Show the newest lines."""
        self._above = 0
        self.redraw()

    def search(self, pattern: str) -> None:
        """Search for this, and show the newest line that has it."""
        self._pattern, self._matches = pattern, Matcher(pattern)
        self._above = 0
        if pattern and not self._is_shown():
            self.find(-1)
        self.redraw()

    def find(self, direction: int) -> bool:
        """Show the next line with what is searched for, earlier if negative; whether there is one.

        That line becomes the last one shown.
        """
        last = len(self._lines) - 1 - self._above
        stop = -1 if direction < 0 else len(self._lines)
        for index in range(last + direction, stop, direction):
            if self._matches(self._lines[index]):
                self._above = len(self._lines) - 1 - index
                self.redraw()
                return True
        return False

    def _is_shown(self) -> bool:
        return any(self._matches(line) for line in self._lines[-self.page :])

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """A title, and as many lines as fit."""
        stop = len(self._lines) - self._above
        shown = self._lines[max(0, stop - height + 1) : stop]
        return [self._title(width), *([*self._spans(fit(line, width))] for line in shown)]

    def _title(self, width: int) -> list[Span]:
        notes = []
        if self.pattern:
            found = sum(map(self._matches, self._lines))
            notes.append(f"{counted(found, 'line')} with {self.pattern!r}{self._matches.note}")
        if self._above:
            notes.append(f"{counted(self._above, 'line')} below")
        return [("output", "title"), (fit("   " + ", ".join(notes), max(0, width - 6)), "dim")]

    def _spans(self, line: str) -> Iterator[Span]:
        """The line, with what is searched for highlighted."""
        if not self.pattern:
            yield line, "text"
            return
        at = 0
        for start, end in self._matches.spans(line):
            if end > start:
                yield line[at:start], "text"
                yield line[start:end], "live"
                at = end
        yield line[at:], "text"
