"""Trace some steps with TensorFlow's profiler, once everything is compiled and warm."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.run.events import Notice

if TYPE_CHECKING:
    from core.training.engine import Engine

START_STEP = 100
"""The first step that is profiled."""


class Profiler:
    """Starts and stops the engine's profiler at the right steps."""

    def __init__(self, engine: "Engine", steps: int, folder: str) -> None:
        """Profile `steps` steps, or none for 0, and write the trace to `folder`."""
        self._engine = engine
        self._remaining = steps
        self._folder = folder
        self.stop_step: int | None = None
        """The step before which the trace in progress ends; None while there is none."""

    def update(self, step: int) -> Iterator[Notice]:
        """Start or stop the profiler if that is due at `step`; yield a notice when it stops."""
        if self.stop_step is not None and step >= self.stop_step:
            yield self._stop(step)
        if self._remaining and step >= START_STEP:
            self.stop_step, self._remaining = step + self._remaining, 0
            self._engine.start_profile(self._folder)

    def finish(self, step: int) -> Iterator[Notice]:
        """End a trace in progress after the last step; yield what became of the profile."""
        if self.stop_step is not None:
            yield self._stop(step)
        elif self._remaining:
            yield Notice(step, f"no profile: it starts at step {START_STEP}")

    def close(self) -> None:
        """Write a trace in progress, however the run ends."""
        if self.stop_step is not None:
            self.stop_step = None
            self._engine.stop_profile()

    def _stop(self, step: int) -> Notice:
        self.close()
        return Notice(step, "profile written; `tensorboard --logdir` shows it")
