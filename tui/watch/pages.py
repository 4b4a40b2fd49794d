"""Pages of tiles: as many tiles as fit, the rest on further pages.

The current page is identified by its first item, so that it stays when tags are added, when the
terminal is resized, and when a filter is set and cleared.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, cast

from textual import on
from textual.containers import Container
from textual.message import Message

from core.tfevents.bounded import Storable
from tui.chart.cursor import Cursor
from tui.chart.keys import ChartAction
from tui.chart.scene import Scene
from tui.chart.tags import group_of, paginate
from tui.chart.view_settings import restore_view, save_view
from tui.chart.viewport import Viewport
from tui.terminal.base_app import BaseApp
from tui.terminal.characters import Glyphs
from tui.watch.model import TagItem, WatchModel
from tui.watch.panels import HistogramTile, ImageTile, RunChart, TextTile
from tui.widgets.tiling import Tiling

TILING = Tiling(56, 15, max_columns=3, max_rows=3)
CHARTS = "watch"
"""The kind of these charts in the settings."""

Tile = RunChart | HistogramTile | TextTile | ImageTile


class Pages(Container):
    """One kind of data, in pages."""

    DEFAULT_CSS = """
    Pages { layout: grid; grid-gutter: 1 2; width: 1fr; height: 1fr; }
    """

    class Resized(Message):
        """The number of tiles that fit may have changed."""

    def __init__(
        self, kind: str, items: Callable[[WatchModel], Sequence[Any]], make_tile: Callable[[], Tile]
    ) -> None:
        super().__init__(id=kind)
        self.full = False
        """Whether a page has a single tile."""
        self._items_of, self._make_tile = items, make_tile
        self._items: Sequence[Any] = ()
        self._pages: list[list[Any]] = []
        self._page_index = 0
        self._first_key: Hashable = None

    def collect(self, model: WatchModel) -> int:
        """Collect the current items without drawing them; return their number."""
        self._items = self._items_of(model)
        return len(self._items)

    @property
    def position_text(self) -> str:
        """The page number, if there are several; else empty."""
        return f"page {self._page_index + 1:,}/{len(self._pages):,}" if len(self._pages) > 1 else ""

    @property
    def page(self) -> Sequence[Any]:
        """The items on the current page."""
        return self._pages[self._page_index] if self._pages else ()

    def show(self, model: WatchModel) -> None:
        """Draw the current page."""
        columns, rows = (1, 1) if self.full else TILING.grid_of(*self.size)
        self._pages = paginate(self._items, columns * rows, lambda item: group_of(_tag(item)))
        self._page_index = self._page_of_first()
        page = self.page
        columns = min(columns, max(1, len(page)))
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = max(1, -(-len(page) // columns))
        self._mount_tiles(len(page))
        for tile, item in zip(self.tiles, page, strict=False):
            tile.show_item(item, model)

    def on_resize(self) -> None:
        """Ask for the page to be drawn again."""
        self.post_message(self.Resized())

    def turn(self, by: int) -> None:
        """Go forward or back; the first page follows the last."""
        if self._pages:
            self._page_index = (self._page_index + by) % len(self._pages)
            self._first_key = _key(self._pages[self._page_index][0]) if self._page_index else None

    @property
    def tiles(self) -> list[Tile]:
        """The visible tiles."""
        return [tile for tile in self._all_tiles if tile.display]

    @property
    def _all_tiles(self) -> list[Tile]:
        return cast("list[Tile]", list(self.children))

    def _page_of_first(self) -> int:
        """Return the page with the remembered first item; without it, the current page."""
        if self._first_key is None:
            return 0
        for number, page in enumerate(self._pages):
            if any(_key(item) == self._first_key for item in page):
                return number
        return max(0, min(self._page_index, len(self._pages) - 1))

    def _mount_tiles(self, number: int) -> None:
        """Mount and show `number` tiles."""
        self.mount(*(self._make_tile() for _ in range(len(self.children), number)))
        for index, tile in enumerate(self._all_tiles):
            tile.display = index < number


class ChartPages(Pages):
    """Charts with a common x range and one cursor through all of them."""

    def __init__(self, glyphs: Glyphs) -> None:
        window, cursor = Viewport(), Cursor()
        super().__init__(
            "scalars", WatchModel.scalar_tags, lambda: RunChart(glyphs, window, cursor)
        )
        self._leader_scene = Scene(glyphs, logarithmic=False)
        """Axis, scale and smoothing, which all charts of all pages share."""
        self._error_rate = False

    def on_mount(self) -> None:
        """Show the charts as they were left."""
        if isinstance(self.app, BaseApp):
            restore_view(self.app.settings, CHARTS, self._leader_scene, fractions=True)
        self._error_rate = self._leader_scene.error_rate

    def show(self, model: WatchModel) -> None:
        """Draw the current page; all charts have the same settings."""
        super().show(model)
        self._sync_charts()

    def act(self, action: ChartAction, *arguments: float) -> None:
        """Perform a chart action on all charts."""
        if not self._charts:
            return
        if action == "toggle_error_rate":
            self._error_rate = not self._error_rate
        else:
            # They share the x range: the chart with the last step changes it.
            leader = max(self._charts, key=lambda chart: chart.scene.extent()[1])
            leader.act(action, *arguments)
            self._leader_scene = leader.scene
        self._leader_scene.error_rate = self._error_rate
        if isinstance(self.app, BaseApp):
            save_view(self.app.settings, CHARTS, self._leader_scene)
        self._sync_charts()

    def toggle_reference(self, run: str) -> None:
        """Draw the differences to a run, by its name; with that of before, the values again."""
        scene = self._leader_scene
        scene.reference = "" if scene.reference == run else run
        self._sync_charts()

    @on(RunChart.ViewChanged)
    def _view_changed(self) -> None:
        self._sync_charts()

    @property
    def _charts(self) -> list[RunChart]:
        return [tile for tile in self.tiles if isinstance(tile, RunChart)]

    def _sync_charts(self) -> None:
        leader = self._leader_scene
        for chart in self._charts:
            scene = chart.scene
            scene.axis, scene.logarithmic = leader.axis, leader.logarithmic
            scene.smoothing, scene.reference = leader.smoothing, leader.reference
            scene.error_rate = self._error_rate and chart.shows_fractions
            chart.redraw()


def _tag(item: str | TagItem[Storable]) -> str:
    return item if isinstance(item, str) else item.tag


def _key(item: str | TagItem[Storable]) -> Hashable:
    return item if isinstance(item, str) else (item.tag, item.run_view.name)
