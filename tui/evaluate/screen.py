"""The Evaluate screen: what the network reads wrong, in numbers and in pictures.

The numbers of an evaluation are all taken from the one matrix in its event. The pictures need a
forward pass over the split, which is made aside, with the same weights.
"""

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from core.run.events import Event, Weights
from core.run.metrics import accuracy, correct_count, top_confusions
from core.run.state import Run
from data.dataset import SPLITS, Dataset
from trainpad.text import sanitize
from tui.chart.chart import Chart
from tui.chart.traces import Line
from tui.dashboard.screen import DashboardScreen
from tui.dashboard.selection import PickedImage
from tui.evaluate.confusion import CellFormat, ConfusionTable
from tui.evaluate.misclassified import Cell, PredictedImages, PredictionRequest
from tui.evaluate.report import EvaluationSlice, ReportCache
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.gallery import Gallery
from tui.widgets.text_widget import Span, TitleRow


class EvaluateScreen(DashboardScreen):
    """See what it reads wrong."""

    NAME = "evaluate"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "split", "Split", id="evaluate.split",
                tooltip="Look at the train, the validation or the test split"),
        Binding("n", "numbers", "Numbers", id="evaluate.numbers",
                tooltip="Counts, percent of what is shown, percent of what was read"),
        Binding("left_square_bracket", "earlier(-1)", "Earlier", id="evaluate.earlier",
                key_display="[", tooltip="The evaluation before"),
        Binding("right_square_bracket", "earlier(1)", "Later", show=False,
                id="evaluate.later", key_display="]", tooltip="The evaluation after"),
        Binding("end", "newest", "Newest", show=False, id="evaluate.newest",
                tooltip="Follow the newest evaluation"),
        Binding("enter", "filter", "These", id="evaluate.filter", key_display="enter",
                tooltip="Pictures of the cell under the cursor alone, or of all mistakes again"),
        Binding("full_stop", "picture(1)", "Next", id="evaluate.next", key_display=".",
                tooltip="The next picture"),
        Binding("comma", "picture(-1)", "Back", show=False, id="evaluate.back", key_display=",",
                tooltip="The picture before"),
        Binding("pagedown", "page(1)", "Next page", show=False, id="evaluate.page_down",
                tooltip="More pictures"),
        Binding("pageup", "page(-1)", "Page before", show=False, id="evaluate.page_up",
                tooltip="Pictures before these"),
        Binding("p", "pad", "Pad", id="evaluate.pad",
                tooltip="Take the chosen picture to the pad"),
        Binding("w", "weights", "Why", id="evaluate.weights",
                tooltip="Which pixels and units spoke for the answer to the chosen picture"),
        Binding("up", "move(-1, 0)", "Up", show=False, id="evaluate.up",
                tooltip="The cursor up: another class shown"),
        Binding("down", "move(1, 0)", "Down", show=False, id="evaluate.down",
                tooltip="The cursor down"),
        Binding("left", "move(0, -1)", "Left", show=False, id="evaluate.left",
                tooltip="The cursor left: read as another class"),
        Binding("right", "move(0, 1)", "Right", show=False, id="evaluate.right",
                tooltip="The cursor right"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._split = "test"
        self._cell_format = CellFormat.COUNTS
        self._prediction_job: BackgroundJob[PredictedImages] = BackgroundJob(
            self, self._show_prediction
        )
        self._reset(Run())

    def _reset(self, run: Run) -> None:
        """Look at another run."""
        self._run = run
        self._prediction_job.cancel()
        self._reports = ReportCache()
        self._index: int | None = None  # the newest
        self._slice: EvaluationSlice | None = None
        self._cursor: Cell | None = None
        self._filter: Cell | None = None
        self._images: PredictedImages | None = None
        self._selected_image = 0
        self._error = ""
        self._dataset: Dataset | None = None
        self._requested: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The matrix with its figures, their course, and the pictures."""
        yield self.header()
        with Vertical(id="evaluate-body"):
            yield TitleRow("evaluate-summary")
            yield ConfusionTable()
            yield TitleRow("evaluate-title")
            yield Gallery()
            yield Chart("figures", id="evaluate-course")
        yield self.footer()

    def on_mount(self) -> None:
        """Nothing has the focus: the keys are the screen's."""
        chart, gallery = self.query_one(Chart), self.query_one(Gallery)
        chart.set_glyphs(self.host.glyphs)
        gallery.ascii_images = self.host.ascii or self.app.no_color

    # -- showing ------------------------------------------------------------------------------

    def update_run(self, run: Run) -> None:
        """Show this run's evaluations as they come."""
        super().update_run(run)
        if run is not self._run:
            self._reset(run)
            self.query_one(Chart).scene.reset_view()
        if not run.is_live:
            self._prediction_job.run_now()
        newest = run.evaluations[-1] if run.evaluations else None
        shown = self._slice.evaluation if self._slice and self._slice.is_newest else None
        if newest is None or shown is not newest:
            self._update_slice()

    def on_run_event(self, event: Event) -> None:
        """Look for the weights of the newest evaluation: they come after it."""
        if isinstance(event, Weights) and self._slice is not None and self._slice.is_newest:
            self._request_images(self._slice, now=False)

    def _update_slice(self, *, now: bool = False) -> None:
        """Look at the split and evaluation that are wanted."""
        look = self._slice = self._reports.evaluation_slice(self._run, self._split, self._index)
        if look is None:
            self._clear()
            return
        if self._cursor is None or max(self._cursor) >= len(look.matrix):
            worst = top_confusions(look.matrix, 1)
            self._cursor = worst[0][:2] if worst else (0, 0)
        self._draw()
        if not (look.is_newest and self._run.is_live) or self._run.evaluated_weights:
            self._request_images(look, now=now)

    def _clear(self) -> None:
        """Say that there is no evaluation, or none any more."""
        self._prediction_job.cancel()
        self._images, self._requested = None, ()
        waiting = "no evaluation yet: e on the Train screen makes one now"
        self.query_one("#evaluate-summary", TitleRow).show([(waiting, "dim")])
        self.query_one(ConfusionTable).clear()
        self.query_one("#evaluate-title", TitleRow).show([])
        self.query_one(Gallery).clear()
        course = self.query_one(Chart)
        course.title = "figures"
        course.show([])

    def _draw(self) -> None:
        look, cursor = self._slice, self._cursor
        if look is None or cursor is None:
            return
        self.query_one("#evaluate-summary", TitleRow).show(
            _slice_summary(look), _evaluation_label(look)
        )
        self.query_one(ConfusionTable).show(look, self._cell_format, cursor)
        course = self.query_one(Chart)
        if course.display:
            course.title = f"figures of {look.names[cursor[0]]} in {look.split}"
            curves = self._reports.curves(self._run, look.split, cursor[0])
            lines = [Line(name, points) for name, points in curves.items()]
            course.show(lines, (), self._run.hparams.max_steps)
        self._draw_images()

    def _draw_images(self) -> None:
        look, pictures = self._slice, self._images
        if look is None or self._cursor is None:
            return
        left, tail = _cell_summary(look, self._cursor), self._images_status(look)
        self.query_one("#evaluate-title", TitleRow).show(left, tail)
        gallery = self.query_one(Gallery)
        if pictures is None or pictures.split != look.split:
            gallery.clear()
        else:
            gallery.show(
                len(pictures.order), pictures.captioned, pictures.image_shape, self._selected_image
            )

    def _images_status(self, look: EvaluationSlice) -> list[Span]:
        """What the pictures are, or why there are none."""
        pictures = self._images
        if self._error:
            return [(f"no pictures: {self._error}", "alert")]
        if pictures is None or pictures.split != look.split:
            return [("reading the images …", "dim")]
        many = len(pictures.order)
        which = f"{self._selected_image + 1:,} of {many:,}" if many else "none"
        if pictures.cell is None:
            what = "worst mistakes"
        else:
            shown, read = (pictures.names[i] for i in pictures.cell)
            what = f"{shown} read as {read}"
        parts: list[Span] = [(what, "title"), (f"  {which}", "text")]
        if pictures.step != look.evaluation.step:
            parts.append((f"  after {pictures.step:,} steps", "dim"))
        return parts

    # -- pictures -----------------------------------------------------------------------------

    def _request_images(self, look: EvaluationSlice, *, now: bool) -> None:
        wanted = PredictionRequest.of(self._run, look, self._run.dataset or self._dataset)
        key = (look.split, look.evaluation, wanted.step == look.evaluation.step)
        if key != self._requested:
            self._requested = key
            self._prediction_job.submit(wanted.predict, now=now)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _show_prediction(self, result: PredictedImages | Exception) -> None:
        if isinstance(result, Exception):
            self._images, self._error = None, sanitize(str(result), limit=200)
        else:
            self._error, self._dataset = "", result.dataset
            self._images = result.select(self._filter)
            self._selected_image = min(self._selected_image, max(0, len(self._images.order) - 1))
        self._draw_images()

    # -- keys ---------------------------------------------------------------------------------

    def action_split(self) -> None:
        """The next split."""
        self._split = SPLITS[(SPLITS.index(self._split) + 1) % len(SPLITS)]
        self._selected_image = 0
        self._update_slice(now=True)

    def action_numbers(self) -> None:
        """Counts or percent."""
        self._cell_format = self._cell_format.next
        self._draw()

    def action_earlier(self, by: int) -> None:
        """An earlier evaluation, or a later one."""
        if self._slice is not None:
            place = self._slice.index + by
            self._index = None if place >= self._slice.count - 1 else max(0, place)
            self._update_slice(now=True)

    def action_newest(self) -> None:
        """The newest evaluation, and each that comes."""
        self._index = None
        self._update_slice(now=True)

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor."""
        if self._cursor is not None and self._slice is not None:
            last = len(self._slice.matrix) - 1
            row, column = self._cursor[0] + down, self._cursor[1] + right
            self._move_cursor((min(max(row, 0), last), min(max(column, 0), last)))

    @on(ConfusionTable.CellClicked)
    def _cell_clicked(self, message: ConfusionTable.CellClicked) -> None:
        self._move_cursor(message.cell)

    def _move_cursor(self, cell: Cell) -> None:
        self._cursor = cell
        self._draw()

    def action_filter(self) -> None:
        """The pictures of the cell under the cursor, or all mistakes."""
        self._filter = None if self._filter == self._cursor else self._cursor
        if self._images is not None:
            self._images = self._images.select(self._filter)
        self._selected_image = 0
        self._draw_images()

    def action_picture(self, by: int) -> None:
        """Another picture."""
        if self._images is not None:
            self._selected_image = min(
                max(self._selected_image + by, 0), max(0, len(self._images.order) - 1)
            )
            self._draw_images()

    def action_page(self, by: int) -> None:
        """Other pictures."""
        self.action_picture(by * self.query_one(Gallery).capacity)

    async def action_pad(self) -> None:
        """Take the chosen picture to the pad."""
        picked_image = self.picked_image
        if picked_image is None:
            self.host.toast("no picture is chosen")
        elif picked_image.image.shape != (28, 28):
            self.host.toast("the pad takes pictures of 28 x 28 pixels")
        else:
            await self.host.show_on_pad(picked_image)

    def action_weights(self) -> None:
        """Ask the Weights screen why the chosen picture was read so."""
        self.host.action_go("weights")
        picked = self.host.picked_image
        self.host.picked_image = replace(picked, explain=True) if picked is not None else None

    @property
    def picked_image(self) -> PickedImage | None:
        """The chosen picture."""
        pictures = self._images
        if pictures is None or not len(pictures.order):
            return None
        return pictures.picked_image(self._selected_image)

    @on(Gallery.Selected)
    def _image_clicked(self, message: Gallery.Selected) -> None:
        self._selected_image = message.index
        self._draw_images()


def _slice_summary(look: EvaluationSlice) -> list[Span]:
    """How the split was read as a whole."""
    right, total = correct_count(look.matrix), int(look.matrix.sum())
    loss = look.evaluation.loss.get(look.split)
    parts: list[Span] = [
        (f"{look.split}  ", "title"),
        (f"{accuracy(look.matrix):.4f}", "live"),
        (f"   {right:,} of {total:,} right", "text"),
    ]
    return parts + ([(f"   loss {loss:.3f}", "text")] if loss is not None else [])


def _evaluation_label(look: EvaluationSlice) -> list[Span]:
    """Which evaluation this is."""
    step = f"step {look.evaluation.step:,}"
    if look.is_newest:
        return [(f"{step}, newest of {look.count:,}", "dim")]
    return [(f"{step}, {look.index + 1:,} of {look.count:,}", "alert")]


def _cell_summary(look: EvaluationSlice, cell: Cell) -> list[Span]:
    """What the cursor points at, in words."""
    shown, read = (look.names[i] for i in cell)
    count, support = int(look.matrix[cell]), int(look.report.support[cell[0]])
    share = f" ({count / support:.1%})" if support else ""
    return [(f"{shown} read as {read}: {count:,} of {support:,}{share}   ", "text")]
