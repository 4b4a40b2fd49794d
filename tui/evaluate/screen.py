"""The Evaluate screen: confusion matrix, per-class metrics and misclassified images.

The metrics come from the confusion matrix in the evaluation's event. The images need a forward
pass over the split with the same weights, which runs as a background job.
"""

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from core.run.events import Event, Weights
from core.run.state import RunState
from data.dataset import SPLITS
from tui.chart.chart import Chart
from tui.chart.traces import Line
from tui.dashboard.screen import DashboardScreen
from tui.dashboard.selection import PickedImage
from tui.evaluate.body import evaluate_body, show_matrix
from tui.evaluate.confusion import CellFormat, ConfusionMatrix
from tui.evaluate.image_selection import ImageSelection
from tui.evaluate.keys import BINDINGS
from tui.evaluate.misclassified import Cell, PredictedImages, PredictionRequest
from tui.evaluate.no_matrix import without_matrix
from tui.evaluate.pairs import WorstPairs
from tui.evaluate.report import EvaluationSlice, ReportCache
from tui.evaluate.summary import cell_summary, evaluation_label, slice_summary
from tui.evaluate.views import FEW_CLASSES, MatrixViews, first_cursor
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.gallery import Gallery
from tui.widgets.text_widget import TitleRow


class EvaluateScreen(DashboardScreen):
    """Confusion matrix, per-class metrics, misclassified images."""

    NAME = "evaluate"
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self._split = "test"
        self._cell_format = CellFormat.COUNTS
        self._prediction_job: BackgroundJob[PredictedImages] = BackgroundJob(
            self, self._show_prediction
        )
        self._reset(RunState())

    def _reset(self, run: RunState) -> None:
        """Start over with another run."""
        self._run = run
        self._prediction_job.cancel()
        self._reports = ReportCache()
        self._index: int | None = None  # None follows the newest
        self._slice: EvaluationSlice | None = None
        self._cursor: Cell | None = None
        self._views = MatrixViews()
        self._selection = ImageSelection()
        self._requested: tuple[object, ...] = ()

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The keys of this screen before there is an evaluation, or earlier or later ones."""
        evaluation = self._slice
        if evaluation is None:
            dimmed = {binding.action for binding in BINDINGS}
        else:
            dimmed = {"earlier(-1)"} if not evaluation.index else set()
            dimmed |= {"earlier(1)", "newest"} if evaluation.is_newest else set()
        return super().dimmed_actions | dimmed

    def compose(self) -> ComposeResult:
        """Matrix and metrics, the images, and the chart of the selected class."""
        yield self.header()
        yield from evaluate_body()
        yield self.footer()

    def on_resize(self, event: Resize) -> None:
        """Show the worst pairs too if not all of the matrix fits any more."""
        super().on_resize(event)
        if self._slice is not None:
            self.call_after_refresh(self._draw)

    def on_mount(self) -> None:
        """Set glyphs; nothing takes the focus, because the keys are the screen's."""
        chart, gallery = self.query_one(Chart), self.query_one(Gallery)
        chart.set_glyphs(self.host.glyphs)
        gallery.ascii_images = self.host.ascii or self.app.no_color

    # -- showing ------------------------------------------------------------------------------

    def update_run(self, run: RunState) -> None:
        """Show the run's evaluations as they come."""
        super().update_run(run)
        if run is not self._run:
            self._reset(run)
            self.query_one(Chart).scene.reset_view()
        if not run.is_live:
            self._prediction_job.run_now()
        newest = run.evaluations[-1] if run.evaluations else None
        shown = self._slice.event if self._slice and self._slice.is_newest else None
        if newest is None or shown is not newest:
            self._update_slice()

    def on_run_event(self, event: Event) -> None:
        """Classify the images once the weights arrive, which follow their evaluation."""
        if isinstance(event, Weights) and self._slice is not None and self._slice.is_newest:
            self._request_images(self._slice, now=False)
            self._draw_images()

    def _update_slice(self, *, now: bool = False) -> None:
        """Show the selected split and evaluation."""
        evaluation = self._slice = self._reports.evaluation_slice(
            self._run, self._split, self._index
        )
        self.update_keys()
        if evaluation is None:
            self._clear()
            return
        if self._cursor is None or max(self._cursor) >= len(evaluation.matrix):
            self._cursor = first_cursor(evaluation)
        if not (evaluation.is_newest and self._run.is_live) or self._run.evaluated_weights:
            self._request_images(evaluation, now=now)
        self._draw()

    def _clear(self) -> None:
        """Show that there is no evaluation."""
        self._prediction_job.cancel()
        self._selection.images, self._requested = None, ()
        summary, values = without_matrix(self._run)
        self.query_one("#evaluate-summary", TitleRow).show([(summary, "dim")])
        self.query_one(ConfusionMatrix).clear()
        self.remove_class("-many")
        self.query_one("#evaluate-title", TitleRow).show([(values, "text")])
        self.query_one(Gallery).clear()
        chart = self.query_one(Chart)
        chart.title = "loss of whole splits" if values else "metrics"
        curves = self._run.evaluated_loss.items() if values else ()
        lines = [Line(split, points) for split, points in curves]
        chart.show(lines, (), self._run.hparams.max_steps)

    def _draw(self) -> None:
        evaluation, cursor = self._slice, self._cursor
        if evaluation is None or cursor is None:
            return
        summary = slice_summary(
            evaluation,
            self._cell_format,
            has_l2=bool(self._run.hparams.l2),
            top_five=self._selection.top_five(evaluation),
            view=self._views.label,
        )
        self.query_one("#evaluate-summary", TitleRow).show(summary, evaluation_label(evaluation))
        show_matrix(self, evaluation, self._cell_format, cursor, self._views)
        chart = self.query_one(Chart)
        if chart.display:
            chart.title = (
                f"precision, recall, F1 of {evaluation.names[cursor[0]]} ({evaluation.split})"
            )
            curves = self._reports.curves(self._run, evaluation.split, cursor[0])
            lines = [Line(name, points) for name, points in curves.items()]
            chart.show(lines, (), self._run.hparams.max_steps)
        self._draw_images()

    def _draw_images(self) -> None:
        evaluation, selection = self._slice, self._selection
        if evaluation is None or self._cursor is None:
            return
        left = cell_summary(*self._views.shown(evaluation, self._cursor))
        tail = selection.status(evaluation)
        self.query_one("#evaluate-title", TitleRow).show(left, tail)
        gallery, images = self.query_one(Gallery), selection.of_split(evaluation.split)
        if images is None:
            gallery.clear(selection.error)
        else:
            gallery.show(len(images.order), images.captioned, images.image_shape, selection.index)

    # -- images -----------------------------------------------------------------------------

    def _request_images(self, evaluation: EvaluationSlice, *, now: bool) -> None:
        dataset = self._run.dataset or self._selection.dataset
        request = PredictionRequest.of(self._run, evaluation, dataset)
        key = (evaluation.split, evaluation.event, request.step == evaluation.event.step)
        if key != self._requested:
            self._requested, self._selection.waiting = key, request.waiting
            self._prediction_job.submit(request.predict, now=now)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _show_prediction(self, result: PredictedImages | Exception) -> None:
        self._selection.show(result)
        self._draw()

    # -- keys ---------------------------------------------------------------------------------

    def action_split(self) -> None:
        """Show the next split."""
        self._split = SPLITS[(SPLITS.index(self._split) + 1) % len(SPLITS)]
        self._selection.index = 0
        self._update_slice(now=True)

    def action_cell_format(self) -> None:
        """Show the next cell format."""
        self._cell_format = self._cell_format.next
        self._draw()

    def action_earlier(self, by: int) -> None:
        """Show an evaluation `by` positions away."""
        if self._slice is not None:
            place = self._slice.index + by
            self._index = None if place >= self._slice.count - 1 else max(0, place)
            self._update_slice(now=True)

    def action_newest(self) -> None:
        """Follow the newest evaluation."""
        self._index = None
        self._update_slice(now=True)

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor."""
        if self._cursor is not None and self._slice is not None:
            self._move_cursor(self._views.moved(self._slice, self._cursor, down, right))

    @on(ConfusionMatrix.CellClicked)
    def _cell_clicked(self, message: ConfusionMatrix.CellClicked) -> None:
        if self._slice is not None:
            self._move_cursor(self._views.cursor_at(self._slice, message.cell))

    @on(WorstPairs.PairClicked)
    def _pair_clicked(self, message: WorstPairs.PairClicked) -> None:
        self._move_cursor(message.cell)

    def action_groups(self) -> None:
        """Show groups of classes, the classes of the selected groups, or all classes."""
        if self._cursor is not None and self._slice is not None:
            if not self._views.next(self._slice, self._cursor):
                self.host.toast(FEW_CLASSES)
            self._draw()

    def _move_cursor(self, cell: Cell) -> None:
        self._cursor = cell
        self._draw()

    def action_pair(self, by: int) -> None:
        """Move the cursor to the pair of classes that is confused most, then to the others."""
        if self._cursor is not None and self._slice is not None:
            found = self.query_one(WorstPairs).pair_after(self._cursor, by)
            self._move_cursor(found or self._cursor)

    def action_pairs(self) -> None:
        """Show the matrix or the worst pairs, where there is no room for both."""
        self.toggle_class("-matrix")

    def action_filter(self) -> None:
        """Show the images of the selected cell, or all misclassified ones."""
        self._selection.toggle_filter(self._cursor)
        self._draw_images()

    def action_image(self, by: int) -> None:
        """Select the image `by` positions away."""
        self._selection.move(by)
        self._draw_images()

    def action_page(self, by: int) -> None:
        """Select the image `by` pages away."""
        self.action_image(by * self.query_one(Gallery).capacity)

    async def action_pad(self) -> None:
        """Open the selected image on the pad."""
        picked_image = self.picked_image
        if picked_image is None:
            self.host.toast("no image is selected")
        elif picked_image.image.shape != (28, 28):
            self.host.toast("the pad needs images of 28 x 28 pixels")
        else:
            await self.host.show_on_pad(picked_image)

    def action_weights(self) -> None:
        """Explain the prediction for the selected image on the Weights screen."""
        self.host.action_go("weights")
        image = self.host.picked_image
        self.host.picked_image = replace(image, explain=True) if image is not None else None

    @property
    def picked_image(self) -> PickedImage | None:
        """The selected image."""
        return self._selection.picked_image

    @on(Gallery.Selected)
    def _image_clicked(self, message: Gallery.Selected) -> None:
        self._selection.index = message.index
        self._draw_images()
