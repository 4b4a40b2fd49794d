"""The panel of the values that a program declares, to be changed while it trains.

It shows the values as the program last reported them: a change is posted as a message, and shown
only once the program has applied it.
"""

from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from core.run.knob_steps import as_text, limits_text, parsed, stepped
from core.run.state import RunState
from trainpad.errors import UserError
from trainpad.knobs import Knob
from trainpad.text import sanitize
from tui.metrics.no_numbers import only_prints
from tui.widgets.footer import CAPTURES_TYPING
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

VALUE_WIDTH = 11
MAX_TYPED = 40
HELP = "?"
"""The one character that is a command here as elsewhere."""


class KnobPanel(TextWidget, can_focus=True):
    """Every declared value, with the keys that change it."""

    KEYS_TITLE = "panel of values (tab)"
    DEFAULT_CSS = """
    KnobPanel { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "select(-1)", "Up", id="knobs.up", tooltip="Previous value"),
        Binding("down", "select(1)", "Down", id="knobs.down", tooltip="Next value"),
        Binding("left", "adjust(-1)", "Less", id="knobs.less", tooltip="Decrease"),
        Binding("right", "adjust(1)", "More", id="knobs.more", tooltip="Increase"),
        Binding("enter", "enter", "Set", id="knobs.set", key_display="enter",
                tooltip="Set the typed value"),
        Binding("backspace", "backspace", "Backspace", show=False, id="knobs.backspace",
                tooltip="Delete the last character"),
        Binding("escape", "leave", "Leave", id="knobs.leave",
                tooltip="Discard the typed value, and leave the panel"),
    ]  # fmt: skip

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
        self._typed = ""
        self._problem = ""
        self._rows = 0
        self._dimmed: frozenset[str] = frozenset()

    def update_run(self, run: RunState) -> None:
        """Show this run's values; nothing, where its program only prints and can have none."""
        self.display = bool(run.program.knobs) or not only_prints(run)
        if run is not self._run:
            self._run, self._selected = run, 0
            self._clear_typed()
        if len(self._knobs) != self._rows:
            self._rows = len(self._knobs)
            self._selected = max(0, min(self._selected, self._rows - 1))
            self.refresh(layout=True)
        self.redraw()

    @property
    def _knobs(self) -> list[Knob[Any]]:
        return list(self._run.program.knobs.values())

    @property
    def _knob(self) -> Knob[Any] | None:
        knobs = self._knobs
        return knobs[min(self._selected, len(knobs) - 1)] if knobs else None

    def get_content_height(self, *_sizes: object) -> int:
        """A title, one row for each value, and one for its limits or a problem."""
        return 2 + max(1, len(self._knobs))

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing to the selected value."""
        knob, last = self._knob, len(self._knobs) - 1
        is_live = self._run.is_live
        possible = {
            "select(-1)": self._selected > 0,
            "select(1)": self._selected < last,
            **{
                f"adjust({presses})": is_live
                and knob is not None
                and not self._typed
                and stepped(knob, knob.value, presses) != knob.value
                for presses in (-1, 1)
            },
            "enter": is_live and self._typed,
        }
        return frozenset(action for action, can in possible.items() if not can)

    def redraw(self) -> int:
        """Redraw, and the row of keys with it: what they can do depends on the selected value."""
        if self.has_focus and (dimmed := self.dimmed_actions) != self._dimmed:
            self._dimmed = dimmed
            self.screen.refresh_bindings()
        return super().redraw()

    # -- what is shown ------------------------------------------------------------------------

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The title, as many values as fit around the selected one, and its limits."""
        knobs = self._knobs
        title: list[Span] = [("values", "title")]
        if not knobs:
            hints = (" none declared: run.live(name, value)", " none: run.live(name, value)")
            hint = hints[len(hints[0]) > width]
            return [title, [(fit(hint, width), "dim")]]
        first = self._first_row(height)
        shown = [
            self._row(index, knob, width)
            for index, knob in enumerate(knobs[first : first + max(1, height - 2)], first)
        ]
        return [title, *shown, [self._help_row(width)]]

    def _first_row(self, height: int) -> int:
        visible = max(1, height - 2)
        first = self._selected - visible // 2
        return max(0, min(first, len(self._knobs) - visible)) if self.has_focus else 0

    def _row(self, index: int, knob: Knob[Any], width: int) -> list[Span]:
        selected = self.has_focus and index == self._selected
        value = f"{self._typed}_" if selected and self._typed else as_text(knob.value)
        shown = f"‹ {align_right(value, VALUE_WIDTH)} ›"
        label = fit(f" {sanitize(knob.name, limit=80)}", max(8, width - len(shown)))
        return [
            (label, "selected" if selected else "dim"),
            (shown, "selected" if selected else "text"),
        ]

    def _help_row(self, width: int) -> Span:
        if self._problem:
            return fit(f" {self._problem}", width), "alert"
        knob = self._knob
        text = f" {limits_text(knob, width - 1)}" if self.has_focus and knob is not None else ""
        return fit(text, width), "dim"

    # -- keys and mouse -----------------------------------------------------------------------

    def action_select(self, by: int) -> None:
        """Select the value this many rows below."""
        self._selected = max(0, min(self._selected + by, len(self._knobs) - 1))
        self._clear_typed()
        self.redraw()

    def action_adjust(self, presses: int) -> None:
        """Increase or decrease the selected value."""
        if (knob := self._knob) is not None and not self._typed:
            self.post_message(self.NudgeRequested(knob.name, presses))

    def action_enter(self) -> None:
        """Set the typed value."""
        knob = self._knob
        if knob is None or not self._typed:
            return
        try:
            value = parsed(knob, self._typed)
        except UserError as error:
            self._problem = sanitize(str(error), limit=200)
        else:
            self._clear_typed()
            self.post_message(self.ValueRequested(knob.name, value))
        self.redraw()

    def action_backspace(self) -> None:
        """Delete the last character."""
        self._typed, self._problem = self._typed[:-1], ""
        self.redraw()

    def action_leave(self) -> None:
        """Leave the panel; losing the focus discards the input."""
        self.screen.set_focus(None)

    def on_key(self, event: events.Key) -> None:
        """Append a typed character; no printable key but ``?`` is a command here."""
        if not event.is_printable or event.character is None or event.character == HELP:
            return
        event.stop()
        event.prevent_default()
        self._typed, self._problem = (self._typed + event.character)[:MAX_TYPED], ""
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Select the clicked value; a click on its arrows changes it."""
        row = event.y - 1 + self._first_row(self.size.height)
        if not 0 <= row < len(self._knobs) or not 0 < event.y < self.size.height - 1:
            return
        self._selected = row
        self._clear_typed()
        from_right = self.size.width - event.x
        if from_right <= 2:
            self.action_adjust(1)
        elif VALUE_WIDTH + 2 <= from_right <= VALUE_WIDTH + 5:
            self.action_adjust(-1)
        self.redraw()

    def on_focus(self) -> None:
        """Show which value is selected."""
        self.redraw()

    def on_blur(self) -> None:
        """Show none as selected."""
        self._clear_typed()
        self.redraw()

    def _clear_typed(self) -> None:
        self._typed, self._problem = "", ""
