from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from tests.helpers.waiting import strips_of
from tui.widgets.strip_widget import CELLS_PER_MOVE, StripWidget, changed_spans

RED, BLUE = Style(color="#ff0000"), Style(color="#0000ff")


class Listed(StripWidget):
    """Shows the rows that a test assigns."""

    DEFAULT_CSS = "Listed { background: #102030; padding: 1 2; height: 1fr; }"

    def __init__(self):
        super().__init__()
        self.content = []
        self.sent = []

    def rows(self, width, height):
        return [Strip([Segment(text, style) for text, style in row]) for row in self.content]

    def refresh(self, *regions, **options):
        if hasattr(self, "sent"):
            self.sent.append(regions)
        return super().refresh(*regions, **options)


class Shown(App):
    def compose(self):
        yield Listed()


def screen_text(app):
    return [strip.text for strip in strips_of(app)]


async def test_only_changed_rows_are_sent_up_to_their_last_change():
    app = Shown()
    async with app.run_test(size=(24, 6)) as pilot:
        listed = app.query_one(Listed)
        listed.content = [
            [("same", RED)],
            [("left ", RED), ("old", BLUE), (" right", RED)],
            [("tail", RED)],
        ]
        listed.redraw()
        await pilot.pause()
        listed.sent.clear()
        listed.content[1] = [("left ", RED), ("new", BLUE), (" right", RED)]
        assert listed.redraw() == 1
        ((region,),) = listed.sent
        assert (region.x, region.y, region.right, region.height) == (5, 1, 8, 1)
        await pilot.pause()
        assert [row.strip() for row in screen_text(app)[1:4]] == ["same", "left new right", "tail"]


narrow = st.text(st.sampled_from("ab "), max_size=8)
wide = st.text(st.sampled_from("a漢"), max_size=4)
pieces = st.lists(st.tuples(narrow | wide, st.sampled_from([RED, BLUE])), max_size=5)


@given(pieces, pieces)
def test_the_changed_spans_cover_every_visible_difference(old, new):
    def strip(row):
        made = Strip([Segment(text, style) for text, style in row if text])
        return made.adjust_cell_length(24, Style())

    def cells(strip):
        found = [(c, s.style) for s in strip for c in s.text for _ in range(cell_len(c))]
        return [(c, None if c == " " else style) for c, style in found]

    before, after = strip(old), strip(new)
    spans = changed_spans(before, after)
    pairs = zip(cells(before), cells(after), strict=True)
    differing = {i for i, (a, b) in enumerate(pairs) if a != b}
    assert differing <= {x for start, stop in spans for x in range(start, stop)}
    assert all(0 <= start < stop <= 24 for start, stop in spans)
    gaps = [after[0] - before[1] for before, after in pairwise(spans)]
    assert all(gap >= CELLS_PER_MOVE for gap in gaps)


def test_digits_far_from_each_other_are_sent_without_what_is_between():
    def row(step, rate):
        return Strip([Segment(f"{step:>7,} / 1,000,000   ", RED), Segment(f"{rate}/s", BLUE)])

    assert changed_spans(row(41_000, 2600), row(41_500, 2610)) == [(4, 5), (24, 25)]


def test_of_a_blank_only_the_background_is_visible():
    def ends_with(style):
        return Strip([Segment("x", RED), Segment("     ", style)])

    blue, tinted = Style(color="#0000ff"), Style(bgcolor="#000099")
    assert changed_spans(ends_with(RED), ends_with(blue)) == []
    assert changed_spans(ends_with(RED), ends_with(tinted)) == [(1, 6)]
    assert changed_spans(ends_with(RED), ends_with(Style(underline=True))) == [(1, 6)]


async def test_nothing_is_sent_when_nothing_changed():
    app = Shown()
    async with app.run_test(size=(24, 6)):
        listed = app.query_one(Listed)
        listed.content = [[("same", RED)]]
        listed.redraw()
        listed.sent.clear()
        assert listed.redraw() == 0
        assert listed.sent == []


async def test_rows_are_cut_and_filled_to_the_size_and_keep_the_background():
    app = Shown()
    async with app.run_test(size=(14, 5)) as pilot:
        listed = app.query_one(Listed)
        listed.content = [[("much too long a row", RED)], [("short", RED)]]
        listed.redraw()
        await pilot.pause()
        assert screen_text(app)[1:4] == ["  much too l  ", "  short       ", " " * 14]
        for strip in strips_of(app):
            for segment in strip:
                assert segment.style is not None
                assert segment.style.bgcolor.get_truecolor().hex == "#102030"


async def test_a_new_size_rebuilds_all_rows():
    app = Shown()
    async with app.run_test(size=(24, 6)) as pilot:
        listed = app.query_one(Listed)
        listed.content = [[("row", RED)] for _ in range(20)]
        listed.redraw()
        await pilot.resize_terminal(30, 12)
        await pilot.pause()
        assert [row.strip() for row in screen_text(app)] == ["", *["row"] * 10, ""]


async def test_a_segment_without_a_style_is_drawn_without_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Shown()
    async with app.run_test(size=(24, 6)) as pilot:
        listed = app.query_one(Listed)
        listed.content = [[("plain", None)]]
        listed.redraw()
        await pilot.pause()
        assert "plain" in screen_text(app)[1]


def test_rows_must_be_given():
    with pytest.raises(NotImplementedError):
        StripWidget().rows(1, 1)
