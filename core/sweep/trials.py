"""One trial, from its first run to its value: a generator that yields while there is no news."""

import statistics
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.run.status import RunStatus
from core.rundir.attached import control_of
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from core.sweep.child import Child
from core.sweep.goal import Goal, GoalReader
from core.sweep.study import Trial
from trainpad.errors import RunError, UserError
from trainpad.text import sanitize, sanitize_name

DIVERGED: Final = 3
"""The exit status of a run of trainpad that diverged."""
Start = Callable[[int], Child]
"""Starts the run of a trial with the seed of this index."""


class End(StrEnum):
    """How a trial ended, or why its run is to stop."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"


@dataclass(slots=True)
class RunningTrial:
    """A trial that this process runs, one run after another."""

    trial: Trial
    goal: Goal
    start: Start
    seeds: int = 1
    child: Child | None = None
    best: float | None = None
    """The best value of the present run."""
    value: float | None = None
    """The trial's value, once it is complete: the mean of its runs' best values."""
    end: End | None = None
    """How it ended; None while it runs."""
    why: str = ""
    """Why it failed, in one sentence."""
    _is_stopping: End | None = None

    def run(self) -> Generator[None]:
        """Run the trial, and record its value or how else it ended."""
        values: list[float] = []
        for index in range(self.seeds):
            self.child = self.start(index)
            self.child.start()
            value = yield from self._follow(self.child, may_prune=index == 0)
            end = self._is_stopping or self._end_of(self.child)
            if end is not End.COMPLETE or value is None:
                self._close(End.FAILED if end is End.COMPLETE else end)
                return
            values.append(value)
        if len(values) > 1:
            self.trial.note(values=values)
        self.value, self.end = statistics.fmean(values), End.COMPLETE
        self.trial.finish(self.value)

    def stop(self, why: End) -> None:
        """Have the present run save and end; the trial then ends so."""
        if self._is_stopping is None and self.child is not None:
            self._is_stopping = why
            self.request_end()

    def request_end(self) -> None:
        """Have the present run save and end.

        It is requested through `control.json`, since a signal ends a program that does not handle
        it before it has saved.
        """
        if self.child is not None:
            run = self.child.run()
            if run is None or not _request_stop(run):
                self.child.terminate()

    def _follow(self, child: Child, *, may_prune: bool) -> Generator[None, None, float | None]:
        """Record the goal's values until the process has ended; return the best one."""
        reader: GoalReader | None = None
        self.best = None
        while True:
            has_ended = child.exit_status() is not None
            if reader is None and (run := child.run()):
                reader = GoalReader(self.goal, run)
                self.trial.note(run=run.name)
            if reader is not None:
                self._record(reader, may_prune=may_prune)
                self.why = self._missing(reader)
            if has_ended:
                return self.best
            yield

    def _record(self, reader: GoalReader, *, may_prune: bool) -> None:
        for step, value in reader.poll():
            if self._is_stopping is End.PRUNED:
                return  # values after the one that it was pruned at do not count
            if self.goal.is_better(value, self.best):
                self.best = value
            if may_prune and self.trial.report(step, value):
                self.stop(End.PRUNED)

    def _missing(self, reader: GoalReader) -> str:
        if sanitize_name(self.goal.metric) in reader.names:
            return f"{self.goal.metric} was never a finite number: it was NaN or infinite"
        known = ", ".join(list(reader.names)[:10]) or "nothing"
        return f"{self.goal.metric} was never recorded; recorded were: {known}"

    def _end_of(self, child: Child) -> End:
        status, run = child.exit_status(), child.run()
        if status == DIVERGED:
            return End.DIVERGED
        if status != 0:
            self.why = _failure(child, status)
            return End.FAILED
        if run is not None and _status_of(run) is RunStatus.STOPPED:
            return End.STOPPED
        return End.COMPLETE

    def _close(self, end: End) -> None:
        self.end = end
        if end is End.FAILED:
            self.trial.fail(self.why or "its process wrote no run")
        else:
            self.trial.prune(end)


def _request_stop(run: RunDir) -> bool:
    try:
        control_of(run).request(stop="stopped")
    except UserError:
        return False
    return True


def _status_of(run: RunDir) -> RunStatus | None:
    try:
        return read_status(run).state
    except RunError:
        return None


def _failure(child: Child, status: int | None) -> str:
    ended = f"signal {-status}" if status is not None and status < 0 else f"status {status}"
    said = sanitize(child.failure(), limit=300)
    return f"its process ended with {ended}" + (f": {said}" if said else "")
