"""The help screen: every key of a screen, from its bindings, in groups."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Static

from tui.terminal.characters import ASCII_CLASS, to_ascii
from tui.terminal.command_palette import dimmed_actions, own_key_label, screen_bindings
from tui.widgets.capture import CapturingDialog
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import align_right, fit

GO_ACTION = "app.go("
GROUPS = {
    **dict.fromkeys(("app.", "copy(", "save("), "on every screen"),
    "chart(": "chart", "hide(": "show and hide",
}  # fmt: skip
"""Titles of groups, by how the actions of their keys begin; the others are the screen's own."""
MIN_COLUMN_WIDTH, MAX_COLUMN_WIDTH = 36, 74
"""Cells of a key and its explanation."""
MAX_COLUMNS = 3
FRAME_CELLS, FRAME_ROWS = 8, 2
"""Taken by the border, the margins and the bar for scrolling."""
Entry = tuple[str, str, str]
"""A key, its explanation, and the style of both: empty, or ``dim`` where it can do nothing now."""
Line = tuple[str, str]
"""A text and its style."""


class HelpScreen(CapturingDialog[None]):
    """Every key of a screen and what it does."""

    LISTS_KEYS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", show=False),
        *(
            Binding(screen.key, f"close_and_go('{screen.name}')", screen.title, show=False)
            for screen in SCREENS
        ),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._title = f"keys: {getattr(screen, 'NAME', '') or 'this screen'}"
        self._groups = key_groups(screen)

    def compose(self) -> ComposeResult:
        """The groups, in as few columns as let all of them fit; otherwise they scroll."""
        with VerticalScroll(id="help") as frame:
            frame.border_title, frame.border_subtitle = self._title, "esc closes"
            yield Static(Content.assemble(*self._parts()))

    def action_close_and_go(self, screen: str) -> None:
        """Go to a screen of the dashboard, where there is one."""
        if _SCREEN_KEYS in self._groups[GROUPS["app."]]:
            self.dismiss()
            self.app.call_later(self.app.run_action, f"go('{screen}')")

    def _parts(self) -> Iterator[Line]:
        size, ascii_only = self.app.size, self.app.has_class(ASCII_CLASS)
        rows = help_rows(self._groups, size.width - FRAME_CELLS, size.height - FRAME_ROWS)
        for number, row in enumerate(rows):
            if number:
                yield "\n", ""
            yield from ((to_ascii(text) if ascii_only else text, style) for text, style in row)


def key_groups(screen: Screen[Any]) -> dict[str, list[Entry]]:
    """The keys of a screen by the titles of their groups; those of all screens come last."""
    ascii_only = screen.app.has_class(ASCII_CLASS)
    groups: dict[str, list[Entry]] = {}
    common: list[Entry] = []
    for node, binding in screen_bindings(screen):
        title = _group_title(screen, node, binding)
        entries = common if title == GROUPS["app."] else groups.setdefault(title, [])
        if not binding.action.startswith(GO_ACTION):
            label = own_key_label(screen.app, binding, ascii_only=ascii_only)
            style = "dim" if binding.action in dimmed_actions(node) else ""
            entries.append((label, binding.tooltip, style))
        elif not any(key == _SCREEN_KEYS[0] for key, _, _ in common):
            common.append(_SCREEN_KEYS)
    return {title: entries for title, entries in groups.items() if entries} | {
        GROUPS["app."]: common
    }


_SCREEN_KEYS: Entry = (
    f"{SCREENS[0].key}-{SCREENS[-1].key}", ", ".join(info.title for info in SCREENS), "",
)  # fmt: skip


def _group_title(screen: Screen[Any], node: DOMNode, binding: Binding) -> str:
    if node is not screen:
        return str(getattr(node, "KEYS_TITLE", "")) or type(node).__name__
    starts = (title for start, title in GROUPS.items() if binding.action.startswith(start))
    return next(starts, "this screen")


def help_rows(groups: dict[str, list[Entry]], width: int, height: int) -> list[list[Line]]:
    """The rows of all groups, side by side in columns where one would be too high."""
    most = max(1, min(MAX_COLUMNS, width // MIN_COLUMN_WIDTH))
    for count in range(1, most + 1):
        room = min(MAX_COLUMN_WIDTH, width // count)
        columns = _in_columns(list(_blocks(groups, room - 2)), count)
        if len(columns[0]) <= height or count == most:
            break
    return [
        [(fit(text, room), style) for text, style in row]
        for row in zip_longest(*columns, fillvalue=("", ""))
    ]


def _in_columns(blocks: Sequence[Sequence[Line]], count: int) -> list[list[Line]]:
    """The lines in at most `count` columns, as low as they can be; no block is divided."""
    rows = -(-sum(map(len, blocks)) // count)
    while True:
        columns: list[list[Line]] = [[]]
        for block in blocks:
            if columns[-1] and len(columns[-1]) + len(block) > rows:
                columns.append([])
            # An empty line at the top of a column would be one between nothing and its title.
            columns[-1] += block if columns[-1] else [line for line in block if line[0]]
        if len(columns) <= count:
            return columns
        rows += 1


def _blocks(groups: dict[str, list[Entry]], width: int) -> Iterator[list[Line]]:
    """The lines of each entry, each at most `width` cells; its title is with a group's first."""
    key_width = max(cell_len(key) for entries in groups.values() for key, _, _ in entries)
    for group, (title, entries) in enumerate(groups.items()):
        before = [("", "")] * bool(group) + [(title, "bold")]
        for key, explanation, style in entries:
            shown = align_right(key, key_width)
            yield [*before, *_entry_lines(shown, explanation, style, width)]
            before = []


def _entry_lines(key: str, explanation: str, style: str, width: int) -> Iterator[Line]:
    indent = " " * cell_len(key)
    texts: Sequence[str] = wrap(explanation, max(8, width - cell_len(key) - 2)) or [""]
    for number, text in enumerate(texts):
        yield f"{indent if number else key}  {text}", style
