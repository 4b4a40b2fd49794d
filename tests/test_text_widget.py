"""Rows with a title and facts at the left and a note at the right."""

import pytest

from tui.widgets.text_widget import TitleRow


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, "test 0.95  9 of 10  loss 1     newest"),
        (27, "test 0.95  9 of 10  newest"),
        (19, "test 0.95   newest"),
        (12, "tes…  newest"),
        (5, "newe…"),
    ],
)
def test_facts_without_room_are_left_out_whole_and_nothing_touches_the_note(
    width: int, expected: str
) -> None:
    row = TitleRow("summary")
    row._left = [("test 0.95", "title"), ("  9 of 10", "text"), ("  loss 1", "text")]
    row._right = [("newest", "dim")]
    ((*parts,),) = row.lines(width, 1)
    assert "".join(text for text, _ in parts).split() == expected.split()
    assert len("".join(text for text, _ in parts)) == width
