import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from data.ink import inks_to_images
from data.strokes import MAX_POINTS, format_strokes, parse_strokes


def test_one_drawing():
    (drawing,) = parse_strokes(b'{"strokes": [[[1, 2], [3.5, -4e2]], [[0, 0]]], "label": 7}')
    assert [stroke.tolist() for stroke in drawing] == [[[1.0, 2.0], [3.5, -400.0]], [[0.0, 0.0]]]


def test_a_batch_keeps_its_empty_drawings():
    text = '[{"strokes": []}, {"strokes": [[]]}, {"strokes": [[[1, 1]]]}]'
    assert [len(drawing) for drawing in parse_strokes(text)] == [0, 0, 1]


def test_what_is_written_is_read_again():
    drawing = [np.array([[0.25, 0.5], [0.125, 1.0]]), np.array([[0.0, 0.0]])]
    (again,) = parse_strokes(format_strokes(drawing))
    for stroke, other in zip(again, drawing, strict=True):
        np.testing.assert_array_equal(stroke, other)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 100_000, "JSON"),
        (b"7", "expected"),
        (b'{"strokes": 7}', "expected"),
        (b'{"strokes": [7]}', "stroke 0"),
        (b'{"strokes": [[[1, 2, 3]]]}', "list of points"),
        (b'{"strokes": [["ab"]]}', "list of points"),
        (b'{"strokes": [[[1, "2"]]]}', "not a number"),
        (b'{"strokes": [[[true, 2]]]}', "not a number"),
        (b'{"strokes": [[[NaN, 2]]]}', "not JSON"),
        (b'{"strokes": [[[1e999, 2]]]}', "larger"),
        (b'{"strokes": [[[1e10, 2]]]}', "larger"),
        (b'{"strokes": [[[1' + b"0" * 5000 + b", 2]]]}", "not JSON"),
        (b'[{"strokes": []}, []]', "drawing 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(text, complaint):
    with pytest.raises(DataError, match=complaint):
        parse_strokes(text, "file.json")


def test_an_endless_drawing_is_refused():
    text = json.dumps({"strokes": [[[0, 0]] * (MAX_POINTS + 1)]})
    with pytest.raises(DataError, match="points"):
        parse_strokes(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["strokes", "x"]), inner, max_size=2)
    ),
    max_leaves=12,
)


@given(json_values.map(json.dumps) | st.binary(max_size=40))
def test_any_text_gives_drawings_or_a_reason(text):
    try:
        drawings = parse_strokes(text)
    except DataError:
        return
    assert np.isfinite(inks_to_images(drawings)).all()


def test_points_at_the_limits_can_be_drawn():
    text = '{"strokes": [[[-1e9, 1e9], [1e9, -1e9], [1e-300, 0], [2e-300, 0]]]}'
    assert np.isfinite(inks_to_images(parse_strokes(text))).all()
    text = '{"strokes": [[[1e-320, 0], [0, 0]]]}'
    assert np.isfinite(inks_to_images(parse_strokes(text))).all()
