"""The Weights screen: layers, diagnoses, histograms, filters, feature maps and saliency.

The weights that the trainer publishes are inspected in the background, only while the screen is
shown. Histories do not depend on that: they are read from what the run recorded. If the panels do
not all fit, one is shown at a time.
"""

from pathlib import Path
from typing import ClassVar

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from core.network.health import Diagnosis, NetworkReport, Severity
from core.network.network import Network
from core.own.network import OwnNetwork
from core.run.class_names import class_name
from core.run.events import Event, Weights
from core.run.state import RunState
from trainpad.text import sanitize
from tui.dashboard.screen import DashboardScreen
from tui.weights.explained import image_shape
from tui.weights.explainer import Explainer
from tui.weights.history import LayerRow, histogram_rows, step_range
from tui.weights.inspection import Inspection, InspectionRequest
from tui.weights.keys import BINDINGS
from tui.weights.maps import FeatureMaps
from tui.weights.recorded import RecordedWeights, RecordReader
from tui.weights.saliency import SaliencyView
from tui.weights.summary import DiagnosisList, LayerTable
from tui.weights.titles import (
    after,
    has_maps,
    histograms_title,
    layers_note,
    layers_title,
    maps_title,
)
from tui.weights.units import SortedUnits, UnitOrder, render_diverging
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.gallery import Gallery
from tui.widgets.heatmap import HeatmapGrid
from tui.widgets.text_widget import Span, TitleRow

PANELS = ("histograms", "units", "saliency", "maps")
MIN_INTERVAL = 1.0
"""Minimum seconds between two inspections of the weights, and between two polls of the record."""
NO_IMAGE = "no image: press . for a validation image, or w on the Evaluate screen"
NO_WEIGHTS = "no weights yet: the network is still loading"
MIN_UNITS, MIN_UNITS_CELLS = 5, 900
"""Filters shown at once, if they can be drawn that small, in so many cells; more in more cells."""


class WeightsScreen(DashboardScreen):
    """Layers, histograms, filters."""

    NAME = "weights"
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self._inspection_job: BackgroundJob[Inspection] = BackgroundJob(
            self, self._show_inspection, cooldown=MIN_INTERVAL
        )
        self._record_job: BackgroundJob[RecordedWeights] = BackgroundJob(
            self, self._show_record, cooldown=MIN_INTERVAL
        )
        self._order = UnitOrder.NUMBER
        self._explainer = Explainer(self, self._draw)
        self._panel = PANELS[0]
        self._reset(RunState())

    def _reset(self, run: RunState) -> None:
        """Start over with another run."""
        self._run = run
        self._inspection_job.cancel()
        self._record_job.cancel()
        self._reader = RecordReader(Path(run.directory))
        self._recorded = RecordedWeights()
        self._recorded_version = -1
        self._checkpoint_reports: list[NetworkReport] = []
        self._rows: list[LayerRow] = []
        self._inspection: Inspection | None = None
        self._error = ""
        self._requested_step = -1
        self._place = self._selected_unit = 0
        self._explainer.reset()

    def compose(self) -> ComposeResult:
        """Layer table and diagnoses; histograms and saliency; filters."""
        yield self.header()
        with Vertical(id="weights-body"):
            yield TitleRow("weights-layers-title")
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
                with Vertical(id="weights-right"):
                    with Vertical(id="weights-units"):
                        yield TitleRow("weights-units-title")
                        yield Gallery(render_diverging, min_count=MIN_UNITS, cells=MIN_UNITS_CELLS)
                    with Vertical(id="weights-maps"):
                        yield TitleRow("weights-maps-title")
                        yield FeatureMaps()
        yield self.footer()

    def on_mount(self) -> None:
        """Draw images with letters if there is no Unicode or there are no colours."""
        plain = self.host.ascii or self.app.no_color
        self.query_one(SaliencyView).plain = self.query_one(FeatureMaps).plain = plain
        self.query_one(Gallery).ascii_images = plain
        self._show_panel(self._panel)

    # -- following ----------------------------------------------------------------------------

    def update_run(self, run: RunState) -> None:
        """Show the run's newest weights."""
        super().update_run(run)
        if run is not self._run:
            self._reset(run)
            self._clear()
        if not run.is_live:
            self._inspection_job.run_now()
            self._record_job.run_now()
        picked, self.host.picked_image = self.host.picked_image, None
        if picked is not None:
            self._explainer.image.pick(picked)
            self._show_panel("saliency" if picked.explain else self._panel)
            self._draw()
        if run.weights:
            self._request_inspection()
        self._request_record()
        if self._inspection is None and not self._error:
            waiting = "reading the weights …" if run.weights else NO_WEIGHTS
            self.query_one(DiagnosisList).show([Diagnosis(waiting, Severity.INFO)])

    def on_run_event(self, event: Event) -> None:
        """Inspect new weights, as often as the background job allows."""
        if isinstance(event, Weights):
            self._request_inspection()

    def _request_inspection(self, *, with_keras: bool = False) -> None:
        run = self._run
        if run.weights and run.weights_step != self._requested_step:
            self._requested_step = run.weights_step
            sample = self._inspection.sample if self._inspection else None
            request = InspectionRequest.of(run, sample, with_keras=with_keras)
            self._inspection_job.submit(request.inspect, now=with_keras)

    def _request_record(self) -> None:
        if self._run.directory and self._run.version != self._recorded_version:
            self._recorded_version = self._run.version
            self._record_job.submit(self._reader.poll)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _show_inspection(self, result: Inspection | Exception) -> None:
        if isinstance(result, Exception):
            self._error = sanitize(str(result), limit=200)
            self._draw_diagnoses()
            return
        self._checkpoint_reports += result.earlier
        self._inspection, self._error = result, ""
        if result.waits_for_keras:
            self._requested_step = -1
            self._request_inspection(with_keras=True)
        if self._explainer.image.subject is None:
            self._explain_sample(1)
        self._update_grid()

    def _show_record(self, result: RecordedWeights | Exception) -> None:
        if not isinstance(result, Exception):
            self._recorded = result
            self._update_grid()

    # -- showing ------------------------------------------------------------------------------

    @property
    def _report(self) -> NetworkReport | None:
        """The report on the newest weights, with the newest update ratios that are known."""
        inspection = self._inspection
        return inspection.report.with_updates(self._recorded.updates) if inspection else None

    def _clear(self) -> None:
        """Show no network until that of another run has been inspected."""
        for name in ("layers", *PANELS):
            self._title(name).show([])
        self.query_one(LayerTable).clear()
        self.query_one(DiagnosisList).show([])
        self.query_one(HeatmapGrid).show(())
        self.query_one(Gallery).clear()
        self.query_one(SaliencyView).show_note("")
        self.query_one(FeatureMaps).show(None)

    def _title(self, panel: str) -> TitleRow:
        return self.query_one(f"#weights-{panel}-title", TitleRow)

    def _update_grid(self) -> None:
        report = self._report
        if report is not None:
            earlier = [one for one in self._checkpoint_reports if one.step < report.step]
            self._rows = histogram_rows(self._recorded, [*earlier, report])
            self._draw()

    def _draw(self) -> None:
        inspection, report = self._inspection, self._report
        if inspection is None or report is None:
            return
        self._place = min(self._place, len(report.stages) - 1)
        self._explainer.image.limit_label(max(1, inspection.classes))
        self._explainer.update(inspection.network)
        self._draw_layers(inspection, report)
        self._draw_histograms(report)
        self._draw_units(inspection)
        self._draw_saliency(inspection)
        self._draw_maps(report)

    def _draw_layers(self, inspection: Inspection, report: NetworkReport) -> None:
        note = layers_note(report, sanitize(inspection.sample.error, limit=120))
        self._title("layers").show(layers_title(report), note)
        optimizer = f"{self._run.hparams.optimizer}, rate {self._run.hparams.learning_rate:g}"
        output = f"softmax over {inspection.classes} classes; cross-entropy; {optimizer}"
        if isinstance(inspection.network, OwnNetwork):
            output = f"{inspection.classes} classes; {optimizer}, unless the model is compiled"
        shape = image_shape(self._run, inspection.network.sizes[0])
        self.query_one(LayerTable).show(report, self._place, shape, output)
        self._draw_diagnoses()

    def _draw_diagnoses(self) -> None:
        """Draw why the newest weights could not be inspected; else what was found in them."""
        report = self._report
        diagnoses = report.diagnoses if report else []
        if self._error:
            diagnoses = [Diagnosis(self._error, Severity.WARNING)]
        elif self._inspection is not None and self._inspection.waits_for_keras:
            diagnoses = [Diagnosis(self._loading, Severity.INFO), *diagnoses]
        self.query_one(DiagnosisList).show(diagnoses)

    @property
    def _loading(self) -> str:
        """What is said while Keras loads a model."""
        network = self._inspection.network if self._inspection else None
        if not isinstance(network, OwnNetwork):
            return ""
        return f"loading Keras to compute {sanitize(network.name, limit=80)} …"

    def _draw_histograms(self, report: NetworkReport) -> None:
        self._title("histograms").show(histograms_title(step_range(self._rows)))
        number = report.number_at(self._place)
        selected = next((i for i, row in enumerate(self._rows) if row.layer == number), 0)
        self.query_one(HeatmapGrid).show([row.series for row in self._rows], selected)

    def _draw_units(self, inspection: Inspection) -> None:
        units, label = self._sorted_units(inspection), self._explainer.image.label
        if units is None:
            self._title("units").show([("no kernels to show as pictures", "dim")])
            self.query_one(Gallery).clear()
            return
        count = len(units.order)
        self._selected_unit = min(self._selected_unit, count - 1)
        of_class = (
            f" {class_name(self._run.classes, label)}" if self._order is UnitOrder.CLASS else ""
        )
        order: Span = (f"   by {self._order}{of_class}", "dim")
        self._title("units").show(
            [("first-layer filters", "title"), after(inspection.report.step), order],
            [(f"{self._selected_unit + 1:,} of {count:,}", "dim")],
        )
        self.query_one(Gallery).show(count, units.captioned, units.image_shape, self._selected_unit)

    def _sorted_units(self, inspection: Inspection) -> SortedUnits | None:
        """The filters of the first layer; None where it has none that are images."""
        network, kernels = inspection.network, inspection.kernels
        shape = image_shape(self._run, network.sizes[0])
        if isinstance(network, OwnNetwork):
            if kernels is None:
                return None
            self._order = UnitOrder.NUMBER
            kind = "unit" if kernels.shape[:2] == shape[:2] else "filter"
            return SortedUnits(kernels, np.arange(kernels.shape[-1]), None, kind)
        image = self._explainer.image.pixels(network.sizes[0])
        return SortedUnits.sorted_by(
            self._order, network, shape, self._explainer.image.label, image
        )

    def _draw_saliency(self, inspection: Inspection) -> None:
        explanation, subject = self._explainer.explanation, self._explainer.image.subject
        view = self.query_one(SaliencyView)
        network = inspection.network
        if isinstance(network, OwnNetwork) and not network.has_classes:
            self._title("saliency").show([("evidence (gradient x input)", "title")])
            view.show_note("this model gives values and no classes")
            return
        if explanation is None or subject is None:
            self._title("saliency").show([("evidence (gradient x input)", "title")])
            waiting = self._loading or NO_IMAGE
            view.show_note(self._explainer.error or self._error or waiting)
            return
        title = (
            f"evidence for {class_name(self._run.classes, explanation.label)} (gradient x input)"
        )
        self._title("saliency").show([(title, "title"), after(inspection.report.step)])
        view.show(explanation, subject, self._run.classes)

    def _draw_maps(self, report: NetworkReport) -> None:
        explanation, view = self._explainer.explanation, self.query_one(FeatureMaps)
        output = explanation.output_at(self._place) if explanation else None
        self.set_class(not has_maps(report), "-no-maps")
        view.show(output)
        self._title("maps").show(maps_title(output), [(view.which(), "dim")])

    def _explain_sample(self, by: int) -> None:
        """Explain the validation image `by` positions away."""
        if self._inspection is not None:
            inspection = self._inspection
            self._explainer.image.pick_sample(by, inspection.sample, self._run, inspection.classes)

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
        if self._inspection is not None:
            last = len(self._inspection.report.stages) - 1
            self._place = min(max(self._place + by, 0), last)
            self._draw()

    def action_order(self) -> None:
        """Sort the filters by the next order."""
        network = self._inspection.network if self._inspection else None
        if isinstance(network, Network):
            self._order, self._selected_unit = self._order.next(network), 0
            self._draw()

    def action_label(self, by: int) -> None:
        """Explain the class `by` positions away."""
        if self._inspection is not None:
            self._explainer.image.pick_label(by, max(1, self._inspection.classes))
            self._draw()

    def action_sample(self, by: int) -> None:
        """Explain the validation image `by` positions away."""
        self._explain_sample(by)
        self._draw()

    def action_maps(self) -> None:
        """Show the next channels of the layer, if not all fit."""
        self.query_one(FeatureMaps).turn_page()
        if (report := self._report) is not None:
            self._draw_maps(report)

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
