"""The Evaluate screen of attached runs: the confusion matrices and images that they log."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize

from core.run.attached_events import ImagesLogged
from core.run.state import RunState
from tui.chart.chart import Chart
from tui.chart.traces import Line
from tui.dashboard.screen import DashboardScreen
from tui.dashboard.selection import PickedImage
from tui.evaluate.body import evaluate_body, show_matrix
from tui.evaluate.confusion import CellFormat, ConfusionMatrix
from tui.evaluate.keys import BINDINGS
from tui.evaluate.logged_images import LoggedImages, newest_images, read_images
from tui.evaluate.pairs import WorstPairs
from tui.evaluate.report import EvaluationSlice, ReportCache
from tui.evaluate.summary import evaluation_label, slice_summary
from tui.evaluate.views import FEW_CLASSES, MatrixViews, first_cursor
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.gallery import Gallery
from tui.widgets.text_widget import TitleRow

NO_MATRIX = "no confusion matrix until the program calls run.log_confusion(labels, predictions)"
NO_IMAGES = 'no images until the program calls run.log_images("worst", images, captions)'
OMITTED = ("filter", "weights")
"""Keys that need what only our own runs record."""
FIRST_SPLITS = ("validation", "val", "test")
"""The split that is shown first, where a run has several."""
Cell = tuple[int, int]


class LoggedEvaluateScreen(DashboardScreen):
    """Confusion matrix, per-class metrics, images."""

    NAME = "evaluate"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding
        for binding in BINDINGS
        if isinstance(binding, Binding) and binding.action not in OMITTED
    ]

    def __init__(self) -> None:
        super().__init__()
        self._cell_format = CellFormat.COUNTS
        self._images_job: BackgroundJob[LoggedImages] = BackgroundJob(self, self._show_images)
        self._reset(RunState())

    def _reset(self, run: RunState) -> None:
        """Start over with another run."""
        self._run = run
        self._images_job.cancel()
        self._reports = ReportCache()
        self._split, self._is_chosen = "", False
        self._index: int | None = None  # None follows the newest
        self._slice: EvaluationSlice | None = None
        self._cursor: Cell = (0, 0)
        self._views = MatrixViews()
        self._logged: tuple[ImagesLogged, ...] = ()
        self._images = LoggedImages()
        self._image = 0

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
        """Set glyphs; the keys are the screen's."""
        self.query_one(Chart).set_glyphs(self.host.glyphs)
        self.query_one(Gallery).ascii_images = self.host.ascii or self.app.no_color

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The keys for what the run has not logged."""
        evaluation, dimmed = self._slice, set[str]()
        if evaluation is None:
            dimmed |= {"split", "cell_format", "earlier(-1)", "earlier(1)", "newest", "groups"}
            dimmed |= {action for action in _actions(self.BINDINGS) if action.startswith("move")}
        else:
            dimmed |= {"earlier(-1)"} if not evaluation.index else set()
            dimmed |= {"earlier(1)", "newest"} if evaluation.is_newest else set()
            dimmed |= {"split"} if len(self._splits) < 2 else set()
        if not self._images.images:
            dimmed |= {"image(1)", "image(-1)", "page(1)", "page(-1)", "pad"}
        return super().dimmed_actions | dimmed

    # -- showing ------------------------------------------------------------------------------

    def update_run(self, run: RunState) -> None:
        """Show what the run logs as it comes."""
        super().update_run(run)
        if run is not self._run:
            self._reset(run)
            self.query_one(Chart).scene.reset_view()
            self._show_images(self._images)
        newest = run.evaluations[-1] if run.evaluations else None
        shown = self._slice.event if self._slice and self._slice.is_newest else None
        if newest is None or shown is not newest:
            self._update_slice()
        logged = newest_images(run.program.images)
        if logged != self._logged:
            self._logged, directory = logged, Path(run.directory)
            self._images_job.submit(lambda: read_images(directory, logged))

    @property
    def _splits(self) -> list[str]:
        """The splits that have a matrix; the first is shown where none was chosen."""
        found = dict.fromkeys(s for entry in self._run.evaluations for s in entry.confusion)
        return sorted(found, key=lambda split: split not in FIRST_SPLITS)

    def _update_slice(self) -> None:
        splits = self._splits
        if self._split not in splits or not self._is_chosen:
            self._split = splits[0] if splits else ""
        self._slice = self._reports.evaluation_slice(self._run, self._split, self._index)
        self.update_keys()
        if self._slice is not None and max(self._cursor) >= len(self._slice.matrix):
            self._cursor = (0, 0)
        if self._slice is not None and self._cursor == (0, 0):
            self._cursor = first_cursor(self._slice)
        self._draw()

    def _draw(self) -> None:
        evaluation, cursor = self._slice, self._cursor
        summary, matrix = (
            self.query_one("#evaluate-summary", TitleRow),
            self.query_one(ConfusionMatrix),
        )
        chart = self.query_one(Chart)
        if evaluation is None:
            summary.show([(NO_MATRIX, "dim")])
            matrix.clear()
            self.remove_class("-many")
            chart.title = "metrics"
            chart.show([])
            return
        said = slice_summary(evaluation, self._cell_format, view=self._views.label)
        summary.show(said, evaluation_label(evaluation))
        show_matrix(self, evaluation, self._cell_format, cursor, self._views)
        chart.title = f"precision, recall, F1 of {evaluation.names[cursor[0]]} ({evaluation.split})"
        curves = self._reports.curves(self._run, evaluation.split, cursor[0])
        lines = [Line(name, points, timeline=points.timeline) for name, points in curves.items()]
        chart.show(lines, (), self._run.planned_steps)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _show_images(self, result: LoggedImages | Exception) -> None:
        self._images = result if isinstance(result, LoggedImages) else LoggedImages()
        self._image = min(self._image, max(0, len(self._images.images) - 1))
        self.update_keys()
        self._draw_images()

    def _draw_images(self) -> None:
        title, gallery, images = (
            self.query_one("#evaluate-title", TitleRow), self.query_one(Gallery), self._images,
        )  # fmt: skip
        title.show(images.status(self._image) if self._logged else [(NO_IMAGES, "dim")])
        if images.images:
            gallery.show(len(images.images), images.captioned, images.shape, self._image)
        else:
            gallery.clear()

    # -- keys ---------------------------------------------------------------------------------

    def action_split(self) -> None:
        """Show the next split."""
        if splits := self._splits:
            self._is_chosen = True
            self._split = splits[(splits.index(self._split) + 1) % len(splits)]
            self._update_slice()

    def action_cell_format(self) -> None:
        """Show the next cell format."""
        self._cell_format = self._cell_format.next
        self._draw()

    def action_earlier(self, by: int) -> None:
        """Show an evaluation `by` positions away."""
        if self._slice is not None:
            place = self._slice.index + by
            self._index = None if place >= self._slice.count - 1 else max(0, place)
            self._update_slice()

    def action_newest(self) -> None:
        """Follow the newest evaluation."""
        self._index = None
        self._update_slice()

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor."""
        if self._slice is not None:
            self._cursor = self._views.moved(self._slice, self._cursor, down, right)
            self._draw()

    @on(ConfusionMatrix.CellClicked)
    def _cell_clicked(self, message: ConfusionMatrix.CellClicked) -> None:
        if self._slice is not None:
            self._cursor = self._views.cursor_at(self._slice, message.cell)
            self._draw()

    @on(WorstPairs.PairClicked)
    def _pair_clicked(self, message: WorstPairs.PairClicked) -> None:
        self._cursor = message.cell
        self._draw()

    def action_groups(self) -> None:
        """Show groups of classes, the classes of the selected groups, or all classes."""
        if self._slice is not None:
            if not self._views.next(self._slice, self._cursor):
                self.host.toast(FEW_CLASSES)
            self._draw()

    def action_pair(self, by: int) -> None:
        """Move the cursor to the pair of classes that is confused most, then to the others."""
        if self._slice is not None:
            found = self.query_one(WorstPairs).pair_after(self._cursor, by)
            self._cursor = found or self._cursor
            self._draw()

    def action_pairs(self) -> None:
        """Show the matrix or the worst pairs, where there is no room for both."""
        self.toggle_class("-matrix")

    def action_image(self, by: int) -> None:
        """Select the image `by` positions away."""
        self._image = min(max(self._image + by, 0), max(0, len(self._images.images) - 1))
        self._draw_images()

    def action_page(self, by: int) -> None:
        """Select the image `by` pages away."""
        self.action_image(by * self.query_one(Gallery).capacity)

    @on(Gallery.Selected)
    def _image_clicked(self, message: Gallery.Selected) -> None:
        self._image = message.index
        self._draw_images()

    async def action_pad(self) -> None:
        """Open the selected image on the pad."""
        picked = self.picked_image
        if picked is None:
            self.host.toast("no image is selected")
        elif picked.image.shape != (28, 28):
            self.host.toast("the pad needs images of 28 x 28 pixels")
        else:
            await self.host.show_on_pad(picked)

    @property
    def picked_image(self) -> PickedImage | None:
        """The selected image."""
        return self._images.picked_image(self._image) if self._images.images else None


def _actions(bindings: list[BindingType]) -> set[str]:
    return {binding.action for binding in bindings if isinstance(binding, Binding)}
