"""The panel of hyperparameters, generated from their specs.

It shows the current values: a change that the user requests is posted as a message, and shown only
once the trainer's event confirms it. Hyperparameters that cannot change while a run trains are
kept for the next run, and marked.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from core.run.declared import value_of
from core.run.hparams import MAX_TEXT, SPECS, HyperparameterSpec, Value
from core.run.state import RunState
from core.run.status import RunStatus
from trainpad.errors import UserError
from tui.dashboard.steering import check_request
from tui.train.panel_rows import panel_rows
from tui.widgets.footer import CAPTURES_TYPING
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

VALUE_WIDTH = 11
SMALLER_RATE = -5
"""Key presses from a learning rate that diverged to the one that is proposed: about a third."""
VALID_PREFIXES = {
    int: re.compile(r"\d*"),
    float: re.compile(r"\d*\.?\d*|\d*\.?\d+e-?\d*"),
    str: re.compile(r""),
}
"""What a value may begin with, by its type; of a choice nothing is typed."""
TEXT_PREFIX = re.compile(r"[\w., ]*")
"""What a text without choices may begin with."""
HELP = "?"
"""A command here as elsewhere; no value contains it."""
IN_VALUES = ".,-"
"""The characters of values besides letters and digits."""
RESUME = "r"
"""The one letter that is a command here as elsewhere, unless the value is a word, or is typed."""


class Panel(TextWidget, can_focus=True):
    """Every hyperparameter: live ones to change now, the others for the next run."""

    KEYS_TITLE = "panel of hyperparameters (tab)"
    PASSED_ACTIONS = frozenset({"pause"})
    """Actions of the screen that the row of keys shows here too."""
    DEFAULT_CSS = """
    Panel { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "select(-1)", "Up", id="panel.up", tooltip="Previous hyperparameter"),
        Binding("down", "select(1)", "Down", id="panel.down", tooltip="Next hyperparameter"),
        Binding("left", "nudge(-1)", "Less", id="panel.less", tooltip="Decrease"),
        Binding("right", "nudge(1)", "More", id="panel.more", tooltip="Increase"),
        Binding("enter", "enter", "Set", id="panel.set", key_display="enter",
                tooltip="Set the typed value"),
        Binding("backspace", "backspace", "Backspace", show=False, id="panel.backspace",
                tooltip="Delete the last character"),
        Binding("delete", "reset", "Default", id="panel.reset",
                tooltip="Take back a value for the next run, or reset to the default"),
        Binding("escape", "leave", "Leave", id="panel.leave",
                tooltip="Discard the typed value, and leave the panel"),
    ]  # fmt: skip

    class ValueRequested(Message):
        """A value was requested for a live hyperparameter."""

        def __init__(self, name: str, value: Value) -> None:
            super().__init__()
            self.name = name
            self.value = value

    class NudgeRequested(Message):
        """A live hyperparameter was requested larger by this many key presses."""

        def __init__(self, name: str, presses: int) -> None:
            super().__init__()
            self.name = name
            self.presses = presses

    def __init__(self) -> None:
        super().__init__(classes=CAPTURES_TYPING)
        self._run = RunState()
        self._next_run_base: RunState | None = None
        """The run that the values in `_next` were selected after."""
        self._next: dict[str, Value] = {}
        self._diverged: RunState | None = None
        """The run that has diverged, for which a smaller learning rate was proposed."""
        self._shown = panel_rows({}, "")
        self._selected = 0
        self._dimmed: frozenset[str] = frozenset()
        self._typed_text = ""
        self._problem = ""
        self._typed_invalid = False
        """Whether a character was typed that is in no value: the rest of the input is ignored."""

    @property
    def next_run(self) -> Mapping[str, Value]:
        """The hyperparameters that the next run has changed."""
        return self._next

    @property
    def _selected_hparam(self) -> HyperparameterSpec:
        return self._shown.specs[self._selected]

    def update_run(self, run: RunState) -> None:
        """Show this run's values; once another run has opened, those for the next run were used."""
        self._run = run
        self._show_own_values(run)
        if run.directory and run is not self._next_run_base:
            if self._next_run_base is not None:
                self._next.clear()
            self._next_run_base = run
        self._avoid_divergence(run)
        self.redraw()

    def _show_own_values(self, run: RunState) -> None:
        """Show what the run's model asks for; the selected value stays selected."""
        model = run.hparams.network.partition(" ")[2]
        shown = panel_rows(run.own.specs, model)
        if shown != self._shown:
            selected = self._selected_hparam.name
            names = [spec.name for spec in shown.specs]
            self._shown = shown
            self._selected = names.index(selected) if selected in names else 0
            self.refresh(layout=True)

    def _avoid_divergence(self, run: RunState) -> None:
        """Propose a smaller learning rate, once, after the run's own has diverged."""
        if run.status is RunStatus.DIVERGED and run is not self._diverged:
            self._diverged = run
            rate = SPECS["learning_rate"].stepped(run.hparams.learning_rate, SMALLER_RATE)
            self._next.setdefault("learning_rate", rate)

    def get_content_height(self, *_sizes: object) -> int:
        """One row for each, the titles, and one for help or a problem."""
        return len(self._shown.rows) + 1

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing to the selected value."""
        spec, value = self._selected_hparam, self._value(self._selected_hparam)
        can_reset = self._typed_text or spec.name in self._next or value != spec.default
        possible = {
            "select(-1)": self._selected > 0,
            "select(1)": self._selected < len(self._shown.specs) - 1,
            **{
                f"nudge({presses})": not self._typed_text and spec.stepped(value, presses) != value
                for presses in (-1, 1)
            },
            "enter": self._typed_text,
            "reset": can_reset,
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
        """As many rows as fit around the selected one, and its help text."""
        rows = self._shown.rows[self._first_row(height) :][: height - 1]
        if rows and isinstance(rows[-1], str):  # the title of rows that do not fit
            rows = [*rows[:-1], ""]
        shown = [
            self._hparam_row(row, width) if isinstance(row, int) else [(row, "title")]
            for row in rows
        ]
        return [*shown, [self._help_row(width)]]

    def _first_row(self, height: int) -> int:
        """The first visible row, so that the selected one is visible."""
        if not self.has_focus:
            return 0
        visible = height - 1
        first = self._shown.rows.index(self._selected) - visible // 2
        return max(0, min(first, len(self._shown.rows) - visible))

    def _hparam_row(self, index: int, width: int) -> list[Span]:
        spec = self._shown.specs[index]
        selected = self.has_focus and index == self._selected
        value = spec.format(self._value(spec))
        if selected and self._typed_text:
            value = (self._typed_text + "_")[-VALUE_WIDTH:]
        less, more = ("‹", "›") if spec.live or selected else (" ", " ")
        pending = spec.name in self._next
        role = "selected" if selected else "text" if spec.live or pending else "dim"
        shown = f"{less} {align_right(value, VALUE_WIDTH)} {more}"
        label = fit(f" {spec.label}", max(8, width - len(shown)))
        return [(label, role if selected else "dim"), (shown, "live" if pending else role)]

    def _value(self, spec: HyperparameterSpec) -> Value:
        if spec.name in self._next:
            return self._next[spec.name]
        return value_of(self._run, spec.name)

    def _help_row(self, width: int) -> Span:
        if self._problem:
            return fit(f" {self._problem}", width), "alert"
        spec = self._selected_hparam
        value = self._typed_text or spec.format(self._value(spec))
        text = value if spec.canonical is not None and len(value) >= VALUE_WIDTH else spec.help
        return fit(f" {text}" if self.has_focus else "", width), "dim"

    # -- keys and mouse -----------------------------------------------------------------------

    def action_select(self, by: int) -> None:
        """Select the hyperparameter this many rows below."""
        self._selected = max(0, min(self._selected + by, len(self._shown.specs) - 1))
        self._clear_typed()
        self.redraw()

    def action_nudge(self, presses: int) -> None:
        """Increase or decrease the selected hyperparameter."""
        spec = self._selected_hparam
        if self._typed_text or spec.canonical is not None:
            return
        if spec.live and self._run.is_live:
            self.post_message(self.NudgeRequested(spec.name, presses))
        else:
            self._submit(spec, spec.stepped(self._value(spec), presses))

    def action_enter(self) -> None:
        """Set the typed value."""
        if self._typed_invalid:
            self._clear_typed()
        elif self._typed_text:
            self._submit(self._selected_hparam, self._typed_text)

    def action_reset(self) -> None:
        """Take back a value for the next run; without one, reset to the default."""
        spec = self._selected_hparam
        self._clear_typed()
        if self._next.pop(spec.name, None) is None:
            self._submit(spec, spec.default)
        self.redraw()

    def action_backspace(self) -> None:
        """Delete the last character, or all of an invalid input."""
        self._typed_text, self._problem, self._typed_invalid = self._typed_text[:-1], "", False
        self.redraw()

    def action_leave(self) -> None:
        """Leave the panel; losing the focus discards the input."""
        self.screen.set_focus(None)

    def on_key(self, event: events.Key) -> None:
        """Append a character that a value can contain.

        Other letters are refused, since they may be a word that was meant for a value; characters
        that are in no word are left to the screen.
        """
        if not event.is_printable or event.character is None or self._is_command(event.character):
            return
        typed = self._typed_text + event.character
        spec = self._selected_hparam
        valid = TEXT_PREFIX if spec.canonical is not None else VALID_PREFIXES[spec.kind]
        if self._typed_invalid or not valid.fullmatch(typed):
            self._typed_text, self._typed_invalid = "", True
            is_choice = spec.kind is str
            self._problem = "use ← and →" if is_choice else "numbers only; esc to leave"
        else:
            limit = MAX_TEXT if spec.canonical is not None else VALUE_WIDTH
            self._typed_text, self._problem = typed[:limit], ""
        event.stop()
        event.prevent_default()
        self.redraw()

    def _is_command(self, character: str) -> bool:
        """Whether this is a key of the screen here as well: ``?``, space, ``[``, ``]``, ``r``."""
        if character == HELP:
            return True
        if self._typed_text or self._typed_invalid:
            return False
        if character == RESUME:
            return self._selected_hparam.kind is not str
        return not (character.isalnum() or character in IN_VALUES)

    def on_click(self, event: events.Click) -> None:
        """Select the clicked hyperparameter; a click on its arrows changes it."""
        row = event.y + self._first_row(self.size.height)
        entry = self._shown.rows[row] if row < len(self._shown.rows) else ""
        if not isinstance(entry, int) or event.y == self.size.height - 1:
            return
        self._selected = entry
        self._clear_typed()
        from_right = self.size.width - event.x
        if from_right <= 2:
            self.action_nudge(1)
        elif VALUE_WIDTH + 2 <= from_right <= VALUE_WIDTH + 5:
            self.action_nudge(-1)
        self.redraw()

    def on_focus(self) -> None:
        """Show which hyperparameter is selected."""
        self.redraw()

    def on_blur(self) -> None:
        """Show none as selected."""
        self._clear_typed()
        self.redraw()

    def _clear_typed(self) -> None:
        self._typed_text, self._problem, self._typed_invalid = "", "", False

    def _submit(self, spec: HyperparameterSpec, value: object) -> None:
        can_steer = spec.live and self._run.is_live
        try:
            checked = spec.check(value)
            if can_steer:
                check_request(self._run, spec.name, checked)
        except UserError as error:
            self._problem = str(error)
        else:
            self._clear_typed()
            if can_steer:
                self.post_message(self.ValueRequested(spec.name, checked))
            elif checked == value_of(self._run, spec.name):
                self._next.pop(spec.name, None)
            else:
                self._next[spec.name] = checked
        self.redraw()
