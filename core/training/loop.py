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

from core.process.threads import freeze_gc, run_with_signals_blocked
from core.run.events import (
    Alert,
    Changed,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Notice,
    Paused,
    Preparing,
    Resumed,
    Snapshot,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.hparams import (
    AUGMENTATION,
    SPECS,
    HyperParameters,
    as_dict,
    update_hparams,
    validate_hparams,
)
from core.run.status import parse_reason
from core.rundir.checkpoint import Checkpoint
from core.training.chunking import ChunkSizer
from core.training.divergence import DivergenceCheck
from core.training.early_stopping import EarlyStopping
from data.dataset import SPLITS, Dataset
from trainpad.control import Control
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.training.engine import Engine

PROFILE_START_STEP = 100
"""The first step that is profiled: by then everything is compiled and warm."""
PAUSE_POLL = 0.02
"""Seconds between two looks at what is wanted while paused."""
WEIGHTS_INTERVAL = 0.5
"""Seconds between two `Weights` events while training, at least."""
WEIGHTS_TIME_SHARE = 0.005
"""The share of the time that a copy of the weights may take."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainConfig:
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
    planned_changes: tuple[tuple[int, str, Any], ...] = ()
    """Changes known beforehand: from this step on, this hyperparameter is this."""
    profile_steps: int = 0
    """How many steps to trace with TensorFlow's profiler."""
    profile_dir: str = ""
    """Where the profile goes: the run directory."""


def train(
    config: TrainConfig,
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

    if config.strategy == "none":
        engine = run_with_signals_blocked(
            partial(Engine, config.dataset, config.hparams, device=config.device, xla=config.xla)
        )
    else:
        from core.training.distributed import DistributedEngine

        engine = DistributedEngine(
            config.dataset,
            config.hparams,
            device=config.device,
            xla=config.xla,
            strategy=config.strategy,
        )
    freeze_gc()  # all that TensorFlow made
    yield from Training(engine, config, engine.shared_control(control), clock, sleep).events()


class Training:
    """One run under way: an engine, a wish, and where they stand."""

    def __init__(
        self,
        engine: "Engine",
        job: TrainConfig,
        control: Control,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._engine = engine
        self._config = job
        self._control = control
        self._clock = clock
        self._sleep = sleep
        self._hparams = job.hparams
        self._step = 0  # steps done
        self._position = 0  # examples seen: the place in the shuffled stream
        self._last_checkpoint_step = self._last_evaluation_step = 0
        self._next_sample_time = float("-inf")
        self._weights_before: Mapping[
            str, Any
        ] = {}  # the weights before a step that is taken alone
        self._profiled = self._profiling = False
        self._profile_until = 0
        self._planned_done = -1  # the last step whose planned changes were made
        self._divergence = DivergenceCheck(len(job.dataset.classes))
        self._early_stopping = EarlyStopping()
        self._desired = control.poll()
        self._evaluations, self._checkpoints = self._desired.evaluate, self._desired.checkpoint
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
        pacer = ChunkSizer()
        began = self._clock()
        yield self._started()
        yield from self._apply_changes(self._overrides())
        yield Weights(self._step, self._engine.layers())

        while self._step < self._hparams.max_steps:
            yield from self._apply_control()
            if self._desired.stop or self._step >= self._hparams.max_steps:
                break  # `max_steps` may just have been lowered to a step that is past
            if self._paused:
                yield from self._wait_while_paused()
                continue
            if self._engine.needs_trace(self._hparams):
                yield Preparing("compiling the training step")
                if not run_with_signals_blocked(partial(self._engine.trace, self._hparams)):
                    yield Alert(self._step, "XLA cannot compile for this device; going on without")
            yield from self._profile()

            wanted = 1 if self._weights_before else pacer.next_count(self._steps_until_due())
            count = self._engine.sync_step_count(wanted)
            before = self._clock()
            losses = self._engine.steps(self._step, self._position, count, self._hparams)
            seconds = self._clock() - before
            if not self._weights_before:
                pacer.record(len(losses), seconds)
            yield Steps(self._step, losses, seconds)
            self._step += len(losses)
            self._position += len(losses) * self._hparams.batch_size

            why = self._divergence.check(self._step - len(losses), losses)
            if self._evaluation_is_due:
                why = why or self._first_nonfinite()
            if why:
                yield from self._diverged(why)
                return
            if self._evaluation_is_due:
                yield from self._evaluate(due=True)
                yield from self._save()
                if self._early_stopping.stop_reason:
                    break
            yield from self._sample_weights()

        if self._profiling:
            yield from self._end_profile()
        elif self._config.profile_steps and not self._profiled:
            yield Notice(self._step, f"no profile: that begins at step {PROFILE_START_STEP}")
        if self._last_checkpoint_step != self._step and (why := self._first_nonfinite()):
            yield from self._diverged(why)
            return
        if self._last_evaluation_step != self._step and not self._desired.stop:
            yield from self._evaluate(due=True)
        if self._last_checkpoint_step != self._step:
            yield from self._save()
        yield Weights(self._step, self._engine.layers())
        reason = self._desired.stop or self._early_stopping.stop_reason or "done"
        outcome, detail = parse_reason(reason)
        yield Finished(self._step, outcome, self._clock() - began, detail)

    # -- where to start -----------------------------------------------------------------------

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._engine.restore(checkpoint.arrays, slots=not self._config.branch)
        if self._config.branch:
            return
        self._step = self._last_checkpoint_step = self._last_evaluation_step = checkpoint.step
        try:
            self._position = int(checkpoint.metadata["position"])
            self._hparams = validate_hparams(checkpoint.metadata["hyperparameters"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            told = "the checkpoint does not say how its run went on; branch from it instead"
            raise UserError(told) from error
        self._divergence.restore(checkpoint.metadata.get("watchdog", {}))
        self._early_stopping.restore(checkpoint.metadata.get("early_stop", {}))

    def _started(self) -> Started:
        return Started(
            self._step,
            as_dict(self._hparams),
            self._engine.device,
            self._engine.parameters,
            [change for change in self._config.planned_changes if change[0] >= self._step],
        )

    def _overrides(self) -> dict[str, Any]:
        """What a resumed run is to do otherwise than its checkpoint says."""
        now = as_dict(self._hparams)
        return {name: v for name, v in as_dict(self._config.hparams).items() if v != now[name]}

    # -- what is wanted -----------------------------------------------------------------------

    @property
    def _paused(self) -> bool:
        pause_at = self._desired.pause_at
        return pause_at is not None and self._step >= pause_at

    def _apply_control(self) -> Iterator[Event]:
        """Do what is wanted since the last look, and what was planned for this step."""
        planned = {
            name: value
            for step, name, value in self._config.planned_changes
            if step == self._step > self._planned_done
        }
        self._planned_done = self._step
        before = self._desired
        if planned:
            yield from self._publish_planned(planned)
        try:
            self._desired = self._control.poll()
        except UserError as error:
            yield Alert(self._step, f"{error}; it is ignored")
        asked = {
            name: value
            for name, value in self._desired.hyperparameters.items()
            if value != before.hyperparameters.get(name)
        }
        yield from self._apply_changes(asked | planned)
        if self._desired.evaluate != self._evaluations:
            self._evaluations = self._desired.evaluate
            yield from self._evaluate()
        if self._desired.checkpoint != self._checkpoints:
            self._checkpoints = self._desired.checkpoint
            yield from self._save()

    def _publish_planned(self, planned: dict[str, Any]) -> Iterator[Event]:
        """Tell everybody who steers what was planned; it is done even where that cannot be."""
        try:
            self._control.request(hyperparameters=planned)
        except UserError as error:
            yield Alert(self._step, f"{error}; what was planned is done all the same")

    def _apply_changes(self, values: Mapping[str, Any]) -> Iterator[Event]:
        """Change hyperparameters from the next step on."""
        for name, value in values.items():
            old = getattr(self._hparams, name)
            if value == old:
                continue
            if why := self._engine.why_invalid(name, value):
                kept = f"{SPECS[name].label} stays {SPECS[name].format(old)}"
                yield Alert(self._step, f"{kept}: {why}")
            else:
                self._hparams = update_hparams(self._hparams, {name: value})
                if name in ("l2", *AUGMENTATION):
                    self._divergence.reset()
                yield Changed(self._step, name, old, value)

    def _wait_while_paused(self) -> Iterator[Event]:
        """Take no step until one is wanted."""
        yield Paused(self._step)
        while self._paused and not self._desired.stop:
            yield Tick()
            self._sleep(PAUSE_POLL)
            yield from self._apply_control()
        yield Resumed(self._step)

    # -- what is due --------------------------------------------------------------------------

    def _steps_until_due(self) -> int:
        """Steps that may be taken together before something else has to be done."""
        hparams, step = self._hparams, self._step
        due = [
            hparams.max_steps - step,
            hparams.eval_every - step % hparams.eval_every,
            self._divergence.steps_until_due(step),
        ]
        if self._profiling:
            due.append(self._profile_until - step)
        due += [planned - step for planned, _, _ in self._config.planned_changes if planned > step]
        if self._desired.pause_at is not None:
            due.append(self._desired.pause_at - step)
        # The first step goes alone, so that its loss is on the screen as soon as it can be.
        return min(due) if step else 1

    @property
    def _evaluation_is_due(self) -> bool:
        return self._step % self._hparams.eval_every == 0 or self._step >= self._hparams.max_steps

    def _evaluate(self, *, due: bool = False) -> Iterator[Event]:
        """Measure all splits; one that somebody asked for does not count for an early stop."""
        before = self._clock()
        read = {split: self._engine.evaluate(split) for split in SPLITS}
        self._last_evaluation_step = self._step
        evaluated = Evaluated(
            self._step,
            {split: confusion for split, (confusion, _) in read.items()},
            {split: loss for split, (_, loss) in read.items()},
            self._clock() - before,
        )
        if due:
            self._early_stopping.update(evaluated.accuracy("validation"), self._hparams)
        yield evaluated
        yield Weights(self._step, self._engine.layers())

    def _profile(self) -> Iterator[Event]:
        """Trace the steps that were asked for, once everything is compiled."""
        if self._profiling and self._step >= self._profile_until:
            yield from self._end_profile()
        if self._config.profile_steps and not self._profiled and self._step >= PROFILE_START_STEP:
            self._profiled = self._profiling = True
            self._profile_until = self._step + self._config.profile_steps
            self._engine.start_profile(self._config.profile_dir)

    def _end_profile(self) -> Iterator[Event]:
        self._profiling = False
        self._engine.stop_profile()
        yield Notice(self._step, "profile written; `tensorboard --logdir` shows it")

    def _first_nonfinite(self) -> str:
        """Why the weights are beyond hope though the loss still is a number; nothing if not."""
        state = self._engine.state()
        wrecked = [name for name, array in state.items() if not np.isfinite(array).all()]
        return f"{wrecked[0]} is no longer finite" if wrecked else ""

    def _diverged(self, why: str) -> Iterator[Event]:
        yield Weights(self._step, self._engine.layers())
        yield Diverged(self._step, self._divergence.mean, why)

    def _save(self) -> Iterator[Event]:
        if self._step == 0 or self._first_nonfinite():
            return
        self._last_checkpoint_step = self._step
        about = {
            "step": self._step,
            "position": self._position,
            "hyperparameters": as_dict(self._hparams),
            "watchdog": self._divergence.state(),
            "early_stop": self._early_stopping.state(),
        }
        yield Snapshot(self._step, self._engine.state(), about)

    def _sample_weights(self) -> Iterator[Event]:
        """When it is time, those of two successive steps: look, take one step, look again."""
        now = self._clock()
        if self._weights_before:
            before, self._weights_before = self._weights_before, {}
            after = self._engine.layers()
            took = self._clock() - now
            self._next_sample_time = now + max(WEIGHTS_INTERVAL, took / WEIGHTS_TIME_SHARE)
            yield Weights(self._step, after, before)
        elif now >= self._next_sample_time:
            self._weights_before = self._engine.layers()


def check_batch_size(hparams: HyperParameters, dataset: Dataset) -> None:
    """Raise a `UserError` if these hyperparameters cannot be used with this data."""
    examples, batch = len(dataset.train), hparams.batch_size
    if batch > examples:
        raise UserError(
            f"batch_size must be at most {examples:,}, the number of training images, not {batch:,}"
        )
