"""Run trials until the study has enough of them: one loop, without threads."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from core.sweep.child import Child
from core.sweep.folder import StudyFolder, Worker
from core.sweep.plan import child_of
from core.sweep.process import Spawner, Starter
from core.sweep.space import Space
from core.sweep.study import Study, Trial, best_first
from core.sweep.study_control import DesiredState, read_desired_state
from core.sweep.trials import End, RunningTrial
from trainpad.errors import RunError, UserError

POLL_INTERVAL: Final = 0.1
"""Seconds between two polls of the trials that run."""
HOUSEKEEPING_INTERVAL: Final = 5.0
"""Seconds between two heartbeats, and two searches for trials of processes that are gone."""
ANSWER_SECONDS, STOP_SECONDS = 15.0, 30.0
"""Seconds in which runs may save and end when this process is to end, before SIGTERM; SIGKILL."""
MAX_FAILURES: Final = 3
"""So many trials that fail before one succeeds end the sweep: the next ones would fail, too."""
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a sweep ends."""

    trials: int
    seconds: float = float("inf")


@dataclass(slots=True)
class Job:
    """A place for one trial at a time, with its device."""

    environment: Mapping[str, str]
    running: RunningTrial | None = None
    steps: Generator[None] | None = None


@dataclass(slots=True)
class Sweep:
    """Runs trials of a study in some jobs."""

    study: Study
    limits: Limits
    jobs: Sequence[Job]
    say: Say
    is_interrupted: Callable[[], bool] = lambda: False
    starter: Starter = field(default_factory=Spawner)
    best: float | None = None
    _began: float = field(default_factory=time.monotonic)
    _failures: list[str] = field(default_factory=list)
    """Why trials failed, before the first one succeeded."""
    _has_succeeded: bool = False
    _desired: DesiredState = field(default_factory=DesiredState)
    _warning: str = ""

    @property
    def folder(self) -> StudyFolder:
        """The study's folder."""
        return self.study.folder

    def run(self) -> None:
        """Run trials until there are enough, or until this process is asked to end.

        Raises:
            UserError: the study cannot be written, or its first trials all failed.
        """
        found = best_first(self.study, self.study.trials())
        self.best = found[0].value if found else None
        with Worker(self.folder) as worker:
            try:
                self._run(worker)
            finally:
                self._give_up()

    def _run(self, worker: Worker) -> None:
        last_housekeeping = 0.0
        while True:
            if time.monotonic() - last_housekeeping >= HOUSEKEEPING_INTERVAL:
                last_housekeeping = time.monotonic()
                worker.beat()
                for number in self.study.reclaim(worker):
                    self.say(f"trial {number}: lost, its process is gone; it is tried again")
            self._follow_requests()
            is_idle = all(job.running is None for job in self.jobs)
            if self.is_interrupted() or (self._desired.stop and is_idle):
                return
            may_begin = self._has_time and not (self._desired.paused or self._desired.stop)
            is_exhausted = may_begin and not self._begin_trials(worker)
            for job in self.jobs:
                self._advance(job)
            if len(self._failures) >= MAX_FAILURES:
                raise UserError(
                    f"{MAX_FAILURES} trials failed and none succeeded: {self._failures[-1]}"
                )
            if all(job.running is None for job in self.jobs) and (
                not self._has_time or (is_exhausted and not self.study.has_running_trials())
            ):
                return
            time.sleep(POLL_INTERVAL)

    @property
    def _has_time(self) -> bool:
        return time.monotonic() - self._began < self.limits.seconds

    def _begin_trials(self, worker: Worker) -> bool:
        """Begin a trial in each free job; return whether there was one for each."""
        limit = self._desired.trials or self.limits.trials
        for job in self.jobs:
            if job.running is None:
                trial = self.study.ask(worker, limit)
                if trial is None:
                    return False
                self._begin(job, trial)
        return True

    def _begin(self, job: Job, trial: Trial) -> None:
        def start(index: int) -> Child:
            folder = self.folder.trial(trial.number)
            folder = folder / f"seed-{index}" if self.study.description.seeds > 1 else folder
            point = trial.point
            return child_of(
                self.study.description, point, folder, index, job.environment, self.starter
            )

        job.running = RunningTrial(trial, self.study.goal, start, self.study.description.seeds)
        job.steps = job.running.run()
        values = "  ".join(f"{name} {_shown(value)}" for name, value in trial.point.items())
        self.say(f"trial {trial.number}: {values}")

    def _advance(self, job: Job) -> None:
        if job.running is None or job.steps is None:
            return
        if next(job.steps, End) is End:
            self._report_end(job.running)
            job.running = job.steps = None

    def _report_end(self, running: RunningTrial) -> None:
        self.say(f"trial {running.trial.number}: {self._end_in_words(running)}")
        if running.end is End.COMPLETE:
            self._has_succeeded = True
        if running.end is End.FAILED and not self._has_succeeded:
            self._failures.append(running.why)

    def _end_in_words(self, running: RunningTrial) -> str:
        if running.end is End.FAILED:
            return f"failed: {running.why}"
        if running.value is None:
            return str(running.end)
        is_best = self.study.goal.is_better(running.value, self.best)
        self.best = running.value if is_best else self.best
        shown = f"{self.study.goal.metric} {running.value:.5g}"
        return f"{shown}, the best so far" if is_best else shown

    def _follow_requests(self) -> None:
        try:
            desired = read_desired_state(self.folder)
        except RunError as error:
            self._warn(str(error))
            return
        if desired == self._desired:
            return
        for name, text in desired.ranges.items():
            if self._desired.ranges.get(name) != text:
                self._narrow(name, text)
        for job in self.jobs:
            running = job.running
            if running and (desired.stop or running.trial.number in desired.stop_trials):
                running.stop(End.STOPPED)
        self._desired = desired

    def _warn(self, text: str) -> None:
        """Say something once."""
        if text != self._warning:
            self._warning = text
            self.say(text)

    def _narrow(self, name: str, text: str) -> None:
        try:
            whole = self.study.description.space.dimensions[name]
            self.study.space = Space({**self.study.space.dimensions, name: whole}).narrowed(
                name, text
            )
            self.say(f"{name} is now {text}")
        except (UserError, KeyError) as error:
            self.say(str(error))

    def _give_up(self) -> None:
        """Stop what still runs; those trials are tried again when the study goes on."""
        left = [job.running for job in self.jobs if job.running]
        children = [running.child for running in left if running.child]
        for running in left:
            running.request_end()
        now = time.monotonic()
        for child in _still_running(children, until=now + ANSWER_SECONDS):
            child.terminate()
        for child in _still_running(children, until=now + STOP_SECONDS):
            child.kill()
        for running in left:
            with suppress(UserError):
                self.study.give_up(running.trial)


def _still_running(children: Sequence[Child], until: float) -> list[Child]:
    """Wait until they have ended, at most to this time; return those that have not."""
    while True:
        left = [child for child in children if child.exit_status() is None]
        if not left or time.monotonic() >= until:
            return left
        time.sleep(POLL_INTERVAL)


def _shown(value: float | str) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
