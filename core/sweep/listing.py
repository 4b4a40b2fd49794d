"""The studies of a folder of runs as entries in the list of runs, without Optuna.

What a study has found is counted from the lines of Optuna's journal as they are appended, so that a
poll costs what is new, and a study is listed where Optuna is not installed too.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.run.status import RunStatus
from core.rundir import notes
from core.rundir.entry import RunEntry, owner_of
from core.rundir.json_tail import JsonTail
from core.rundir.run_values import RunValues
from core.rundir.rundir import RunDir
from core.rundir.status import STUDY, RunSummary
from core.sweep.folder import STUDIES, STUDY_FILE, Description, StudyFolder
from core.sweep.goal import Goal
from core.sweep.study_control import DesiredState, read_desired_state
from trainpad.errors import RunError, UserError
from trainpad.files import modified_at, size_of
from trainpad.text import sanitize

CREATE_TRIAL, SET_STATE, SET_USER_ATTRIBUTE = 4, 6, 8
"""Operations in the lines of Optuna's journal."""
RUNNING, COMPLETE, PRUNED, FAIL, WAITING = range(5)
"""Optuna's states of a trial."""


@dataclass(slots=True)
class JournalCounts:
    """What the journal of a study says of its trials so far."""

    lines: JsonTail
    goal: Goal
    states: list[int] = field(default_factory=list)
    """The state of each trial."""
    lost: set[int] = field(default_factory=set)
    best: float | None = None

    def poll(self) -> None:
        """Read what is new."""
        while found := self.lines.poll():
            for line in found:
                self._take(line)

    def _take(self, line: Mapping[str, Any]) -> None:
        operation, trial = line.get("op_code"), line.get("trial_id")
        if operation == CREATE_TRIAL:
            self.states.append(line.get("state", RUNNING))
        elif not isinstance(trial, int) or not 0 <= trial < len(self.states):
            return
        elif operation == SET_USER_ATTRIBUTE and line.get("user_attr") == {"end": "lost"}:
            self.lost.add(trial)
        elif operation == SET_STATE and self.states[trial] in (RUNNING, WAITING):
            self.states[trial] = line.get("state", FAIL)
            value = next(iter(line.get("values") or ()), None)
            is_better = isinstance(value, float) and self.goal.is_better(value, self.best)
            if self.states[trial] == COMPLETE and is_better:
                self.best = value

    @property
    def begun(self) -> int:
        """How many trials have begun, without lost ones."""
        return len(self.states) - Counter(self.states)[WAITING] - len(self.lost)

    @property
    def ended(self) -> int:
        """How many trials have ended, without lost ones."""
        return self.begun - Counter(self.states)[RUNNING]


@dataclass(slots=True)
class _Listed:
    """A study that was read, and what its entry was made from."""

    description: Description
    counts: JournalCounts
    seen: object = None
    entry: RunEntry | None = None


class StudyListing:
    """The studies in a folder of runs, as of the last `poll`."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._known: dict[Path, _Listed] = {}

    def poll(self) -> list[RunEntry]:
        """The studies, in any order, without damaged ones; the same objects where none changed."""
        self._known = {path: listed for path, listed in self._read() if listed is not None}
        return [listed.entry for listed in self._known.values() if listed.entry is not None]

    def _read(self) -> Iterator[tuple[Path, _Listed | None]]:
        for path in study_paths(self._log_dir):
            try:
                yield path, self._update(StudyFolder(path))
            except UserError:
                yield path, None

    def _update(self, folder: StudyFolder) -> _Listed:
        listed = self._known.get(folder.path)
        if listed is None:
            about = folder.description()
            listed = _Listed(about, JournalCounts(JsonTail(folder.journal), about.goal))
        try:
            desired = read_desired_state(folder)
        except RunError:
            desired = DesiredState()
        run = RunDir(folder.path)
        is_live, note = folder.is_live(), notes.read(run)
        seen = size_of(folder.journal), desired, is_live, note
        if seen != listed.seen:
            listed.seen = seen
            listed.counts.poll()
            listed.entry = RunEntry(
                run,
                _summary(folder, listed, desired, is_live=is_live),
                note,
                {},
                None,
                modified_at(folder.path / STUDY_FILE),
                modified_at(folder.journal) - modified_at(folder.path / STUDY_FILE),
                owner_of(folder.path),
                _values(folder, listed.description),
            )
        return listed


def study_paths(log_dir: Path) -> Iterator[Path]:
    """Yield the folders of studies in a folder of runs, and in its folder of studies."""
    for folder in (log_dir / STUDIES, log_dir):
        try:
            with os.scandir(folder) as found:
                paths = [entry.path for entry in found if not entry.name.startswith(".")]
        except OSError:
            continue
        for path in paths:
            if os.path.isfile(f"{path}/{STUDY_FILE}"):  # noqa: PTH113 - there may be thousands
                yield Path(path)


def _summary(
    folder: StudyFolder, listed: _Listed, desired: DesiredState, *, is_live: bool
) -> RunSummary:
    planned = desired.trials or listed.description.trials
    state = RunStatus.DONE if listed.counts.ended >= planned else RunStatus.STOPPED
    if is_live:
        state = RunStatus.PAUSED if desired.paused else RunStatus.TRAINING
    worker = next((path.name for path in folder.live_workers()), "")
    host, _, rest = worker.rpartition("-")[0].rpartition("-")
    return RunSummary(
        name=sanitize(folder.path.name, limit=80),
        directory=str(folder.path),
        state=state,
        steps=listed.counts.begun,
        max_steps=planned,
        best=listed.counts.best,
        dataset="",
        host=sanitize(host, limit=80),
        pid=int(rest) if rest.isdecimal() else 0,
        since=modified_at(folder.path / STUDY_FILE),
        heartbeat=0.0,
        kind=STUDY,
        project=STUDY,
    )


def _values(folder: StudyFolder, description: Description) -> RunValues:
    """What is varied, as settings; the goal; and the command that goes on with the study."""
    settings = {name: one.text for name, one in description.space.dimensions.items()}
    goal = f"{description.goal.direction} {description.goal.metric}"
    return RunValues(
        {"goal": sanitize(goal, limit=80), **settings}, {}, f"trainpad sweep --study {folder.path}"
    )
