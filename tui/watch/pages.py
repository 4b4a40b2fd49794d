"""Pages of places: as many as fit, and the rest on the pages that follow.

A page is remembered by what comes first on it, so that it stays where it is when tags arrive, when
the terminal changes its size, and when a filter comes and goes.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, cast

from textual import on
from textual.containers import Container
from textual.message import Message

from tui.chart.cursor import Cursor
from tui.chart.scene import Scene
from tui.chart.viewport import Viewport
from tui.watch.model import TagItem, WatchModel, group_of, paginate
from tui.watch.panels import Heatmap, ImageTile, RunChart, TextTile
from tui.watch.scene import RunScene
from tui.widgets.canvas import Glyphs

TILE_WIDTH, TILE_HEIGHT = 56, 15
"""Cells that a place wants, across and down."""
MAX_COLUMNS, MAX_ROWS = 3, 3

Tile = RunChart | Heatmap | TextTile | ImageTile


def grid_of(width: int, height: int) -> tuple[int, int]:
    """How many places fit: columns and rows."""
    columns = min(MAX_COLUMNS, max(1, width // TILE_WIDTH))
    return columns, min(MAX_ROWS, max(1, height // TILE_HEIGHT))


class Pages(Container):
    """One kind of what is watched, in pages."""

    DEFAULT_CSS = """
    Pages { layout: grid; grid-gutter: 1 2; width: 1fr; height: 1fr; }
    """

    class Resized(Message):
        """More places fit, or fewer."""

    def __init__(
        self, kind: str, items: Callable[[WatchModel], Sequence[Any]], make: Callable[[], Tile]
    ) -> None:
        super().__init__(id=kind)
        self.full = False
        """Whether a page is one place alone."""
        self._items_of, self._make = items, make
        self._items: Sequence[Any] = ()
        self._pages: list[list[Any]] = []
        self._at = 0
        self._first: Hashable = None

    def collect(self, watched: WatchModel) -> int:
        """Look at what there is, without drawing it; how much it is."""
        self._items = self._items_of(watched)
        return len(self._items)

    @property
    def position_text(self) -> str:
        """Which page this is, where there are several."""
        return f"page {self._at + 1:,}/{len(self._pages):,}" if len(self._pages) > 1 else ""

    def show(self, watched: WatchModel) -> None:
        """Draw the page as it is now."""
        columns, rows = (1, 1) if self.full else grid_of(*self.size)
        self._pages = paginate(self._items, columns * rows, lambda item: group_of(_tag(item)))
        self._at = self._page_of_first()
        page = self._pages[self._at] if self._pages else []
        columns = min(columns, max(1, len(page)))
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = max(1, -(-len(page) // columns))
        self._mount_tiles(len(page))
        for place, item in zip(self.tiles, page, strict=False):
            place.show_item(item, watched)

    def on_resize(self) -> None:
        """Have the page made anew."""
        self.post_message(self.Resized())

    def turn(self, by: int) -> None:
        """Go some pages on, or back; past the last comes the first."""
        if self._pages:
            self._at = (self._at + by) % len(self._pages)
            self._first = _key(self._pages[self._at][0]) if self._at else None

    @property
    def tiles(self) -> list[Tile]:
        """The places that are on the screen."""
        return [place for place in self._all_tiles if place.display]

    @property
    def _all_tiles(self) -> list[Tile]:
        return cast("list[Tile]", list(self.children))

    def _page_of_first(self) -> int:
        """The page with what came first; where that is gone, the page where it was."""
        if self._first is None:
            return 0
        for number, page in enumerate(self._pages):
            if any(_key(item) == self._first for item in page):
                return number
        return max(0, min(self._at, len(self._pages) - 1))

    def _mount_tiles(self, number: int) -> None:
        """Have so many places on the screen."""
        self.mount(*(self._make() for _ in range(len(self.children), number)))
        for place, widget in enumerate(self._all_tiles):
            widget.display = place < number


class ChartPages(Pages):
    """Charts that show the same part of the x axis, with one cursor through all of them."""

    def __init__(self, glyphs: Glyphs) -> None:
        window, cursor = Viewport(), Cursor()
        super().__init__(
            "scalars", WatchModel.scalar_tags, lambda: RunChart(glyphs, window, cursor)
        )
        self._settings: Scene = RunScene(glyphs, logarithmic=False)
        """How the charts of the page are drawn, and those of the next one will be."""

    def show(self, watched: WatchModel) -> None:
        """Draw the page, every chart with the same settings."""
        super().show(watched)
        self._sync_charts()

    def act(self, action: str, *arguments: float) -> None:
        """Do to all charts what a chart's own key does to one."""
        if not self._charts:
            return
        # What is shown of the x axis is theirs together: the one that reaches farthest moves it.
        leader = max(self._charts, key=lambda chart: chart.scene.extent()[1])
        getattr(leader, f"action_{action}")(*arguments)
        self._settings = leader.scene
        self._sync_charts()

    @on(RunChart.Pointed)
    def _pointed(self) -> None:
        self._sync_charts()

    @property
    def _charts(self) -> list[RunChart]:
        return [place for place in self.tiles if isinstance(place, RunChart)]

    def _sync_charts(self) -> None:
        leader = self._settings
        for chart in self._charts:
            scene = chart.scene
            scene.axis, scene.logarithmic = leader.axis, leader.logarithmic
            scene.smoothing = leader.smoothing
            chart.redraw()


def _tag(item: str | TagItem[object]) -> str:
    return item if isinstance(item, str) else item.tag


def _key(item: str | TagItem[object]) -> Hashable:
    return item if isinstance(item, str) else (item.tag, item.run_view.name)
