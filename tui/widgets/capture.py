"""Keys that copy a chart or the whole screen as text, and save it as a picture; in dialogs too.

What makes pictures is imported with the first of them.
"""

import time
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip

from data.files import exists
from data.places import working_folder
from trainpad.files import write_atomic
from tui.terminal.dimmed import Dialog, Result
from tui.terminal.textual_private import screen_strips
from tui.widgets.strip_widget import StripWidget

CHART = "Chart"
"""The name in style sheets of the widget that is copied alone."""


class Capturable(Screen[Result]):
    """A screen that can be copied and saved as it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+y", "copy('screen')", "Copy screen", show=False, id="app.copy_screen",
                tooltip="Copy the screen as text"),
        Binding("ctrl+s", "save('screen')", "Save screen", show=False, id="app.save_screen",
                tooltip="Save a picture of the screen, as SVG and PNG"),
    ]  # fmt: skip

    def captured(self, what: str) -> list[Strip]:  # noqa: ARG002
        """The rows of the screen, for any ``what``."""
        return screen_strips(self)

    def captured_plain(self, what: str) -> list[Strip]:
        """The rows of what is copied; as `captured`."""
        return self.captured(what)

    def action_copy(self, what: str) -> None:
        """Copy to the clipboard, as far as the terminal allows it."""
        from tui.widgets.picture import as_text

        text = as_text(self.captured_plain(what))
        self.app.copy_to_clipboard(text)
        lines = text.count("\n")
        self.notify(f"copied {lines} lines, if the terminal has a clipboard", markup=False)

    def action_save(self, what: str) -> None:
        """Save as SVG and PNG in the working folder."""
        if getattr(self.app, "read_only", False):
            self.notify("this window is read-only", markup=False)
            return
        from tui.widgets.picture import as_png, as_svg

        strips, is_light = self.captured(what), not self.app.current_theme.dark
        path = unused_path(working_folder(), f"trainpad-{time.strftime('%Y%m%d-%H%M%S')}")
        svg, png = path.with_suffix(".svg"), path.with_suffix(".png")
        try:
            write_atomic(svg, as_svg(strips, is_light=is_light).encode(), sync=False)
            write_atomic(png, as_png(strips, is_light=is_light), sync=False)
        except OSError as error:
            self.notify(f"{svg} cannot be written: {error.strerror}", markup=False)
        else:
            self.notify(f"wrote {svg} and {png.name}", markup=False)


class CapturingScreen(Capturable[None]):
    """A screen that can be copied and saved, whole or its chart; without one it is whole."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Y", "copy('chart')", "Copy chart", show=False, id="app.copy_chart",
                tooltip="Copy the chart as text"),
        Binding("S", "save('chart')", "Save chart", show=False, id="app.save_chart",
                tooltip="Save a picture of the chart, as SVG and PNG"),
    ]  # fmt: skip

    @property
    def _charts(self) -> list[StripWidget]:
        """The visible charts."""
        return [chart for chart in self.query(CHART).results(StripWidget) if chart.is_on_screen]

    def captured(self, what: str) -> list[Strip]:
        """The rows of the first visible chart if ``what`` is ``chart``, else of the screen."""
        charts = self._charts
        return charts[0].shown_strips if charts and what == "chart" else screen_strips(self)

    def captured_plain(self, what: str) -> list[Strip]:
        """The same, with charts as they are drawn without colours."""
        charts = self._charts
        if charts and what == "chart":
            return charts[0].plain_strips()
        rows = screen_strips(self)
        for chart in charts:
            region = chart.content_region
            for y, strip in enumerate(chart.plain_strips(), region.y):
                around = rows[y].crop(0, region.x), rows[y].crop(region.right)
                rows[y] = Strip.join([around[0], strip, around[1]])
        return rows


class CapturingDialog(Dialog[Result], Capturable[Result]):
    """A dialog that can be copied and saved, with what is seen of the screen below."""


def unused_path(folder: Path, name: str) -> Path:
    """A path in this folder of which neither the SVG nor the PNG exists, without an ending."""
    number, path = 1, folder / name
    while exists(path.with_suffix(".svg")) or exists(path.with_suffix(".png")):
        number += 1
        path = folder / f"{name}-{number}"
    return path
