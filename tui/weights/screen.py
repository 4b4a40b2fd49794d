"""The Weights screen: layers, diagnoses, histograms, first-layer filters and saliency.

The weights that the trainer publishes are inspected in the background, only while the screen is
shown. If the panels do not all fit, one is shown at a time.
"""

import math
from typing import ClassVar

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from core.network.health import Diagnosis, Severity
from core.run.events import Event, Weights
from core.run.state import Run
from trainpad.text import sanitize
from tui.dashboard.screen import DashboardScreen
from tui.dashboard.selection import PickedImage
from tui.weights.history import ReportHistory
from tui.weights.inspection import Inspection, InspectionRequest
from tui.weights.saliency import SaliencyView
from tui.weights.summary import DiagnosisList, LayerTable
from tui.weights.units import SortedUnits, UnitOrder, render_diverging
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.gallery import Gallery
from tui.widgets.heatmap import HeatmapGrid
from tui.widgets.text_widget import TitleRow

PANELS = ("histograms", "units", "saliency")
MIN_INTERVAL = 1.0
"""Minimum seconds between two inspections of the weights."""
NO_WEIGHTS = "no weights yet: the network is still loading"
MIN_UNITS = 5
"""Filters shown at once, if they can be drawn that small."""


class WeightsScreen(DashboardScreen):
    """Layers, histograms, filters."""

    NAME = "weights"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "panel", "Panel", id="weights.panel", priority=True,
                tooltip="Switch between histograms, filters and saliency if not all fit"),
        Binding("up", "layer(-1)", "Layer", id="weights.layer_up",
                tooltip="Previous layer"),
        Binding("down", "layer(1)", "Next layer", show=False, id="weights.layer_down",
                tooltip="Next layer"),
        Binding("o", "order", "Order", id="weights.order",
                tooltip="Sort filters by number, weight norm, weight for a class, or activation"),
        Binding("plus,equals_sign", "label(1)", "Class", id="weights.class_up", key_display="+",
                tooltip="Next class for the filters and the saliency map"),
        Binding("minus", "label(-1)", "Previous class", show=False, id="weights.class_down",
                key_display="-", tooltip="Previous class"),
        Binding("full_stop", "sample(1)", "Image", id="weights.next", key_display=".",
                tooltip="Explain the next validation image"),
        Binding("comma", "sample(-1)", "Previous image", show=False, id="weights.back",
                key_display=",", tooltip="Explain the previous validation image"),
        Binding("right", "unit(1)", "Next unit", show=False, id="weights.unit_next",
                tooltip="Next unit"),
        Binding("left", "unit(-1)", "Previous unit", show=False, id="weights.unit_back",
                tooltip="Previous unit"),
        Binding("pagedown", "page(1)", "Next page", show=False, id="weights.page_down",
                tooltip="Next page of units"),
        Binding("pageup", "page(-1)", "Previous page", show=False, id="weights.page_up",
                tooltip="Previous page of units"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._inspection_job: BackgroundJob[Inspection] = BackgroundJob(
            self, self._show_inspection, cooldown=MIN_INTERVAL
        )
        self._order = UnitOrder.NUMBER
        self._label = 0
        self._panel = PANELS[0]
        self._reset(Run())

    def _reset(self, run: Run) -> None:
        """Start over with another run."""
        self._run = run
        self._inspection_job.cancel()
        self._history = ReportHistory()
        self._inspection: Inspection | None = None
        self._error = ""
        self._requested_step = -1
        self._selected_layer = self._selected_unit = 0
        self._label_picked = False  # otherwise it is the predicted class
        self._sample_index = -1  # of the explained image in the sample
        self._explained_image: PickedImage | None = None

    def compose(self) -> ComposeResult:
        """Layer table and diagnoses; histograms and saliency; filters."""
        yield self.header()
        with Vertical(id="weights-body"):
            yield LayerTable()
            yield DiagnosisList()
            with Horizontal(id="weights-panels"):
                with Vertical(id="weights-left"):
                    with Vertical(id="weights-histograms"):
                        yield TitleRow("weights-histograms-title")
                        yield HeatmapGrid()
                    with Vertical(id="weights-saliency"):
                        yield TitleRow("weights-saliency-title")
                        yield SaliencyView()
                with Vertical(id="weights-units"):
                    yield TitleRow("weights-units-title")
                    yield Gallery(render_diverging, min_count=MIN_UNITS)
        yield self.footer()

    def on_mount(self) -> None:
        """Draw images with letters if there is no Unicode or there are no colours."""
        plain = self.host.ascii or self.app.no_color
        self.query_one(SaliencyView).plain = plain
        self.query_one(Gallery).ascii_images = plain
        self._show_panel(self._panel)

    # -- following ----------------------------------------------------------------------------

    def update_run(self, run: Run) -> None:
        """Show the run's newest weights."""
        super().update_run(run)
        if run is not self._run:
            self._reset(run)
            self._clear()
        if not run.is_live:
            self._inspection_job.run_now()
        picked, self.host.picked_image = self.host.picked_image, None
        if picked is not None:
            self._explain(picked)
            self._show_panel("saliency" if picked.explain else self._panel)
            self._draw()
        if run.weights:
            self._request_inspection()
        if self._inspection is None and not self._error:
            waiting = "reading the weights …" if run.weights else NO_WEIGHTS
            self.query_one(DiagnosisList).show([Diagnosis(waiting, Severity.INFO)])

    def on_run_event(self, event: Event) -> None:
        """Inspect new weights, as often as the background job allows."""
        if isinstance(event, Weights):
            self._request_inspection()

    def _request_inspection(self) -> None:
        run = self._run
        if run.weights and run.weights_step != self._requested_step:
            self._requested_step = run.weights_step
            sample = self._inspection.sample if self._inspection else None
            self._inspection_job.submit(InspectionRequest.of(run, sample).inspect)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _show_inspection(self, result: Inspection | Exception) -> None:
        if isinstance(result, Exception):
            self._error = sanitize(str(result), limit=200)
            self.query_one(DiagnosisList).show([Diagnosis(self._error, Severity.WARNING)])
            return
        self._inspection, self._error = result, ""
        for report in result.reports:
            self._history.add(report)
        if self._explained_image is None:
            self._explain_sample(0)
        self._draw()

    # -- showing ------------------------------------------------------------------------------

    def _clear(self) -> None:
        """Show no network until that of another run has been inspected."""
        for name in ("histograms", "units", "saliency"):
            self.query_one(f"#weights-{name}-title", TitleRow).show([])
        self.query_one(LayerTable).clear()
        self.query_one(DiagnosisList).show([])
        self.query_one(HeatmapGrid).show(())
        self.query_one(Gallery).clear()
        self.query_one(SaliencyView).clear()

    def _draw(self) -> None:
        inspection, newest = self._inspection, self._history.newest
        if inspection is None or newest is None:
            return
        self._selected_layer = min(self._selected_layer, len(newest.layers) - 1)
        self._label = self._class_to_explain(inspection)
        optimizer = f"{self._run.hparams.optimizer}, rate {self._run.hparams.learning_rate:g}"
        output = f"softmax over {inspection.network.sizes[-1]} classes; cross-entropy; {optimizer}"
        shape = image_shape(self._run, inspection.network.sizes[0])
        self.query_one(LayerTable).show(newest, self._selected_layer, shape, output)
        self.query_one(DiagnosisList).show(newest.diagnoses)
        self._draw_histograms(inspection, newest.step)
        self._draw_units(inspection)
        self._draw_saliency(inspection)

    def _draw_histograms(self, inspection: Inspection, step: int) -> None:
        problem = inspection.sample.error
        note = f"no activations: {sanitize(problem, limit=120)}" if problem else ""
        self.query_one("#weights-histograms-title", TitleRow).show(
            [("histograms", "title"), (f"   values over time, to step {step:,}", "dim")],
            [(note, "alert")],
        )
        self.query_one(HeatmapGrid).show(self._history.grid(), self._selected_layer)

    def _draw_units(self, inspection: Inspection) -> None:
        network, subject = inspection.network, self._explained_image
        shape = image_shape(self._run, network.sizes[0])
        fits = subject is not None and subject.image.size == network.sizes[0]
        image = subject.image.ravel() if subject is not None and fits else None
        units = SortedUnits.sorted_by(self._order, network, shape, self._label, image)
        count = len(units.order)
        self._selected_unit = min(self._selected_unit, count - 1)
        of_class = f" {self._class_name(self._label)}" if self._order is UnitOrder.CLASS else ""
        self.query_one("#weights-units-title", TitleRow).show(
            [("first-layer filters", "title"), (f"   by {self._order}{of_class}", "dim")],
            [(f"{self._selected_unit + 1:,} of {count:,}", "dim")],
        )
        self.query_one(Gallery).show(count, units.captioned, shape, self._selected_unit)

    def _draw_saliency(self, inspection: Inspection) -> None:
        title = f"evidence for {self._class_name(self._label)} (gradient x input)"
        self.query_one("#weights-saliency-title", TitleRow).show([(title, "title")])
        view = self.query_one(SaliencyView)
        view.show(inspection.network, self._explained_image, self._label, self._run.classes)

    def _class_name(self, label: int) -> str:
        names = self._run.classes
        return names[label] if label < len(names) else str(label)

    # -- what is explained ---------------------------------------------------------------------

    def _explain(self, subject: PickedImage) -> None:
        """Explain the prediction for this image."""
        self._explained_image, self._label_picked = subject, False

    def _class_to_explain(self, inspection: Inspection) -> int:
        """The class to explain: the picked one, or the predicted one."""
        network, subject = inspection.network, self._explained_image
        if (
            not self._label_picked
            and subject is not None
            and subject.image.size == network.sizes[0]
        ):
            return int(np.argmax(network.logits(subject.image.reshape(1, -1))[0]))
        return min(self._label, network.sizes[-1] - 1)

    def _explain_sample(self, index: int) -> None:
        inspection = self._inspection
        if inspection is None or not len(inspection.sample):
            return
        self._sample_index = index % len(inspection.sample)
        image = inspection.sample.images[self._sample_index]
        label = int(inspection.sample.labels[self._sample_index])
        is_class = label < inspection.network.sizes[-1]
        shown = f", a {self._class_name(label)}" if is_class else ""
        origin = f"validation image {inspection.sample.indices[self._sample_index]:,}{shown}"
        shape = image_shape(self._run, image.size)
        self._explain(PickedImage(image.reshape(shape), origin, label if is_class else None))

    # -- keys ---------------------------------------------------------------------------------

    def action_panel(self) -> None:
        """Show the next panel if not all fit."""
        self._show_panel(PANELS[(PANELS.index(self._panel) + 1) % len(PANELS)])

    def _show_panel(self, panel: str) -> None:
        self._panel = panel
        for name in PANELS:
            self.set_class(name == panel, f"-at-{name}")

    def action_layer(self, by: int) -> None:
        """Select the layer `by` positions away."""
        newest = self._history.newest
        if newest is not None:
            self._selected_layer = min(max(self._selected_layer + by, 0), len(newest.layers) - 1)
            self._draw()

    def action_order(self) -> None:
        """Sort the filters by the next order."""
        self._order, self._selected_unit = self._order.next, 0
        self._draw()

    def action_label(self, by: int) -> None:
        """Explain the class `by` positions away."""
        if self._inspection is not None:
            self._label = (self._label + by) % self._inspection.network.sizes[-1]
            self._label_picked = True
            self._draw()

    def action_sample(self, by: int) -> None:
        """Explain the validation image `by` positions away."""
        self._explain_sample(self._sample_index + by)
        self._draw()

    def action_unit(self, by: int) -> None:
        """Select the unit `by` positions away."""
        self._selected_unit = max(0, self._selected_unit + by)
        self._draw()

    def action_page(self, by: int) -> None:
        """Select the unit `by` pages away."""
        self.action_unit(by * self.query_one(Gallery).capacity)

    @on(Gallery.Selected)
    def _unit_clicked(self, message: Gallery.Selected) -> None:
        self._selected_unit = message.index
        self._draw()


def image_shape(run: Run, pixels: int) -> tuple[int, int]:
    """Height and width of an image of ``pixels`` pixels, from the run, or a square, or a row."""
    recorded = run.info.get("dataset", {}).get("image_shape")
    match recorded:
        case [int() as height, int() as width] if height > 0 and height * width == pixels:
            return height, width
    side = math.isqrt(pixels)
    return (side, side) if side * side == pixels else (1, pixels)
