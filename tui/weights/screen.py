"""The Weights screen: what the network is made of, whether it is well, and what it has learned.

Everything is worked out aside from the weights that the trainer shows anyway, and only while
somebody looks. Where there is not room for all panels there is one at a time.
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
from tui.weights.histograms import Heatmaps
from tui.weights.history import ReportHistory
from tui.weights.inspection import Inspection, InspectionRequest
from tui.weights.saliency import Answer
from tui.weights.summary import Judgements, LayerTable
from tui.weights.units import SortedUnits, UnitOrder, render_diverging
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.gallery import Gallery
from tui.widgets.text_widget import TitleRow

PANELS = ("histograms", "units", "answer")
MIN_INTERVAL = 1.0
"""Seconds between two looks at the weights, at least."""
NO_WEIGHTS = "no weights yet: the network is still loading"
MIN_UNITS = 5
"""So many units are seen at once, if they can be."""


class WeightsScreen(DashboardScreen):
    """See what it has learned."""

    NAME = "weights"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "panel", "Panel", id="weights.panel", priority=True,
                tooltip="Histograms, units, or the answer, where there is not room for all"),
        Binding("up", "layer(-1)", "Layer", id="weights.layer_up",
                tooltip="The layer before"),
        Binding("down", "layer(1)", "Next layer", show=False, id="weights.layer_down",
                tooltip="The layer after"),
        Binding("o", "order", "Order", id="weights.order",
                tooltip="Units by number, norm, weight for a class, or how they fire"),
        Binding("plus,equals_sign", "label(1)", "Class", id="weights.class_up", key_display="+",
                tooltip="The next class, for units and for what spoke for it"),
        Binding("minus", "label(-1)", "Class before", show=False, id="weights.class_down",
                key_display="-", tooltip="The class before"),
        Binding("full_stop", "sample(1)", "Picture", id="weights.next", key_display=".",
                tooltip="Explain the next of the validation images instead"),
        Binding("comma", "sample(-1)", "Picture before", show=False, id="weights.back",
                key_display=",", tooltip="Explain the validation image before instead"),
        Binding("right", "unit(1)", "Next unit", show=False, id="weights.unit_next",
                tooltip="The next unit"),
        Binding("left", "unit(-1)", "Unit before", show=False, id="weights.unit_back",
                tooltip="The unit before"),
        Binding("pagedown", "page(1)", "More units", show=False, id="weights.page_down",
                tooltip="More units"),
        Binding("pageup", "page(-1)", "Units before", show=False, id="weights.page_up",
                tooltip="Units before these"),
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
        """Look at another run."""
        self._run = run
        self._inspection_job.cancel()
        self._history = ReportHistory()
        self._inspection: Inspection | None = None
        self._error = ""
        self._requested_step = -1
        self._selected_layer = self._selected_unit = 0
        self._label_picked = False  # else it is what the picture is read as
        self._sample_index = -1  # of the sample's image that is explained
        self._explained_image: PickedImage | None = None

    def compose(self) -> ComposeResult:
        """The layers and what is to be said of them; histograms and answer; units."""
        yield self.header()
        with Vertical(id="weights-body"):
            yield LayerTable()
            yield Judgements()
            with Horizontal(id="weights-panels"):
                with Vertical(id="weights-left"):
                    with Vertical(id="weights-histograms"):
                        yield TitleRow("weights-histograms-title")
                        yield Heatmaps()
                    with Vertical(id="weights-answer"):
                        yield TitleRow("weights-answer-title")
                        yield Answer()
                with Vertical(id="weights-units"):
                    yield TitleRow("weights-units-title")
                    yield Gallery(render_diverging, min_count=MIN_UNITS)
        yield self.footer()

    def on_mount(self) -> None:
        """Pictures need blocks and colours; where either is missing they are letters."""
        plain = self.host.ascii or self.app.no_color
        self.query_one(Heatmaps).plain = plain
        self.query_one(Answer).plain = plain
        self.query_one(Gallery).ascii_images = plain
        self._show_panel(self._panel)

    # -- following ----------------------------------------------------------------------------

    def update_run(self, run: Run) -> None:
        """Show this run's newest weights."""
        super().update_run(run)
        if run is not self._run:
            self._reset(run)
            self._clear()
        if not run.is_live:
            self._inspection_job.run_now()
        given, self.host.picked_image = self.host.picked_image, None
        if given is not None:
            self._explain(given)
            self._show_panel("answer" if given.explain else self._panel)
            self._draw()
        if run.weights:
            self._request_inspection()
        if self._inspection is None and not self._error:
            waiting = "reading the weights …" if run.weights else NO_WEIGHTS
            self.query_one(Judgements).show([Diagnosis(waiting, Severity.INFO)])

    def on_run_event(self, event: Event) -> None:
        """Look at new weights, as often as there is time for it."""
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
            self.query_one(Judgements).show([Diagnosis(self._error, Severity.WARNING)])
            return
        self._inspection, self._error = result, ""
        for anatomy in result.reports:
            self._history.add(anatomy)
        if self._explained_image is None:
            self._explain_sample(0)
        self._draw()

    # -- showing ------------------------------------------------------------------------------

    def _clear(self) -> None:
        """Show no network: that of another run is not known yet."""
        for name in ("histograms", "units", "answer"):
            self.query_one(f"#weights-{name}-title", TitleRow).show([])
        self.query_one(LayerTable).clear()
        self.query_one(Judgements).show([])
        self.query_one(Heatmaps).show(self._history, 0)
        self.query_one(Gallery).clear()
        self.query_one(Answer).clear()

    def _draw(self) -> None:
        examined, newest = self._inspection, self._history.newest
        if examined is None or newest is None:
            return
        self._selected_layer = min(self._selected_layer, len(newest.layers) - 1)
        self._label = self._class_to_explain(examined)
        optimizer = f"{self._run.hparams.optimizer}, rate {self._run.hparams.learning_rate:g}"
        end = f"softmax over {examined.network.sizes[-1]} classes; cross-entropy; {optimizer}"
        shape = image_shape(self._run, examined.network.sizes[0])
        self.query_one(LayerTable).show(newest, self._selected_layer, shape, end)
        self.query_one(Judgements).show(newest.diagnoses)
        self._draw_histograms(examined, newest.step)
        self._draw_units(examined)
        self._draw_saliency(examined)

    def _draw_histograms(self, examined: Inspection, step: int) -> None:
        problem = examined.sample.error
        note = f"no activations: {sanitize(problem, limit=120)}" if problem else ""
        self.query_one("#weights-histograms-title", TitleRow).show(
            [("histograms", "title"), (f"   values over time, to step {step:,}", "dim")],
            [(note, "alert")],
        )
        self.query_one(Heatmaps).show(self._history, self._selected_layer)

    def _draw_units(self, examined: Inspection) -> None:
        network, subject = examined.network, self._explained_image
        shape = image_shape(self._run, network.sizes[0])
        fits = subject is not None and subject.image.size == network.sizes[0]
        image = subject.image.ravel() if subject is not None and fits else None
        units = SortedUnits.sorted_by(self._order, network, shape, self._label, image)
        count = len(units.order)
        self._selected_unit = min(self._selected_unit, count - 1)
        of_class = f" {self._class_name(self._label)}" if self._order is UnitOrder.CLASS else ""
        self.query_one("#weights-units-title", TitleRow).show(
            [("what units look for", "title"), (f"   by {self._order}{of_class}", "dim")],
            [(f"{self._selected_unit + 1:,} of {count:,}", "dim")],
        )
        self.query_one(Gallery).show(count, units.captioned, shape, self._selected_unit)

    def _draw_saliency(self, examined: Inspection) -> None:
        spoke = f"what spoke for {self._class_name(self._label)}"
        title = self.query_one("#weights-answer-title", TitleRow)
        title.show([(spoke, "title"), ("   and against: gradient times input", "dim")])
        answer = self.query_one(Answer)
        answer.show(examined.network, self._explained_image, self._label, self._run.classes)

    def _class_name(self, label: int) -> str:
        names = self._run.classes
        return names[label] if label < len(names) else str(label)

    # -- what is looked at --------------------------------------------------------------------

    def _explain(self, subject: PickedImage) -> None:
        """Explain this image: why it is read as what it is read as."""
        self._explained_image, self._label_picked = subject, False

    def _class_to_explain(self, examined: Inspection) -> int:
        """The class to explain: the picked one, else what the picture is read as."""
        network, subject = examined.network, self._explained_image
        if (
            not self._label_picked
            and subject is not None
            and subject.image.size == network.sizes[0]
        ):
            return int(np.argmax(network.logits(subject.image.reshape(1, -1))[0]))
        return min(self._label, network.sizes[-1] - 1)

    def _explain_sample(self, place: int) -> None:
        examined = self._inspection
        if examined is None or not len(examined.sample):
            return
        self._sample_index = place % len(examined.sample)
        image = examined.sample.images[self._sample_index]
        label = int(examined.sample.labels[self._sample_index])
        known = label < examined.network.sizes[-1]
        shown = f", a {self._class_name(label)}" if known else ""
        origin = f"validation image {examined.sample.indices[self._sample_index]:,}{shown}"
        shape = image_shape(self._run, image.size)
        self._explain(PickedImage(image.reshape(shape), origin, label if known else None))

    # -- keys ---------------------------------------------------------------------------------

    def action_panel(self) -> None:
        """The next panel, where they are not all there."""
        self._show_panel(PANELS[(PANELS.index(self._panel) + 1) % len(PANELS)])

    def _show_panel(self, panel: str) -> None:
        self._panel = panel
        for name in PANELS:
            self.set_class(name == panel, f"-at-{name}")

    def action_layer(self, by: int) -> None:
        """Another layer."""
        newest = self._history.newest
        if newest is not None:
            self._selected_layer = min(max(self._selected_layer + by, 0), len(newest.layers) - 1)
            self._draw()

    def action_order(self) -> None:
        """Another order of the units."""
        self._order, self._selected_unit = self._order.next, 0
        self._draw()

    def action_label(self, by: int) -> None:
        """Another class."""
        if self._inspection is not None:
            self._label = (self._label + by) % self._inspection.network.sizes[-1]
            self._label_picked = True
            self._draw()

    def action_sample(self, by: int) -> None:
        """Another of the validation images."""
        self._explain_sample(self._sample_index + by)
        self._draw()

    def action_unit(self, by: int) -> None:
        """Another unit."""
        self._selected_unit = max(0, self._selected_unit + by)
        self._draw()

    def action_page(self, by: int) -> None:
        """Other units."""
        self.action_unit(by * self.query_one(Gallery).capacity)

    @on(Gallery.Selected)
    def _unit_clicked(self, message: Gallery.Selected) -> None:
        self._selected_unit = message.index
        self._draw()


def image_shape(run: Run, pixels: int) -> tuple[int, int]:
    """Height and width of images of so many pixels: as the run says, else a square or a line."""
    told = run.info.get("dataset", {}).get("image_shape")
    match told:
        case [int() as height, int() as width] if height > 0 and height * width == pixels:
            return height, width
    side = math.isqrt(pixels)
    return (side, side) if side * side == pixels else (1, pixels)
