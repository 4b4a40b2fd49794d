"""State of `trainpad watch`: all runs and their data, and which runs and tags are shown.

Nothing here draws. The app folds updates into one `WatchModel`; the widgets and `--once` read it.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Final, Generic, TypeVar

from core.run.seeds import SEED_IN_NAME, SEED_NAMES, compiled, same_but_seed, without_seed
from core.tfevents.bounded import Storable
from core.tfevents.logdir import Update
from core.tfevents.long_curve import Room
from core.tfevents.run_files import FolderStatus, RunChange
from core.tfevents.store import RunData, ScalarHistory
from trainpad.expression import Expression
from tui.chart.line_letters import LETTERS
from tui.chart.palette import LINE_STYLES
from tui.chart.tags import Matcher, shown_tag, sort_key
from tui.chart.traces import Line

MAX_INITIAL_RUNS: Final = 12
"""Runs that are visible until the user chooses; further ones are only in the list."""
LIVE_SECONDS: Final = 120.0
"""A run is live for so long after its last record."""
MAX_VOID_SEGMENTS: Final = 8
"""Segments that restarts replaced drawn for each run; the newest ones."""

UNDRAWN: Final[Mapping[str, str]] = {
    "": "without a kind",
    "pr_curves": "PR curves",
    "custom_scalars": "custom scalars",
    "mesh": "meshes",
    "graph_keras_model": "Keras graphs",
}
"""Names of kinds of data that are not drawn, where it is not the name of their plugin."""

Storable_co = TypeVar("Storable_co", bound=Storable, covariant=True)


@dataclass(eq=False)
class RunView:
    """A run, and its letter and colour on charts."""

    name: str
    index: int
    """Index among all runs, in the order in which they were found."""
    status: FolderStatus
    visible: bool
    run: RunData = field(default_factory=RunData)

    @property
    def letter(self) -> str:
        """The letter at the end of its curves."""
        return LETTERS[self.index % len(LETTERS)]

    @property
    def style(self) -> int:
        """The number of its colour, from 0."""
        return self.index % LINE_STYLES

    @property
    def last_record_time(self) -> float:
        """Wall time of the last record, in seconds since 1970; 0 if unknown."""
        return self.status.last_wall_time or 0.0

    def lines(self, tag: str, *, void: bool) -> list[Line]:
        """Return the curve of a tag, if any; with `void` also what restarts replaced of it."""
        scalar = self.run.scalars.get(tag)
        if scalar is None:
            return []
        curves = [scalar.curve, *(scalar.replaced[-MAX_VOID_SEGMENTS:] if void else [])]
        return [
            Line(
                self.name,
                curve,
                self.style,
                curve.timeline,
                letter=self.letter,
                is_void=curve is not scalar.curve,
            )
            for curve in curves
        ]

    def experiment(self, pattern: Expression) -> Hashable:
        """Equal for runs that differ in their seed only.

        Those are runs of which the names differ where `pattern` matches, or the
        hyperparameters in the seed only.
        """
        name = without_seed(self.name, pattern)
        hparams = self.run.hparams
        has_seed = any(SEED_NAMES.search(name) for name in hparams)
        return same_but_seed(hparams) if has_seed and name == self.name else name

    @property
    def void_count(self) -> int:
        """How many points of all its curves restarts have replaced."""
        return sum(scalar.void_count for scalar in self.run.scalars.values())


@dataclass(frozen=True)
class TagItem(Generic[Storable_co]):
    """A tag of one run, and its stored items."""

    tag: str
    run_view: RunView
    values: Sequence[Storable_co]

    def until(self, step: int | None) -> Sequence[Storable_co]:
        """Return the items up to `step`, or all of them; at least the first."""
        if step is None:
            return self.values
        end = bisect_right(self.values, step, key=attrgetter("step"))
        return self.values[: max(1, end)]


class WatchModel:
    """All runs; changed by `fold`."""

    def __init__(self, pattern: str = "", group: str | None = None) -> None:
        """Draw the tags that match `pattern`; `group` is that of `trainpad watch --group`.

        Raises:
            UserError: `group` is no regular expression.
        """
        self.version = 0
        """Increases with every change."""
        self.runs: dict[str, RunView] = {}
        self._room = Room()
        self.fraction_read = 0.0
        self.caught_up = False
        self.shows_void = False
        """Whether to show what restarts replaced."""
        self.seed_pattern = compiled(SEED_IN_NAME if group is None else group)
        """What matches the part of names in which runs of one experiment differ."""
        self.is_grouped = group is not None
        """Whether runs that differ only in their seed are drawn as their mean."""
        self._is_chosen = False
        """Whether the user chose which runs are visible."""
        self.first: Sequence[str] = ()
        """Tags that come before the others."""
        self.shown_step: int | None = None
        """The step of the texts and images that are shown; None for the newest."""
        self._pattern = pattern
        self.matches = Matcher(pattern)
        """Return whether a tag matches the filter."""

    # -- taking in ----------------------------------------------------------------------------

    def fold(self, update: Update) -> None:
        """Fold a batch of changes."""
        self.version += 1
        self.fraction_read = update.read_bytes / max(1, update.total_bytes)
        for change in update.changes:
            self._fold_change(change)
        if not self._is_chosen:
            self._show_newest(self.caught_up)
        self.caught_up = update.caught_up

    def _fold_change(self, change: RunChange) -> None:
        run_view = self.runs.get(change.run)
        if run_view is None:
            shown = len(self.runs) < MAX_INITIAL_RUNS
            run_view = RunView(
                change.run, len(self.runs), change.status, shown, RunData(self._room)
            )
            self.runs[change.run] = run_view
        run_view.status = change.status
        if change.reset:
            self._room.curves -= len(run_view.run.scalars)
            run_view.run = RunData(self._room)
        for item in change.items:
            run_view.run.fold(item)

    def _show_newest(self, caught_up: bool) -> None:
        """Show the runs with the newest records; later only replace one by one that is live."""
        newest = sorted(self.runs.values(), key=_age_key)
        if not caught_up:
            for place, run_view in enumerate(newest):
                run_view.visible = place < MAX_INITIAL_RUNS
            return
        for run_view in newest:
            oldest = min(self.visible_runs, key=attrgetter("last_record_time"), default=run_view)
            gap = run_view.last_record_time - oldest.last_record_time
            if not run_view.visible and gap > LIVE_SECONDS:
                run_view.visible, oldest.visible = True, False

    # -- choosing -----------------------------------------------------------------------------

    def listed_runs(self, now: float) -> list[RunView]:
        """Return all runs: first those that are live, then the others, newest first."""
        newest = sorted(self.runs.values(), key=_age_key)
        live = [run for run in newest if now - run.last_record_time < LIVE_SECONDS]
        # Among those that are live, the order by their last records would change all the time.
        return sorted(live, key=attrgetter("index")) + newest[len(live) :]

    @property
    def visible_runs(self) -> list[RunView]:
        """The runs that are drawn."""
        return [run_view for run_view in self.runs.values() if run_view.visible]

    def set_visible(self, accept: Callable[[RunView], bool]) -> None:
        """Show exactly the runs for which `accept` returns True, from now on."""
        self.version += 1
        self._is_chosen = True
        for run_view in self.runs.values():
            run_view.visible = accept(run_view)

    def move_step(self, items: Iterable[TagItem[Storable]], by: int) -> None:
        """Show the texts and images of the next or previous step of these items."""
        steps = sorted({value.step for item in items for value in item.values})
        if not steps:
            return
        now = len(steps) if self.shown_step is None else bisect_right(steps, self.shown_step)
        place = max(0, now - 1 + by)
        self.shown_step = steps[place] if place < len(steps) - 1 else None
        self.version += 1

    @property
    def pattern(self) -> str:
        """The filter for tags: a substring or a regular expression."""
        return self._pattern

    @pattern.setter
    def pattern(self, pattern: str) -> None:
        self.version += 1
        self._pattern = pattern
        self.matches = Matcher(pattern)

    # -- what there is ------------------------------------------------------------------------

    def scalar_tags(self) -> list[str]:
        """Return the scalar tags of the visible runs, sorted."""
        return self._sorted_tags(
            tag for run_view in self.visible_runs for tag in run_view.run.scalars
        )

    def items(self, kind: str) -> list[TagItem[Storable]]:
        """Return the ``histograms``, ``texts`` or ``images`` of the visible runs, sorted by tag."""
        stores = [(run_view, getattr(run_view.run, kind)) for run_view in self.visible_runs]
        tags = self._sorted_tags(tag for _, store in stores for tag in store)
        return [
            TagItem(tag, run_view, values)
            for tag in tags
            for run_view, store in stores
            if (values := store[tag])
        ]

    def lines(self, tag: str) -> list[Line]:
        """Return the curves of a tag, or the means over the runs of each experiment."""
        if not self.is_grouped:
            return [
                line
                for run_view in self.visible_runs
                for line in run_view.lines(tag, void=self.shows_void)
            ]
        groups: dict[Hashable, list[RunView]] = {}
        for run_view in self.visible_runs:
            groups.setdefault(run_view.experiment(self.seed_pattern), []).append(run_view)
        found = (self._mean_line(tag, members) for members in groups.values())
        return [line for line in found if line is not None]

    def _mean_line(self, tag: str, runs: list[RunView]) -> Line | None:
        """The mean of a tag over runs of one experiment; None if none of them has it."""
        members = tuple(line for run_view in runs for line in run_view.lines(tag, void=False))
        if len(members) < 2:
            return members[0] if members else None
        name = without_seed(runs[0].name, self.seed_pattern) or runs[0].name
        return replace(members[0], name=f"{name} ({len(members)} runs)", members=members)

    def title(self, tag: str, lines: Sequence[Line]) -> str:
        """Return the title of the chart of a tag: that, and what its lines do not say.

        A single curve has no letter, so its run is named if there are others.
        """
        names = dict.fromkeys(line.name for line in lines)
        run_name = f"   {next(iter(names))}" if len(names) == 1 < len(self.visible_runs) else ""
        return (
            shown_tag(tag)
            + run_name
            + ("" if self._has_steps(tag) else " · without steps, by order")
        )

    def step_unit(self, tag: str) -> str:
        """Return what is counted along the axis of a tag, in the plural."""
        return "steps" if self._has_steps(tag) else "values"

    def _has_steps(self, tag: str) -> bool:
        """Whether a visible run has written a tag with steps, or no visible run has written it."""
        found = [run_view.run.scalars.get(tag) for run_view in self.visible_runs]
        known = [scalar.has_steps for scalar in found if scalar is not None]
        return any(known) or not known

    @property
    def void_count(self) -> int:
        """How many points of the visible runs restarts have replaced."""
        return sum(run_view.void_count for run_view in self.visible_runs)

    @property
    def problems(self) -> list[str]:
        """One sentence for each file of which something cannot be read."""
        return [
            f"{run_view.name}: {problem}"
            for run_view in self.runs.values()
            for problem in run_view.status.problems
        ]

    @property
    def undrawn(self) -> str:
        """The kinds of data of the visible runs that are not drawn; empty without any."""
        total = sum((Counter(run_view.status.undrawn) for run_view in self.visible_runs), Counter())
        return undrawn_text(total)

    @property
    def last_record_time(self) -> float | None:
        """Wall time of the newest record, in seconds since 1970; None without any."""
        times = [run_view.status.last_wall_time for run_view in self.runs.values()]
        return max((time for time in times if time is not None), default=None)

    def _sorted_tags(self, tags: Iterable[str]) -> list[str]:
        found = sorted((tag for tag in set(tags) if self.matches(tag)), key=sort_key)
        first = [tag for tag in self.first if tag in found]
        return first + [tag for tag in found if tag not in first]


def _age_key(run_view: RunView) -> tuple[float, int]:
    """Sort runs by their last record, the newest first."""
    return -run_view.last_record_time, run_view.index


def undrawn_text(kinds: Mapping[str, int]) -> str:
    """Return the names of the kinds of data that are not drawn, with their numbers of tags."""
    names = (f"{UNDRAWN.get(kind, kind)} {count:,}" for kind, count in sorted(kinds.items()))
    return ", ".join(names)


def last_value(scalar: ScalarHistory | None) -> float | None:
    """Return the last value of a curve, or None without any."""
    return scalar.curve.last if scalar is not None and len(scalar.curve) else None
