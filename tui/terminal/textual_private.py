"""Every private name of Textual that trainpad uses, in one file.

Textual promises nothing about these names, so its minor version is pinned, and
`tests/test_textual_private.py` checks that each name in `PRIVATE_NAMES` exists: an update of
Textual fails there first. The rest of `tui` uses public names only.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby, pairwise
from typing import Any, Final, TypeVar

from rich.console import Console, RenderableType
from rich.control import Control
from rich.traceback import Traceback
from textual._compositor import ChopsUpdate, Compositor
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import Binding
from textual.css.model import RuleSet
from textual.dom import DOMNode
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event
from textual.geometry import Region, Size
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import AwaitMount, Widget

Result = TypeVar("Result")

PRIVATE_NAMES: Final[tuple[tuple[type, tuple[str, ...]], ...]] = (
    # Rows are sent from the left edge of their widget on: Textualize/textual#5625.
    (App, ("_display",)),
    (ChopsUpdate, ("chops", "spans", "chop_ends", "render_segments")),
    # A change of one cell renders all rows of every widget around it: no issue upstream.
    (Compositor, ("render_partial_update", "visible_widgets", "cuts")),
    (Compositor, ("_dirty_regions", "_regions_to_spans")),
    # Errors of widgets change the result of an app that is exiting: no issue upstream.
    (App, ("_handle_exception", "_exit", "_shutdown")),
    # A mode cannot be mounted ahead: no issue upstream.
    (App, ("_init_mode", "_screen_stacks", "_css_update_count")),
    (Screen, ("_css_update_count",)),
    # A move of a captured mouse is searched for styles and tooltips first: no issue upstream.
    (Event, ("_set_forwarded",)),
    # A press that draws at once is not passed to the app, which clicks what was pressed before.
    (App, ("_mouse_down_widget",)),
    # What a screen shows cannot be read, other than as Textual's own SVG: no issue upstream.
    (Compositor, ("render_strips",)),
    # The bindings of a node that has no focus cannot be listed: no issue upstream.
    (DOMNode, ("_bindings",)),
    # The input thread uses a whole core when the terminal is gone: Textualize/textual#6690. Other
    # faults of the driver are described at `tui.terminal.driver.ResilientDriver`.
    (LinuxDriver, ("_app", "_loop", "_file", "_must_signal_resume", "_disable_mouse_support")),
    (LinuxDriver, ("_sigtstp_application", "_sigcont_application")),
    # A message takes three turns of the event loop where it is posted by its own thread, and so
    # does a frame: no issue upstream.
    (App, ("_thread_id", "_pending_message", "_context", "_batch_count")),
    (Screen, ("_compositor", "_layout_required", "_repaint_required")),
    (Widget, ("_repaint_required",)),
    (Compositor, ("update_widgets",)),
    # A terminal may claim any size, and each cell of it takes memory: no issue upstream.
    (LinuxDriver, ("_get_terminal_size", "_size")),
    # Pasted text arrives as keys where a paste is split or has no end: no issue upstream.
    (XTermParser, ("feed", "tick")),
)
"""Classes and their names; some are public names of a class in a private module."""

# Each node looks up each rule of all style sheets in a set, and a rule's hash, its identity, is a
# method in Python: a tenth of the time of a screen that is shown. No issue upstream.
RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]


# -- partial row updates (Textualize/textual#5625) ------------------------------------------------


class PartialUpdate(ChopsUpdate):
    """Sends the changed cells of a row only.

    Textual marks spans of rows as changed, but sends each from the left edge of its widget on. A
    curve grows at its right end: that is three quarters of all bytes.
    """

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        parts = []
        for y, start, stop in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(x, start), min(end, stop)
                if strip is not None and left < right:
                    is_whole = (left, right) == (x, end)
                    piece = strip if is_whole else strip.crop(left - x, right - x)
                    parts += [Control.move_to(left, y).segment.text, piece.render(console)]
        return "".join(parts)


def partial_update(update: RenderableType | None) -> RenderableType | None:
    """`update` as a `PartialUpdate` if it is one of spans, otherwise unchanged."""
    if type(update) is ChopsUpdate:
        return PartialUpdate(update.chops, update.spans, update.chop_ends)
    return update


def _render_partial_update(self: Compositor) -> ChopsUpdate | None:
    """The cells that changed, or None if none did.

    Of each widget only rows are rendered in which it has such a cell, and no widget in front of it.
    Textual renders all rows of all widgets, and of those that contain them, within the rectangle
    around all changes: for a dot of ink that is most of the screen.
    """
    spans = [*self._regions_to_spans(self._dirty_regions)]
    self._dirty_regions.clear()
    if not spans:
        return None
    cuts = self.cuts
    missing = _cells_to_render(spans, cuts)
    chops = [dict[int, Strip | None].fromkeys(row[:-1] if y in missing else ())
             for y, row in enumerate(cuts)]  # fmt: skip
    for widget, (region, clip) in self.visible_widgets.items():
        place = region.intersection(clip)
        left, right = place.column_span
        rows = [
            y for y, starts in missing.items()
            if place.y <= y < place.bottom and any(left <= x < right for x in starts)
        ]  # fmt: skip
        for top, bottom in _runs(rows):
            inside = Region(left - region.x, top - region.y, place.width, bottom - top)
            for y, strip in zip(range(top, bottom), widget.render_lines(inside), strict=False):
                starts = [cut for cut in cuts[y] if left <= cut <= right]
                for x, piece in zip(
                    starts, strip.divide([end - left for end in starts[1:]]), strict=False
                ):
                    if x in missing[y]:
                        missing[y].remove(x)
                        chops[y][x] = piece
    return ChopsUpdate(chops, spans, [row[1:] for row in cuts])


def _cells_to_render(
    spans: Iterable[tuple[int, int, int]], cuts: Sequence[Sequence[int]]
) -> dict[int, set[int]]:
    """Where the pieces of rows start that overlap a span, by row; `cuts` are the ends of pieces."""
    starts: dict[int, set[int]] = {}
    for y, first, stop in spans:
        overlapping = (x for x, end in pairwise(cuts[y]) if x < stop and end > first)
        starts.setdefault(y, set()).update(overlapping)
    return starts


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first of each run of successive numbers, and the one after its last."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        first, *_ = found = [number for _, number in run]
        yield first, found[-1] + 1


Compositor.render_partial_update = _render_partial_update  # type: ignore[method-assign]


# -- apps and screens -----------------------------------------------------------------------------


class PatchedApp(App[Result]):
    """Textual's `App` with partial row updates, and without errors while it exits."""

    unhandled_exception: Exception | None = None
    """The first error in a handler, which ended the app."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, partial_update(renderable))

    def _handle_exception(self, error: Exception) -> None:
        # An app may exit while a screen is being mounted. Textual then skips the screen's children
        # and still calls its `on_mount`, which does not find them. That error must not replace the
        # result the app exited with.
        if not self._exit:
            self.unhandled_exception = self.unhandled_exception or error
            super()._handle_exception(error)

    async def _shutdown(self) -> None:
        self._exit = True  # a test's app is shut down without a call of `exit`
        await super()._shutdown()

    def has_mounted_mode(self, mode: str) -> bool:
        """Whether the screen of a mode is mounted."""
        return mode in self._screen_stacks

    def mount_mode(self, mode: str) -> AwaitMount:
        """Mount the screen of a mode without switching to it."""
        return self._init_mode(mode)


def forward(event: Event, widget: Widget) -> bool:
    """Pass an event of the terminal to a widget; return whether that accepts it."""
    event._set_forwarded()  # noqa: SLF001
    return widget.post_message(event)


def note_press(app: App[Any], widget: Widget) -> None:
    """Have the app know what was pressed last: where it is released there, it is a click."""
    app._mouse_down_widget = widget  # noqa: SLF001


def is_idle(pump: MessagePump) -> bool:
    """Whether an app or a widget has no more messages to handle than the current one."""
    return not pump.message_queue_size and pump._pending_message is None  # noqa: SLF001


@contextmanager
def context_of(app: App[Any], widget: Widget) -> Iterator[None]:
    """A block in which methods of a widget may be called from outside its message queue."""
    with app._context(), widget._context():  # noqa: SLF001
        yield


def repaint_now(widget: Widget) -> None:
    """Show at once what `widget.refresh` asked for, where no more than this is to be painted.

    A frame of Textual waits in three queues, behind whatever else is due, and looks for what is
    under the mouse.
    """
    app, screen = widget.app, widget.screen
    needs_frame = screen._layout_required or screen._repaint_required or app._batch_count  # noqa: SLF001
    if screen is not app.screen or needs_frame:
        return
    compositor = screen._compositor  # noqa: SLF001
    if widget in compositor.visible_widgets:
        widget._repaint_required = False  # noqa: SLF001
        compositor.update_widgets({widget})
        app._display(screen, compositor.render_partial_update())  # noqa: SLF001


def mark_styles_current(screen: Screen[Any]) -> None:
    """Spare a screen that is about to be mounted a second computation of all its styles."""
    screen._css_update_count = screen.app._css_update_count  # noqa: SLF001


def screen_strips(screen: Screen[Any]) -> list[Strip]:
    """The rows of a screen as they are shown."""
    return screen._compositor.render_strips()  # noqa: SLF001


def bindings_of(node: DOMNode) -> Iterator[Binding]:
    """The key bindings of a node, one for each key."""
    for _key, binding in node._bindings:  # noqa: SLF001
        yield binding


# -- the driver -----------------------------------------------------------------------------------


class _NullFile:
    """The file of Textual's own writer thread, which stays idle."""

    def write(self, text: str) -> None:
        """Discard `text`."""

    def flush(self) -> None:
        """Do nothing."""


def terminal_parser() -> XTermParser:
    """Return Textual's parser of what a terminal sends."""
    return XTermParser()


class PatchableDriver(LinuxDriver):
    """Textual's `LinuxDriver`, with public names for what a subclass needs."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file = _NullFile()  # type: ignore[assignment]  # a subclass writes by itself
        self._size = self._size or self._get_terminal_size()  # until the first `Resize`

    def _get_terminal_size(self) -> tuple[int, int]:
        return self.limited(Size(*super()._get_terminal_size()))

    def limited(self, size: Size) -> Size:
        """The size to use where the terminal claims `size`."""
        return size

    def call_app(self, callback: Callable[[App[Any]], object]) -> None:
        """Call this with the app on its thread; from any thread, and from a signal handler."""
        with suppress(RuntimeError):  # the event loop is closed
            self._loop.call_soon_threadsafe(callback, self._app)

    def send_message(self, message: Message) -> None:
        """Give the app a message, at once where this is its thread."""
        if threading.get_ident() == self._app._thread_id:  # noqa: SLF001
            self.pass_on(self._app, message)
        else:
            super().send_message(message)

    def pass_on(self, app: App[Any], message: Message) -> None:
        """Pass a message to the app, on its thread."""
        app.post_message(message)

    def panic(self) -> None:
        """End the app with the exception that is being handled; from any thread."""
        self._app.call_later(self._app.panic, Traceback())

    def disable_mouse(self) -> None:
        """Turn off mouse reports."""
        self._disable_mouse_support()

    def resume(self) -> None:
        """Enter application mode again after ctrl+z, publish the app's signal, and redraw."""
        self._must_signal_resume = True
        self.resume_application_mode()
        self._app.refresh(layout=True)

    def on_stop_signal(self) -> None:
        """SIGTSTP arrived: ctrl+z."""
        super()._sigtstp_application()

    def on_continue_signal(self) -> None:
        """SIGCONT arrived."""
        super()._sigcont_application()

    def _sigtstp_application(self, *_arguments: Any) -> None:
        self.on_stop_signal()

    def _sigcont_application(self, *_arguments: Any) -> None:
        self.on_continue_signal()
