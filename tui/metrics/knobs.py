"""The panel of the values that a program declares, to be changed while it trains."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from textual.binding import BindingType

from core.run.knob_steps import as_text, limits_text, parsed, stepped
from core.run.state import RunState
from trainpad.errors import UserError
from trainpad.knobs import Knob
from trainpad.text import sanitize, sanitize_name
from tui.dashboard.values_panel import ValueRow, ValuesPanel, value_bindings
from tui.metrics.no_numbers import only_prints
from tui.widgets.text_widget import Span, fit

MAX_TYPED = 40
RATE_NAMES: Final = ("lr", "learning_rate", "lr_scale")


def rates_first(names: Iterable[str]) -> list[str]:
    """The names of values in the order in which they are shown: those of a learning rate first.

    ``[`` and ``]`` change the first one, so it is also the one that is shown where room is short.
    """
    return sorted(names, key=lambda name: name not in RATE_NAMES)


class KnobPanel(ValuesPanel):
    """Every declared value, with the keys that change it."""

    KEYS_TITLE = "panel of values (tab)"
    DEFAULT_CSS = """
    KnobPanel { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = value_bindings("knobs", "value")

    def __init__(self) -> None:
        super().__init__()
        self._height = 0

    def update_run(self, run: RunState) -> None:
        """Show this run's values; nothing, where its program only prints and can have none."""
        self.display = bool(run.program.knobs) or not only_prints(run)
        if run is not self._run:
            self._run, self._selected = run, 0
            self._clear_typed()
        if (height := self.get_content_height()) != self._height:
            self._height = height
            self._selected = max(0, min(self._selected, len(self._knobs) - 1))
            self.refresh(layout=True)
        self.redraw()

    @property
    def _knobs(self) -> list[Knob[Any]]:
        knobs = self._run.program.knobs
        return [knobs[name] for name in rates_first(knobs)]

    @property
    def _knob(self) -> Knob[Any] | None:
        knobs = self._knobs
        return knobs[min(self._selected, len(knobs) - 1)] if knobs else None

    # -- what is shown ------------------------------------------------------------------------

    @property
    def _rows(self) -> Sequence[ValueRow | str]:
        rows = (ValueRow(sanitize_name(knob.name), as_text(knob.value)) for knob in self._knobs)
        return ["values", *rows]

    def _help_text(self, width: int) -> str:
        return "" if self._knob is None else limits_text(self._knob, width)

    def get_content_height(self, *_sizes: object) -> int:
        """A title, one row for each value, and one for its limits or a problem."""
        return 2 + max(1, len(self._knobs))

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing to the selected value."""
        knob, is_live = self._knob, self._run.is_live
        can_step = is_live and knob is not None and not self._typed_text
        dimmed = {
            f"adjust({presses})"
            for presses in (-1, 1)
            if not can_step or knob is None or stepped(knob, knob.value, presses) == knob.value
        }
        return super().dimmed_actions | dimmed | (set() if is_live else {"enter"})

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The title, as many values as fit around the selected one, and its limits."""
        if self._knobs:
            return super().lines(width, height)
        hints = (" none declared: run.live(name, value)", " none: run.live(name, value)")
        hint = hints[len(hints[0]) > width]
        return [[("values", "title")], [(fit(hint, width), "dim")]]

    # -- keys ---------------------------------------------------------------------------------

    def action_adjust(self, presses: int) -> None:
        """Increase or decrease the selected value."""
        if (knob := self._knob) is not None and not self._typed_text:
            self.post_message(self.NudgeRequested(knob.name, presses))

    def action_enter(self) -> None:
        """Set the typed value."""
        knob = self._knob
        if knob is None or not self._typed_text:
            return
        try:
            value = parsed(knob, self._typed_text)
        except UserError as error:
            self._problem = sanitize(str(error), limit=200)
        else:
            self._clear_typed()
            self.post_message(self.ValueRequested(knob.name, value))
        self.redraw()

    def _type(self, character: str) -> None:
        """Append a typed character."""
        typed = self._typed_before + character
        self._typed_text, self._problem = typed[:MAX_TYPED], ""
        self.redraw()
