"""Labels, marks, the cursor and the legend of a chart."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from core.run.series import Series
from core.run.timeline import Timeline
from tests.helpers.scene import axis_of, column, points, scene_of, text
from tui.chart.cells import cell_of
from tui.chart.chart import Axis, Glyphs, Line, Mark, MarkKind
from tui.chart.dashes import pattern_of
from tui.chart.labels import LineEnd, write_letters
from tui.chart.legend import Legend, LegendEntry, LineLabel
from tui.chart.palette import LINE_STYLES, ChartStyle
from tui.widgets.canvas import Canvas

NAN = math.nan
LEVELS = {"a": 0.500, "b": 0.9, "c": 0.503, "d": 0.502, "e": 0.1}


def test_letters_of_one_row_are_beside_each_other_the_greatest_value_first():
    lines = [Line(name, Series(np.full(100, level))) for name, level in LEVELS.items()]
    rows = text(scene_of(*lines, planned=200), 47, 22)
    assert [row[20:].strip() for row in rows if row.strip()] == ["b", "cda", "e"]
    assert all(set(row[:20]) & set("*o+x#") for row in rows if row.strip())


def test_without_room_beside_them_letters_are_below_each_other():
    lines = [Line(name, Series(np.full(100, level))) for name, level in LEVELS.items()]
    zoomed = scene_of(*lines)
    zoomed.viewport.visible = (0.0, 100.0)
    blocked = scene_of(*lines, Line("long", Series(np.full(160, 0.5))), planned=200)
    for scene, cell in ((zoomed, 39), (blocked, 20)):
        rows = text(scene, 47, 22)
        assert "".join(c for c in column(rows, cell) if c in "abcde") == "bcdae"


def test_the_letters_of_many_lines_have_room_at_the_end_of_the_plan():
    for level in (0.5, 0.9):
        lines = [Line(name, Series(np.full(100, level))) for name in "uvwxyz"]
        scene = scene_of(*lines, planned=100)
        short = scene_of(Line("short", Series(np.ones(90))), planned=100)
        scene.link(short)
        (row,) = (row for row in text(scene, 107, 22) if row.strip())
        assert row.rstrip()[-7:] in {f"{sign}abcdef" for sign in "*o+x#@"}
        assert cell_of(np.linspace(*scene.shown_range(100), 101), 99) == row.index("a") - 1
        assert scene.shown_range(100) == short.shown_range(100)
    scene.lines = lines[:3]
    assert scene.shown_range(100) == (0.0, 100.0)


def test_letters_are_in_the_order_of_the_values_also_where_noise_is_against_it():
    """`a` ends at 0.8 among its noise, so that its line ends at 0.5, below `b` and over `c`."""
    noise = np.tile([0.2, 0.8], 5000)
    calm = [Line(str(level), Series(np.full(10_000, level))) for level in (0.75, 0.25)]
    rows = text(scene_of(Line("noisy", Series(noise)), *calm, planned=20_000), 47, 22)
    assert [row[20:].strip() for row in rows if set(row) & set("abc")] == ["ab", "c"]
    assert "*" in next(row for row in rows if "ab" in row)


def test_changes_are_labelled_vertical_lines_and_checkpoints_signs_on_the_axis():
    marks = [
        Mark(20, MarkKind.CHECKPOINT, "checkpoint saved"),
        Mark(50, MarkKind.CHANGE, "learning rate 0.0100 → 0.0125", "lr 0.0125"),
    ]
    low = Line("loss", Series(np.linspace(1, 0, 100)))
    scene = scene_of(low, planned=100, marks=marks)
    rows, axis = text(scene, 107, 12), axis_of(scene, 107, 12)
    assert rows[0][50:60] == ":lr 0.0125"
    assert column(rows, 50).count(":") >= 8
    assert (axis[20], axis[50]) == ("^", ":")
    assert rows == text(scene_of(low, planned=100, marks=marks[1:]), 107, 12)


def test_labels_do_not_overlap_and_the_last_of_a_cluster_has_a_count():
    marks = [Mark(s, MarkKind.CHANGE, "changed", "a long label") for s in (50, 55, 95)]
    rows = text(scene_of(Line("loss", Series(np.ones(100))), planned=100, marks=marks), 107, 12)
    assert rows[0][50:76].rstrip() == ":    :a long label +1 more"
    assert rows[0][83:].strip() == "a long label:"


def test_of_values_that_change_at_one_step_the_rate_is_named_and_the_others_counted():
    labels = ("l2 1", "lr 0.01", "lr 0.02", "l2 0", "dropout 0.5")
    marks = [Mark(50, MarkKind.CHANGE, "changed", label) for label in labels]
    scene = scene_of(Line("loss", Series(np.ones(100))), planned=100, marks=marks)
    assert text(scene, 107, 12)[0][50:].rstrip() == ":lr 0.02 +2 more"


def test_a_label_is_never_written_over_a_line():
    marks = [Mark(50, MarkKind.CHANGE, "changed", "label")]
    high = np.r_[np.zeros(52), np.ones(48)]
    rows = text(scene_of(Line("loss", Series(high)), planned=100, marks=marks), 107, 12)
    assert rows[1][52:] == "*" * 48
    assert rows[0][51:].strip() == "label"


def test_letters_are_in_the_order_of_the_values():
    levels = {"a": 0.50, "b": 0.52, "c": 0.51, "d": 0.9, "e": 0.1}
    lines = [Line(name, Series(np.full(100, level))) for name, level in levels.items()]
    rows = text(scene_of(*lines, planned=200), 47, 12)
    assert "".join(row[20:].strip() for row in rows) == "dbcae"


@pytest.mark.parametrize("is_error_rate", [False, True])
def test_letters_are_in_the_order_of_the_values_in_the_legend(is_error_rate):
    """The newest value of `b` is greater, and its mean in the last column is less."""

    def letters(rows):
        return "".join(character for character in column(rows, 20) if character in "ab")

    curves = [np.r_[np.full(9999, level), newest] for level, newest in ((0.5, 0.4), (0.49, 0.6))]
    scene = scene_of(*(Line("x", Series(curve)) for curve in curves), planned=20_000)
    scene.error_rate = is_error_rate
    for scene.logarithmic in (False, True):
        rows = text(scene, 47, 12)
        a, b = (entry.value for entry in scene.legend_entries())
        assert letters(rows) == ("ab" if a > b else "ba")
    scene.viewport.visible = (0.0, 5000.0)
    drawn = "".join(text(scene, 47, 12))
    assert (drawn.index("a") < drawn.index("b")) != is_error_rate


def test_in_ascii_the_legend_has_the_characters_of_the_lines():
    lines = [Line(name, Series(np.full(100, level))) for name, level in (("x", 1.0), ("y", 2.0))]
    scene = scene_of(*lines)
    assert scene.labels() == [("a", "x", "*"), ("b", "y", "o")]
    rows = text(scene, 60, 12)
    assert [row.strip("ab ")[:1] for row in rows if row.strip()] == ["o", "*"]
    entries = scene.legend_entries()
    legend = Legend("loss", "", entries, Glyphs.ASCII).render(60, [Style()] * len(ChartStyle)).text
    assert legend.endswith("   * a x 1.000   o b y 2.000")
    assert scene_of(lines[0]).labels() == [("", "x", "")]
    scene.glyphs, scene.tinted = Glyphs.BRAILLE, True
    assert scene.labels() == [("a", "x", ""), ("b", "y", "")]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([4, 5, 5, 5], [4, 5, 6, 7]),
        ([2, 2, 2, 8, 8], [1, 2, 3, 7, 8]),
        ([3, 4, 7], [3, 4, 7]),
        ([0, 0, 11, 11], [0, 1, 10, 11]),
    ],
)
def test_a_letter_is_in_the_row_of_its_line_where_that_is_free(rows, found):
    canvas = Canvas(1, 12, Glyphs.ASCII)
    write_letters(canvas, [LineEnd(0, row, -n, "abcde"[n], 1, 0) for n, row in enumerate(rows)])
    lettered = "".join(text for text, _ in canvas.cells())
    assert [lettered.index(letter) for letter in "abcde"[: len(rows)]] == found


def test_of_many_marks_in_a_cell_the_most_important_is_shown():
    marks = [Mark(s, MarkKind.CHECKPOINT, "checkpoint") for s in range(10_000)]
    marks.insert(5000, Mark(5000, MarkKind.CHANGE, "batch size", "batch"))
    scene = scene_of(Line("loss", Series(np.ones(10_000))), planned=10_000, marks=marks)
    rows = text(scene, 107, 12)
    assert rows[0][50:56] == ":batch"
    assert axis_of(scene, 107, 12).count("^") == 99
    marks += [Mark(10_000, MarkKind.DIVERGED, "diverged")]
    scene.marks.update(marks)
    assert text(scene, 107, 12)[0].rstrip()[-1] == ":"


def test_the_cursor_shows_every_value_and_the_marks_there():
    marks = [Mark(500, MarkKind.CHANGE, "learning rate 0.0100 to 0.0125", "lr 0.0125")]
    series = Series(np.arange(1000) / 1000)
    evaluations = points([0, 400, 600], [0.1, 0.4, 0.6])
    scene = scene_of(Line("loss", series), Line("test", evaluations), planned=1000, marks=marks)
    scene.layout(107, 12)
    assert [reading.value for reading in scene.legend_entries()] == pytest.approx([0.999, 0.6])
    assert scene.cursor_note(100) == ""
    scene.cursor.move_to(50, scene.visible_range, 100)
    loss, test = scene.legend_entries(100)
    assert (loss.value, *loss.spread) == pytest.approx((0.5045, 0.5, 0.509))
    assert (test.value, test.spread) == (pytest.approx(0.6), None)
    assert scene.cursor_note(100) == "steps 500 to 509   learning rate 0.0100 to 0.0125"
    assert column(text(scene, 107, 12), 50).count("|") >= 9
    scene.cursor.move_to(90, scene.visible_range, 100)
    assert [reading.value for reading in scene.legend_entries(100)] == [
        pytest.approx(0.9045), None,
    ]  # fmt: skip


@given(size=st.integers(200, 200_000), cell=st.integers(0, 99), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_the_values_at_the_cursor_are_those_of_its_steps(size, cell, seed):
    values = np.random.default_rng(seed).normal(0, 1, size).astype(np.float32)
    values[::7] = np.nan
    scene = scene_of(Line("loss", Series(values)), planned=size)
    scene.cursor.move_to(cell, scene.visible_range, 100)
    note = scene.cursor_note(100).split()
    first, last = (int(note[i].replace(",", "")) for i in ((1, 3) if len(note) > 2 else (1, 1)))
    within = values[first : last + 1].astype(np.float64)
    (entry,) = scene.legend_entries(100)
    if first < last and np.isfinite(within).sum() > 1:
        expected = (np.nanmean(within), np.nanmin(within), np.nanmax(within))
        assert (entry.value, *entry.spread) == pytest.approx(expected)


@given(
    gaps=st.lists(st.integers(1, 40), min_size=2, max_size=300),
    cell=st.integers(0, 99),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_the_values_of_points_at_the_cursor_are_those_of_its_steps(gaps, cell, seed):
    steps = np.cumsum(gaps)
    values = np.random.default_rng(seed).normal(0, 1, len(steps)).astype(np.float32)
    scene = scene_of(Line("test", points(steps, values)))
    scene.cursor.move_to(cell, scene.shown_range(100), 100)
    start, stop = scene._cursor_cell(scene.cursor.x, 100)
    within = values[(steps >= start) & (steps < stop)].astype(np.float64)
    (entry,) = scene.legend_entries(100)
    if len(within) > 1:
        expected = (within.mean(), within.min(), within.max())
        assert (entry.value, *entry.spread) == pytest.approx(expected)
    elif len(within) == 1:
        assert entry.value == pytest.approx(within[0])
    elif steps[0] <= math.floor(scene.cursor.x) <= steps[-1]:
        nearest = np.abs(steps - math.floor(scene.cursor.x)).min()
        candidates = values[np.abs(steps - math.floor(scene.cursor.x)) == nearest]
        assert entry.value in [pytest.approx(float(value)) for value in candidates]
    else:
        assert entry.value is None


def test_the_legend_has_the_spread_at_the_cursor_where_there_is_room():
    entry = LegendEntry(LineLabel("", "loss"), 0.029, 0, (0.021, 0.06))
    styles = [Style()] * len(ChartStyle)
    wide, narrow = (
        Legend("loss", "steps 400 to 409", [entry], Glyphs.ASCII).render(width, styles).text
        for width in (80, 40)
    )
    assert wide.endswith("0.02900 (0.02100 to 0.06000)")
    assert narrow.endswith("   0.02900")


def test_linked_scenes_share_range_axis_and_cursor():
    timeline = Timeline()
    timeline.extend([0, 999], [0.0, 100.0])
    long = scene_of(Line("loss", Series(np.ones(1000)), timeline=timeline))
    short = scene_of(Line("test", points([0, 100], [0, 1], [0.0, 10.0])))
    long.link(short)
    assert short.visible_range == long.visible_range == (0, 1250)
    short.viewport.zoom(0.5, None, *short.extent())
    short.cursor.toggle(50.0)
    assert (long.visible_range, long.cursor.x) == (short.visible_range, 50.0)
    long.next_axis()
    assert short.axis is Axis.RELATIVE
    assert short.visible_range == long.visible_range


@pytest.mark.parametrize("width", [13, 20, 30, 45, 80])
def test_a_long_note_at_the_cursor_does_not_hide_the_value(width):
    note = "step 3,999   checkpoint saved, best so far on validation"
    heading = Legend("loss", note, [LegendEntry(LineLabel("", "loss"), 0.25, 0)], Glyphs.BRAILLE)
    row = heading.render(width, [Style()] * len(ChartStyle)).text
    assert len(row) == width
    assert row.startswith("loss")
    assert row.endswith("   0.2500")
    assert "…" not in row
    assert ("  step 3,999   " in row) == (width >= 25)
    assert ("checkpoint saved, best so far on validation" in row) == (width == 80)
    assert ("checkpoint" in row) == (width == 80)


def test_at_the_cursor_the_title_and_the_values_come_before_the_steps_and_the_marks():
    note = "steps 987 to 1,015   43.9 s   lr 0.2 changed to 0.1"
    entries = [
        LegendEntry(LineLabel("a", "training"), 0.5, 0),
        LegendEntry(LineLabel("b", "validation"), 0.25, 1),
    ]
    legend = Legend("loss · by time", note, entries, Glyphs.BRAILLE)
    rows = [legend.render(width, [Style()] * len(ChartStyle)).text for width in (36, 70, 87, 100)]
    assert rows[0].split("   ") == ["loss · by time", "a 0.5000", "b 0.2500"]
    assert rows[1].startswith("loss · by time  steps 987 to 1,015   43.9 s   ")
    assert rows[1].endswith("   a 0.5000   b 0.2500")
    assert rows[2].endswith("   a training 0.5000   b validation 0.2500")
    assert "lr 0.2" not in rows[2]
    assert rows[3].startswith("loss · by time  steps 987 to 1,015   43.9 s   ")


def test_a_long_title_does_not_hide_the_value_at_the_cursor():
    title = "evaluation_loss/validation   trainpad/20261125-230238-128x32"
    reading = LegendEntry(LineLabel("", "test"), 0.5, ChartStyle.LINE)
    heading = Legend(title, "step 41,613", [reading], Glyphs.BRAILLE)
    rows = [heading.render(width, [Style()] * len(ChartStyle)).text for width in (55, 100)]
    assert rows[0] == "evaluation_loss/…25-230238-128x32  step 41,613   0.5000"
    assert rows[1].split("   ")[0] == "evaluation_loss/validation"
    assert rows[1].rstrip().endswith("0.5000")


def test_a_long_row_of_nan_is_marked_to_its_end_with_one_label():
    values = np.ones(6000)
    values[2000:4500] = np.nan
    layout = scene_of(Line("loss", Series(values))).layout(107, 12)
    rule = "".join(text for text, _ in layout.rule)
    marked = [index for index, sign in enumerate(rule) if sign == "x"]
    steps = [layout.x.shown[1] * (cell + 0.5) / len(rule) for cell in marked]
    assert steps[0] < 2100
    assert steps[-1] > 4400
    assert marked == list(range(marked[0], marked[-1] + 1))
    drawn = "".join(text for text, _ in layout.canvas.cells())
    assert drawn.count("NaN") == drawn.count("NaN x 2,500") == 1


def test_the_legend_shows_the_smoothed_value_that_is_drawn():
    values = np.tile([0.0, 2.0], 500)
    scene = scene_of(Line("loss", Series(values)))
    scene.smoothing = 0.99
    scene.layout(107, 12)
    (entry,) = scene.legend_entries(100)
    assert entry.value == pytest.approx(1.0, abs=0.1)
    scene.cursor.x = 500.0
    (entry,) = scene.legend_entries(100)
    assert entry.value == pytest.approx(1.0, abs=0.1)
    assert entry.spread == (0.0, 2.0)


def test_lines_of_the_same_colour_have_different_patterns():
    lines = [Line(str(index), Series([1.0, 2.0])) for index in range(26)]
    plotted = scene_of(*lines)._plot_lines(np.linspace(0, 2, 101))
    for glyphs, tinted in ((Glyphs.BRAILLE, True), (Glyphs.BRAILLE, False), (Glyphs.ASCII, False)):
        patterns = [
            pattern_of(line.index, line.repetition, glyphs, tinted=tinted) for line in plotted
        ]
        styles = {(line.style, pattern) for line, pattern in zip(plotted, patterns, strict=True)}
        assert len(styles) == 26
        has_gaps = glyphs is Glyphs.BRAILLE and not tinted
        assert len(set(patterns[:LINE_STYLES])) == (LINE_STYLES if has_gaps else 1)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1000.0025, 1000.0125, 1000.0048], "1000.0048"),
        ([0.9912, 0.9934, 0.99271], "0.992710"),
        ([0.5, 3.0, 0.25], "0.2500"),
        ([12345.5, 12346.5, 12345.75], "12345.750"),
        ([1.0, NAN], "NaN"),
    ],
)
def test_the_legend_has_the_digits_that_differ_on_the_axis(values, shown):
    scene = scene_of(Line("loss", Series(values)))
    scene.layout(107, 12)
    (entry,) = scene.legend_entries()
    assert entry.texts[0] == shown
