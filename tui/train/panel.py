"""The panel of hyperparameters, generated from their specs.

It shows the current values: a change that the user requests is posted as a message, and shown only
once the trainer's event confirms it. Hyperparameters that cannot change while a run trains are
kept for the next run, and marked.
"""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from core.run.declared import value_of
from core.run.hparams import MAX_TEXT, HyperparameterSpec, Value
from core.run.layers import OWN
from core.run.smaller_rate import smaller_rate
from core.run.state import RunState
from core.run.status import RunStatus
from trainpad.errors import UserError
from tui.dashboard.steering import check_request
from tui.dashboard.values_panel import HELP, VALUE_WIDTH, ValueRow, ValuesPanel, value_bindings
from tui.train.panel_rows import panel_rows

VALID_PREFIXES = {
    int: re.compile(r"\d*"),
    float: re.compile(r"\d*\.?\d*|\d*\.?\d+e-?\d*"),
    str: re.compile(r""),
}
"""What a value may begin with, by its type; of a choice nothing is typed."""
TEXT_PREFIX = re.compile(r"[\w., ]*")
"""What a text without choices may begin with."""
IN_VALUES = ".,-"
"""The characters of values besides letters and digits."""
RESUME = "r"
"""The one letter that is a command here as elsewhere, unless the value is a word, or is typed."""


class Panel(ValuesPanel):
    """Every hyperparameter: live ones to change now, the others for the next run."""

    KEYS_TITLE = "panel of hyperparameters (tab)"
    PASSED_ACTIONS = frozenset({"pause"})
    """Actions of the screen that the row of keys shows here too."""
    DEFAULT_CSS = """
    Panel { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = value_bindings(
        "panel", "hyperparameter",
        Binding("delete", "reset", "Default", id="panel.reset",
                tooltip="Take back a value for the next run, or reset to the default"),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._next_run_base: RunState | None = None
        """The run that the values in `_next` were selected after."""
        self._next: dict[str, Value] = {}
        self._diverged: RunState | None = None
        """The run that has diverged, for which a smaller learning rate was proposed."""
        self._shown = panel_rows({}, "")
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
        kind, _, model = run.hparams.network.partition(" ")
        shown = panel_rows(run.own.specs, model if kind == OWN else "")
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
            self._next.setdefault("learning_rate", smaller_rate(run.hparams.learning_rate))

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing to the selected value."""
        spec, value = self._selected_hparam, self._value(self._selected_hparam)
        dimmed = {
            f"adjust({presses})"
            for presses in (-1, 1)
            if self._typed_text or spec.stepped(value, presses) == value
        }
        if not (self._typed_text or spec.name in self._next or value != spec.default):
            dimmed.add("reset")
        return super().dimmed_actions | dimmed

    # -- what is shown ------------------------------------------------------------------------

    @property
    def _rows(self) -> Sequence[ValueRow | str]:
        specs, rows = self._shown
        return [row if isinstance(row, str) else self._row(specs[row]) for row in rows]

    def _row(self, spec: HyperparameterSpec) -> ValueRow:
        is_pending = spec.name in self._next
        role = "live" if is_pending else "text" if spec.live else "dim"
        return ValueRow(spec.label, spec.format(self._value(spec)), role, is_pending, spec.live)

    def _value(self, spec: HyperparameterSpec) -> Value:
        if spec.name in self._next:
            return self._next[spec.name]
        return value_of(self._run, spec.name)

    def _help_text(self, width: int) -> str:  # noqa: ARG002 - it is wrapped
        spec = self._selected_hparam
        value = self._typed_text or spec.format(self._value(spec))
        return value if spec.canonical is not None and len(value) >= VALUE_WIDTH else spec.help

    # -- keys ---------------------------------------------------------------------------------

    def action_adjust(self, presses: int) -> None:
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
        self._typed_invalid = False
        super().action_backspace()

    def _type(self, character: str) -> None:
        """Append a character that a value can contain.

        Other letters are refused, since they may be a word that was meant for a value; characters
        that are in no word are left to the screen.
        """
        typed = self._typed_before + character
        spec = self._selected_hparam
        valid = TEXT_PREFIX if spec.canonical is not None else VALID_PREFIXES[spec.kind]
        if self._typed_invalid or not valid.fullmatch(typed):
            self._typed_text, self._typed_invalid = "", True
            is_choice = spec.kind is str
            self._problem = "use ← and →" if is_choice else "numbers only; esc to leave"
        else:
            limit = MAX_TEXT if spec.canonical is not None else VALUE_WIDTH
            self._typed_text, self._problem = typed[:limit], ""
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

    def _clear_typed(self) -> None:
        super()._clear_typed()
        self._typed_invalid = False

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
