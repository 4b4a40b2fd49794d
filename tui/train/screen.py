"""The Train screen: loss and accuracy while they are computed, and the controls of the run."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from core.output.counted import counted
from core.run.declared import spec_of
from core.run.hparams import HyperParameters, Value, update_hparams
from core.run.own_hparams import is_own_value
from core.run.state import RunState
from core.run.status import RunStatus
from core.rundir import checkpoint
from core.rundir.resume import ResumePoint
from core.rundir.rundir import RunDir
from data.dataset import SPLITS
from trainpad.errors import UserError
from tui.chart.chart import Chart
from tui.chart.keys import ChartAction, chart_bindings
from tui.chart.marks import marks_of
from tui.chart.view_settings import restore_view, save_view
from tui.curves.own_lines import accuracies_of, losses_of
from tui.dashboard.messages import MessageLog
from tui.dashboard.resuming import why_not_resumable
from tui.dashboard.screen import DashboardScreen
from tui.dashboard.system_stats import SystemStatsRow
from tui.train.evaluations import EvaluationTable
from tui.train.panel import Panel
from tui.widgets.dialogs import BranchDialog, NewRunDialog

HIDEABLE_PARTS = {
    "panel": ("P", "panel of hyperparameters"),
    "precision": ("R", "precision @ 1 chart"),
    "table": ("T", "table of evaluations (* is the best on validation)"),
    "messages": ("M", "messages"),
    "gauges": ("G", "system statistics"),
}
"""The parts that can be hidden, by their names in the settings: key and description."""
NOT_PAUSED = (RunStatus.STARTING, RunStatus.TRAINING)
STEERING_ACTIONS = frozenset({"nudge(-1)", "nudge(1)", "evaluate", "step", "checkpoint"})
REPLAY_ACTIONS = frozenset({"pause", "nudge(-1)", "nudge(1)"})
"""The keys that do something to a replay, in place of training."""


class TrainScreen(DashboardScreen):
    """Watch the training and steer it."""

    NAME = "train"
    WRITE_ACTIONS = frozenset({"pause", "resume", "new_run", "branch"} | STEERING_ACTIONS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", id="train.pause",
                tooltip="Pause or resume; resume a run that is over with the panel's values"),
        Binding("r", "resume", "Resume", show=False, id="train.resume",
                tooltip="Resume a run that is paused, or over, with the panel's values"),
        Binding("left_square_bracket", "nudge(-1)", "Rate down", id="train.slower", key_display="[",
                tooltip="Learning rate down by a fifth"),
        Binding("right_square_bracket", "nudge(1)", "Rate up", id="train.faster", key_display="]",
                tooltip="Learning rate up by a quarter"),
        Binding("e", "evaluate", "Evaluate", id="train.evaluate",
                tooltip="Evaluate on all splits now, and save a checkpoint"),
        Binding("s", "step", "Step", id="train.step", tooltip="One step, while paused"),
        Binding("c", "checkpoint", "Checkpoint", id="train.checkpoint",
                tooltip="Save a checkpoint now, and evaluate it"),
        Binding("tab", "panel", "Panel", id="train.panel",
                tooltip="Enter or leave the panel of hyperparameters", priority=True),
        *chart_bindings("train", in_footer={"log"}),
        Binding("n", "new_run", "New", id="train.new",
                tooltip="Start a new run with the values in the panel"),
        Binding("b", "branch", "Branch", id="train.branch",
                tooltip="Start a new run from a checkpoint's weights"),
        Binding("f", "full", "Full", id="train.full",
                tooltip="Show only the loss chart, or everything"),
        *(
            Binding(
                key,
                f"hide('{part}')",
                f"Hide {part}",
                show=False,
                id=f"train.hide_{part}",
                tooltip=f"Hide or show the {description}",
            )
            for part, (key, description) in HIDEABLE_PARTS.items()
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()
        self._accuracy_versions: tuple[object, ...] = ()
        """What the accuracy chart was drawn from."""

    def compose(self) -> ComposeResult:
        """Charts at the left, panel and table at the right, messages below."""
        yield self.header()
        with Container(id="body"):
            with Vertical(id="charts"):
                yield Chart("loss", id="loss")
                yield Chart("precision @ 1", fractions=True, id="precision")
            with Vertical(id="side"):
                yield Panel()
                yield EvaluationTable()
        yield MessageLog()
        yield SystemStatsRow()
        yield self.footer()

    def on_mount(self) -> None:
        """Apply the settings: hidden parts, scale, smoothing."""
        glyphs = self.host.glyphs
        settings = self.host.settings
        for part in HIDEABLE_PARTS:
            self.set_class(part in settings.get("hidden", []), f"-no-{part}")
        loss, precision = self.query_one("#loss", Chart), self.query_one("#precision", Chart)
        loss.link(precision)
        for chart in (loss, precision):
            restore_view(
                settings, f"train.{chart.id}", chart.scene, fractions=chart.shows_fractions
            )
            chart.set_glyphs(glyphs)

    def update_run(self, run: RunState) -> None:
        """Show this run."""
        super().update_run(run)
        if run is not self._run:
            self._run, self._accuracy_versions = run, ()
            for chart in self.query(Chart):
                chart.scene.reset_view()
        marks = marks_of(run.log_entries)
        self.query_one("#loss", Chart).show(
            losses_of(run), marks, run.axis_end, is_planned=run.is_live
        )
        self._update_accuracy_chart(run)
        self.query_one(EvaluationTable).update_run(run)
        self.query_one(MessageLog).update_run(run)
        self.query_one(SystemStatsRow).update_run(run)

    def update_controls(self, run: RunState) -> None:
        """Show the panel's values too."""
        super().update_controls(run)
        self.query_one(Panel).update_run(run)

    def _update_accuracy_chart(self, run: RunState) -> None:
        """Redraw the accuracy chart for a new evaluation, or where the x range has moved."""
        curves = [run.accuracy[split] for split in SPLITS]
        end, visible = run.axis_end, self.query_one("#loss", Chart).scene.visible_range
        evaluated = end, visible, *((curve, curve.version) for curve in curves)
        if evaluated != self._accuracy_versions:
            self._accuracy_versions = evaluated
            self.query_one("#precision", Chart).show(
                accuracies_of(run), (), end, is_planned=run.is_live
            )

    # -- what keys do now -----------------------------------------------------------------------

    @property
    def _is_over(self) -> bool:
        return not self.host.run_state.is_live

    @property
    def _why_not_resumable(self) -> str:
        return why_not_resumable(self.host.run_state, self.query_one(Panel).next_run)

    @property
    def disabled_actions(self) -> frozenset[str]:
        """The actions that cannot be used in this window, or on a replay."""
        if self.host.run_context.playback is None:
            return super().disabled_actions
        return self.WRITE_ACTIONS - REPLAY_ACTIONS

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing in the run's present state."""
        if self.host.run_context.playback is not None:
            return super().dimmed_actions.union(REPLAY_ACTIONS if self._is_over else ())
        steering, status = self.host.run_context.steering, self.host.run_state.status
        is_paused, is_blocked = status is RunStatus.PAUSED, bool(steering.blocked_reason)
        can_resume = self._is_over and not self._why_not_resumable
        possible = {
            **dict.fromkeys(STEERING_ACTIONS, not is_blocked),
            "step": is_paused and not is_blocked,
            "pause": can_resume if self._is_over else not is_blocked,
            "resume": can_resume or (is_paused and not is_blocked),
            **dict.fromkeys(("new_run", "branch"), status is not RunStatus.STARTING),
        }
        impossible = (action for action, can in possible.items() if not can)
        return super().dimmed_actions.union(impossible)

    @property
    def key_names(self) -> Mapping[str, str]:
        """The key that pauses resumes as well; in a replay, keys change its pace."""
        if keys := self.host.run_context.replay_keys:
            return keys
        return {} if self.host.run_state.status in NOT_PAUSED else {"pause": "Resume"}

    # -- the next run ---------------------------------------------------------------------------

    def _next_hparams(self) -> HyperParameters:
        """This run's hyperparameters with the changes in the panel."""
        run = self.host.run_state
        values = self.query_one(Panel).next_run.items()
        return update_hparams(run.hparams, {n: v for n, v in values if not is_own_value(n)})

    def _next_own(self) -> dict[str, Value]:
        """The values that the next run's model is built with, if it is one of the user's own."""
        own = self.host.run_state.own
        live = {name: own.values[name] for name, spec in own.specs.items() if spec.live}
        values = self.query_one(Panel).next_run.items()
        return live | {name: value for name, value in values if is_own_value(name)}

    @property
    def _would_stop_current(self) -> bool:
        """Whether a new run would stop the current one."""
        shown = self.host.run_context
        return shown.trains_in_process and shown.run.status.is_running

    def action_new_run(self) -> None:
        """Start a new run with the values in the panel; ask before the current one is stopped."""
        if self._would_stop_current:
            self.app.push_screen(NewRunDialog(), self._start_next)
        else:
            self._start_next("next")

    def _start_next(self, choice: str | None) -> None:
        if choice == "next":
            self.host.start_next(self._next_hparams(), None, self._next_own())

    def action_branch(self) -> None:
        """Ask for a checkpoint, and start a new run from it with the values in the panel."""
        if self.host.read_only:
            self.host.toast(self.host.run_context.steering.blocked_reason)
            return
        run = RunDir(Path(self.host.run_state.directory or "."))
        paths = checkpoint.list_checkpoints(run.checkpoints)[::-1]
        labels = [_checkpoint_label(self._run, checkpoint.step_of(path)) for path in paths]
        labels.append("from the start")
        changes = ", ".join(
            f"{(spec := spec_of(self._run, name)).label} {spec.format(value)}"
            for name, value in self.query_one(Panel).next_run.items()
        )
        text = f"with {changes}" if changes else "unchanged; change values in the panel (tab) first"
        if self._would_stop_current:
            text += ". It starts once this run has been stopped and saved"

        def branch(index: int | None) -> None:
            if index is None:
                return
            try:
                start = checkpoint.read(paths[index]) if index < len(paths) else None
            except UserError as error:
                self.host.toast(str(error))
                return
            self.host.start_next(self._next_hparams(), ResumePoint(run, start), self._next_own())

        self.app.push_screen(BranchDialog(labels, text), branch)

    # -- keys ---------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Pause or resume; a run that is over is resumed with the panel's values."""
        context = self.host.run_context
        if context.playback is None and self._is_over:
            self._resume_run()
        else:
            self.host.report(context.toggle_pause())

    def action_resume(self) -> None:
        """Resume a run that is paused or over; do nothing else."""
        if self._is_over or self.host.run_state.status is RunStatus.PAUSED:
            self.action_pause()

    def _resume_run(self) -> None:
        """Train the run on the screen on, as `--resume` with the panel's values would."""
        if self.host.read_only:
            self.host.toast("this window is read-only")
        elif problem := self._why_not_resumable:
            self.host.toast(problem)
        else:
            run = RunDir(Path(self.host.run_state.directory))
            self.host.resume_run(run, self.query_one(Panel).next_run)

    def action_step(self) -> None:
        """Do one step."""
        self.host.report(self.host.run_context.steering.step_once())

    def action_nudge(self, presses: int) -> None:
        """Increase or decrease the learning rate; of a replay, its speed."""
        self.host.report(self.host.run_context.nudge("learning_rate", presses))

    def action_evaluate(self) -> None:
        """Evaluate now."""
        self.host.report(self.host.run_context.steering.evaluate())

    def action_checkpoint(self) -> None:
        """Save a checkpoint now."""
        self.host.report(self.host.run_context.steering.checkpoint())

    def action_panel(self) -> None:
        """Enter or leave the panel."""
        panel = self.query_one(Panel)
        self.set_focus(None if panel.has_focus else panel)

    def action_full(self) -> None:
        """Show only the loss chart, or everything."""
        self.toggle_class("-full")

    def action_hide(self, part: str) -> None:
        """Hide a part of the screen, or show it again; it is saved in the settings."""
        self.toggle_class(f"-no-{part}")
        hidden = [part for part in HIDEABLE_PARTS if self.has_class(f"-no-{part}")]
        self.host.settings.set("hidden", hidden)

    def action_chart(self, action: ChartAction, *arguments: float) -> None:
        """Do this to the loss chart, and to both what they share; the view is saved."""
        self.query_one("#loss", Chart).act(action, *arguments)
        for chart in self.query(Chart):
            save_view(self.host.settings, f"train.{chart.id}", chart.scene)

    @on(Chart.ViewChanged)
    def _show_cursor_in_table(self, message: Chart.ViewChanged) -> None:
        self.query_one(EvaluationTable).show_cursor(message.chart.scene.cursor_step)

    @on(Panel.ValueRequested)
    def _request_value(self, message: Panel.ValueRequested) -> None:
        self.host.report(self.host.run_context.steering.set(message.name, message.value))

    @on(Panel.NudgeRequested)
    def _request_nudge(self, message: Panel.NudgeRequested) -> None:
        self.host.report(self.host.run_context.steering.nudge(message.name, message.presses))


def _checkpoint_label(run: RunState, step: int) -> str:
    """A checkpoint in the dialog: its step, its precision on validation, and whether it is best."""
    label = f"after {counted(step, 'step')}"
    for evaluated in run.evaluations:
        if evaluated.step == step:
            value = f"loss {evaluated.loss.get('validation', math.nan):.4g}"
            if evaluated.confusion:
                value = f"precision {evaluated.accuracy('validation'):.4f}"
            label = f"{label:24} {value}"
    return label + ("  best" if step == run.best_step else "")
