"""A panel of values in rows: the selected one is stepped with the arrow keys, or typed.

It shows values as the run reports them: a change is posted as a message, and shown only once the
run has confirmed it.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from core.run.state import RunState
from tui.widgets.footer import CAPTURES_TYPING
from tui.widgets.text_widget import Span, TextWidget, align_right, elide_middle, fit

VALUE_WIDTH = 11
MAX_HELP_ROWS = 3
MAX_PASTED = 1000
"""Characters of a pasted line that are read."""
HELP = "?"
"""A command here as elsewhere; no value begins with it."""


class ValueRow(NamedTuple):
    """How a value is shown."""

    label: str
    text: str
    role: str = "text"
    keeps_role: bool = False
    """Whether it is shown in its role also while it is selected."""
    has_arrows: bool = True
    """Whether it has arrows also while it is not selected."""


def value_bindings(prefix: str, noun: str, *more: Binding) -> list[BindingType]:
    """The keys of such a panel, with ids that begin with `prefix`; `noun` is what it has."""
    return [
        Binding("up", "select(-1)", "Up", id=f"{prefix}.up", tooltip=f"Previous {noun}"),
        Binding("down", "select(1)", "Down", id=f"{prefix}.down", tooltip=f"Next {noun}"),
        Binding("left", "adjust(-1)", "Less", id=f"{prefix}.less", tooltip="Decrease"),
        Binding("right", "adjust(1)", "More", id=f"{prefix}.more", tooltip="Increase"),
        Binding("enter", "enter", "Set", id=f"{prefix}.set", key_display="enter",
                tooltip="Set the typed value"),
        Binding("backspace", "backspace", "Backspace", show=False, id=f"{prefix}.backspace",
                tooltip="Delete the last character"),
        *more,
        Binding("escape", "leave", "Leave", id=f"{prefix}.leave",
                tooltip="Discard the typed value, and leave the panel"),
    ]  # fmt: skip


class ValuesPanel(TextWidget, can_focus=True):
    """Rows of values and titles, and below them the help on the selected value, or a problem."""

    class ValueRequested(Message):
        """A value was requested."""

        def __init__(self, name: str, value: Any) -> None:
            super().__init__()
            self.name = name
            self.value = value

    class NudgeRequested(Message):
        """A value was requested larger by this many key presses."""

        def __init__(self, name: str, presses: int) -> None:
            super().__init__()
            self.name = name
            self.presses = presses

    def __init__(self) -> None:
        super().__init__(classes=CAPTURES_TYPING)
        self._run = RunState()
        self._selected = 0
        self._typed_text = ""
        self._problem = ""
        self._dimmed: frozenset[str] = frozenset()

    @property
    def _rows(self) -> Sequence[ValueRow | str]:
        """The values, and titles between them."""
        raise NotImplementedError

    def _help_text(self, width: int) -> str:
        """What to say on the selected value, in `width` cells."""
        raise NotImplementedError

    def action_adjust(self, presses: int) -> None:
        """Increase or decrease the selected value."""
        raise NotImplementedError

    # -- drawing ------------------------------------------------------------------------------

    @property
    def _places(self) -> list[int]:
        """The rows of the values."""
        return [place for place, row in enumerate(self._rows) if isinstance(row, ValueRow)]

    @property
    def _selected_row(self) -> int:
        """The row of the selected value; -1 without any, or without the focus."""
        places = self._places
        return places[min(self._selected, len(places) - 1)] if self.has_focus and places else -1

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing to the selected value."""
        possible = {
            "select(-1)": self._selected > 0,
            "select(1)": self._selected < len(self._places) - 1,
            "enter": self._typed_text,
        }
        return frozenset(action for action, can in possible.items() if not can)

    def get_content_height(self, *_sizes: object) -> int:
        """The rows, and one for help or a problem."""
        return len(self._rows) + 1

    def redraw(self) -> int:
        """Redraw, and the row of keys with it: what they can do depends on the selected value."""
        if self.has_focus and (dimmed := self.dimmed_actions) != self._dimmed:
            self._dimmed = dimmed
            self.screen.refresh_bindings()
        return super().redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """As many rows as fit around the selected one, and its help text."""
        texts, role = self._help_rows(width)
        visible = max(1, height - len(texts))
        first, selected = self._first_row(visible), self._selected_row
        if (hidden := len(self._rows) - visible) > 0 and not any(texts):
            texts = [f"and {hidden:,} more"]
        rows = list(enumerate(self._rows))[first : first + visible]
        shown: list[list[Span]] = [
            [(row, "title")]
            if isinstance(row, str)
            else self._value_spans(row, width, selected=place == selected)
            for place, row in rows
        ]
        if rows and isinstance(rows[-1][1], str):  # the title of rows that do not fit
            shown[-1] = [("", "title")]
        blank: list[list[Span]] = [[]] * (visible - len(rows))
        return [*shown, *blank, *([(fit(f" {text}", width), role)] for text in texts)]

    def _first_row(self, visible: int) -> int:
        """The first of so many visible rows, so that the selected one is among them."""
        first = self._selected_row - visible // 2
        return max(0, min(first, len(self._rows) - visible))

    def _value_spans(self, row: ValueRow, width: int, *, selected: bool) -> list[Span]:
        text = row.text
        if selected and self._typed_text:
            text = self._typed_text + "_"
        across = self._value_width(row, text, width)
        if selected and self._typed_text:
            text = text[-across:]
        less, more = ("‹", "›") if selected or row.has_arrows else (" ", " ")
        shown = f"{less} {align_right(text, across)} {more}"
        label = f" {elide_middle(row.label, max(6, width - len(shown) - 2))} "
        role = "selected" if selected and not row.keeps_role else row.role
        return [(label, "selected" if selected else "dim"), (shown, role)]

    @staticmethod
    def _value_width(row: ValueRow, text: str, width: int) -> int:
        """How many columns a value has: a long one also those that its label leaves."""
        room = width - cell_len(f" {row.label}  ") - len("‹  ›")
        return max(VALUE_WIDTH, min(cell_len(text), room))

    def _help_rows(self, width: int) -> tuple[list[str], str]:
        """The help on the selected value, or a problem, in one row at least; and the style."""
        text, role = self._problem, "alert"
        if not text:
            text, role = self._help_text(width - 1) if self.has_focus else "", "dim"
        return wrap(text, max(8, width - 1))[:MAX_HELP_ROWS] or [""], role

    @property
    def _typed_before(self) -> str:
        """What the next character is appended to: what was refused is replaced."""
        return "" if self._problem else self._typed_text

    # -- keys and mouse -----------------------------------------------------------------------

    def action_select(self, by: int) -> None:
        """Select the value this many rows below."""
        self._selected = max(0, min(self._selected + by, len(self._places) - 1))
        self._clear_typed()
        self.redraw()

    def action_backspace(self) -> None:
        """Delete the last character."""
        self._typed_text, self._problem = self._typed_text[:-1], ""
        self.redraw()

    def action_leave(self) -> None:
        """Leave the panel; losing the focus discards the input."""
        self.screen.set_focus(None)

    def on_click(self, event: events.Click) -> None:
        """Select the clicked value; a click on its arrows changes it."""
        visible = max(1, self.size.height - len(self._help_rows(self.size.width)[0]))
        row, places = event.y + self._first_row(visible), self._places
        if row not in places or event.y >= visible:
            return
        self._selected = places.index(row)
        self._clear_typed()
        from_right = self.size.width - event.x
        clicked = self._rows[row]
        across = VALUE_WIDTH
        if isinstance(clicked, ValueRow):
            across = self._value_width(clicked, clicked.text, self.size.width)
        if from_right <= 2:
            self.action_adjust(1)
        elif across + 2 <= from_right <= across + 5:
            self.action_adjust(-1)
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Append a character that is no command."""
        character = event.character
        if not event.is_printable or character is None or self._is_command(character):
            return
        event.stop()
        event.prevent_default()
        self._type(character)

    def on_paste(self, event: events.Paste) -> None:
        """Append the first line of what is pasted, as if it were typed."""
        event.stop()
        lines = event.text.strip().splitlines()
        for character in filter(str.isprintable, lines[0][:MAX_PASTED] if lines else ""):
            self._type(character)

    def _is_command(self, character: str) -> bool:
        """Whether a key is a command here as elsewhere, and no part of a value."""
        return character == HELP

    def _type(self, character: str) -> None:
        """Append a character to the value that is typed."""
        raise NotImplementedError

    def on_focus(self) -> None:
        """Show which value is selected."""
        self.redraw()

    def on_blur(self) -> None:
        """Show none as selected."""
        self._clear_typed()
        self.redraw()

    def _clear_typed(self) -> None:
        self._typed_text, self._problem = "", ""
