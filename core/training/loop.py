"""The training loop: `train` yields a run as a generator of events.

Each turn polls the control file, runs one chunk of steps as one compiled call, and yields the
resulting events. The consumer may stop pulling between any two events and another thread may take
over. The loop writes no files; `core.rundir.recorder` does.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from core.process.libraries import clean_imports
from core.process.threads import freeze_gc, run_with_signals_blocked
from core.run.events import (
    Alert,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Notice,
    Paused,
    Preparing,
    Snapshot,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.hparams import AUGMENTATION, as_dict, update_hparams, validate_hparams
from core.run.own_hparams import is_own_value
from core.run.status import Outcome, parse_reason
from core.rundir.checkpoint import Checkpoint
from core.training.changing import changes
from core.training.chunking import ChunkSizer
from core.training.config import TrainConfig
from core.training.divergence import DivergenceCheck
from core.training.early_stopping import EarlyStopping
from core.training.planned import PlannedChanges
from core.training.profiling import Profiler
from core.training.weight_sampling import WeightSampling
from data.dataset import SPLITS
from trainpad.control import Control, DesiredState
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.training.engine import Engine

PAUSE_POLL = 0.02
"""Seconds between two polls of the control file while paused."""


def train(config: TrainConfig, control: Control | None) -> Iterator[Event]:
    """Train until `max_steps`, a requested stop, early stopping or divergence.

    `control` is None in a worker of a cluster, which gets the desired state from its chief.

    Raises:
        UserError: the checkpoint does not fit, or there is no such device or cluster.
    """
    yield Preparing("loading TensorFlow")
    make = partial(_make_engine, config)
    # A cluster's workers wait here for each other, and ctrl+c has to interrupt that.
    engine = run_with_signals_blocked(make) if config.strategy == "none" else make()
    freeze_gc()  # all that TensorFlow made
    yield from Training(engine, config, engine.shared_control(control)).events()


def _make_engine(config: TrainConfig) -> "Engine":
    """Import TensorFlow and build the engine for this device or strategy."""
    with clean_imports():
        from core.training.distributed import DistributedEngine
        from core.training.engine import Engine

    dataset, hparams, device, xla = config.dataset, config.hparams, config.device, config.xla
    if config.strategy == "none":
        return Engine(dataset, hparams, device=device, xla=xla, own=config.own)
    return DistributedEngine(dataset, hparams, device=device, xla=xla, strategy=config.strategy)


class Training:
    """A run in progress: an engine, the desired state, and the position in the run."""

    def __init__(
        self,
        engine: "Engine",
        config: TrainConfig,
        control: Control,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine = engine
        self._config = config
        self._control = control
        self._clock = clock
        self._sleep = sleep
        self._hparams = config.hparams
        self._step = 0  # steps done
        self._position = 0  # examples consumed from the shuffled stream
        self._chunk_sizer = ChunkSizer()
        self._last_checkpoint_step = self._last_evaluation_step = 0
        self._sampling = WeightSampling(engine.weights, clock)
        self._profiler = Profiler(engine, config.profile_steps, config.profile_dir)
        self._planned = PlannedChanges(config.planned_changes)
        self._divergence = DivergenceCheck(len(config.dataset.classes))
        self._early_stopping = EarlyStopping()
        # Requests may have come since the file was made, while TensorFlow was imported: as long as
        # nothing was polled, the desired state is the one that the run started with.
        self._desired = DesiredState(as_dict(config.hparams))
        self._evaluations = self._checkpoints = 0
        if config.resume is not None:
            self._restore(config.resume)
        self._given = self._overrides()
        """Hyperparameters that the first step from here on is to have; empty once they hold."""

    def events(self) -> Iterator[Event]:
        """Run to the end; a profile in progress is written however that happens."""
        try:
            yield from self._run()
        finally:
            self._profiler.close()

    def _run(self) -> Iterator[Event]:
        began = self._clock()
        yield self._started()
        yield from (Notice(self._step, sentence) for sentence in self._engine.notices)
        yield Weights(self._step, self._engine.weights())

        while self._has_steps_left:
            yield from self._apply_control()
            if self._desired.stop or self._step >= self._hparams.max_steps:
                break  # `max_steps` may just have been lowered to a step that is past
            if self._paused:
                yield from self._wait_while_paused()
                continue
            yield from self._compile()
            yield from self._profiler.update(self._step)
            steps = self._train_chunk()
            yield steps
            self._advance(steps)

            if why := self._why_diverged(steps):
                yield from self._diverged(why)
                return
            if self._evaluation_is_due:
                yield from self._evaluate(due=True)
                yield from self._save()
                if self._early_stopping.stop_reason:
                    break
            is_last = self._steps_to_evaluation == 1
            yield from self._sampling.after(self._step, next_is_evaluated=is_last)

        yield from self._finish(began)

    def _finish(self, began: float) -> Iterator[Event]:
        """Evaluate and save what the last steps changed, and end the run."""
        yield from self._profiler.finish(self._step)
        if self._last_checkpoint_step != self._step and (why := self._why_nonfinite()):
            yield from self._diverged(why)
            return
        if self._last_evaluation_step != self._step and not self._desired.stop:
            yield from self._evaluate(due=True)
        if self._last_checkpoint_step != self._step:
            yield from self._save()
        yield Weights(self._step, self._engine.weights())
        outcome, detail = Outcome.DONE, self._early_stopping.stop_reason
        if self._desired.stop:
            outcome, detail = parse_reason(self._desired.stop)
        yield Finished(self._step, outcome, self._clock() - began, detail)

    @property
    def _has_steps_left(self) -> bool:
        max_steps = self._given.get("max_steps", self._hparams.max_steps)
        return self._step < max_steps or self._planned.extend_at(self._step)

    # -- one chunk -----------------------------------------------------------------------------

    def _compile(self) -> Iterator[Event]:
        """Compile the step if these hyperparameters need another trace."""
        if self._engine.needs_trace(self._hparams):
            yield Preparing("compiling the training step")
            if not run_with_signals_blocked(partial(self._engine.trace, self._hparams)):
                yield Alert(self._step, "XLA cannot compile for this device; continuing without it")

    def _train_chunk(self) -> Steps:
        """Run the next steps as one compiled call."""
        alone = self._sampling.runs_alone
        count = 1 if alone else self._chunk_sizer.next_count(self._steps_until_due())
        count = self._engine.sync_step_count(count)
        before = self._clock()
        losses = self._engine.steps(self._step, self._position, count, self._hparams)
        seconds = self._clock() - before
        if not alone:
            self._chunk_sizer.record(len(losses), seconds)
        return Steps(self._step, losses, seconds)

    def _advance(self, steps: Steps) -> None:
        self._step += len(steps.losses)
        self._position += len(steps.losses) * self._hparams.batch_size

    def _why_diverged(self, steps: Steps) -> str:
        """Why training cannot recover after these steps; empty if it can."""
        why = self._divergence.check(steps.first, steps.losses)
        return why or (self._why_nonfinite() if self._evaluation_is_due else "")

    def _why_nonfinite(self) -> str:
        """A sentence that names the first non-finite array; empty if all weights are finite."""
        for name, array in self._engine.state().items():
            if not np.isfinite(array).all():
                return f"{name} is no longer finite"
        return ""

    def _diverged(self, why: str) -> Iterator[Event]:
        yield Weights(self._step, self._engine.weights())
        yield Diverged(self._step, self._divergence.mean, why)

    # -- start and resume ----------------------------------------------------------------------

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._engine.restore(checkpoint.arrays, slots=not self._config.branch)
        if self._config.branch:
            return
        self._step = self._last_checkpoint_step = self._last_evaluation_step = checkpoint.step
        try:
            self._position = int(checkpoint.metadata["position"])
            self._hparams = validate_hparams(checkpoint.metadata["hyperparameters"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UserError(
                "the checkpoint has no resume state; --branch RUN starts a new run with its weights"
            ) from error
        self._engine.restore_own(checkpoint.metadata.get("own", {}))
        self._divergence.restore(checkpoint.metadata.get("watchdog", {}))
        self._early_stopping.restore(checkpoint.metadata.get("early_stop", {}))

    def _started(self) -> Started:
        return Started(
            self._step,
            as_dict(self._hparams),
            self._engine.device,
            self._engine.parameters,
            self._planned.since(self._step),
            self._engine.own_values.declared,
        )

    def _overrides(self) -> dict[str, Any]:
        """The values that a resumed run was given and that differ from its checkpoint's."""
        now = as_dict(self._hparams)
        rate = self._engine.own_learning_rate
        if rate is not None and not self._config.rate_given and self._config.resume is None:
            return {"learning_rate": rate}
        return {name: v for name, v in as_dict(self._config.hparams).items() if v != now[name]}

    # -- desired state -------------------------------------------------------------------------

    @property
    def _paused(self) -> bool:
        pause_at = self._desired.pause_at
        return pause_at is not None and self._step >= pause_at

    def _apply_control(self) -> Iterator[Event]:
        """Poll the control file, and apply what is new in it and what was planned for this step.

        Nothing is changed where a stop was requested: no step would be trained with it.
        """
        planned, before = self._planned.take(self._step), self._desired
        if planned:
            yield from self._publish_planned(planned)
        try:
            self._desired = self._control.poll()
        except UserError as error:
            yield Alert(self._step, f"{error}; it is ignored")
        requested = {
            name: value
            for name, value in self._desired.hyperparameters.items()
            if value != before.hyperparameters.get(name)
        }
        if not self._desired.stop:
            given, self._given = self._given, {}
            yield from self._apply_changes(given | requested | planned)
        yield from self._answer_requests()

    def _answer_requests(self) -> Iterator[Event]:
        """Evaluate and save as requested: either does both, so that the best has a checkpoint."""
        evaluate = self._desired.evaluate != self._evaluations
        save = self._desired.checkpoint != self._checkpoints
        self._evaluations, self._checkpoints = self._desired.evaluate, self._desired.checkpoint
        if evaluate or (save and self._step and self._last_evaluation_step != self._step):
            yield from self._evaluate()
        if save or (evaluate and self._last_checkpoint_step != self._step):
            yield from self._save()

    def _publish_planned(self, planned: dict[str, Any]) -> Iterator[Event]:
        """Write planned changes to `control.json`, so that every process that steers sees them."""
        try:
            self._control.request(hyperparameters=planned)
        except UserError as error:
            yield Alert(self._step, f"{error}; the planned change is applied anyway")

    def _apply_changes(self, values: Mapping[str, Any]) -> Iterator[Event]:
        """Change hyperparameters from the next step on."""
        for event in changes(self._engine, self._step, self._hparams, values):
            if isinstance(event, Changed) and not is_own_value(event.name):
                self._hparams = update_hparams(self._hparams, {event.name: event.new})
                if event.name in ("l2", *AUGMENTATION):
                    self._divergence.reset()
            yield event

    def _wait_while_paused(self) -> Iterator[Event]:
        """Wait until a step or a stop is requested."""
        yield Paused(self._step)
        while self._paused and not self._desired.stop:
            yield Tick()
            self._sleep(PAUSE_POLL)
            yield from self._apply_control()
        yield Continued(self._step)

    # -- evaluations, checkpoints, samples -----------------------------------------------------

    def _steps_until_due(self) -> int:
        """How many steps may run together before an evaluation, a change or a pause is due."""
        step = self._step
        due = [
            # The step before an evaluation runs alone, so that what it changes is known.
            max(1, self._steps_to_evaluation - 1),
            self._divergence.steps_until_due(step),
        ]
        if self._profiler.stop_step is not None:
            due.append(self._profiler.stop_step - step)
        due += self._planned.steps_until_due(step)
        if self._desired.pause_at is not None:
            due.append(self._desired.pause_at - step)
        # The first step runs alone, so that its loss is shown as early as possible.
        return min(due) if step else 1

    @property
    def _steps_to_evaluation(self) -> int:
        """Steps until the next scheduled evaluation."""
        hparams, step = self._hparams, self._step
        return min(hparams.eval_every - step % hparams.eval_every, hparams.max_steps - step)

    @property
    def _evaluation_is_due(self) -> bool:
        return self._step % self._hparams.eval_every == 0 or self._step >= self._hparams.max_steps

    def _evaluate(self, *, due: bool = False) -> Iterator[Event]:
        """Evaluate all splits; only scheduled (`due`) evaluations count for early stopping."""
        before = self._clock()
        results = {split: self._engine.evaluate(split) for split in SPLITS}
        measured = {split: self._engine.metrics(split) for split in SPLITS[1:]}
        metrics = {split: found for split, found in measured.items() if found}
        self._last_evaluation_step = self._step
        evaluated = Evaluated(
            self._step,
            {split: confusion for split, (confusion, _) in results.items() if confusion},
            {split: loss for split, (_, loss) in results.items()},
            self._clock() - before,
            metrics,
        )
        if due:
            self._early_stopping.update(evaluated.score("validation"), self._hparams)
        yield evaluated
        yield Weights(self._step, self._engine.weights(), self._sampling.take_before(self._step))

    def _save(self) -> Iterator[Event]:
        if self._step == 0 or self._why_nonfinite():
            return
        self._last_checkpoint_step = self._step
        metadata = {
            "step": self._step,
            "position": self._position,
            "hyperparameters": as_dict(self._hparams),
            "watchdog": self._divergence.state(),
            "early_stop": self._early_stopping.state(),
            "layers": [*self._engine.weights()],
            **({"own": live} if (live := self._engine.own_values.live) else {}),
        }
        yield Snapshot(self._step, self._engine.state(), metadata)
