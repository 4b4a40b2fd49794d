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
from core.run.metrics import correct, precision_at_1, worst_confusions
from core.run.state import Run
from data.dataset import SPLITS, Dataset
from trainpad.text import sanitize
from tui.chart.chart import Chart
from tui.chart.traces import Line
from tui.dashboard.screen import View
from tui.dashboard.selection import Subject
from tui.evaluate.confusion import ConfusionTable, Numbers
from tui.evaluate.misclassified import Cell, Pictures, Wanted
from tui.evaluate.report import Book, Look
from tui.widgets.background import Aside, Finished
from tui.widgets.gallery import Gallery
from tui.widgets.text_widget import Part
from tui.widgets.title_row import Row


class EvaluateScreen(View):
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
        self._numbers = Numbers.COUNTS
        self._aside: Aside[Pictures] = Aside(self, self._take_pictures)
        self._begin(Run())

    def _begin(self, run: Run) -> None:
        """Look at another run."""
        self._run = run
        self._aside.forget()
        self._book = Book()
        self._place: int | None = None  # the newest
        self._look: Look | None = None
        self._cursor: Cell | None = None
        self._filter: Cell | None = None
        self._pictures: Pictures | None = None
        self._chosen = 0
        self._problem = ""
        self._dataset: Dataset | None = None
        self._asked: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The matrix with its figures, their course, and the pictures."""
        yield self.header()
        with Vertical(id="evaluate-body"):
            yield Row("evaluate-summary")
            yield ConfusionTable()
            yield Row("evaluate-title")
            yield Gallery()
            yield Chart("figures", id="evaluate-course")
        yield self.footer()

    def on_mount(self) -> None:
        """Nothing has the focus: the keys are the screen's."""
        chart, gallery = self.query_one(Chart), self.query_one(Gallery)
        chart.set_glyphs(self.trainpad.glyphs)
        chart.can_focus = False
        gallery.plain = self.trainpad.ascii or self.app.no_color

    # -- showing ------------------------------------------------------------------------------

    def show(self, run: Run) -> None:
        """Show this run's evaluations as they come."""
        super().show(run)
        if run is not self._run:
            self._begin(run)
            self.query_one(Chart).scene.look_anew()
        if not run.live:
            self._aside.hurry()
        newest = run.evaluations[-1] if run.evaluations else None
        shown = self._look.evaluation if self._look and self._look.newest else None
        if newest is None or shown is not newest:
            self._turn_to()

    def take(self, event: Event) -> None:
        """Look for the weights of the newest evaluation: they come after it."""
        if isinstance(event, Weights) and self._look is not None and self._look.newest:
            self._ask_for_pictures(self._look, now=False)

    def _turn_to(self, *, now: bool = False) -> None:
        """Look at the split and evaluation that are wanted."""
        look = self._look = self._book.look(self._run, self._split, self._place)
        if look is None:
            self._clear()
            return
        if self._cursor is None or max(self._cursor) >= len(look.matrix):
            worst = worst_confusions(look.matrix, 1)
            self._cursor = worst[0][:2] if worst else (0, 0)
        self._draw()
        if not (look.newest and self._run.live) or self._run.evaluated_weights:
            self._ask_for_pictures(look, now=now)

    def _clear(self) -> None:
        """Say that there is no evaluation, or none any more."""
        self._aside.forget()
        self._pictures, self._asked = None, ()
        waiting = "no evaluation yet: e on the Train screen makes one now"
        self.query_one("#evaluate-summary", Row).show([(waiting, "dim")])
        self.query_one(ConfusionTable).clear()
        self.query_one("#evaluate-title", Row).show([])
        self.query_one(Gallery).clear()
        course = self.query_one(Chart)
        course.title = "figures"
        course.show([])

    def _draw(self) -> None:
        look, cursor = self._look, self._cursor
        if look is None or cursor is None:
            return
        self.query_one("#evaluate-summary", Row).show(_summary(look), _whereabouts(look))
        self.query_one(ConfusionTable).show(look, self._numbers, cursor)
        course = self.query_one(Chart)
        if course.display:
            course.title = f"figures of {look.names[cursor[0]]} in {look.split}"
            curves = self._book.curves(self._run, look.split, cursor[0])
            lines = [Line(name, points) for name, points in curves.items()]
            course.show(lines, (), self._run.hparams.max_steps)
        self._draw_pictures()

    def _draw_pictures(self) -> None:
        look, pictures = self._look, self._pictures
        if look is None or self._cursor is None:
            return
        left, tail = _pointed(look, self._cursor), self._told(look)
        self.query_one("#evaluate-title", Row).show(left, tail)
        gallery = self.query_one(Gallery)
        if pictures is None or pictures.split != look.split:
            gallery.clear()
        else:
            gallery.show(len(pictures.order), pictures.framed, pictures.shape, self._chosen)

    def _told(self, look: Look) -> list[Part]:
        """What the pictures are, or why there are none."""
        pictures = self._pictures
        if self._problem:
            return [(f"no pictures: {self._problem}", "alert")]
        if pictures is None or pictures.split != look.split:
            return [("reading the images …", "dim")]
        many = len(pictures.order)
        which = f"{self._chosen + 1:,} of {many:,}" if many else "none"
        if pictures.cell is None:
            what = "worst mistakes"
        else:
            shown, read = (pictures.names[i] for i in pictures.cell)
            what = f"{shown} read as {read}"
        parts: list[Part] = [(what, "title"), (f"  {which}", "text")]
        if pictures.step != look.evaluation.step:
            parts.append((f"  after {pictures.step:,} steps", "dim"))
        return parts

    # -- pictures -----------------------------------------------------------------------------

    def _ask_for_pictures(self, look: Look, *, now: bool) -> None:
        wanted = Wanted.of(self._run, look, self._run.dataset or self._dataset)
        key = (look.split, look.evaluation, wanted.step == look.evaluation.step)
        if key != self._asked:
            self._asked = key
            self._aside.ask(wanted.read, now=now)

    @on(Finished)
    def _finished(self, message: Finished) -> None:
        message.deliver()

    def _take_pictures(self, result: Pictures | Exception) -> None:
        if isinstance(result, Exception):
            self._pictures, self._problem = None, sanitize(str(result), limit=200)
        else:
            self._problem, self._dataset = "", result.dataset
            self._pictures = result.of_cell(self._filter)
            self._chosen = min(self._chosen, max(0, len(self._pictures.order) - 1))
        self._draw_pictures()

    # -- keys ---------------------------------------------------------------------------------

    def action_split(self) -> None:
        """The next split."""
        self._split = SPLITS[(SPLITS.index(self._split) + 1) % len(SPLITS)]
        self._chosen = 0
        self._turn_to(now=True)

    def action_numbers(self) -> None:
        """Counts or percent."""
        self._numbers = self._numbers.next
        self._draw()

    def action_earlier(self, by: int) -> None:
        """An earlier evaluation, or a later one."""
        if self._look is not None:
            place = self._look.place + by
            self._place = None if place >= self._look.count - 1 else max(0, place)
            self._turn_to(now=True)

    def action_newest(self) -> None:
        """The newest evaluation, and each that comes."""
        self._place = None
        self._turn_to(now=True)

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor."""
        if self._cursor is not None and self._look is not None:
            last = len(self._look.matrix) - 1
            row, column = self._cursor[0] + down, self._cursor[1] + right
            self._point((min(max(row, 0), last), min(max(column, 0), last)))

    @on(ConfusionTable.Pointed)
    def _pointed_at(self, message: ConfusionTable.Pointed) -> None:
        self._point(message.cell)

    def _point(self, cell: Cell) -> None:
        self._cursor = cell
        self._draw()

    def action_filter(self) -> None:
        """The pictures of the cell under the cursor, or all mistakes."""
        self._filter = None if self._filter == self._cursor else self._cursor
        if self._pictures is not None:
            self._pictures = self._pictures.of_cell(self._filter)
        self._chosen = 0
        self._draw_pictures()

    def action_picture(self, by: int) -> None:
        """Another picture."""
        if self._pictures is not None:
            self._chosen = min(max(self._chosen + by, 0), max(0, len(self._pictures.order) - 1))
            self._draw_pictures()

    def action_page(self, by: int) -> None:
        """Other pictures."""
        self.action_picture(by * self.query_one(Gallery).room)

    async def action_pad(self) -> None:
        """Take the chosen picture to the pad."""
        subject = self.subject
        if subject is None:
            self.trainpad.tell("no picture is chosen")
        elif subject.image.shape != (28, 28):
            self.trainpad.tell("the pad takes pictures of 28 x 28 pixels")
        else:
            await self.trainpad.take_to_pad(subject)

    def action_weights(self) -> None:
        """Ask the Weights screen why the chosen picture was read so."""
        self.trainpad.action_go("weights")
        picked = self.trainpad.subject
        self.trainpad.subject = replace(picked, why=True) if picked is not None else None

    @property
    def subject(self) -> Subject | None:
        """The chosen picture."""
        pictures = self._pictures
        if pictures is None or not len(pictures.order):
            return None
        return pictures.subject(self._chosen)

    @on(Gallery.Picked)
    def _picked(self, message: Gallery.Picked) -> None:
        self._chosen = message.place
        self._draw_pictures()


def _summary(look: Look) -> list[Part]:
    """How the split was read as a whole."""
    right, total = correct(look.matrix), int(look.matrix.sum())
    loss = look.evaluation.loss.get(look.split)
    parts: list[Part] = [
        (f"{look.split}  ", "title"),
        (f"{precision_at_1(look.matrix):.4f}", "live"),
        (f"   {right:,} of {total:,} right", "text"),
    ]
    return parts + ([(f"   loss {loss:.3f}", "text")] if loss is not None else [])


def _whereabouts(look: Look) -> list[Part]:
    """Which evaluation this is."""
    step = f"step {look.evaluation.step:,}"
    if look.newest:
        return [(f"{step}, newest of {look.count:,}", "dim")]
    return [(f"{step}, {look.place + 1:,} of {look.count:,}", "alert")]


def _pointed(look: Look, cell: Cell) -> list[Part]:
    """What the cursor points at, in words."""
    shown, read = (look.names[i] for i in cell)
    count, support = int(look.matrix[cell]), int(look.figures.support[cell[0]])
    share = f" ({count / support:.1%})" if support else ""
    return [(f"{shown} read as {read}: {count:,} of {support:,}{share}   ", "text")]
