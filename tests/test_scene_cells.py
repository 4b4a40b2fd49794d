"""Marks, values, ticks and the cursor are in the same cell where they are at the same step."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.run.log import MarkKind
from core.run.metric_series import MetricSeries
from core.run.series import Curve, Points, Series
from core.run.timeline import Timeline
from tests.helpers.scene import axis_of, column, points, scene_of, text
from tui.chart.axes import x_of
from tui.chart.cells import cell_of, edges_of
from tui.chart.chart import Axis, Glyphs, Line, Mark
from tui.chart.placed_marks import placed_marks
from tui.chart.rule import MARK_SIGNS, MAX_DISTANCE

NAN, INF = math.nan, math.inf


@given(
    start=st.integers(-(10**9), 10**9),
    per_cell=st.integers(1, 10**6),
    width=st.integers(1, 300),
    cell=st.integers(0, 299),
)
def test_a_step_at_an_edge_is_in_the_cell_that_begins_there(start, per_cell, width, cell):
    cell %= width
    edges = edges_of((start, start + per_cell * width), width)
    assert cell_of(edges, start + per_cell * cell) == cell
    assert cell_of(edges, start + per_cell * width) == width - 1
    assert cell_of(edges, start - 1) == 0


@given(
    size=st.integers(200, 2500),
    step=st.integers(0, 2499),
    is_point=st.booleans(),
    axis=st.sampled_from([Axis.STEP, Axis.RELATIVE, Axis.WALL]),
    speed=st.sampled_from([1.0, 3.7, 200.0]),
)
@settings(max_examples=60)
def test_a_mark_a_spike_a_nan_and_the_cursor_of_one_step_are_in_one_cell(
    size, step, is_point, axis, speed
):
    step %= size
    steps = np.arange(size)
    timeline = Timeline()
    timeline.extend(steps, 1.7e9 + steps / speed)
    values = np.zeros(size, np.float32)
    values[step] = 1.0
    curve = points(steps, values, 1.7e9 + steps / speed) if is_point else Series(values)
    bad = values.copy()
    bad[step] = NAN
    lines = [Line("x", curve, timeline=timeline)]
    mark = Mark(step, MarkKind.CHANGE, "changed", "c")
    scene = scene_of(*lines, marks=[mark], glyphs=Glyphs.BRAILLE)
    scene.axis = axis
    width = scene.layout(107, 14).canvas.width
    edges = scene._edges(width)
    cells = edges[:: scene.glyphs.dots[0]]
    (mark,) = placed_marks(axis, lines, scene.marks, cells)
    high = scene._plot_line(0, lines[0], edges).raw.high
    spikes = np.flatnonzero(high == np.nanmax(high)) // scene.glyphs.dots[0]
    assert mark.column in spikes.tolist()
    nonfinite = [Line("x", Series(bad), timeline=timeline)]
    (placed,) = placed_marks(axis, nonfinite, scene_of().marks, cells)
    assert placed.column == mark.column
    scene.cursor.x = x_of(axis, lines[0], step)
    assert cell_of(cells, scene.cursor.x) == mark.column
    assert "changed" in scene.cursor_note(width)


def test_marks_are_at_the_labels_of_their_steps():
    marks = [Mark(step, MarkKind.CHECKPOINT, "saved") for step in range(500, 20_001, 500)]
    for width in range(47, 167, 3):
        scene = scene_of(Line("loss", Series(np.ones(9000))), planned=12_000, marks=marks)
        layout = scene.layout(width, 12)
        cells, labels = layout.x.ticks.cells, layout.x.ticks.labels
        rule = "".join(piece for piece, _ in layout.rule)
        for cell, label in zip(cells, labels, strict=True):
            if label != "0":
                assert rule[cell] == "^"


@pytest.mark.parametrize("kind", [Series, Points, MetricSeries])
@pytest.mark.parametrize("spacing", [1, 10])
def test_the_cursor_stops_at_values_that_are_not_finite_once_for_each_row_of_them(kind, spacing):
    values = np.ones(1000, np.float32)
    values[200:260], values[500], values[700:702] = NAN, INF, -INF
    curve: Curve = Series(values)
    if kind is not Series:
        curve = kind()
        curve.extend(spacing * np.arange(1000), values)
    spacing = 1 if kind is Series else spacing
    scene = scene_of(Line("loss", curve))
    found = []
    for _ in range(4):
        scene.stop_cursor(-1)
        found.append(scene.cursor.x)
    assert found == [spacing * step for step in (700, 500, 200, 200)]
    assert scene.cursor_note(100).endswith(f"loss is NaN at step {spacing * 200:,}")
    scene.stop_cursor(1)
    assert scene.cursor_note(100).endswith(f"loss is inf at step {spacing * 500:,}")


@pytest.mark.parametrize("kind", [Points, MetricSeries])
def test_the_cursor_stops_at_every_point_of_a_curve_that_has_few(kind):
    curve = kind()
    curve.extend(np.array([10, 70, 400]), np.array([1.0, NAN, 2.0], np.float32))
    scene = scene_of(Line("loss", curve))
    found = []
    for _ in range(4):
        scene.stop_cursor(-1)
        found.append(scene.cursor.x)
    assert found == [400, 70, 10, 10]


@pytest.mark.parametrize(
    ("glyphs", "end", "tick_sign"), [(Glyphs.ASCII, "|", "+"), (Glyphs.BRAILLE, "┤", "┬")]
)
def test_the_end_of_the_plan_is_marked_where_it_is_shown(glyphs, end, tick_sign):
    series = Series(np.ones(300))
    words = {
        900: " plan ", 950: " plan 950 ", 1000: " plan ", 1024: " plan 1,024 ", 1777: " plan 1,777 "
    }  # fmt: skip
    for planned, said in words.items():
        scene = scene_of(Line("loss", series), planned=planned, glyphs=glyphs)
        layout, row = scene.layout(107, 12), axis_of(scene, 107, 12)
        cell = cell_of(scene._edges(100)[:: glyphs.dots[0]], planned)
        assert row[cell] == end
        ticks = layout.x.ticks.cells
        assert said in row
        start = row.index(said)
        assert min(abs(cell - start - len(said)), abs(start - cell - 1)) <= MAX_DISTANCE
        assert all(row[tick] == tick_sign for tick in ticks if tick != cell)
        assert set(row[cell + 1 :]) <= set(" plan,0123456789-+'─┬┴")
        assert len(row) == layout.canvas.width
    reached = scene_of(Line("loss", series), planned=300, glyphs=glyphs)
    assert axis_of(reached, 107, 12).rstrip().endswith(end)
    assert "plan" not in axis_of(reached, 107, 12)
    scene.marks.update([Mark(1750, MarkKind.CHECKPOINT, "saved")])
    row = axis_of(scene, 107, 12)
    assert end in row
    assert "plan" in row
    assert MARK_SIGNS[MarkKind.CHECKPOINT][glyphs is Glyphs.ASCII] in row
    scene.viewport.whole_plan = False
    assert end not in axis_of(scene, 107, 12)
    scene.viewport.whole_plan, scene.axis = True, Axis.RELATIVE
    assert end not in axis_of(scene, 107, 12)


def test_lines_that_lie_on_each_other_are_both_seen():
    series = Series(np.full(100, 1.0))
    rows = text(scene_of(Line("a", series), Line("b", series), planned=120), 67, 12)
    (row,) = (row for row in rows if "*" in row)
    assert {row[cell] for cell in range(40)} == {"*", "o"}
    assert column(rows, 0).strip() in {"*", "o"}
