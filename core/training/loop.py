"""`train`: a run as a generator of events. Read it from top to bottom; there is no other loop.

Each turn looks at what is wanted, runs one chunk of steps as one compiled call, and yields what
came of it. Whoever pulls the events sets the pace of nothing but the pulling: the generator can be
suspended between any two events and pulled on by another thread. It writes nothing; `recorded`
does.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from core.process.apart import apart
from core.process.garbage import leave_out_what_is
from core.run.events import (
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Idle,
    Noted,
    Paused,
    Preparing,
    Snapshot,
    Started,
    Steps,
    Warned,
    Weights,
)
from core.run.hparams import AUGMENTATION, DECLARED, HyperParameters, as_dict, changed, checked
from core.rundir.checkpoint import Checkpoint
from core.training.chunking import Pacer
from core.training.divergence import Watchdog
from core.training.early_stopping import EarlyStop
from data.dataset import SPLITS, Dataset
from trainpad.control import Control
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.training.engine import Engine

PROFILE_FROM = 100
"""The first step that is profiled: by then everything is compiled and warm."""
LOOK = 0.02
"""Seconds between two looks at what is wanted while paused."""
SHOW_WEIGHTS = 0.5
"""Seconds between two `Weights` events while training, at least."""
SHOW_COST = 0.005
"""The share of the time that a copy of the weights may take."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What to train, on what, and where."""

    hparams: HyperParameters
    dataset: Dataset
    device: str = "auto"
    xla: bool = True
    strategy: str = "none"
    """How several devices or machines share the work; see `core.training.distributed`."""
    resume: Checkpoint | None = None
    """Go on exactly from here; with `branch`, start a new run with these weights instead."""
    branch: bool = False
    changes: tuple[tuple[int, str, Any], ...] = ()
    """Changes known beforehand: from this step on, this hyperparameter is this."""
    profile: int = 0
    """How many steps to trace with TensorFlow's profiler."""
    folder: str = ""
    """Where the profile goes: the run directory."""


def train(
    job: Job,
    control: Control | None,
    *,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """Train until `max_steps`, until somebody wants a stop, or until it makes no sense to go on.

    That is so when the watchdog finds the run diverged, when weights are no longer finite, and
    where an early stop was asked for and validation no longer improves. `control` is None in a
    worker that hears the wishes from its chief.

    Raises:
        UserError: the checkpoint does not fit, or there is no such device or cluster.
    """
    yield Preparing("loading TensorFlow")
    from core.training.engine import Engine

    if job.strategy == "none":
        engine = apart(partial(Engine, job.dataset, job.hparams, device=job.device, xla=job.xla))
    else:
        from core.training.distributed import SpreadEngine

        engine = SpreadEngine(
            job.dataset, job.hparams, device=job.device, xla=job.xla, strategy=job.strategy
        )
    leave_out_what_is()  # all that TensorFlow made
    yield from Training(engine, job, engine.joined(control), clock, sleep).events()


class Training:
    """One run under way: an engine, a wish, and where they stand."""

    def __init__(
        self,
        engine: "Engine",
        job: Job,
        control: Control,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._engine = engine
        self._job = job
        self._control = control
        self._clock = clock
        self._sleep = sleep
        self._hparams = job.hparams
        self._step = 0  # steps done
        self._position = 0  # examples seen: the place in the shuffled stream
        self._saved_at = self._evaluated_at = 0
        self._show_at = float("-inf")
        self._before: Mapping[str, Any] = {}  # the weights before a step that is taken alone
        self._profiled = self._profiling = False
        self._profile_until = 0
        self._planned_until = -1  # the last step whose planned changes were made
        self._watchdog = Watchdog(len(job.dataset.classes))
        self._early_stop = EarlyStop()
        self._wanted = control.poll()
        self._evaluations, self._checkpoints = self._wanted.evaluate, self._wanted.checkpoint
        if job.resume is not None:
            self._restore(job.resume)

    def events(self) -> Iterator[Event]:
        """The run, and a profile that is written however it ends."""
        try:
            yield from self._run()
        finally:
            if self._profiling:
                self._profiling = False
                self._engine.stop_profile()

    def _run(self) -> Iterator[Event]:
        pacer = Pacer()
        began = self._clock()
        yield self._started()
        yield from self._set(self._overrides())
        yield Weights(self._step, self._engine.layers())

        while self._step < self._hparams.max_steps:
            yield from self._obey()
            if self._wanted.stop or self._step >= self._hparams.max_steps:
                break  # `max_steps` may just have been lowered to a step that is past
            if self._paused:
                yield from self._wait()
                continue
            if self._engine.needs_trace(self._hparams):
                yield Preparing("compiling the training step")
                if not apart(partial(self._engine.trace, self._hparams)):
                    yield Warned(self._step, "XLA cannot compile for this device; going on without")
            yield from self._profile()

            wanted = 1 if self._before else pacer.count(self._steps_until_due())
            count = self._engine.agreed(wanted)
            before = self._clock()
            losses = self._engine.steps(self._step, self._position, count, self._hparams)
            seconds = self._clock() - before
            if not self._before:
                pacer.took(len(losses), seconds)
            yield Steps(self._step, losses, seconds)
            self._step += len(losses)
            self._position += len(losses) * self._hparams.batch_size

            why = self._watchdog.verdict(self._step - len(losses), losses)
            if self._evaluation_is_due:
                why = why or self._wreckage()
            if why:
                yield from self._diverged(why)
                return
            if self._evaluation_is_due:
                yield from self._evaluate(due=True)
                yield from self._save()
                if self._early_stop.reached:
                    break
            yield from self._show_weights()

        if self._profiling:
            yield from self._end_profile()
        elif self._job.profile and not self._profiled:
            yield Noted(self._step, f"no profile: that begins at step {PROFILE_FROM}")
        if self._saved_at != self._step and (why := self._wreckage()):
            yield from self._diverged(why)
            return
        if self._evaluated_at != self._step and not self._wanted.stop:
            yield from self._evaluate(due=True)
        if self._saved_at != self._step:
            yield from self._save()
        yield Weights(self._step, self._engine.layers())
        reason = self._wanted.stop or self._early_stop.reached or "done"
        yield Finished(self._step, reason, self._clock() - began)

    # -- where to start -----------------------------------------------------------------------

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._engine.restore(checkpoint.arrays, slots=not self._job.branch)
        if self._job.branch:
            return
        self._step = self._saved_at = self._evaluated_at = checkpoint.step
        try:
            self._position = int(checkpoint.about["position"])
            self._hparams = checked(checkpoint.about["hyperparameters"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            told = "the checkpoint does not say how its run went on; branch from it instead"
            raise UserError(told) from error
        self._watchdog.restore(checkpoint.about.get("watchdog", {}))
        self._early_stop.restore(checkpoint.about.get("early_stop", {}))

    def _started(self) -> Started:
        return Started(
            self._step,
            as_dict(self._hparams),
            self._engine.device,
            self._engine.parameters,
            [change for change in self._job.changes if change[0] >= self._step],
        )

    def _overrides(self) -> dict[str, Any]:
        """What a resumed run is to do otherwise than its checkpoint says."""
        now = as_dict(self._hparams)
        return {name: v for name, v in as_dict(self._job.hparams).items() if v != now[name]}

    # -- what is wanted -----------------------------------------------------------------------

    @property
    def _paused(self) -> bool:
        pause_at = self._wanted.pause_at
        return pause_at is not None and self._step >= pause_at

    def _obey(self) -> Iterator[Event]:
        """Do what is wanted since the last look, and what was planned for this step."""
        planned = {
            name: value
            for step, name, value in self._job.changes
            if step == self._step > self._planned_until
        }
        self._planned_until = self._step
        before = self._wanted
        if planned:
            yield from self._want(planned)
        try:
            self._wanted = self._control.poll()
        except UserError as error:
            yield Warned(self._step, f"{error}; it is ignored")
        asked = {
            name: value
            for name, value in self._wanted.hyperparameters.items()
            if value != before.hyperparameters.get(name)
        }
        yield from self._set(asked | planned)
        if self._wanted.evaluate != self._evaluations:
            self._evaluations = self._wanted.evaluate
            yield from self._evaluate()
        if self._wanted.checkpoint != self._checkpoints:
            self._checkpoints = self._wanted.checkpoint
            yield from self._save()

    def _want(self, planned: dict[str, Any]) -> Iterator[Event]:
        """Tell everybody who steers what was planned; it is done even where that cannot be."""
        try:
            self._control.request(hyperparameters=planned)
        except UserError as error:
            yield Warned(self._step, f"{error}; what was planned is done all the same")

    def _set(self, values: Mapping[str, Any]) -> Iterator[Event]:
        """Change hyperparameters from the next step on."""
        for name, value in values.items():
            old = getattr(self._hparams, name)
            if value == old:
                continue
            if why := self._engine.objection(name, value):
                kept = f"{DECLARED[name].label} stays {DECLARED[name].show(old)}"
                yield Warned(self._step, f"{kept}: {why}")
            else:
                self._hparams = changed(self._hparams, {name: value})
                if name in ("l2", *AUGMENTATION):
                    self._watchdog.begin()
                yield Changed(self._step, name, old, value)

    def _wait(self) -> Iterator[Event]:
        """Take no step until one is wanted."""
        yield Paused(self._step)
        while self._paused and not self._wanted.stop:
            yield Idle()
            self._sleep(LOOK)
            yield from self._obey()
        yield Continued(self._step)

    # -- what is due --------------------------------------------------------------------------

    def _steps_until_due(self) -> int:
        """Steps that may be taken together before something else has to be done."""
        hparams, step = self._hparams, self._step
        due = [
            hparams.max_steps - step,
            hparams.eval_every - step % hparams.eval_every,
            self._watchdog.steps_until_due(step),
        ]
        if self._profiling:
            due.append(self._profile_until - step)
        due += [planned - step for planned, _, _ in self._job.changes if planned > step]
        if self._wanted.pause_at is not None:
            due.append(self._wanted.pause_at - step)
        # The first step goes alone, so that its loss is on the screen as soon as it can be.
        return min(due) if step else 1

    @property
    def _evaluation_is_due(self) -> bool:
        return self._step % self._hparams.eval_every == 0 or self._step >= self._hparams.max_steps

    def _evaluate(self, *, due: bool = False) -> Iterator[Event]:
        """Measure all splits; one that somebody asked for does not count for an early stop."""
        before = self._clock()
        read = {split: self._engine.evaluate(split) for split in SPLITS}
        self._evaluated_at = self._step
        evaluated = Evaluated(
            self._step,
            {split: confusion for split, (confusion, _) in read.items()},
            {split: loss for split, (_, loss) in read.items()},
            self._clock() - before,
        )
        if due:
            self._early_stop.look(evaluated.precision("validation"), self._hparams)
        yield evaluated
        yield Weights(self._step, self._engine.layers())

    def _profile(self) -> Iterator[Event]:
        """Trace the steps that were asked for, once everything is compiled."""
        if self._profiling and self._step >= self._profile_until:
            yield from self._end_profile()
        if self._job.profile and not self._profiled and self._step >= PROFILE_FROM:
            self._profiled = self._profiling = True
            self._profile_until = self._step + self._job.profile
            self._engine.start_profile(self._job.folder)

    def _end_profile(self) -> Iterator[Event]:
        self._profiling = False
        self._engine.stop_profile()
        yield Noted(self._step, "profile written; `tensorboard --logdir` shows it")

    def _wreckage(self) -> str:
        """Why the weights are beyond hope though the loss still is a number; nothing if not."""
        state = self._engine.state()
        wrecked = [name for name, array in state.items() if not np.isfinite(array).all()]
        return f"{wrecked[0]} is no longer finite" if wrecked else ""

    def _diverged(self, why: str) -> Iterator[Event]:
        yield Weights(self._step, self._engine.layers())
        yield Diverged(self._step, self._watchdog.mean, why)

    def _save(self) -> Iterator[Event]:
        if self._step == 0 or self._wreckage():
            return
        self._saved_at = self._step
        about = {
            "step": self._step,
            "position": self._position,
            "hyperparameters": as_dict(self._hparams),
            "watchdog": self._watchdog.state(),
            "early_stop": self._early_stop.state(),
        }
        yield Snapshot(self._step, self._engine.state(), about)

    def _show_weights(self) -> Iterator[Event]:
        """When it is time, those of two successive steps: look, take one step, look again."""
        now = self._clock()
        if self._before:
            before, self._before = self._before, {}
            after = self._engine.layers()
            took = self._clock() - now
            self._show_at = now + max(SHOW_WEIGHTS, took / SHOW_COST)
            yield Weights(self._step, after, before)
        elif now >= self._show_at:
            self._before = self._engine.layers()


def check_fit(hparams: HyperParameters, dataset: Dataset) -> None:
    """Raise a `UserError` if these hyperparameters cannot be used with this data."""
    examples, batch = len(dataset.train), hparams.batch_size
    if batch > examples:
        raise UserError(
            f"batch_size must be at most {examples:,}, the number of training images, not {batch:,}"
        )
