"""Groups of classes in the matrix of the Evaluate screen."""

import time
from pathlib import Path

import numpy as np
import pytest

from core.run.class_groups import group_classes
from core.run.metrics import normalized_by_true
from tests.helpers.app import Scripted
from tests.helpers.evaluate import looked, table
from tests.helpers.learned import evaluated, learned, opened, patterns
from tests.helpers.waiting import shown, text_of, until
from tui.app import TrainpadApp
from tui.evaluate.confusion import CellFormat
from tui.evaluate.views import FEW_CLASSES, MatrixViews

NAMES = tuple(f"kind {number}" for number in range(16))


def confused(classes: int = 16, groups: int = 4) -> np.ndarray:
    """A matrix of classes of which each ``groups``-th is taken for the others of its group."""
    matrix = 90 * np.eye(classes, dtype=np.int64)
    for true in range(classes):
        for predicted in range(true % groups, classes, groups):
            matrix[true, predicted] += 3
    return matrix


def test_classes_that_are_confused_are_together() -> None:
    assert group_classes(confused()) == [[n, n + 4, n + 8, n + 12] for n in range(4)]


@pytest.mark.parametrize("classes", [1, 2, 13, 60])
def test_each_class_is_in_one_group(classes: int) -> None:
    rng = np.random.default_rng(classes)
    for density in (0.0, 0.02, 1.0):
        matrix = rng.integers(0, 9, (classes, classes)) * (rng.random((classes, classes)) < density)
        for count in (None, 1, 5):
            groups = group_classes(matrix.astype(np.int64), count)
            assert sorted(number for group in groups for number in group) == [*range(classes)]
            assert len(groups) <= (count or np.ceil(classes**0.5))


def test_a_thousand_classes_are_grouped_in_little_time() -> None:
    matrix = np.random.default_rng(1).integers(0, 3, (1000, 1000))
    started = time.process_time()
    assert len(group_classes(matrix)) <= 32
    assert time.process_time() - started < 3


def test_cells_of_groups_are_sums_and_the_cursor_goes_from_group_to_group() -> None:
    matrix = confused()
    matrix[6, 3], matrix[10, 7] = 1, 2
    look, views = looked(matrix.tolist(), NAMES), MatrixViews()
    assert views.shown(look, (6, 3)) == (look, (6, 3))
    assert views.next(look, (6, 3))
    view, cell = views.shown(look, (6, 3))
    assert cell == (2, 3)
    assert view.names[2] == "kind 2 +3"
    assert view.matrix[2].tolist() == [0, 0, 4 * 90 + 4 * 4 * 3, 3]
    assert view.report.support.sum() == matrix.sum()
    assert views.cursor_at(look, (2, 3)) == (10, 7)
    assert views.cursor_at(look, (0, 1)) == (0, 1)
    assert views.moved(look, (6, 3), 0, -1) == views.cursor_at(look, (2, 2))
    assert views.moved(look, (6, 3), 9, 9) == views.cursor_at(look, (3, 3))
    assert views.moved(look, (7, 3), 1, 1) == (7, 3)


def test_the_classes_of_two_groups_keep_their_shares_of_all() -> None:
    matrix = confused()
    matrix[6, 0] = 2
    look, views = looked(matrix.tolist(), NAMES), MatrixViews()
    views.next(look, (6, 3))
    views.next(look, (6, 3))
    view, cell = views.shown(look, (6, 3))
    assert view.names == tuple(NAMES[n] for n in (2, 3, 6, 7, 10, 11, 14, 15))
    assert (cell, views.label) == ((2, 1), "8 of 16 classes")
    assert views.cursor_at(look, (7, 0)) == (15, 2)
    assert views.moved(look, (6, 3), 1, 0) == (7, 3)
    shown_share = 100 * normalized_by_true(matrix)[6, 2]
    row = next(
        row for row in table(view, 150, 20, CellFormat.NORMALIZED_BY_TRUE) if "kind 6" in row
    )
    assert row.split()[3] == f"{shown_share:.1f}"
    view, cell = views.shown(look, (0, 1))  # the cursor has left: other groups are opened
    assert (view.names[0], cell) == ("kind 0", (0, 1))
    views.next(look, (0, 1))
    assert views.shown(look, (0, 1))[0] is look
    assert not views.label


def test_few_classes_have_no_groups() -> None:
    look, views = looked(np.eye(12, dtype=int).tolist()), MatrixViews()
    assert not views.next(look, (0, 0))
    assert views.shown(look, (0, 0)) == (look, (0, 0))


async def test_a_key_groups_the_classes_and_opens_groups(tmp_path: Path) -> None:
    forty = patterns([f"kind {number}" for number in range(40)], (8, 8))
    network = learned(forty, hidden=(20,))
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, forty), *evaluated(100, network, forty))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        await shown(pilot, app, "confused most")
        await pilot.press("u")
        await shown(pilot, app, "7 groups of classes", "0 kind 0 +")
        assert "confused most" not in text_of(app)
        await pilot.press("up", "u")
        await shown(pilot, app, "of 40 classes")
        await pilot.press("u")
        await until(pilot, lambda: "of 40 classes" not in text_of(app))


async def test_of_few_classes_it_says_so(tmp_path: Path) -> None:
    ten = patterns([f"kind {number}" for number in range(10)], (8, 8))
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, ten), *evaluated(100, learned(ten, hidden=(10,)), ten))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2", "u")
        await shown(pilot, app, FEW_CLASSES)
