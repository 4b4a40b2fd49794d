"""What keys request of the program that trains an attached run, and what they do to a replay."""

from collections.abc import Mapping
from typing import Final

from textual import on

from core.run.state import RunState
from core.run.status import RunStatus
from tui.dashboard.screen import DashboardScreen
from tui.metrics.knobs import KnobPanel, rates_first
from tui.metrics.requests import ACTIONS, HOW
from tui.widgets.text_widget import elide_middle

KNOB_ACTIONS: Final = frozenset({"nudge(-1)", "nudge(1)"})
MAX_KEY_NAME: Final = 16
"""Cells of a value's name in the row of keys."""
SHORT_KEY_NAME: Final = 4
"""Cells up to which it is there twice: both keys are to fit into 80 columns."""
REPLAY_ACTIONS: Final = frozenset({"pause", *KNOB_ACTIONS})
"""The keys that do something to a replay, in place of training."""


class SteeringScreen(DashboardScreen):
    """A screen with the values of a program, on which requests can be made of it."""

    WRITE_ACTIONS = frozenset({"pause", "request_save", "evaluate"} | KNOB_ACTIONS)

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()

    @property
    def disabled_actions(self) -> frozenset[str]:
        """The actions that this window, this program or a replay does not know."""
        if self.host.run_context.playback is not None:
            return (self.WRITE_ACTIONS | {"app.ask_stop"}) - REPLAY_ACTIONS
        program = self._run.program
        unknown = {action for action, request in ACTIONS.items() if request not in program.requests}
        if not program.knobs:
            unknown |= KNOB_ACTIONS
        return super().disabled_actions | unknown

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing in the run's present state."""
        context = self.host.run_context
        if context.playback is not None:
            return super().dimmed_actions.union(() if self._run.is_live else REPLAY_ACTIONS)
        blocked = self.WRITE_ACTIONS if context.steering.blocked_reason else ()
        return super().dimmed_actions.union(blocked)

    @property
    def key_names(self) -> Mapping[str, str]:
        """The key that pauses resumes as well; others are named after what they change."""
        if keys := self.host.run_context.replay_keys:
            return keys
        names = {}
        if (knob := self._first_knob) is not None:
            shown = elide_middle(knob, min(len(knob), MAX_KEY_NAME))
            up = f"{shown} up" if len(shown) <= SHORT_KEY_NAME else "up"
            names = {"nudge(-1)": f"{shown} down", "nudge(1)": up}
        if self._run.status is RunStatus.PAUSED:
            names["pause"] = "Resume"
        return names

    @property
    def _first_knob(self) -> str | None:
        """The name of the value that ``[`` and ``]`` change: a learning rate, or else the first."""
        return next(iter(rates_first(self._run.program.knobs)), None)

    def _refused(self, action: str) -> bool:
        """Whether the program does not know a request; a toast then says why."""
        request = ACTIONS[action]
        if request in self._run.program.requests:
            return False
        self.host.toast(f"this program cannot {request}: {HOW[request]}")
        return True

    def action_pause(self) -> None:
        """Pause or resume; of a replay, stop or go on with it."""
        context = self.host.run_context
        if context.playback is not None or not self._refused("pause"):
            self.host.report(context.toggle_pause())

    def action_nudge(self, presses: int) -> None:
        """Increase or decrease the first value; of a replay, its speed."""
        context, name = self.host.run_context, self._first_knob
        if context.playback is not None or name is not None:
            self.host.report(context.nudge(name or "", presses))
        else:
            self.host.toast("this program has no values to change: it makes none with run.live")

    def action_evaluate(self) -> None:
        """Ask for an evaluation."""
        if not self._refused("evaluate"):
            self.host.report(self.host.run_context.steering.evaluate())

    def action_request_save(self) -> None:
        """Ask for a checkpoint."""
        if not self._refused("request_save"):
            self.host.report(self.host.run_context.steering.checkpoint())

    def action_panel(self) -> None:
        """Enter or leave the panel."""
        panel = self.query_one(KnobPanel)
        self.set_focus(None if panel.has_focus or not panel.display else panel)

    @on(KnobPanel.ValueRequested)
    def _request_value(self, message: KnobPanel.ValueRequested) -> None:
        self.host.report(self.host.run_context.steering.set(message.name, message.value))

    @on(KnobPanel.NudgeRequested)
    def _request_nudge(self, message: KnobPanel.NudgeRequested) -> None:
        self.host.report(self.host.run_context.steering.nudge(message.name, message.presses))
