"""The panel of hyperparameters, made from their declaration.

It shows what *is*: a change that a user asks for goes out as a message and comes back as the
trainer's event, and only then does the panel show it. What cannot change while a run trains waits
for the next run and is marked so.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from core.run.hparams import SPECS, HyperparameterSpec, Value
from core.run.state import Run
from trainpad.errors import UserError
from tui.dashboard.steering import check_request
from tui.widgets.footer import CAPTURES_TYPING
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

VALUE_WIDTH = 11
VALID_PREFIXES = {
    int: re.compile(r"\d*"),
    float: re.compile(r"\d*\.?\d*|\d*\.?\d+e-?\d*"),
    tuple: re.compile(r"(\d+,)*\d*"),
    str: re.compile(r""),
}
"""How a value may begin, by its kind; a choice is turned with the arrows."""
HELP = "?"
"""The one sign that no value has and that means the same here as elsewhere."""

DISPLAY_ORDER = sorted(SPECS.values(), key=lambda declared: (declared.advanced, not declared.live))
"""The hyperparameters as they are shown: the live ones first, those few need last."""


def _title(declared: HyperparameterSpec) -> str:
    if declared.advanced:
        return "more"
    return "hyperparameters" if declared.live else "next run"


def _rows_with_titles() -> list[int | str]:
    """What stands in each row: the place of a hyperparameter in `SHOWN`, or a title."""
    rows: list[int | str] = []
    for index, declared in enumerate(DISPLAY_ORDER):
        title = _title(declared)
        if not index or title != _title(DISPLAY_ORDER[index - 1]):
            rows.append(title)
        rows.append(index)
    return rows


PANEL_ROWS = _rows_with_titles()


class Panel(TextWidget, can_focus=True):
    """Every hyperparameter: the live ones to turn now, the others for the next run."""

    DEFAULT_CSS = """
    Panel { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "select(-1)", "Up", id="panel.up", tooltip="The one above"),
        Binding("down", "select(1)", "Down", id="panel.down", tooltip="The one below"),
        Binding("left", "turn(-1)", "Less", id="panel.less", tooltip="Turn it down"),
        Binding("right", "turn(1)", "More", id="panel.more", tooltip="Turn it up"),
        Binding("enter", "enter", "Set", id="panel.set", key_display="enter",
                tooltip="Set what was typed"),
        Binding("backspace", "rub_out", "Rub out", show=False, id="panel.rub_out",
                tooltip="Take the last typed character back"),
        Binding("delete", "reset", "Default", id="panel.reset",
                tooltip="Back to the default"),
        Binding("escape", "leave", "Leave", id="panel.leave",
                tooltip="Forget what was typed, and leave the panel"),
    ]  # fmt: skip

    class ValueRequested(Message):
        """Somebody wants a hyperparameter to be this."""

        def __init__(self, name: str, value: Value) -> None:
            super().__init__()
            self.name = name
            self.value = value

    class NudgeRequested(Message):
        """Somebody wants a hyperparameter to be so many key presses larger."""

        def __init__(self, name: str, presses: int) -> None:
            super().__init__()
            self.name = name
            self.presses = presses

    def __init__(self) -> None:
        super().__init__(classes=CAPTURES_TYPING)
        self._run = Run()
        self._next_run_base: Run | None = None
        """The run after which those for the next run are meant."""
        self._next: dict[str, Value] = {}
        self._selected = 0
        self._typed_text = ""
        self._problem = ""
        self._typed_invalid = False
        """Whether what was typed held a sign that no value has: nothing more of it is taken."""

    @property
    def next_run(self) -> Mapping[str, Value]:
        """What the next run is to have otherwise than this one."""
        return self._next

    @property
    def _selected_hparam(self) -> HyperparameterSpec:
        return DISPLAY_ORDER[self._selected]

    def update_run(self, run: Run) -> None:
        """Show this run's; what waited for it has been used as soon as it has opened."""
        self._run = run
        if run.directory and run is not self._next_run_base:
            if self._next_run_base is not None:
                self._next.clear()
            self._next_run_base = run
        self.redraw()

    def get_content_height(self, *_sizes: object) -> int:
        """A row each, three titles, and one for help or a problem."""
        return len(SPECS) + 4

    # -- what is shown ------------------------------------------------------------------------

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """As much as there is room for around the chosen one, and a line of help for it."""
        shown = [
            self._hparam_row(entry, width) if isinstance(entry, int) else [(entry, "title")]
            for entry in PANEL_ROWS[self._first_row(height) :][: height - 1]
        ]
        return [*shown, [self._help_row(width)]]

    def _first_row(self, height: int) -> int:
        """The first row that is shown, so that the chosen one is."""
        if not self.has_focus:
            return 0
        entries, room = PANEL_ROWS, height - 1
        return max(0, min(entries.index(self._selected) - room // 2, len(entries) - room))

    def _hparam_row(self, number: int, width: int) -> list[Span]:
        declared = DISPLAY_ORDER[number]
        chosen = self.has_focus and number == self._selected
        value = declared.format(self._value(declared))
        if chosen and self._typed_text:
            value = self._typed_text + "_"
        less, more = ("‹", "›") if declared.live or chosen else (" ", " ")
        pending = declared.name in self._next
        role = "chosen" if chosen else "text" if declared.live or pending else "dim"
        shown = f"{less} {align_right(value, VALUE_WIDTH)} {more}"
        label = fit(f" {declared.label}", max(8, width - len(shown)))
        return [(label, role if chosen else "dim"), (shown, "live" if pending else role)]

    def _value(self, declared: HyperparameterSpec) -> Value:
        if declared.name in self._next:
            return self._next[declared.name]
        value: Value = getattr(self._run.hparams, declared.name)
        return value

    def _help_row(self, width: int) -> Span:
        if self._problem:
            return fit(f" {self._problem}", width), "alert"
        return fit(f" {self._selected_hparam.help}" if self.has_focus else "", width), "dim"

    # -- keys and mouse -----------------------------------------------------------------------

    def action_select(self, by: int) -> None:
        """Choose another one."""
        self._selected = (self._selected + by) % len(SPECS)
        self._clear_typed()
        self.redraw()

    def action_turn(self, presses: int) -> None:
        """Make the chosen one larger or smaller."""
        declared = self._selected_hparam
        if self._typed_text or declared.kind is tuple:
            return
        if declared.live and self._run.is_live:
            self.post_message(self.NudgeRequested(declared.name, presses))
        else:
            self._submit(declared, declared.stepped(self._value(declared), presses))

    def action_enter(self) -> None:
        """Take what was typed."""
        if self._typed_invalid:
            self._clear_typed()
        elif self._typed_text:
            self._submit(self._selected_hparam, self._typed_text)

    def action_reset(self) -> None:
        """Back to the default, or to what this run has."""
        self._next.pop(self._selected_hparam.name, None)
        self._clear_typed()
        if self._selected_hparam.live:
            self._submit(self._selected_hparam, self._selected_hparam.default)
        self.redraw()

    def action_rub_out(self) -> None:
        """Take a typed character back, or all of what was no value."""
        self._typed_text, self._problem, self._typed_invalid = self._typed_text[:-1], "", False
        self.redraw()

    def action_leave(self) -> None:
        """Leave, which forgets what was typed."""
        self.screen.set_focus(None)

    def on_key(self, event: events.Key) -> None:
        """Take what may stand in a value; all else that can be typed is no command here either."""
        if not event.is_printable or event.character is None or event.character == HELP:
            return
        typed = self._typed_text + event.character
        if self._typed_invalid or not VALID_PREFIXES[self._selected_hparam.kind].fullmatch(typed):
            self._typed_text, self._typed_invalid = "", True
            turned = self._selected_hparam.kind is str
            self._problem = "the arrows turn it" if turned else "numbers only; esc leaves it"
        else:
            self._typed_text, self._problem = typed[:VALUE_WIDTH], ""
        event.stop()
        event.prevent_default()
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Choose the one that was clicked; its arrows turn it."""
        row = event.y + self._first_row(self.size.height)
        entry = PANEL_ROWS[row] if row < len(PANEL_ROWS) else ""
        if not isinstance(entry, int) or event.y == self.size.height - 1:
            return
        self._selected = entry
        self._clear_typed()
        from_right = self.size.width - event.x
        if from_right <= 2:
            self.action_turn(1)
        elif VALUE_WIDTH + 2 <= from_right <= VALUE_WIDTH + 5:
            self.action_turn(-1)
        self.redraw()

    def on_focus(self) -> None:
        """Show which one is chosen."""
        self.redraw()

    def on_blur(self) -> None:
        """Show none as chosen."""
        self._clear_typed()
        self.redraw()

    def _clear_typed(self) -> None:
        """Forget what was typed, with what was wrong with it."""
        self._typed_text, self._problem, self._typed_invalid = "", "", False

    def _submit(self, declared: HyperparameterSpec, value: object) -> None:
        steers = declared.live and self._run.is_live
        try:
            wanted = declared.check(value)
            if steers:
                check_request(self._run, declared.name, wanted)
        except UserError as error:
            self._problem = str(error)
        else:
            self._clear_typed()
            if steers:
                self.post_message(self.ValueRequested(declared.name, wanted))
            elif wanted == getattr(self._run.hparams, declared.name):
                self._next.pop(declared.name, None)
            else:
                self._next[declared.name] = wanted
        self.redraw()
