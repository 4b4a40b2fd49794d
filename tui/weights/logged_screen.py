"""The Weights screen of attached runs: the statistics of their weights, as they log them."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Resize

from core.run.attached_events import WeightsLogged
from core.run.state import RunState
from tui.dashboard.screen import DashboardScreen
from tui.weights.logged_layers import LoggedLayers, histogram_rows
from tui.widgets.heatmap import HeatmapGrid
from tui.widgets.text_widget import TitleRow

NO_WEIGHTS = "no weights until the program calls run.log_weights(model)"

ROWS = 7
"""Rows of the screen for the histograms of a layer, at least."""


class LoggedWeightsScreen(DashboardScreen):
    """Layers and histograms."""

    NAME = "weights"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "layer(-1)", "Layer", id="weights.layer_up", tooltip="Previous layer"),
        Binding("down", "layer(1)", "Next layer", show=False, id="weights.layer_down",
                tooltip="Next layer"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()
        self._newest: WeightsLogged | None = None
        self._selected = 0

    def compose(self) -> ComposeResult:
        """The table of layers, and their histograms."""
        yield self.header()
        with Vertical(id="weights-body"):
            yield TitleRow("weights-layers-title")
            yield LoggedLayers()
            with Vertical(id="weights-logged"):
                yield TitleRow("weights-histograms-title")
                yield HeatmapGrid()
        yield self.footer()

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The keys that select another layer, where there is none."""
        last = len(self._newest.layers) - 1 if self._newest else -1
        dimmed = {"layer(-1)"} if self._selected <= 0 else set()
        return super().dimmed_actions | dimmed | ({"layer(1)"} if self._selected >= last else set())

    def update_run(self, run: RunState) -> None:
        """Show the run's newest weights."""
        super().update_run(run)
        if run is not self._run:
            self._run, self._newest, self._selected = run, None, 0
            self._draw()
        newest = run.program.weights[-1] if run.program.weights else None
        if newest is not self._newest:
            self._newest = newest
            self._draw()

    def _draw(self) -> None:
        newest, logged = self._newest, self._run.program.weights
        title = self.query_one("#weights-layers-title", TitleRow)
        histograms = self.query_one("#weights-histograms-title", TitleRow)
        layers = list(newest.layers.items()) if newest else []
        self._selected = max(0, min(self._selected, len(layers) - 1))
        if newest is None:
            title.show([(NO_WEIGHTS, "dim")])
            histograms.show([])
        else:
            title.show([("layers", "title"), (f"   after step {newest.step:,}", "dim")])
            steps = f"   from step {logged[0].step:,} to step {newest.step:,}"
            histograms.show([("histograms", "title"), (steps, "dim")])
        self.query_one(LoggedLayers).show(layers, self._selected)
        self._draw_histograms()
        self.update_keys()

    def _draw_histograms(self) -> None:
        """Draw as many layers as have room to be legible, the selected one among them."""
        grid = self.query_one(HeatmapGrid)
        names = list(self._newest.layers) if self._newest else []
        count = max(1, grid.size.height // ROWS)
        first = max(0, min(self._selected - count // 2, len(names) - count))
        rows = histogram_rows(list(self._run.program.weights), names[first : first + count])
        grid.show(rows, self._selected - first)

    def on_resize(self, event: Resize) -> None:
        """Draw as many histograms as fit."""
        super().on_resize(event)
        self.call_after_refresh(self._draw_histograms)

    def action_layer(self, by: int) -> None:
        """Select another layer."""
        self._selected += by
        self._draw()
