"""A study's trials in Optuna's journal: begin one, record its values, end it."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from core.sweep.folder import Description, StudyFolder, Worker
from core.sweep.goal import Goal
from core.sweep.journal import open_storage
from core.sweep.space import Dimension, Point, Range, Space
from trainpad.errors import RunError

NAME: Final = "trainpad"
"""The name of the one study in a journal."""
MAX_TRIES: Final = 3
"""How often a setting is tried when the processes that run it are lost."""
STARTUP_TRIALS: Final = 5
"""So many trials are never pruned, and give the others something to compare with."""

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Study:
    """The trials of a study, as all its processes see them."""

    def __init__(self, folder: StudyFolder, description: Description) -> None:
        self.folder, self.description = folder, description
        self.space = description.space
        """What is varied now; steering may have narrowed it."""
        with _journal_errors(folder.journal):
            self._study = optuna.create_study(
                storage=open_storage(folder.journal),
                study_name=NAME,
                direction=description.goal.direction,
                pruner=_pruner(description),
                load_if_exists=True,
            )

    @property
    def goal(self) -> Goal:
        """What is made as large or as small as possible."""
        return self.description.goal

    def trials(self) -> list[FrozenTrial]:
        """All trials, in the order in which they were queued or begun."""
        with _journal_errors(self.folder.journal):
            return self._study.get_trials(deepcopy=False)

    def ask(self, worker: Worker, limit: int) -> "Trial | None":
        """Begin the next trial: a queued setting, else one that the sampler chooses.

        Returns None where `limit` trials have begun, not counting lost ones, or where a grid has
        no more points.
        """
        with self.folder.locked(), _journal_errors(self.folder.journal), _quiet():
            trials = self._study.get_trials(deepcopy=False)
            begun = [one for one in trials if one.state is not TrialState.WAITING]
            if sum(not is_lost(one) for one in begun) >= limit:
                return None
            sampler = _sampler(self.description, self.space, len(begun))
            has_queued = len(begun) < len(trials)
            if not has_queued and _is_exhausted(sampler, self._study):
                return None
            self._study.sampler = sampler
            trial = self._study.ask(
                {name: _distribution(one) for name, one in self.space.dimensions.items()}
            )
            # A grid ends Optuna's own loop at its last trial; there is none here.
            self._study.sampler = optuna.samplers.RandomSampler()
            trial.set_user_attr("worker", worker.name)
            return Trial(trial, self)

    def next_point(self) -> Point:
        """The setting of the next trial, as things are now; empty where a grid has no more points.

        It is asked of a copy of the study in memory, so that no trial begins.
        """
        with _journal_errors(self.folder.journal), _quiet():
            trials = self._study.get_trials(deepcopy=False)
            begun = sum(one.state is not TrialState.WAITING for one in trials)
            sampler = _sampler(self.description, self.space, begun)
            copy = optuna.create_study(direction=self.goal.direction, sampler=sampler)
            copy.add_trials(trials)
            if begun == len(trials) and _is_exhausted(sampler, copy):
                return {}
            trial = copy.ask(
                {name: _distribution(one) for name, one in self.space.dimensions.items()}
            )
            return dict(trial.params)

    def enqueue(self, point: Point, **attributes: Any) -> None:
        """Put a setting in the queue; what it does not name is chosen by the sampler."""
        with self.folder.locked(), _journal_errors(self.folder.journal), _quiet():
            self._study.enqueue_trial(dict(point), user_attrs=attributes)

    def reclaim(self, worker: Worker) -> list[int]:
        """Mark the trials of processes that are gone as lost, and queue their settings again.

        Returns the numbers of these trials.
        """
        running = [one for one in self.trials() if one.state is TrialState.RUNNING]
        if all(worker.is_alive(str(one.user_attrs.get("worker", ""))) for one in running):
            return []
        lost = []
        with self.folder.locked(), _journal_errors(self.folder.journal), _quiet():
            for one in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                if not worker.is_alive(str(one.user_attrs.get("worker", ""))):
                    self._set_lost(one)
                    lost.append(one.number)
        return lost

    def has_running_trials(self) -> bool:
        """Whether a process of this study runs a trial."""
        return any(one.state is TrialState.RUNNING for one in self.trials())

    def is_running(self, number: int) -> bool:
        """Whether the trial with this number is training."""
        running = (one.number for one in self.trials() if one.state is TrialState.RUNNING)
        return number in running

    def give_up(self, trial: "Trial") -> None:
        """Mark a trial that this process stops as lost, and queue its setting again."""
        with self.folder.locked(), _journal_errors(self.folder.journal), _quiet():
            self._set_lost(self._study.get_trials(deepcopy=False)[trial.number])

    def _set_lost(self, trial: FrozenTrial) -> None:
        storage, tries = self._study._storage, int(trial.user_attrs.get("tries", 1))  # noqa: SLF001
        storage.set_trial_user_attr(trial._trial_id, "end", "lost")  # noqa: SLF001
        self._study.tell(trial.number, state=TrialState.FAIL)
        if tries < MAX_TRIES and set(trial.params) == set(self.description.space.dimensions):
            attributes = {"tries": tries + 1, "retry_of": trial.number}
            self._study.enqueue_trial(dict(trial.params), user_attrs=attributes)


class Trial:
    """One trial that this process runs."""

    def __init__(self, trial: optuna.Trial, study: Study) -> None:
        self._trial, self._study = trial, study

    @property
    def number(self) -> int:
        """Counted from 0."""
        return self._trial.number

    @property
    def point(self) -> Point:
        """The values of what is varied."""
        return dict(self._trial.params)

    def report(self, step: int, value: float) -> bool:
        """Record the goal's value at a step; return whether the trial should be pruned."""
        with _journal_errors(self._study.folder.journal), _quiet():
            self._trial.report(value, step)
            return self._trial.should_prune()

    def note(self, **attributes: Any) -> None:
        """Record something about the trial."""
        with _journal_errors(self._study.folder.journal):
            for name, value in attributes.items():
                self._trial.set_user_attr(name, value)

    def finish(self, value: float) -> None:
        """End the trial with the goal's value."""
        self._tell(value=value, state=TrialState.COMPLETE)

    def prune(self, why: str) -> None:
        """End the trial early: ``pruned``, ``stopped`` or ``diverged``."""
        self.note(end=why)
        self._tell(state=TrialState.PRUNED)

    def fail(self, why: str) -> None:
        """End the trial without a value."""
        self.note(end="failed", why=why[:500])
        self._tell(state=TrialState.FAIL)

    def _tell(self, *, state: TrialState, value: float | None = None) -> None:
        with _journal_errors(self._study.folder.journal), _quiet():
            self._study._study.tell(self._trial, value, state=state)  # noqa: SLF001 - one module


def is_lost(trial: FrozenTrial) -> bool:
    """Whether the process of a trial is gone; its setting was queued again."""
    return trial.state is TrialState.FAIL and trial.user_attrs.get("end") == "lost"


def _distribution(dimension: Dimension) -> BaseDistribution:
    if not isinstance(dimension, Range):
        return CategoricalDistribution(dimension.values)
    if dimension.is_whole:
        low, high = int(dimension.low), int(dimension.high)
        return IntDistribution(low, high, log=dimension.is_log, step=dimension.step)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.is_log)


def _sampler(description: Description, space: Space, begun: int) -> optuna.samplers.BaseSampler:
    """A sampler for the next trial: its seed follows from how many have begun.

    So a study that was interrupted chooses as one that was not.
    """
    seed = (description.seed * 1_000_003 + begun) % 2**32
    with _quiet():
        if description.sampler == "random":
            return optuna.samplers.RandomSampler(seed)
        if description.sampler == "grid":
            return optuna.samplers.GridSampler(space.grid(), seed=description.seed)
        return optuna.samplers.TPESampler(
            seed=seed, multivariate=True, constant_liar=True, n_startup_trials=10
        )


def _is_exhausted(sampler: optuna.samplers.BaseSampler, study: optuna.Study) -> bool:
    """Whether a grid has no more points."""
    return isinstance(sampler, optuna.samplers.GridSampler) and sampler.is_exhausted(study)


def _pruner(description: Description) -> optuna.pruners.BasePruner:
    if description.pruner == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS)
    if description.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner()
    return optuna.pruners.NopPruner()


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


@contextmanager
def _journal_errors(journal: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"{journal} cannot be used: {error.strerror or error}") from error


def importances(study: Study) -> Mapping[str, float]:
    """How much of the goal's variance each hyperparameter explains, by Optuna's fANOVA.

    Raises:
        RunError: too few trials are complete, all have the same value, or scikit-learn is missing.
    """
    try:
        with _quiet():
            return optuna.importance.get_param_importances(study._study)  # noqa: SLF001
    except ImportError as error:
        raise RunError(
            "importance needs scikit-learn: pip install scikit-learn, or pip install -e '.[sweep]'"
        ) from error
    except (RuntimeError, ValueError) as error:
        raise RunError(f"importance cannot be computed yet: {error}") from error


def best_first(study: Study, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The complete trials, the best first."""
    complete = [one for one in trials if one.state is TrialState.COMPLETE]
    return sorted(complete, key=lambda one: one.value or 0.0, reverse=study.goal.maximize)
