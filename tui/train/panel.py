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

from core.run.hparams import DECLARED, Hyperparameter, Value
from core.run.state import Run
from trainpad.errors import UserError
from tui.dashboard.steering import check_wish
from tui.widgets.footer import TYPED_INTO
from tui.widgets.text_widget import Lines, Part, fit, right

VALUE_WIDTH = 11
BEGINNINGS = {
    int: re.compile(r"\d*"),
    float: re.compile(r"\d*\.?\d*|\d*\.?\d+e-?\d*"),
    tuple: re.compile(r"(\d+,)*\d*"),
    str: re.compile(r""),
}
"""How a value may begin, by its kind; a choice is turned with the arrows."""
HELP = "?"
"""The one sign that no value has and that means the same here as elsewhere."""

SHOWN = sorted(DECLARED.values(), key=lambda declared: (declared.minor, not declared.live))
"""The hyperparameters as they are shown: the live ones first, those few need last."""


def _title(declared: Hyperparameter) -> str:
    if declared.minor:
        return "more"
    return "hyperparameters" if declared.live else "next run"


def _titled() -> list[int | str]:
    """What stands in each row: the place of a hyperparameter in `SHOWN`, or a title."""
    rows: list[int | str] = []
    for place, declared in enumerate(SHOWN):
        title = _title(declared)
        if not place or title != _title(SHOWN[place - 1]):
            rows.append(title)
        rows.append(place)
    return rows


ENTRIES = _titled()


class Panel(Lines, can_focus=True):
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

    class Asked(Message):
        """Somebody wants a hyperparameter to be this."""

        def __init__(self, name: str, value: Value) -> None:
            super().__init__()
            self.name = name
            self.value = value

    class Turned(Message):
        """Somebody wants a hyperparameter to be so many key presses larger."""

        def __init__(self, name: str, presses: int) -> None:
            super().__init__()
            self.name = name
            self.presses = presses

    def __init__(self) -> None:
        super().__init__(classes=TYPED_INTO)
        self._run = Run()
        self._waits_for: Run | None = None
        """The run after which those for the next run are meant."""
        self._next: dict[str, Value] = {}
        self._chosen = 0
        self._typed = ""
        self._problem = ""
        self._spoilt = False
        """Whether what was typed held a sign that no value has: nothing more of it is taken."""

    @property
    def next_run(self) -> Mapping[str, Value]:
        """What the next run is to have otherwise than this one."""
        return self._next

    @property
    def _current(self) -> Hyperparameter:
        return SHOWN[self._chosen]

    def show(self, run: Run) -> None:
        """Show this run's; what waited for it has been used as soon as it has opened."""
        self._run = run
        if run.directory and run is not self._waits_for:
            if self._waits_for is not None:
                self._next.clear()
            self._waits_for = run
        self.update_rows()

    def get_content_height(self, *_sizes: object) -> int:
        """A row each, three titles, and one for help or a problem."""
        return len(DECLARED) + 4

    # -- what is shown ------------------------------------------------------------------------

    def lines(self, width: int, height: int) -> list[list[Part]]:
        """As much as there is room for around the chosen one, and a line of help for it."""
        shown = [
            self._line(entry, width) if isinstance(entry, int) else [(entry, "title")]
            for entry in ENTRIES[self._first(height) :][: height - 1]
        ]
        return [*shown, [self._foot(width)]]

    def _first(self, height: int) -> int:
        """The first row that is shown, so that the chosen one is."""
        if not self.has_focus:
            return 0
        entries, room = ENTRIES, height - 1
        return max(0, min(entries.index(self._chosen) - room // 2, len(entries) - room))

    def _line(self, number: int, width: int) -> list[Part]:
        declared = SHOWN[number]
        chosen = self.has_focus and number == self._chosen
        value = declared.show(self._value(declared))
        if chosen and self._typed:
            value = self._typed + "_"
        less, more = ("‹", "›") if declared.live or chosen else (" ", " ")
        pending = declared.name in self._next
        role = "chosen" if chosen else "text" if declared.live or pending else "dim"
        shown = f"{less} {right(value, VALUE_WIDTH)} {more}"
        label = fit(f" {declared.label}", max(8, width - len(shown)))
        return [(label, role if chosen else "dim"), (shown, "live" if pending else role)]

    def _value(self, declared: Hyperparameter) -> Value:
        if declared.name in self._next:
            return self._next[declared.name]
        value: Value = getattr(self._run.hparams, declared.name)
        return value

    def _foot(self, width: int) -> Part:
        if self._problem:
            return fit(f" {self._problem}", width), "alert"
        return fit(f" {self._current.help}" if self.has_focus else "", width), "dim"

    # -- keys and mouse -----------------------------------------------------------------------

    def action_select(self, by: int) -> None:
        """Choose another one."""
        self._chosen = (self._chosen + by) % len(DECLARED)
        self._forget_typed()
        self.update_rows()

    def action_turn(self, presses: int) -> None:
        """Make the chosen one larger or smaller."""
        declared = self._current
        if self._typed or declared.kind is tuple:
            return
        if declared.live and self._run.live:
            self.post_message(self.Turned(declared.name, presses))
        else:
            self._want(declared, declared.stepped(self._value(declared), presses))

    def action_enter(self) -> None:
        """Take what was typed."""
        if self._spoilt:
            self._forget_typed()
        elif self._typed:
            self._want(self._current, self._typed)

    def action_reset(self) -> None:
        """Back to the default, or to what this run has."""
        self._next.pop(self._current.name, None)
        self._forget_typed()
        if self._current.live:
            self._want(self._current, self._current.default)
        self.update_rows()

    def action_rub_out(self) -> None:
        """Take a typed character back, or all of what was no value."""
        self._typed, self._problem, self._spoilt = self._typed[:-1], "", False
        self.update_rows()

    def action_leave(self) -> None:
        """Leave, which forgets what was typed."""
        self.screen.set_focus(None)

    def on_key(self, event: events.Key) -> None:
        """Take what may stand in a value; all else that can be typed is no command here either."""
        if not event.is_printable or event.character is None or event.character == HELP:
            return
        typed = self._typed + event.character
        if self._spoilt or not BEGINNINGS[self._current.kind].fullmatch(typed):
            self._typed, self._spoilt = "", True
            turned = self._current.kind is str
            self._problem = "the arrows turn it" if turned else "numbers only; esc leaves it"
        else:
            self._typed, self._problem = typed[:VALUE_WIDTH], ""
        event.stop()
        event.prevent_default()
        self.update_rows()

    def on_click(self, event: events.Click) -> None:
        """Choose the one that was clicked; its arrows turn it."""
        row = event.y + self._first(self.size.height)
        entry = ENTRIES[row] if row < len(ENTRIES) else ""
        if not isinstance(entry, int) or event.y == self.size.height - 1:
            return
        self._chosen = entry
        self._forget_typed()
        from_right = self.size.width - event.x
        if from_right <= 2:
            self.action_turn(1)
        elif VALUE_WIDTH + 2 <= from_right <= VALUE_WIDTH + 5:
            self.action_turn(-1)
        self.update_rows()

    def on_focus(self) -> None:
        """Show which one is chosen."""
        self.update_rows()

    def on_blur(self) -> None:
        """Show none as chosen."""
        self._forget_typed()
        self.update_rows()

    def _forget_typed(self) -> None:
        """Forget what was typed, with what was wrong with it."""
        self._typed, self._problem, self._spoilt = "", "", False

    def _want(self, declared: Hyperparameter, value: object) -> None:
        steers = declared.live and self._run.live
        try:
            wanted = declared.check(value)
            if steers:
                check_wish(self._run, declared.name, wanted)
        except UserError as error:
            self._problem = str(error)
        else:
            self._forget_typed()
            if steers:
                self.post_message(self.Asked(declared.name, wanted))
            elif wanted == getattr(self._run.hparams, declared.name):
                self._next.pop(declared.name, None)
            else:
                self._next[declared.name] = wanted
        self.update_rows()
