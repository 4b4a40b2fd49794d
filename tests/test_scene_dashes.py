"""The dashes of lines, on the chart and in its legend."""

import numpy as np
import pytest
from rich.style import Style

from core.run.series import Series
from tests.helpers.scene import scene_of, text
from tui.chart.chart import Glyphs, Line
from tui.chart.legend import Legend, rows_needed
from tui.chart.palette import LINE_STYLES, ChartStyle

QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"


def flat_lines(count, name="run"):
    return [Line(f"{name} {n}", Series(np.full(90, float(n + 1)))) for n in range(count)]


def dots_of(text, glyphs):
    """Whether each column of dots of a row of cells has any."""
    if glyphs is Glyphs.ASCII:
        return [character != " " for character in text]
    is_braille = glyphs is Glyphs.BRAILLE
    left, right = (0x47, 0xB8) if is_braille else (5, 10)
    found = []
    for character in text:
        code = QUADRANTS.find(character) if character == " " or not is_braille else ord(character)
        found += [code & left != 0, code & right != 0]
    return found


@pytest.mark.parametrize("glyphs", Glyphs)
def test_without_colours_the_legend_shows_the_dashes_that_a_line_is_drawn_with(glyphs):
    scene = scene_of(*flat_lines(9), glyphs=glyphs, planned=90)
    labels = scene.labels()
    samples = {(label.sample, index % LINE_STYLES) for index, label in enumerate(labels)}
    assert len(samples) == len(labels)
    assert len({label.sample for label in labels}) >= LINE_STYLES
    rows = text(scene, 107, 42)
    for label in labels:
        drawn = next(row for row in rows if row.rstrip()[-1:] == label.letter)
        sample = dots_of(label.sample, glyphs)
        assert sample == dots_of(drawn, glyphs)[: len(sample)]
        if glyphs is Glyphs.ASCII:
            assert label.sample[0] == drawn[0]


def test_with_colours_only_lines_of_a_repeated_colour_have_a_sample():
    scene = scene_of(*flat_lines(LINE_STYLES + 2), glyphs=Glyphs.BRAILLE)
    scene.tinted = True
    samples = [label.sample for label in scene.labels()]
    assert samples[:LINE_STYLES] == [""] * LINE_STYLES
    assert samples[LINE_STYLES] == samples[LINE_STYLES + 1] != ""
    (alone,) = scene_of(*flat_lines(1), glyphs=Glyphs.BRAILLE).labels()
    assert alone.sample == ""


@pytest.mark.parametrize(
    ("width", "name", "form"),
    [(120, "run", 0), (90, "run", 1), (90, "a long name", 2), (60, "x", 3)],
)
def test_where_room_is_scarce_the_legend_omits_samples_then_names(width, name, form):
    scene = scene_of(*flat_lines(8, name), glyphs=Glyphs.BRAILLE, planned=90)
    rows = rows_needed("loss", scene.labels(), width, 15)
    legend = Legend("loss", "", scene.legend_entries(), Glyphs.BRAILLE)
    shown = "".join(s.text for s in legend.strips(width, rows, [Style()] * len(ChartStyle)))
    for entry in legend.entries:
        assert f"{entry.label.forms[form]} {entry.texts[0]}" in shown
        assert (f"{entry.label.sample} {entry.label.letter}" in shown) == (form in (0, 2))
        assert (entry.label.name in shown) == (form < 2)


def test_two_lines_beside_a_title_have_their_names_first():
    scene = scene_of(*flat_lines(2), glyphs=Glyphs.BRAILLE, planned=90)
    for width, has_samples in ((45, False), (60, True)):
        assert rows_needed("loss", scene.labels(), width, 20) == 1
        legend = Legend("loss", "", scene.legend_entries(), Glyphs.BRAILLE)
        row = legend.render(width, [Style()] * len(ChartStyle)).text
        assert "a run 0 1.000" in row and "b run 1 2.000" in row
        assert ("⠤⠤⠤⠤⠤⠤ a run 0" in row) == has_samples
