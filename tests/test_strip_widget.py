import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from tests.helpers.waiting import strips_of
from tui.widgets.strip_widget import StripWidget, _changed_span

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
def test_the_changed_span_covers_every_difference(old, new):
    def strip(row):
        made = Strip([Segment(text, style) for text, style in row if text])
        return made.adjust_cell_length(24, Style())

    def cells(strip):
        return [(c, s.style) for s in strip for c in s.text for _ in range(cell_len(c))]

    before, after = strip(old), strip(new)
    span = _changed_span(before, after)
    pairs = zip(cells(before), cells(after), strict=True)
    differing = [i for i, (a, b) in enumerate(pairs) if a != b]
    if differing:
        assert span[0] <= differing[0]
        assert differing[-1] < span[1] <= 24
    if span:
        assert 0 <= span[0] < span[1]


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
