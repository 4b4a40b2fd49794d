from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.terminal.characters import Glyphs, to_ascii
from tui.widgets.canvas import AreaStyles, Canvas, LineDots, dot_rows, filled, spans
from tui.widgets.cell_shapes import Shapes, shapes_of

NAN = float("nan")
STYLES = AreaStyles(2, 3, 4, 5, first_line=1)


def fill(canvas, top, bottom):
    canvas.fill(np.array(top, float), np.array(bottom, float), STYLES, ".")


def draw(canvas, *line):
    canvas.draw(LineDots(*line))


def text(canvas):
    return ["".join(piece for piece, _ in row) for row in canvas.runs()]


def mask(*rows):
    return np.array([[c == "#" for c in row] for row in rows])


def test_dots_become_braille():
    canvas = Canvas(2, 1, Glyphs.BRAILLE)
    draw(canvas, mask("#...", "#...", "#..#", "##.#"), 1, 1, "*")
    assert text(canvas) == ["⣇⢠"]


def test_dots_become_quadrants():
    canvas = Canvas(4, 1, Glyphs.QUADRANT)
    draw(canvas, mask("#..##...", ".##.#..."), 1, 1, "*")
    assert text(canvas) == ["▚▞▌ "]


def test_dots_become_letters_in_ascii():
    canvas = Canvas(4, 2, Glyphs.ASCII)
    fill(canvas, [0, 0, 0, 0], [1, 1, 2, 2])
    draw(canvas, mask(".#..", "...."), 1, 1, "*")
    assert text(canvas) == [".*..", "  .."]


def test_a_line_stays_thin_inside_an_area_and_says_so_by_its_style():
    canvas = Canvas(3, 1, Glyphs.BRAILLE, tinted=True)
    fill(canvas, [0, 0, 0, 0, NAN, NAN], [1, 1, 1, 1, NAN, NAN])
    draw(canvas, mask("......", "..####", "......", "......"), 1, 6, "*")
    assert text(canvas) == [" ⠒⠒"]
    assert [style for _, style in canvas.runs()[0]] == [2, 7, 1]


def test_an_area_has_edges_in_eighths_of_a_cell():
    canvas = Canvas(4, 3, Glyphs.QUADRANT, tinted=True)
    fill(
        canvas, [0.25, 0.25, 1.5, NAN, 1.1, 1.1, NAN, NAN], [2.125, 2.0, 3, NAN, 1.3, 1.3, NAN, NAN]
    )
    full, upper, lower = STYLES[:3]
    found = [[(c, style) for piece, style in row for c in piece] for row in canvas.runs()]
    assert found[0][0] == ("▆", upper)
    assert found[1][:3] == [(" ", full), ("▄", upper), ("▆", lower)]
    assert found[2][:2] == [("▇", lower), (" ", full)]
    assert found[1][3] == found[2][3] == (" ", 0)


def test_an_area_without_colours_is_an_even_pattern_of_dots_with_edges_in_dots():
    canvas = Canvas(2, 3, Glyphs.BRAILLE)
    fill(canvas, [0.25, 0.5, NAN, NAN], [2.6, 2.4, NAN, NAN])
    assert text(canvas) == ["⠠ ", "⠡ ", "⠁ "]
    assert {style for row in canvas.runs() for _, style in row} == {STYLES.shade}


@pytest.mark.parametrize("glyphs", [Glyphs.BRAILLE, Glyphs.QUADRANT])
def test_an_area_without_colours_goes_on_in_the_cells_of_a_line_but_for_a_margin(glyphs):
    alone, crossed, line = (Canvas(9, 5, glyphs) for _ in range(3))
    drawn = np.zeros((line.rows, line.columns), bool)
    drawn[np.arange(line.rows), np.arange(line.rows) % line.columns] = True
    for canvas in (alone, crossed):
        fill(canvas, np.full(canvas.columns, 0.0), np.full(canvas.columns, 5.0))
    for canvas in (crossed, line):
        draw(canvas, drawn, 1, 1, "*")
    area, both, thin = (dots_of(canvas) for canvas in (alone, crossed, line))
    near = np.zeros_like(thin)
    rows, columns = np.indices(thin.shape)
    for row, column in zip(*np.nonzero(thin), strict=True):
        near |= abs(rows - row) + abs(columns - column) <= 2
    assert (both == thin | (area & ~near)).all()
    assert len({row.tobytes() for row in area[:: glyphs.dots[1]]}) == 1
    assert area.sum() in (2 * 9 * 5, 9 * 5)


def dots_of(canvas):
    """Which dots are set, by the shapes of the characters."""
    across, down = canvas.glyphs.dots
    found = np.zeros((canvas.rows, canvas.columns), bool)
    for row, line in enumerate(text(canvas)):
        for column, character in enumerate(line):
            shapes = Shapes() if character == " " else shapes_of(character)
            for x, y in shapes.dots:
                found[int((row + y) * down), int((column + x) * across)] = True
            for box in shapes.boxes:
                left, right = (round((column + x) * across) for x in (box.left, box.right))
                top, bottom = (round((row + y) * down) for y in (box.top, box.bottom))
                found[top:bottom, left:right] = True
    return found


def test_dots_of_lines_in_one_cell_are_all_shown_in_the_colour_of_the_last_layer():
    canvas = Canvas(2, 1, Glyphs.BRAILLE)
    draw(canvas, mask("####", "....", "....", "...."), 1, 1, "*")
    draw(canvas, mask("....", "##..", "....", "...."), 2, 2, "o")
    assert canvas.runs() == [[("⠛", 2), ("⠉", 1)]]


@pytest.mark.parametrize("glyphs", Glyphs)
def test_lines_take_turns_and_those_that_are_drawn_later_are_over_them(glyphs):
    canvas = Canvas(6, 1, glyphs)
    across, down = glyphs.dots
    dots = np.zeros((down, 6 * across), bool)
    dots[0] = True
    canvas.draw(*(LineDots(dots, number, number, str(number)) for number in (1, 2, 3)))
    styles = [style for piece, style in canvas.runs()[0] for _ in piece]
    assert sorted(styles) == [1, 1, 2, 2, 3, 3]
    assert all(a != b for a, b in pairwise(styles))
    draw(canvas, dots, 4, 4, "4")
    assert [style for _, style in canvas.runs()[0]] == [4]


@pytest.mark.parametrize("glyphs", Glyphs)
def test_a_line_of_a_higher_layer_has_two_of_three_shared_columns_and_its_crossings(glyphs):
    canvas = Canvas(12, 2, glyphs)
    across, down = glyphs.dots
    upper, lower = np.zeros((2, 2 * down, 12 * across), bool)
    upper[down - 1] = True
    lower[0, : 9 * across] = True
    lower[down, 9 * across : 11 * across] = True
    lower[0, 11 * across :] = True
    canvas.draw(LineDots(lower, 1, 1, "1"), LineDots(upper, 2, 2, "2", layer=1))
    rows = [[style for piece, style in row for _ in piece] for row in canvas.runs()]
    assert rows[0] == [2, 2, 2, 1, 2, 2, 1, 2, 2, 2, 2, 2]
    assert rows[1][9:11] == [1, 1]
    if glyphs is not Glyphs.ASCII:
        assert (dots_of(canvas) == upper | lower).all()


def test_a_void_line_leaves_the_cells_that_others_are_in():
    canvas = Canvas(2, 1, Glyphs.BRAILLE)
    draw(canvas, mask("####", "....", "....", "...."), 7, None, "*")
    draw(canvas, mask("....", "##..", "....", "...."), 2, 2, "o")
    assert canvas.runs() == [[("⠒", 2), ("⠉", 7)]]


def test_blanks_take_the_style_before_them_but_never_a_background():
    canvas = Canvas(6, 1, Glyphs.ASCII)
    canvas.write(0, 1, "a", 3)
    canvas.write(0, 4, "b", 4)
    assert canvas.runs() == [[(" ", 0), ("a  ", 3), ("b ", 4)]]
    full = Canvas(2, 1, Glyphs.QUADRANT, tinted=True)
    fill(full, [0, 0, NAN, NAN], [1, 1, NAN, NAN])
    draw(full, mask("##..", "...."), 2, 4, "*")
    assert full.runs() == [[("▀", 5), (" ", 0)]]


def test_text_is_cut_at_the_plots_edges():
    canvas = Canvas(4, 1, Glyphs.ASCII)
    canvas.write(0, -2, "abcd", 1)
    canvas.write(0, 3, "xyz", 1)
    canvas.write(0, 9, "gone", 1)
    assert text(canvas) == ["cd x"]


def test_values_beyond_the_limits_lie_on_the_edge():
    values = np.array([-np.inf, -5.0, 0.0, 0.5, 1.0, 99.0, np.inf])
    assert dot_rows(values, 0.0, 1.0, 5).tolist() == [4, 4, 4, 2, 0, 0, 0]


@given(
    st.lists(st.tuples(st.floats(-1, 2), st.floats(0, 1)) | st.none(), min_size=1, max_size=40),
    st.integers(1, 50),
)
def test_a_line_has_no_holes_except_where_values_are_missing(drawn, rows):
    low = np.array([np.nan if pair is None else pair[0] for pair in drawn])
    high = np.array([np.nan if pair is None else pair[0] + pair[1] for pair in drawn])
    dots = filled(*spans(low, high, (0.0, 1.0), rows), rows)
    known = ~np.isnan(low)
    assert (dots.any(axis=0) == known).all()
    for left in range(len(drawn) - 1):
        if known[left] and known[left + 1]:
            here, there = np.flatnonzero(dots[:, left]), np.flatnonzero(dots[:, left + 1])
            assert here.min() <= there.max() + 1
            assert there.min() <= here.max() + 1
    for column in np.flatnonzero(known):
        ends = dot_rows(np.array([low[column], high[column]]), 0.0, 1.0, rows)
        assert dots[ends[1] : ends[0] + 1, column].all()


@pytest.mark.parametrize("glyphs", Glyphs)
def test_every_row_is_as_wide_as_the_canvas(glyphs):
    canvas = Canvas(7, 3, glyphs)
    dots = np.random.default_rng(0).random((canvas.rows, canvas.columns)) < 0.3
    fill(canvas, np.full(canvas.columns, 0.3), np.full(canvas.columns, 2.2))
    draw(canvas, dots[::-1], 2, 3, "*")
    assert [len(row) for row in text(canvas)] == [7, 7, 7]
    assert glyphs is not Glyphs.ASCII or "".join(text(canvas)).isascii()


def test_text_is_converted_to_ascii_only_for_ascii_glyphs():
    assert Glyphs.BRAILLE.displayable("0.01 → 0.02") == "0.01 → 0.02"
    assert Glyphs.ASCII.displayable("0.01 → 0.02 · é") == "0.01 > 0.02 - ?"


def test_ascii_text_is_as_wide_as_what_it_stands_for():
    for text in ("日本語", "e\N{COMBINING ACUTE ACCENT}", "ラン · x", "안녕"):
        shown = to_ascii(text)
        assert shown.isascii()
        assert len(shown) == cell_len(text)


@given(st.data())
def test_all_dots_are_shown_in_the_colours_of_the_highest_layer_and_no_line_is_hidden(data):
    glyphs = data.draw(st.sampled_from([Glyphs.BRAILLE, Glyphs.QUADRANT]))
    layers = sorted(data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=5)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    canvas = Canvas(12, 3, glyphs)
    masks = [rng.random((canvas.rows, canvas.columns)) < 0.4 for _ in layers]
    for layer in sorted(set(layers)):
        members = [n for n in range(len(layers)) if layers[n] == layer]
        canvas.draw(*(LineDots(masks[n], 100 + n, n, "*") for n in members))
    assert (dots_of(canvas) == np.logical_or.reduce(masks)).all()
    across, down = glyphs.dots
    in_cells = [mask.reshape(3, down, 12, across).any(axis=(1, 3)) for mask in masks]
    styles = np.frombuffer(b"".join(row for _, row in canvas.cells()), np.int16).reshape(3, 12)
    for row in range(3):
        there = [{n for n in range(len(layers)) if in_cells[n][row, cell]} for cell in range(12)]
        for cell, lines in enumerate(there):
            if lines:
                highest = max(layers[n] for n in lines)
                there[cell] = {n for n in lines if layers[n] == highest}
                assert styles[row, cell] - 100 in there[cell]
        for lines, run in groupby(range(12), key=there.__getitem__):
            cells = list(run)
            if lines and len(cells) >= len(lines):
                assert {styles[row, cell] - 100 for cell in cells} == lines
