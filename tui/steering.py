"""What a user can want of the run on the screen: every wish goes through its `Control`."""

from core.control import Control, Wanted
from core.hparams import DECLARED, Value
from core.run import Run
from data.errors import UserError


class Steering:
    """The one way from a key to a run. Each method says what to tell the user, or nothing."""

    def __init__(self, run: Run, control: Control | None) -> None:
        self._run = run
        self.control = control

    @property
    def _wanted(self) -> Wanted:
        """What is wanted now, by whomever."""
        if self.control is None:
            return Wanted()
        try:
            return self.control.poll()
        except UserError:
            return self.control.wanted

    def _ask(self, **changes: object) -> str:
        if self.control is None or not self._run.live:
            return (
                "the run is still starting" if self._run.state == "starting" else "the run is over"
            )
        try:
            self.control.ask(**changes)  # type: ignore[arg-type]
        except UserError as error:
            return str(error)
        return ""

    def set(self, name: str, value: Value) -> str:
        """Want a hyperparameter to be this."""
        return self._ask(hyperparameters={name: value})

    def turn(self, name: str, presses: int) -> str:
        """Want a hyperparameter to be so many key presses larger."""
        declared = DECLARED[name]
        now = self._wanted.hyperparameters.get(name, getattr(self._run.hparams, name))
        return self.set(name, declared.stepped(now, presses))

    def pause_or_go_on(self) -> str:
        """Want no more steps, or steps again."""
        return self._ask(pause_at=0 if self._wanted.pause_at is None else None)

    def step_once(self) -> str:
        """Want one step, while paused."""
        if self._wanted.pause_at is None:
            return "pause first (space), then s takes one step at a time"
        here = max(self._run.step, self._wanted.pause_at)
        return self._ask(pause_at=here + 1)

    def evaluate(self) -> str:
        """Want an evaluation now."""
        return self._ask(evaluate=self._wanted.evaluate + 1)

    def checkpoint(self) -> str:
        """Want a checkpoint now."""
        return self._ask(checkpoint=self._wanted.checkpoint + 1)

    def stop(self) -> str:
        """Want the run to end after saving."""
        return self._ask(stop="stopped")
