"""How a person leaves the dashboard, or ends the run on it: the questions, and what follows."""

from collections.abc import Callable

from tui.dashboard.run_context import RunContext
from tui.dashboard.screen import RunScreen
from tui.terminal.base_app import BaseApp
from tui.terminal.exit_result import ExitResult
from tui.widgets.dialogs import QuitDialog, StopDialog, StopProgramDialog


class LeavingApp(BaseApp[ExitResult]):
    """An app that shows a run, which may go on, stop or end with it."""

    run_context: RunContext
    read_only: bool
    _exit_when_done: bool
    """Whether the app ends as soon as the run that this process trains is saved."""
    _queued_run: Callable[[], RunContext] | None
    """What starts the next run, once this one has ended."""

    def action_detach(self) -> None:
        """Give the terminal back; training continues."""
        if self.run_context.viewer:
            self.exit(ExitResult.QUIT)
        elif self.run_context.run.is_live and self.run_context.trains_in_process:
            self.exit(ExitResult.DETACH)
        else:
            self.toast("nothing is training; q quits")

    def action_ask_quit(self) -> None:
        """Quit; while this process trains, ask how."""
        is_training = self.run_context.run.status.is_running
        if isinstance(self.screen, QuitDialog):
            self.exit(ExitResult.ABORT if self._exit_when_done else ExitResult.SIGNAL)
        elif self.run_context.trains_in_process and is_training:
            self.push_screen(QuitDialog(), self._on_quit_choice)
        else:
            self.exit(ExitResult.QUIT)

    def _on_quit_choice(self, choice: str | None) -> None:
        if choice == "detach":
            self.action_detach()
        elif choice == "stop" and self.run_context.worker.ended:
            self.exit(ExitResult.QUIT)
        elif choice == "stop":
            steering = self.run_context.steering
            self._exit_when_done = not (self.run_context.viewer or steering.blocked_reason)
            self._stop_run()

    def action_ask_stop(self) -> None:
        """Stop the run on the screen, after a question."""
        if self.read_only:
            self.toast(self.run_context.steering.blocked_reason)
        elif self.run_context.run.is_live and isinstance(self.screen, RunScreen):
            dialog = StopProgramDialog() if self.run_context.run.is_attached else StopDialog()
            self.push_screen(dialog, self._on_stop_choice)

    def _on_stop_choice(self, choice: str | None) -> None:
        if choice == "stop":
            self._stop_run()

    def _stop_run(self) -> None:
        self._queued_run = None
        doing = "" if self.run_context.run.is_attached else "saving …"  # the header says: stopping
        self.toast(self.run_context.steering.stop() or doing)
