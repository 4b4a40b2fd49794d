"""The chart of the compared runs: one of their values, with the view that it was left with."""

from core.rundir.entry import RunEntry
from tui.chart.chart import Chart
from tui.chart.keys import ChartAction
from tui.chart.view_settings import restore_view, save_view
from tui.curves.reading import RunCurves
from tui.curves.shown_value import LOSS, PRECISION, shown_value, shown_values
from tui.runs.lines import last_step, lines_of
from tui.runs.listing import RunListing
from tui.terminal.characters import Glyphs
from tui.terminal.settings import Settings


class ComparisonChart(Chart):
    """A line for each compared run, or for each group of them."""

    def __init__(
        self, listing: RunListing, curves: RunCurves, settings: Settings, glyphs: Glyphs
    ) -> None:
        """`listing` says which runs are compared, `curves` has what is read of them."""
        super().__init__(glyphs=glyphs, id="overlay")
        self._listing, self._curves, self._settings = listing, curves, settings
        self._value, self._chosen = LOSS, ""
        """What is shown, and what was chosen: runs without that are shown by another."""
        self._use_view()

    @property
    def compared(self) -> list[RunEntry]:
        """The runs on the chart."""
        return [entry for group in self._listing.groups for entry in group.members]

    @property
    def _kind(self) -> str:
        """The name of its view in the settings."""
        return "runs.precision" if self._value == PRECISION else f"runs.{self._value}"

    def _use_view(self) -> None:
        """Take the title and the view of what is shown now."""
        self.title = self._value
        self.shows_fractions = self._value == PRECISION
        restore_view(self._settings, self._kind, self.scene, fractions=self.shows_fractions)

    def draw_runs(self) -> None:
        """Draw the compared runs as they are now."""
        groups, runs = self._listing.groups, self._curves.runs
        value = shown_value(self._chosen, self.compared, runs, self._listing.first)
        if value != self._value:
            self._value = value
            self._use_view()
        lines = [*lines_of(groups, runs, self._value, self._listing.selected)]
        end, is_planned = last_step(groups, runs)
        self.show(lines, planned_steps=end, is_planned=is_planned)

    def next_value(self) -> None:
        """Show the next value that the runs have."""
        values = shown_values(self.compared, self._curves.runs) or [self._value]
        at = values.index(self._value) if self._value in values else -1
        self._chosen = values[(at + 1) % len(values)]
        self.draw_runs()

    def act_and_save(self, action: ChartAction, *arguments: float) -> None:
        """Do what a key of the chart does; the view is saved."""
        self.act(action, *arguments)
        save_view(self._settings, self._kind, self.scene)

    def toggle_difference(self) -> str:
        """Draw the differences to the selected run, or the values; return why not, if so."""
        selected = self._listing.selected
        name = selected.title if selected is not None else ""
        is_drawn = any(selected in group.members for group in self._listing.groups)
        if self.scene.reference != name and not is_drawn:
            return "mark the selected run to see the differences to it"
        self.scene.reference = "" if self.scene.reference == name else name
        self.draw_runs()
        return ""
