"""The drawing document: earlier drawings, and clipping to the pad."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tui.pad.drawing import MAX_DRAWINGS, Drawing, clip_to_square
from tui.pad.sketch_pad import PEN_WIDTH


def test_only_the_last_drawings_are_kept():
    drawing = Drawing()
    for i in range(MAX_DRAWINGS + 5):
        drawing.begin_gesture()
        drawing.pen_down((i / 100, 0.5), PEN_WIDTH)
        drawing.end_gesture()
        drawing.clear()
    steps = 0
    while drawing.older():
        steps += 1
    assert steps == MAX_DRAWINGS
    assert drawing.points[0][0, 0] == 0.05


coordinates = st.floats(-2, 3)


@given(st.tuples(coordinates, coordinates), st.tuples(coordinates, coordinates))
def test_clipping_returns_the_part_inside(start, end):
    clipped = clip_to_square(start, end)
    fractions = np.linspace(0, 1, 50)[:, None]
    points = np.array(start) + fractions * np.subtract(end, start)
    inside = ((points >= 0) & (points <= 1)).all(axis=1)
    if clipped is None:
        assert not inside.any()
    else:
        assert np.all(np.array(clipped) > -1e-9)
        assert np.all(np.array(clipped) < 1 + 1e-9)
        low, high = np.sort(clipped, axis=0)
        assert np.all(points[inside] >= low - 1e-9)
        assert np.all(points[inside] <= high + 1e-9)


inside = st.floats(0, 1)


@given(st.tuples(inside, inside), st.tuples(inside, inside))
def test_clipping_returns_inner_segments_unchanged(start, end):
    assert clip_to_square(start, end) == (start, end)


def test_each_gesture_is_undone_and_redone():
    drawing = Drawing()
    for x in (0.2, 0.4, 0.6):
        drawing.begin_gesture()
        drawing.pen_down((x, 0.5), 0.1)
        drawing.extend((x, 0.9))
        drawing.end_gesture()
    for left in (2, 1, 0):
        assert drawing.undo()
        assert len(drawing.strokes) == left
    assert not drawing.undo()
    assert drawing.redo()
    assert len(drawing.strokes) == 1
