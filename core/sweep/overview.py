"""Everything that a screen shows of a study, read on a thread."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.sweep.background import last_line
from core.sweep.folder import Description, StudyFolder
from core.sweep.plan import best_command
from core.sweep.results import Row, rows_of
from core.sweep.space import Point, narrowed_by
from core.sweep.study import Study, importances
from core.sweep.study_control import DesiredState, read_desired_state
from trainpad.errors import RunError
from trainpad.files import size_of
from trainpad.text import sanitize

IMPORTANCE_EVERY: Final = 5
"""After so many more complete trials the importance is computed again: it takes a second."""
MIN_TRIALS: Final = 4
"""With fewer complete trials there is no importance."""


@dataclass(frozen=True, slots=True)
class StudyOverview:
    """A study at one moment."""

    name: str
    description: Description
    rows: Sequence[Row] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    """The share of each hyperparameter; empty while it is not known."""
    why_no_importance: str = ""
    desired: DesiredState = field(default_factory=DesiredState)
    is_live: bool = False
    """Whether a process runs trials."""
    next: Point = field(default_factory=dict)
    """The setting of the next trial, as things are now; empty where there is none."""
    said: str = ""
    """The last line of the process that ran trials in the background, once none does."""

    @property
    def best(self) -> Row | None:
        """The best complete trial."""
        complete = [row for row in self.rows if row.state == "complete" and row.value is not None]
        key = (max if self.description.goal.maximize else min) if complete else None
        return key(complete, key=lambda row: row.value or 0.0) if key else None

    @property
    def command(self) -> str:
        """The command line of the best trial; empty while there is none."""
        return best_command(self.description, self.best.params) if self.best else ""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many trials are in each state."""
        return Counter(row.state for row in self.rows)

    def best_so_far(self) -> list[tuple[int, float]]:
        """The number of each complete trial, and the best value up to it."""
        found: list[tuple[int, float]] = []
        best: float | None = None
        for row in self.rows:
            if row.state == "complete" and row.value is not None:
                if self.description.goal.is_better(row.value, best):
                    best = row.value
                found.append((row.number, best if best is not None else row.value))
        return found


class StudyReader:
    """Reads a study again and again; call `poll` on one thread at a time."""

    def __init__(self, folder: StudyFolder) -> None:
        self._folder = folder
        self._study: Study | None = None
        self._seen: tuple[int, DesiredState, bool] | None = None
        self._next: Point = {}
        self._next_for: object = None
        """The states of trials and the ranges that `_next` was chosen for."""
        self._importance: Mapping[str, float] = {}
        self._why_not, self._computed_at = "", 0

    def poll(self) -> StudyOverview | None:
        """The study as it is now; None if nothing has changed since the last call.

        Raises:
            RunError: it cannot be read.
        """
        desired, is_live = read_desired_state(self._folder), self._folder.is_live()
        seen = (size_of(self._folder.journal), desired, is_live)
        if seen == self._seen:
            return None
        description = self._folder.description()
        if self._study is None:
            self._study = Study(self._folder, description)
        trials = self._study.trials()
        rows = rows_of(trials)
        self._seen = seen
        self._update_importance(self._study, sum(row.state == "complete" for row in rows))
        self._update_next(self._study, rows, desired)
        return StudyOverview(
            sanitize(self._folder.path.name, limit=80), description, rows,
            self._importance, self._why_not, desired, is_live, self._next,
            "" if is_live else last_line(self._folder),
        )  # fmt: skip

    def _update_next(self, study: Study, rows: Sequence[Row], desired: DesiredState) -> None:
        """Choose again once a trial has begun or ended, was queued, or a range has changed."""
        chosen_for = [row.state for row in rows], desired.ranges
        if chosen_for != self._next_for:
            self._next_for = chosen_for
            study.space = narrowed_by(study.description.space, desired.ranges)
            self._next = study.next_point()

    def _update_importance(self, study: Study, complete: int) -> None:
        if complete < MIN_TRIALS:
            self._why_not = f"importance needs {MIN_TRIALS} complete trials"
        elif complete - self._computed_at >= IMPORTANCE_EVERY or not self._computed_at:
            self._computed_at = complete
            try:
                self._importance, self._why_not = importances(study), ""
            except RunError as error:
                self._why_not = str(error)
