import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.run.series import Series
from core.run.timeline import Timeline
from tests.helpers.scene import axis_of, cells, column, composed_labels, points, scene_of, text
from tui.chart.chart import Axis, Glyphs, Line
from tui.chart.traces import trace
from tui.chart.viewport import Viewport, YLimits, full_range

NAN, INF = math.nan, math.inf


def test_one_spike_one_nan_and_one_infinity_in_a_million_losses_are_visible_as_text():
    losses = np.full(1_000_000, 0.3, np.float32)
    losses[250_000], losses[500_000], losses[750_000] = 9.0, NAN, INF
    for glyphs, nonfinite in ((Glyphs.ASCII, "x"), (Glyphs.BRAILLE, "×")):
        scene = scene_of(Line("loss", Series(losses)), glyphs=glyphs, planned=1_000_000)
        rows, axis = text(scene, 107, 12), axis_of(scene, 107, 12)
        (tall,) = (cell for cell in range(100) if column(rows, cell)[4].strip())
        assert tall in (24, 25)
        assert " " not in column(rows, tall)[2:]
        assert rows[0][51:54] == "NaN"
        assert rows[0][76:79] == "inf"
        assert axis[50] == axis[75] == nonfinite


def test_a_line_falls_where_its_values_fall():
    rows = text(scene_of(Line("loss", Series(np.linspace(1, 0, 100))), planned=100), 27, 12)
    heights = [column(rows, cell).index("*") for cell in range(20)]
    assert heights == sorted(heights)
    assert (heights[0], heights[-1]) == (1, 9)  # above 1 the axis has room for even labels


def test_the_axis_ends_at_the_planned_steps():
    rows = text(scene_of(Line("loss", Series(np.ones(500))), planned=1000), 47, 8)
    drawn = [bool(column(rows, cell).strip()) for cell in range(40)]
    assert drawn == [True] * 20 + [False] * 20


def test_a_nan_leaves_a_gap_in_a_short_line():
    scene = scene_of(Line("loss", Series([1.0, 1.0, NAN, 1.0, 1.0])), planned=5)
    rows = text(scene, 57, 8)
    assert axis_of(scene, 57, 8)[20] == "x"
    assert not any(row[12:19].strip() or row[22:29].strip() for row in rows[1:])
    assert any("*" in row[:11] for row in rows)
    assert any("*" in row[31:] for row in rows)


@pytest.mark.parametrize("glyphs", Glyphs)
@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        [],
        [1.0],
        [0.0] * 30,
        [0.3] * 500,
        [1e30, -1e30, 2e30],
        [3e38, -3e38] * 50,
        [-2.5e-30, -1e-30] * 20,
        [NAN] * 20,
        [INF, -INF, 0.0, 5.0],
    ],
    ids=["empty", "one", "zeros", "equal", "huge", "largest", "tiny", "nan", "infinite"],
)
def test_any_values_at_any_size(values, logarithmic, glyphs):
    steps = np.arange(len(values))
    timeline = Timeline()
    timeline.extend(steps, 1.7e9 + steps)
    sparse = points(steps * 7, values, 1.7e9 + steps)
    lines = [
        Line("a", Series(values), timeline=timeline),
        Line("b", sparse, timeline=sparse.timeline),
    ]
    scene = scene_of(*lines, glyphs=glyphs, logarithmic=logarithmic)
    for axis, smoothing in ((Axis.STEP, 0), (Axis.STEP, 0.9), (Axis.RELATIVE, 0.9), (Axis.WALL, 0)):
        scene.axis, scene.smoothing = axis, smoothing
        scene.cursor.toggle(scene.extent()[1])
        for width, height in ((1, 1), (10, 3), (50, 9)):
            composed = scene.layout(width, height)
            rows = cells(composed)
            assert len(rows) == height - composed.framed - bool(composed.rule)
            assert {len(row) for row in rows} == {width - composed.left}
        assert scene.legend_entries()[0].label.name == "a"
        assert (scene.cursor_note(50) != "") == (scene.cursor.x is not None)


def test_zeros_are_marked_at_the_bottom_of_a_logarithmic_chart():
    scene = scene_of(Line("loss", Series([1.0, 0.1, 0.0, 0.0])), planned=4, logarithmic=True)
    rows = text(scene, 47, 9)
    assert rows[-1][20:31] == "v" * 11
    assert "<= 0" in rows[-2]
    assert composed_labels(scene) >= {"0.1", "1"}


def test_lines_differ_without_colour():
    lines = [Line(name, Series(np.full(100, level))) for name, level in (("u", 1), ("v", 2))]
    rows = text(scene_of(*lines, planned=120), 67, 12)
    (upper,), (lower,) = ([r for r in rows if r.strip().startswith(s)] for s in "o*")
    assert upper.rstrip().endswith("b")
    assert lower.rstrip().endswith("a")
    braille = text(scene_of(*lines, planned=120, glyphs=Glyphs.BRAILLE), 67, 12)
    drawn = [row.rstrip()[:-1] for row in braille if row.strip()]
    assert " " in drawn[0]
    assert " " not in drawn[1]


def test_lines_on_each_other_take_turns_and_those_of_a_higher_layer_have_more():
    series = Series(np.full(120, 1.0))
    for layers, shares in (((0, 0), (30, 30)), ((0, 1), (20, 40)), ((1, 0), (40, 20))):
        lines = [Line(str(layer), series, layer=layer) for layer in layers]
        drawn = "".join(text(scene_of(*lines, planned=120), 67, 12))
        counts = drawn.count("*"), drawn.count("o")
        assert counts == pytest.approx(shares, abs=2)


def test_smoothing_draws_a_bright_line_over_the_raw_one():
    noisy = np.random.default_rng(0).normal(0.5, 0.1, 20_000)
    scene = scene_of(Line("loss", Series(noisy)), planned=20_000)
    rough = scene._plot_lines(np.linspace(0, 20_000, 101))[0]
    scene.smoothing = 0.97
    calm = scene._plot_lines(np.linspace(0, 20_000, 101))[0]
    assert np.std(calm.values) < np.std(rough.values) / 2
    np.testing.assert_array_equal(calm.raw.high, rough.raw.high)


def test_time_is_an_axis_if_it_is_known():
    timeline = Timeline()
    timeline.extend([0, 99, 199], [1000.0, 1010.0, 1110.0])
    scene = scene_of(Line("loss", Series(np.ones(200)), timeline=timeline))
    assert scene.visible_range == (0.0, 250.0)
    scene.next_axis()
    assert (scene.axis, scene.visible_range) == (Axis.RELATIVE, (0.0, 150.0))
    assert scene.layout(100, 12).x.ticks.labels[:2] == ("0s", "30s")
    scene.cursor.move_to(0, (9.9, 10.1), 1)
    assert scene.cursor_note(100).startswith("steps 90 to 99")
    scene.next_axis()
    assert (scene.axis, scene.visible_range[0]) == (Axis.WALL, 1000.0)
    scene.next_axis()
    assert scene.axis is Axis.STEP
    untimed = scene_of(Line("loss", Series(np.ones(200))))
    untimed.next_axis()
    assert untimed.axis is Axis.STEP


def test_a_growing_axis_moves_rarely():
    viewport = Viewport()
    ends = [viewport.full(0, newest, 0)[1] for newest in range(100, 10_000)]
    assert ends == sorted(ends)
    assert len(set(ends)) <= 16
    assert all(n <= end <= 1.7 * n for n, end in enumerate(ends, 100))
    assert viewport.full(0, 5000, 0)[1] == ends[-1]  # a value that is gone does not move it ...
    assert viewport.full(0, 500, 0)[1] == 800  # ... but another curve does


def test_the_axis_ends_at_the_plan_only_when_that_is_near_or_requested():
    viewport = Viewport()
    assert viewport.full(0, 1200, 60_000) == (0, 1500)
    assert viewport.full(0, 59_000, 60_000) == (0, 60_000)
    assert viewport.full(0, 61_000, 60_000) == (0, 80_000)
    viewport.whole_plan = True
    assert viewport.full(0, 1200, 60_000) == (0, 60_000)


@pytest.mark.parametrize(
    ("first", "newest", "expected"),
    [(0, 0, (0, 10)), (-20, 29, (-20, 60)), (900, 1000, (900, 1025)), (10, 1000, (0, 1250))],
)
def test_the_axis_begins_where_the_data_do(first, newest, expected):
    assert full_range(first, newest) == pytest.approx(expected)


def test_of_several_lines_only_the_selected_one_has_a_band():
    noisy = [Series(np.random.default_rng(i).normal(i, 0.3, 5000)) for i in range(3)]
    for layers, banded in (((0, 0, 0), False), ((0, 1, 0), True)):
        lines = [Line("x", s, layer=layer) for s, layer in zip(noisy, layers, strict=True)]
        assert ("." in "".join(text(scene_of(*lines), 107, 20))) == banded


@pytest.mark.parametrize("glyphs", Glyphs)
@given(data=st.data())
@settings(max_examples=40)
def test_every_drawn_cell_is_within_the_values_of_its_columns(glyphs, data):
    size = data.draw(st.integers(1, 3000))
    seed, scale = data.draw(st.integers(0, 2**32 - 1)), data.draw(st.sampled_from([1e-3, 1.0, 1e6]))
    rng = np.random.default_rng(seed)
    values = (np.cumsum(rng.normal(0, 1, size)) * scale).astype(np.float32)
    values[rng.random(size) < data.draw(st.sampled_from([0, 0.02]))] = NAN
    series = Series(values)
    lines = [Line("x", series)] * data.draw(st.sampled_from([1, 2]))  # one has a band
    scene = scene_of(*lines, glyphs=glyphs)
    scene.tinted = data.draw(st.booleans())
    layout = scene.layout(107, 20)
    drawn = ~layout.canvas.undrawn
    height, width = drawn.shape
    edges = np.linspace(*layout.x.shown, width + 1)
    low, high = layout.y.limits
    steps = np.arange(size)
    for cell in range(width):
        column = values[(steps >= edges[cell]) & (steps < edges[cell + 1])]
        finite = column[np.isfinite(column)]
        rows = np.flatnonzero(drawn[:, cell])
        if len(finite) and low <= finite.mean() <= high:
            # A block of steps is drawn where it starts, which may be half a column away.
            assert drawn[:, max(0, cell - 1) : cell + 2].any()
        if edges[cell] >= size:
            assert not len(rows)
        # A line to the neighbours may cross the column, and a value may be half a column away.
        first, last = edges[max(0, cell - 1)] - 1, edges[min(width, cell + 2)] + 1
        near = values[(steps >= first) & (steps < last)]
        near = np.clip(near[np.isfinite(near)], low, high)
        if len(rows) and len(near):
            highest = (high - near.max()) / (high - low) * height
            lowest = (high - near.min()) / (high - low) * height
            assert highest - 1.5 <= rows.min()
            assert rows.max() <= lowest + 0.5


def test_every_point_at_a_negative_step_is_drawn():
    scene = scene_of(Line("x", points(np.arange(-20, 30), np.arange(50))))
    rows = text(scene, 87, 12)
    assert [bool(column(rows, cell).strip()) for cell in range(50)] == [True] * 50


def test_a_value_far_from_the_others_is_an_arrow_with_the_value():
    series = Series(np.r_[40.0, np.tile([0.2, 0.4], 500)])
    scene = scene_of(Line("loss", series))
    rows = text(scene, 107, 12)
    assert rows[0].rstrip() == "^40"
    assert scene.layout(107, 12).y.ticks.labels[-1].strip() in {"0.4", "0.5"}
    low = scene_of(Line("accuracy", Series(np.r_[-3.0, np.tile([0.2, 0.4], 500)])))
    assert "v-3" in "".join(text(low, 107, 12)[-2:]).replace("v.", "v")


def test_of_several_lines_beyond_the_limits_each_has_its_value():
    calm = np.linspace(0.9, 0.3, 1000)
    lines = [Line(str(i), Series(np.r_[40.0 + i, calm - i / 100])) for i in range(4)]
    drawn = [row.strip(" ^*o+x#abcd") for row in text(scene_of(*lines), 107, 22)[:4]]
    assert sorted(drawn) == ["40", "41", "42", "43"]


@pytest.mark.parametrize("first", [0, 5, 30])
def test_no_arrow_or_value_of_a_line_beyond_the_limits_covers_the_value_of_another(first: int):
    calm = np.tile([0.2, 0.4], 500)
    peaks = {str(i): calm.copy() for i in range(3)}
    for i, values in enumerate(peaks.values()):
        start = 10 * (first + 2 - i)  # beside the arrows of the next line
        values[start : start + 10] = 1.125 + 10 * i
    lines = [Line(name, Series(values)) for name, values in peaks.items()]
    drawn = [row.strip(" ^*o+x#") for row in text(scene_of(*lines), 107, 22)[:3]]
    assert [float(value) > 0.5 for value in drawn] == [True] * 3


def test_a_loss_that_diverges_is_drawn_on_a_logarithmic_axis_and_that_is_said():
    calm, wild = np.full(900, 0.3), 0.3 * np.exp(np.linspace(0, 50, 100))
    scene = scene_of(Line("loss", Series(np.r_[calm, wild])))
    layout = scene.layout(107, 12)
    assert layout.logarithmic
    assert scene.settings(layout.logarithmic) == ["log, as it diverges"]
    scene.automatic_log = False
    assert not scene.layout(107, 12).logarithmic
    assert not scene_of(Line("loss", Series(calm))).layout(107, 12).logarithmic


def test_an_error_rate_is_one_minus_the_value():
    scene = scene_of(Line("test", points([0, 100], [0.75, 0.9])))
    scene.error_rate = True
    rows = text(scene, 107, 12)
    heights = [column(rows, cell).index("*") for cell in (0, 75)]
    assert heights[0] < heights[1]
    assert scene.legend_entries()[0].value == pytest.approx(0.1)
    assert scene.settings(False) == ["error rate"]


def test_limits_are_kept_until_a_value_exceeds_them_or_half_is_unused():
    limits = YLimits()
    first = limits.update(0.3, 2.3, logarithmic=False)
    assert limits.update(0.35, 2.0, logarithmic=False) == first
    assert limits.update(0.3, 4.0, logarithmic=False)[1] >= 4.0
    assert limits.update(0.3, 0.5, logarithmic=False)[1] < 1.0
    assert limits.update(NAN, NAN, logarithmic=False)[1] < 1.0
    assert limits.update(0.0, 0.0, logarithmic=False)[0] < 0 < limits.current[1]


def test_a_viewport_zooms_pans_follows_and_shows_everything_again():
    window, everything = Viewport(), (0.0, 1000.0)
    window.zoom(0.5, None, everything, 400.0)
    assert window.range(everything, 400.0) == (200.0, 700.0)
    window.pan(0.25, everything, 400.0)
    assert window.range(everything, 400.0) == (325.0, 825.0)
    window.pan(10, everything, 400.0)
    assert window.range(everything, 400.0) == (500.0, 1000.0)
    assert not window.following
    window.show_all()
    assert window.range(everything, 400.0) == everything
    window.follow(everything, 400.0)
    start, stop = window.range(everything, 400.0)
    assert start < 400 <= stop
    later = window.range(everything, 900.0)
    assert later[0] < 900 <= later[1]
    assert later[1] - later[0] == pytest.approx(stop - start)
    window.zoom(100, None, everything, 900.0)
    assert window.visible is None


def test_zooming_in_ends_at_a_few_steps():
    window = Viewport()
    for _ in range(80):
        window.zoom(0.5, 123.0, (0.0, 1e6), 1e6)
    start, stop = window.range((0.0, 1e6), 1e6)
    assert start <= 123.0 <= stop
    assert stop - start == pytest.approx(8)


@pytest.mark.parametrize(("count", "drawn"), [(3, 3), (8, 8), (9, 0), (90, 0)])
def test_only_few_values_are_drawn_as_points(count, drawn):
    steps = np.arange(count)
    found = trace(points(steps, steps), np.linspace(0, 100, 101), None, 0.0)
    assert found.points.tolist() == list(range(drawn))
