"""The Evaluate screen as text, with the events that a trainer would post."""

import threading
from pathlib import Path

import numpy as np
import pytest

from core.network.network import Network
from core.network.predictions import SplitPredictions
from core.run.events import Evaluated
from core.run.metrics import as_matrix, classification_report
from core.run.series import Points
from core.run.state import RunState
from data.dataset import DIGITS, Dataset
from tests.helpers.app import Scripted
from tests.helpers.evaluate import looked, table
from tests.helpers.learned import EVIL, evaluated, learned, matrices, opened, patterns
from tests.helpers.waiting import shown, text_of, until
from tui.app import TrainpadApp
from tui.evaluate.columns import MetricColumns, bar, format_ratio, sparkline
from tui.evaluate.confusion import CellFormat, ConfusionMatrix
from tui.evaluate.misclassified import PredictedImages, PredictionRequest
from tui.evaluate.report import ReportCache
from tui.pad.screen import PadScreen
from tui.widgets.gallery import CaptionedImage, Gallery, GalleryLayout, reduced


@pytest.fixture(scope="module")
def data() -> Dataset:
    return patterns(DIGITS, (28, 28))


@pytest.fixture(scope="module")
def network(data: Dataset) -> Network:
    return learned(data)


THREE = [[95, 5, 0], [12, 80, 8], [0, 0, 0]]


def test_the_matrix_as_text() -> None:
    assert table(looked(THREE), 50, 9) == [
        "      0    1    2  prec.  rec.    F1 images",
        " 0   95    5    ·  0.888 0.950 0.918    100",
        " 1  [12]  80    8  0.941 0.800 0.865    100",
        " 2    ·    ·    ·  0.000     – 0.000      0",
        "    107   85    8  0.610 0.875 0.594    200",
    ]


@pytest.mark.parametrize("counts", [THREE, np.full((4, 4), 1234).tolist()])
def test_cells_are_wider_where_the_metrics_stay_as_they_are(counts: list[list[int]]) -> None:
    look, kinds = looked(counts), set()
    for width in range(14, 120):
        head = table(look, width, 9)[0]
        layout = ConfusionMatrix()
        layout._slice = look
        layout.lines(width, 9)
        cell, narrow = layout._matrix_layout.cell_width, len(str(np.sum(counts, 0).max())) + 1
        room = width - 3 - narrow * len(counts)
        shown = "bars" if "precision" in head else "plain" if "prec." in head else "none"
        assert shown == ("bars" if room >= 51 else "plain" if room >= 25 else "none")
        kinds.add((shown, cell - narrow))
    assert kinds == {(shown, wider) for shown in ("none", "plain", "bars") for wider in (0, 1)}


def test_percent_of_rows_and_of_columns() -> None:
    rows = table(looked(THREE), 50, 9, CellFormat.NORMALIZED_BY_TRUE)
    assert rows[2].split()[:4] == ["1", "[12.0]", "80.0", "8.0"]
    columns = table(looked(THREE), 50, 9, CellFormat.NORMALIZED_BY_PREDICTED)
    assert columns[2].split()[:4] == ["1", "[11.2]", "94.1", "100.0"]


def test_errors_are_bright_and_the_diagonal_is_dim() -> None:
    made = ConfusionMatrix()
    made._slice, made._cursor = looked(THREE), (2, 2)
    first, second = (made.lines(60, 9)[row][1:6:2] for row in (1, 2))
    assert [role for _, role in first] == ["dim", "heat-2", "dim"]
    assert [role for _, role in second] == ["heat-3", "dim", "heat-2"]
    assert made.lines(60, 9)[1][2:6:2] == [(" ", "text")] * 2  # neighbours do not touch


def test_moving_the_cursor_scrolls_the_matrix() -> None:
    look = looked(np.arange(1, 62 * 62 + 1).reshape(62, 62).tolist(), tuple(map(str, range(62))))
    made = ConfusionMatrix()
    made._slice = look
    for cursor in [(0, 0), (30, 61), (61, 0), (61, 61)]:
        made._cursor = cursor
        rows = ["".join(text for text, _ in parts) for parts in made.lines(78, 12)]
        assert len(rows) == 12
        assert all(len(row) <= 78 for row in rows)
        assert f"[{look.matrix[cursor]}]" in "".join(rows)
        y = next(y for y, row in enumerate(rows) if "[" in row)
        assert made._matrix_layout.cell_at(rows[y].index("["), y) == cursor


def test_hostile_names_are_sanitized_and_columns_stay_aligned() -> None:
    matrix = np.full((5, 5), 3).tolist()
    rows = table(looked(matrix, EVIL), 100, 9)
    assert "\x1b" not in "".join(rows)
    assert {row.index("0.200") for row in rows[1:4]} == {rows[1].index("0.200")}
    assert "".join(table(looked(matrix, EVIL), 100, 9, ascii_only=True)).isascii()


def test_metrics_are_shown_as_far_as_they_fit() -> None:
    look = looked(THREE)
    for width in (10, 25, 51, 70, 140):
        columns = MetricColumns(look, width, ascii_only=False)
        for parts in (columns.header(), columns.row(0), columns.averages()):
            assert sum(len(text) for text, _ in parts) <= width
    columns = MetricColumns(look, 70, ascii_only=True)
    head, text = (
        "".join(text for text, _ in parts) for parts in (columns.header(), columns.row(0))
    )
    assert (head.index("precision"), head.index("recall")) == (text.index("0.8"), text.index("0.9"))
    assert "0.888 ###########" in text


def test_bars_and_sparklines() -> None:
    assert bar(0.5, 4, ascii_only=True) == "##  "
    assert bar(float("nan"), 3, ascii_only=False) == "   "
    assert bar(7.0, 3, ascii_only=False) == "━━━"
    values = np.array([0.0, 0.5, np.nan, 1.0])
    assert sparkline(values, values, ascii_only=False) == "▁▅ █"
    assert sparkline(np.full(2, np.nan), values[2:3], ascii_only=True) == "  "
    assert format_ratio(float("nan")) == "–"


def test_a_repeated_evaluation_of_a_step_is_shown() -> None:
    run, book = RunState(), ReportCache()
    run.evaluations.append(Evaluated(10, {"test": THREE}, {}, 0.1))
    assert book.evaluation_slice(run, "test", None).report.recall[0] == 0.95
    run.evaluations[0] = Evaluated(10, {"test": [[1, 1, 0], [0, 0, 0], [0, 0, 0]]}, {}, 0.1)
    assert book.evaluation_slice(run, "test", None).report.recall[0] == 0.5
    assert book.evaluation_slice(run, "train", None) is None
    curves = book.curves(run, "test", 0)
    assert curves["recall"].values.tolist() == [0.5]
    assert len(book.curves(run, "test", 2)["precision"]) == 0


def test_curves_are_cached_until_the_next_evaluation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, book, calls = RunState(), ReportCache(), []
    extend = Points.extend
    monkeypatch.setattr(Points, "extend", lambda *a: (calls.append(a), extend(*a))[1])
    nothing = [[0, 0, 0]] * 3  # no recall of a class that is not there
    for step, matrix in enumerate([THREE, nothing, THREE, [[1, 0], [0, 1]]] * 10):
        run.evaluations.append(Evaluated(10 * step, {"test": matrix}, {}, 0.1, time=5.0 + step))
    curves = book.curves(run, "test", 1)
    assert len(calls) == len(curves) == 3
    assert curves["recall"].steps.tolist()[:4] == [0, 20, 30, 40]
    assert curves["recall"].values.tolist()[:3] == pytest.approx([0.8, 0.8, 1.0])
    assert curves["recall"].timeline.start == 5.0
    assert book.curves(run, "test", 1) is curves
    assert len(book.curves(run, "test", 2)["recall"]) == 0
    assert book.curves(run, "test", 1) is curves
    again = Evaluated(390, {"test": THREE}, {}, 0.1, time=50.0)
    run.evaluations[-1] = again  # measured again at the same step
    assert book.curves(run, "test", 1)["recall"].values[-1] == pytest.approx(0.8)


def test_a_caption_is_shortened_to_fit() -> None:
    captions = "9 → 0, 35%  loss 11.5", "9 → 0, 35%", "9 → 0"
    picture = CaptionedImage(np.zeros((28, 28)), captions)
    shown = {width: Gallery()._caption(picture, 0, width)[0] for width in (28, 14, 7, 4)}
    assert shown[28] == "9 → 0, 35%  loss 11.5       "
    assert shown[14] == "9 → 0, 35%    "
    assert shown[7] == "9 → 0  "
    assert shown[4] == "9 →…"


@pytest.mark.parametrize(
    ("names", "widths"),
    [
        (("4", "9"), {28: "4 → 9, 100%  loss 2.5", 12: "4 → 9, 100%", 10: "4→9, 100%", 8: "4 → 9"}),
        (
            ("red cat", "old dog"),
            {40: "red cat → old dog, 100%  loss 2.5", 28: "red cat → old dog, 100%",
             20: "0 → 1, 100%", 10: "0→1, 100%", 7: "0 → 1"},
        ),
    ],
)  # fmt: skip
def test_a_misclassified_image_has_a_caption_for_every_width(
    data: Dataset, names: tuple[str, str], widths: dict[int, str]
) -> None:
    zero, one = np.zeros(1, int), np.ones(1, int)
    made = SplitPredictions(zero, zero, one, np.float32([1]), np.float32([2.5]), one, 2)
    images = PredictedImages(1, "test", names, data, made, zero)
    for width, caption in widths.items():
        assert Gallery()._caption(images.captioned(0), 0, width)[0].rstrip() == caption


@pytest.mark.parametrize("size", [(120, 35), (160, 45), (200, 60)])
async def test_digits_are_shown_pixel_by_pixel_where_a_terminal_has_35_rows(
    data: Dataset, network: Network, tmp_path: Path, size: tuple[int, int]
) -> None:
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data), *evaluated(1000, network, data))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=size) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        screen = await shown(pilot, app, "of 60 correct", "misclassified")
        wall = app.screen.query_one(Gallery)._layout_now
        assert (wall.pixels, wall.down) == ((28, 28), 2 if size[1] >= 60 else 1)
        assert ("precision, recall, F1 of" in screen) == (size[1] >= 45)


def test_images_are_as_large_as_fits() -> None:
    assert GalleryLayout.fitting((28, 28), 158, 15) == GalleryLayout((28, 28), 5, 1, 28, 14)
    assert GalleryLayout.fitting((28, 28), 78, 9) == GalleryLayout((16, 16), 4, 1, 16, 8)
    assert GalleryLayout.fitting((28, 28), 98, 13) == GalleryLayout((24, 24), 3, 1, 24, 12)
    assert GalleryLayout.fitting((28, 28), 78, 3) == GalleryLayout((8, 8), 8, 1, 8, 4)
    assert GalleryLayout.fitting((28, 28), 78, 28, min_count=10).capacity >= 10
    assert GalleryLayout.fitting((100, 50), 80, 20).height <= 20
    assert GalleryLayout.fitting((28, 28), 3, 2).capacity == 1
    filters = Gallery(min_count=5, cells=900)
    shown_at_once = [filters._layout_in(*size).capacity for size in ((58, 19), (78, 30), (98, 44))]
    assert shown_at_once == [6, 15, 30]
    picture = np.arange(35.0).reshape(5, 7)
    assert reduced(picture, (5, 7)) is picture
    small = reduced(picture, (2, 7))
    assert small[0] == pytest.approx((picture[0] + picture[1] + picture[2] / 2) / 2.5)
    assert reduced(picture, (1, 3)).mean() == pytest.approx(picture.mean())


async def test_misclassified_images_are_browsed_filtered_and_sent_to_the_pad(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    source = Scripted(tmp_path, opened=False)
    blank = Network.from_layers([(np.zeros((784, 10)), np.eye(10)[3])])
    source.give(*opened(tmp_path, data), *evaluated(1000, blank, data))
    source.give(*evaluated(2000, network, data))
    matrix = as_matrix(matrices(network, data)["test"].tolist())
    wrong = int(matrix.sum() - np.trace(matrix))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        await shown(pilot, app, f"{np.trace(matrix)} of 60 correct", f"1 of {wrong}")
        figures = classification_report(matrix)
        assert format_ratio(figures.precision[0]) in text_of(app)
        assert "precision, recall, F1 of" in text_of(app)
        cell = app.screen._cursor
        await pilot.press("enter")
        await shown(pilot, app, f"1 of {matrix[cell]}", f"{cell[0]} predicted as {cell[1]}")
        await pilot.press("enter", "full_stop", "full_stop", "comma")
        await shown(pilot, app, f"2 of {wrong}")
        await pilot.press("left_square_bracket")
        await shown(
            pilot, app, "step 1,000, 1 of 2", "0.1000", "no checkpoint of this evaluation was kept"
        )
        await pilot.press("end", "s", "n")
        await shown(pilot, app, "train", "step 2,000, newest", "misclassified")
        await pilot.press("p")
        await shown(pilot, app, "an image from the data")
        assert isinstance(app.screen, PadScreen)


async def test_the_newest_evaluation_is_followed_unless_an_earlier_one_is_selected(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data))
    app = TrainpadApp(iter(source), ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        await shown(pilot, app, "no evaluation yet")
        source.give(*evaluated(1000, network, data))
        await shown(pilot, app, "newest of 1", "misclassified", " > ")
        source.give(*evaluated(2000, network, data))
        await shown(pilot, app, "step 2,000, newest of 2")
        await pilot.press("left_square_bracket")
        source.give(*evaluated(3000, network, data))
        await shown(pilot, app, "step 1,000, 1 of 3")
        assert text_of(app).isascii()
        await pilot.click(ConfusionMatrix, offset=(4, 1))
        await shown(pilot, app, "0 predicted as 0")
        await pilot.press("end")
        await shown(pilot, app, "newest of 3", "misclassified")
        await pilot.click(Gallery, offset=(20, 2))
        await shown(pilot, app, "2 of ")


async def test_without_the_data_set_the_metrics_stay_and_the_reason_is_shown(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    source = Scripted(tmp_path, opened=False)
    first, *rest = opened(tmp_path, data, at_hand=False)
    first.info["source"] = {"dataset": str(tmp_path / "gone")}
    source.give(first, *rest, *evaluated(1000, network, data))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        await shown(pilot, app, "no images", "no data set or folder", "of 60 correct")


async def test_nothing_of_the_previous_run_stays_after_a_late_result(
    data: Dataset, network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read, read, reads = threading.Event(), PredictionRequest.predict, []

    def late(self: PredictionRequest) -> PredictedImages:
        reads.append(self)
        may_read.wait(10)
        return read(self)

    first, second = (Scripted(tmp_path / name, opened=False) for name in "ab")
    first.give(*opened(tmp_path / "a", data), *evaluated(1000, network, data))
    begun, *rest = opened(tmp_path / "b", data, at_hand=False)
    begun.info["source"] = {"dataset": str(tmp_path / "gone")}
    second.give(begun, *rest)
    app = TrainpadApp(iter(first))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        before = await shown(
            pilot, app, "of 60 correct", "misclassified", "images", "precision, recall, F1 of"
        )
        screen = app.screen
        monkeypatch.setattr(PredictionRequest, "predict", late)
        await pilot.press("s")
        await until(pilot, lambda: reads)
        await pilot.press("question_mark")  # under it the screen stays the same
        app.show_events(iter(second), viewer=True)
        await pilot.press("escape")
        await shown(pilot, app, "no evaluation yet")
        assert app.screen is screen
        may_read.set()
        await until(pilot, lambda: not screen._prediction_job.busy)
        text = text_of(app)
        for gone in ("predicted as", "misclassified", "F1", "step 1,000"):
            assert gone in before
            assert gone not in text
        assert screen.picked_image is None
        second.give(*evaluated(1000, network, data))
        await shown(pilot, app, "newest of 1", "no images")
        assert reads[-1].dataset is None


async def test_a_resume_from_before_the_first_evaluation_leaves_no_matrix(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data), *evaluated(1000, network, data))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        await shown(pilot, app, "of 60 correct", "misclassified", "images")
        source.give(opened(tmp_path, data)[1])
        text = await shown(pilot, app, "no evaluation yet")
        assert "predicted as" not in text and "F1" not in text
        source.give(*evaluated(1000, network, data))
        await shown(pilot, app, "of 60 correct", "misclassified", "images")
