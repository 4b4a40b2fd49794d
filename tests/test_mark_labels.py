"""Which marks of a chart are labelled, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.chart.chart import Glyphs, Mark, MarkKind
from tui.chart.mark_labels import placed_labels


def row(width, *marks):
    """The row of labels as text, with a bar in each column that has a mark."""
    cells = [" "] * width
    for label in placed_labels(width, Glyphs.ASCII, marks):
        cells[label.start : label.start + len(label.text)] = label.text
    for column, _ in marks:
        assert cells[column] == " "
        cells[column] = "|"
    return "".join(cells)


def change(label="lr 0.01", others=0):
    return Mark(0, MarkKind.CHANGE, "changed", label, others)


def test_of_three_near_changes_no_label_covers_the_column_of_another():
    for width in range(68, 90):
        found = row(width, *((column, change()) for column in (50, 56, 67)))
        assert "lr 0.01|" in found or width >= 75
    assert found[43:].rstrip() == "lr 0.01|     |lr 0.01   |lr 0.01"


def test_where_the_last_has_no_room_for_the_number_of_others_another_has():
    found = row(74, *((column, change()) for column in (50, 56, 67)))
    assert found[35:] == "lr 0.01 +1 more|     |   lr 0.01|      "


@pytest.mark.parametrize("kind", [MarkKind.NONFINITE, MarkKind.WARNING, MarkKind.DIVERGED])
def test_an_alert_is_labelled_before_changes_and_the_rate_before_other_values(kind):
    alert = Mark(0, kind, "the loss is NaN", "alert")
    assert row(40, (15, alert), (18, change()), (21, change("l2 0"))) == (
        "alert +1 more".rjust(15) + "|  |  |l2 0".ljust(25)
    )
    assert row(40, (18, change()), (21, change("l2 0", 1))) == (
        "lr 0.01".rjust(18) + "|  |l2 0 +1 more".ljust(22)
    )
    assert row(40, (2, change()), (5, change("l2 0", 1)), (9, change("l2 1"))) == (
        "  |  |   |l2 1 +3 more".ljust(40)
    )
    assert row(40, (0, change("l2 0", 1)), (3, change())) == "|  |lr 0.01 +2 more".ljust(40)


def test_a_number_without_room_for_its_words_is_written_without_them():
    assert row(16, (0, change(others=1)), (12, change("x"))).rstrip() == "|lr 0.01 +1 |x"


@given(
    st.integers(1, 90),
    st.lists(
        st.tuples(
            st.integers(0, 89),
            st.sampled_from(MarkKind),
            st.sampled_from(["", "x", "lr 0.01", "batch size 256"]),
            st.integers(0, 3),
        ),
        max_size=25,
        unique_by=lambda mark: mark[0],
    ),
)
def test_labels_are_beside_their_own_columns_alone_and_not_on_each_other(width, drawn):
    marks = [(at, Mark(0, kind, "", label, n)) for at, kind, label, n in drawn if at < width]
    taken = {at for at, mark in marks if mark.kind.is_vertical or mark.label}
    for label in placed_labels(width, Glyphs.BRAILLE, marks):
        cells = set(range(label.start, label.start + len(label.text)))
        assert label.column in (label.start - 1, label.start + len(label.text))
        assert not cells & taken
        far = label.start - 1 if label.start < label.column else label.start + len(label.text)
        assert far not in taken
        assert cells <= set(range(width))
        taken |= cells
