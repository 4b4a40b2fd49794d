"""Several runs on one chart: means over seeds, differences, void points, letters, the cursor."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.run.log import MarkKind
from core.run.seeds import SEED_IN_NAME, compiled, same_but_seed, without_seed
from core.run.series import Series
from core.run.timeline import Timeline
from tests.helpers.scene import points, scene_of, text
from trainpad.errors import UserError
from tui.chart.chart import Axis, Glyphs, Line, Mark
from tui.chart.drawing import PLAIN, draw
from tui.chart.even_rows import even_labels
from tui.chart.legend import Legend, LegendEntry, LineLabel, rows_needed
from tui.chart.line_letters import LETTERS
from tui.chart.palette import LINE_STYLES

NAN = math.nan


def group(name, *curves):
    members = tuple(Line(f"{name}{i}", curve) for i, curve in enumerate(curves))
    return Line(name, curves[0], members=members)


@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(150, 3000), min_size=2, max_size=5),
    cell=st.integers(0, 99),
)
@example(seed=0, sizes=[210, 2001], cell=10)  # one step of a member in the cell, its last
@settings(max_examples=30)
def test_of_a_group_mean_and_spread_are_those_of_its_members(seed, sizes, cell):
    rng = np.random.default_rng(seed)
    curves = [rng.normal(0, 1, size).astype(np.float32) for size in sizes]
    scene = scene_of(group("seeds", *map(Series, curves)), planned=max(sizes))
    scene.cursor.move_to(cell, scene.shown_range(100), 100)
    start, stop = (math.ceil(edge) for edge in scene._cursor_cell(scene.cursor.x, 100))
    means = [curve[start:stop].mean() for curve in curves if len(curve[start:stop])]
    (entry,) = scene.legend_entries(100)
    if means and stop - start > 1:
        assert entry.value == pytest.approx(np.mean(means), abs=1e-5)
        assert (entry.spread or (entry.value,) * 2) == pytest.approx(
            (min(means), max(means)), abs=1e-5
        )


def test_a_group_is_drawn_as_a_line_with_the_spread_as_its_band():
    steps = [0, 50, 100]
    curves = [points(steps, [value] * 3) for value in (0.2, 0.4, 0.9)]
    scene = scene_of(group("seeds", *curves), planned=100)
    rows = text(scene, 107, 20)
    heights = [index for index, row in enumerate(rows) if "*" in row]
    assert len(heights) == 1
    banded = [index for index, row in enumerate(rows) if "." in row]
    assert banded[0] < heights[0] < banded[-1]
    (entry,) = scene.legend_entries()
    assert (entry.value, *entry.spread) == pytest.approx((0.5, 0.2, 0.9))


def test_a_group_goes_on_with_the_members_that_do():
    scene = scene_of(group("seeds", Series(np.zeros(100)), Series(np.ones(200))), planned=200)
    (plotted,) = scene._plot_lines(np.linspace(0, 200, 101))
    assert plotted.values[10] == 0.5
    assert plotted.values[-1] == 1


def test_the_differences_to_a_run_are_drawn_and_read():
    lines = [Line("base", Series(np.full(100, 2.0))), Line("other", Series(np.full(100, 2.5)))]
    scene = scene_of(*lines, logarithmic=True)
    scene.reference = "base"
    layout = scene.layout(107, 20)
    assert not layout.logarithmic
    assert scene.settings(layout.logarithmic) == ["minus base"]
    assert [entry.texts[0] for entry in scene.legend_entries()] == ["0", "+0.5000"]
    base, other = scene._plot_lines(np.linspace(0, 100, 101))
    assert (base.values[50], other.values[50]) == (0, 0.5)
    scene.reference = "gone"
    assert scene.settings(logarithmic=True) == ["log"]


def test_void_points_are_dim_below_the_others_and_not_in_the_legend():
    curve, void = Series(np.full(100, 1.0)), Series(np.full(60, 1.0))
    scene = scene_of(Line("run", curve), Line("run", void, is_void=True), planned=100)
    holds, dim = scene._plot_lines(np.linspace(0, 100, 101))
    assert (holds.letter, dim.letter) == ("", "")
    assert dim.line_style != holds.line_style
    assert [entry.label.name for entry in scene.legend_entries()] == ["run"]
    assert "o" not in "".join(text(scene, 107, 20))


def test_a_chart_is_as_high_as_what_is_drawn_on_it():
    noisy = [np.r_[np.full(2999, 0.5), 9.0], np.r_[np.full(2999, 0.6), 8.0]]
    alone = scene_of(Line("a", Series(np.tile([0.1, 9.0], 1500))))
    several = scene_of(*(Line("x", Series(np.tile(v, 2))) for v in noisy))
    assert alone.layout(107, 20).y.limits[1] >= 9
    assert several.layout(107, 20).y.limits[1] < 2


def test_letters_differ_for_62_runs_and_with_colours_for_186():
    lines = [Line(f"run {i}", Series([float(i)])) for i in range(186)]
    scene = scene_of(*lines)
    assert len(set(LETTERS)) == len(LETTERS) == 62
    pairs = {(label.letter, i % LINE_STYLES) for i, label in enumerate(scene.labels())}
    assert len(pairs) == 186


def test_the_cursor_stops_at_evaluations_and_marks_of_all_linked_charts():
    marks = [Mark(30, MarkKind.CHANGE, "changed"), Mark(70, MarkKind.CHECKPOINT, "saved")]
    loss = scene_of(Line("loss", Series(np.ones(100))), marks=marks)
    loss.link(scene_of(Line("test", points([0, 50, 100], [0, 1, 2]))))
    found = []
    for direction in (1, -1, -1, -1, -1, -1, 1):
        loss.stop_cursor(direction)
        found.append(loss.cursor.x)
    assert found == [100, 70, 50, 30, 0, 0, 30]
    assert loss.cursor_step == 30
    empty = scene_of(Line("loss", Series([1.0])))
    empty.stop_cursor(1)
    assert empty.cursor.x is None


def test_over_time_the_cursor_stops_where_the_evaluations_were():
    timeline = Timeline()
    timeline.extend([0, 99], [1000.0, 1099.0])
    evaluations = points([20, 40], [0.1, 0.2], [1020.0, 1040.0])
    scene = scene_of(
        Line("loss", Series(np.ones(100)), timeline=timeline),
        Line("test", evaluations, timeline=evaluations.timeline),
    )
    scene.axis = Axis.WALL
    scene.stop_cursor(-1)
    assert scene.cursor.x == 1040
    assert scene.cursor_step == 40


@given(
    low=st.floats(-1e6, 1e6),
    span=st.floats(1e-3, 1e6),
    rows=st.integers(4, 60),
    dots=st.sampled_from([1, 2, 4]),
)
@settings(max_examples=150)
def test_labels_of_the_y_axis_are_evenly_spaced_and_in_the_middle_of_the_row_of_their_value(
    low, span, rows, dots
):
    found = even_labels(low, low + span, max(2, rows // 3), rows, dots)
    if found is None:
        assert rows < 16
        return
    bottom, top = found.limits
    tolerance = 1e-6 * max(abs(low), span)
    assert bottom <= low + tolerance
    assert low + span <= top + tolerance
    assert top - bottom <= 1.3501 * span
    assert len(set(np.diff(found.rows))) <= 1
    for value, row in zip(found.values, found.rows, strict=True):
        assert low < 0 or value >= 0
        height = ((value - bottom) / (top - bottom) * (rows * dots - 1) + 0.5) / dots
        assert height == pytest.approx(row + 0.5, abs=1e-3)


@pytest.mark.parametrize("width", [40, 77, 107, 153])
@pytest.mark.parametrize("size", [60, 1000, 1234, 87_654])
def test_labels_and_marks_of_the_x_axis_are_evenly_spaced(width, size):
    x = scene_of(Line("loss", Series(np.ones(size)))).layout(width, 20).x
    apart = set(np.diff(x.ticks.cells[:-1]))
    assert len(apart) <= 1
    assert x.shown[0] == 0
    assert x.shown[1] >= size - 1
    every = sorted({*x.minor, *x.ticks.cells})
    assert len(set(np.diff(every[:-1]))) <= 1


def test_a_legend_that_does_not_fit_beside_the_title_is_below_it_with_all_names():
    entries = [LegendEntry(LineLabel(LETTERS[i], f"a longer name {i}"), 0.5, 0) for i in range(6)]
    names = [entry.label for entry in entries]
    assert rows_needed("loss", names, 100, 8) == 1
    assert rows_needed("loss", names[:1], 20, 40) == 1
    rows = rows_needed("loss", names, 100, 20)
    shown = [s.text for s in Legend("loss", "", entries, Glyphs.ASCII).strips(100, rows, PLAIN)]
    assert shown[0].strip() == "loss"
    assert all(any(f"{name} 0.5000" in row for row in shown) for _, name, _ in names)
    assert {len(row) for row in shown} == {100}


def test_a_legend_without_room_for_names_has_all_letters_and_values():
    entries = [
        LegendEntry(LineLabel(LETTERS[i], f"20261128-06585{i}-64x64x32"), 0.5, 0) for i in range(6)
    ]
    names = [entry.label for entry in entries]
    rows = rows_needed("loss", names, 60, 20)
    shown = [s.text for s in Legend("loss", "", entries, Glyphs.ASCII).strips(60, rows, PLAIN)]
    assert all(any(f"{letter} 0.5000" in row for row in shown) for letter, _, _ in names)


def test_a_legend_says_how_many_entries_have_no_room():
    entries = [LegendEntry(LineLabel(LETTERS[i], f"trial {i}"), 0.5, 0) for i in range(9)]
    legend = Legend("loss", "", entries, Glyphs.ASCII)
    shown = [strip.text for strip in legend.strips(50, 2, PLAIN)]
    there = sum(f"{LETTERS[i]} 0.5000" in shown[1] for i in range(9))
    assert shown[0].split() == ["loss", f"+{9 - there}"]
    assert {len(row) for row in shown} == {50}
    assert "+" not in legend.strips(50, 4, PLAIN)[0].text


def test_newest_differences_are_those_at_the_last_common_step():
    long, short = Series(np.r_[np.full(100, 1.0), np.full(100, 9.0)]), Series(np.full(100, 3.0))
    scene = scene_of(Line("long", long), Line("short", short))
    scene.reference = "short"
    assert [entry.value for entry in scene.legend_entries(100)] == [-2, 0]


def test_a_chart_of_differences_ends_with_them_and_is_read_where_it_is_visible():
    long, short = Series(np.full(10_000, 1.0)), Series(np.arange(100.0))
    scene = scene_of(Line("long", long), Line("short", short))
    assert scene.extent() == ((0.0, 12_500.0), 9_999)
    scene.reference = "short"
    assert scene.extent() == ((0.0, 125.0), 99)
    assert [entry.value for entry in scene.legend_entries(100)] == [-98, 0]
    scene.viewport.visible = (0.0, 50.0)
    assert [entry.value for entry in scene.legend_entries(100)] == [-49, 0]


def test_what_is_not_a_step_is_not_called_one():
    scene = scene_of(Line("loss", Series(np.arange(100.0))))
    scene.step_unit = "values"
    drawing = draw(scene, "loss", 60, 12)
    assert drawing.strips[-1].text.split()[0] == "values"
    scene.cursor.x = 50.0
    assert scene.cursor_note(200) == "value 50"
    assert scene.cursor_note(20).startswith("values ")


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("lr0.1-seed1", "lr0.1-seed2"), True),
        (("lr0.1/seed_1/train", "lr0.1/seed_22/train"), True),
        (("lr0.1-s1", "lr0.1-s2"), True),
        (("lr0.1-seed1", "lr0.2-seed1"), False),
        (("width-32", "width-64"), False),
        (("adams1", "adams2"), False),
    ],
)
def test_names_that_differ_in_the_seed_only(names, same):
    stems = {without_seed(name, compiled(SEED_IN_NAME)) for name in names}
    assert (len(stems) == 1) == same


@pytest.mark.parametrize("separator", ["-", "_", ".", "/", " "])
def test_a_name_without_its_seed_has_no_separator_too_many(separator):
    pattern = compiled(SEED_IN_NAME)
    for parts in (("lr0.1", "seed1", "train"), ("seed1", "lr0.1", "train")):
        name = separator.join(parts)
        assert without_seed(name, pattern) == separator.join(("lr0.1", "train"))


def test_hyperparameters_that_differ_in_the_seed_only():
    runs = [{"lr": 0.1, "seed": seed, "hidden": [3]} for seed in (1, 2)]
    assert same_but_seed(runs[0]) == same_but_seed(runs[1])
    assert same_but_seed(runs[0]) != same_but_seed(runs[0] | {"lr": 0.2})
    with pytest.raises(UserError, match="is no regular expression"):
        compiled("(")
