"""The first and the last value of a curve, where a line begins and ends."""

import numpy as np
import pytest

from core.run.metric_series import MetricSeries
from core.run.series import Points, Series
from tests.helpers.scene import column, scene_of, text
from tui.chart.chart import Glyphs, Line

STEPS = np.arange(10_000)
STEEP = 1.4 - STEPS / 10_000 + np.exp(-STEPS / 10)
"""2.4 at step 0, and below 1.4 from step 50 on: the first of 100 columns has a mean below 1.5."""


def row_of(value, layout):
    """The row of cells that a value is in."""
    low, high = layout.y.limits
    rows = layout.canvas.rows
    return round((high - value) / (high - low) * (rows - 1)) // layout.canvas.glyphs.dots[1]


def drawn_rows(layout, cell):
    return np.flatnonzero(~layout.canvas.undrawn[:, cell])


def curve_of(kind, values):
    if kind is Series:
        return Series(values)
    curve = kind()
    curve.extend(np.arange(len(values)), np.asarray(values, np.float32))
    return curve


@pytest.mark.parametrize("kind", [Series, Points, MetricSeries])
@pytest.mark.parametrize("glyphs", Glyphs)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_steep_line_begins_at_its_first_value_and_ends_at_its_last(kind, glyphs, is_reversed):
    values = STEEP[::-1] if is_reversed else STEEP
    lines = [Line(name, curve_of(kind, values)) for name in "uv"]
    scene = scene_of(*lines, glyphs=glyphs, planned=len(values))
    scene.automatic_log = False
    layout = scene.layout(107, 24)
    steep, flat = (99, 0) if is_reversed else (0, 99)
    assert drawn_rows(layout, steep)[0] == row_of(STEEP[0], layout)
    assert set(drawn_rows(layout, flat)) == {row_of(STEEP[-1], layout)}


def test_so_does_the_mean_of_several_lines_an_error_rate_and_a_logarithmic_axis():
    seeds = [Line(str(seed), Series(STEEP / 2.5 - seed / 100)) for seed in range(3)]
    mean = Line("mean", seeds[0].curve, members=tuple(seeds))
    scene = scene_of(mean, glyphs=Glyphs.BRAILLE, planned=len(STEEP))
    first = STEEP[0] / 2.5 - 0.01
    layout = scene.layout(107, 24)
    assert row_of(first, layout) in drawn_rows(layout, 0)
    scene.error_rate = True
    layout = scene.layout(107, 24)
    assert row_of(1 - first, layout) in drawn_rows(layout, 0)
    lines = [Line(name, Series(STEEP)) for name in "uv"]
    scene = scene_of(*lines, glyphs=Glyphs.BRAILLE, logarithmic=True, planned=len(STEEP))
    layout = scene.layout(107, 24)
    assert drawn_rows(layout, 0)[0] == row_of(np.log10(STEEP[0]), layout)


def test_noise_at_the_ends_of_a_line_is_not_drawn_as_a_step():
    noise = np.tile([0.2, 0.8], 5000)
    scene = scene_of(Line("u", Series(noise)), Line("v", Series(noise)), planned=len(noise))
    rows = text(scene, 107, 24)
    heights = {cell: len(column(rows, cell).strip("ab ")) for cell in (0, 50)}
    assert heights == {0: 1, 50: 1}


def test_the_differences_of_two_steep_lines_begin_at_that_of_their_means():
    lines = [Line("u", Series(STEEP)), Line("v", Series(STEEP - 0.1))]
    scene = scene_of(*lines, glyphs=Glyphs.BRAILLE, planned=len(STEEP))
    scene.reference, scene.tinted = "u", True  # without dashes
    layout = scene.layout(107, 24)
    expected = {row_of(0.0, layout), row_of(-0.1, layout)}
    assert set(drawn_rows(layout, 0)) == set(drawn_rows(layout, 50)) == expected


def test_a_part_in_the_middle_of_a_line_has_no_ends():
    scene = scene_of(Line("u", Series(STEEP)), Line("v", Series(STEEP)), planned=len(STEEP))
    scene.viewport.visible = (40.0, 10_000.0)
    (line, _) = scene._plot_lines(np.linspace(40, 10_000, 101))
    np.testing.assert_array_equal(line.raw.ends[:-1], line.raw.mean[:-1])
    assert line.raw.ends[-1] == STEEP[-1].astype(np.float32)
