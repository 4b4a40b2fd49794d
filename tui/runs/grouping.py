"""Runs in groups: by their seed, or by a pattern of names that the user is asked for."""

from collections.abc import Callable

from core.run.seeds import compiled
from trainpad.errors import UserError
from tui.dashboard.screen import DashboardScreen
from tui.runs.dialogs import FormDialog
from tui.runs.listing import RunListing

TITLE = "Group runs with names that differ only where this matches"
HINT = "a regular expression, such as lr[0-9.]+; empty: runs that differ only in their seed\n"


class RunGrouping:
    """Switches groups on and off, and asks for their pattern."""

    def __init__(
        self, screen: DashboardScreen, listing: RunListing, on_change: Callable[[], None]
    ) -> None:
        self._screen, self._listing, self._on_change = screen, listing, on_change

    def toggle(self) -> None:
        """Show runs that differ only in their seed, or by the pattern, as one; or them all."""
        self._set(is_grouped=not self._listing.is_grouped)

    def ask(self, problem: str = "", typed: str | None = None) -> None:
        """Ask for the pattern, and group the runs by it."""
        before = self._listing.pattern
        shown = before.pattern if before is not None else ""
        fields = [("pattern", shown if typed is None else typed)]
        self._screen.app.push_screen(FormDialog(TITLE, fields, problem or HINT), self._use)

    def _use(self, values: list[str] | None) -> None:
        if values is None:
            return
        pattern = values[0].strip()
        try:
            self._listing.pattern = compiled(pattern) if pattern else None
        except UserError as error:
            self.ask(f"{error}\n", pattern)
            return
        self._set(is_grouped=True)
        if self._listing.pattern is not None and self._listing.pattern.problem:
            self._screen.host.toast(self._listing.pattern.problem)

    def _set(self, *, is_grouped: bool) -> None:
        self._listing.close_group()
        self._listing.is_grouped = is_grouped
        self._on_change()
