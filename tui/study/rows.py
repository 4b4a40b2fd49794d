"""The order of trials, and the texts about a study in its first and last rows."""

from core.output.counted import counted
from core.sweep.overview import StudyOverview
from core.sweep.results import Row
from trainpad.text import cells, sanitize
from tui.widgets.text_widget import Span, TextWidget, fit

STATES = ("complete", "pruned", "training", "queued", "failed", "diverged", "stopped", "lost")
"""In the order in which a title counts them."""


def sorted_trials(overview: StudyOverview, by: str) -> list[Row]:
    """The trials, sorted by a column; the best values first."""
    rows, maximize = list(overview.rows), overview.description.goal.maximize
    if by == "value":
        worst = float("-inf") if maximize else float("inf")
        return sorted(
            rows, key=lambda row: worst if row.value is None else row.value, reverse=maximize
        )
    if by == "state":
        return sorted(rows, key=lambda row: row.state)
    if by == "trial":
        return rows
    return sorted(rows, key=lambda row: _key(row.params.get(by)))


def _key(value: object) -> tuple[int, float, str]:
    """Numbers before texts, before what is missing."""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return (1, 0.0, str(value)) if value is not None else (2, 0.0, "")


def title_of(overview: StudyOverview) -> tuple[list[Span], list[Span]]:
    """What the title row says at the left and at the right."""
    goal, counts, best = overview.description.goal, overview.counts, overview.best
    words = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    left: list[Span] = [
        (overview.name, "title"),
        (f"   {' · '.join(words)}", "text"),
        (f"   {goal.direction} {sanitize(goal.metric, limit=80)}", "dim"),
    ]
    right: list[Span] = []
    if overview.desired.paused:
        right.append(("paused  ", "alert"))
    elif not overview.is_live:
        right.append(("not running  ", "dim"))
    if best is not None:
        right.append((f"best {best.value:.5g}, trial {best.number}", "live"))
    return left, right


def next_of(overview: StudyOverview) -> list[Span]:
    """What the next trial will try, as far as is known now."""
    if overview.said:
        return [("ended", "dim"), (f"  {overview.said}", "text")]
    begun = sum(
        count for state, count in overview.counts.items() if state not in ("queued", "lost")
    )
    planned = overview.desired.trials or overview.description.trials
    if not overview.next:
        return [("next", "dim"), ("  no setting is left to try", "text")]
    is_over = begun >= planned
    note = f"   after {counted(planned, 'trial')}; t has it try more" if is_over else ""
    values = [f"{sanitize(name, limit=40)} {cell_text(one)}" for name, one in overview.next.items()]
    return [("next", "dim"), (f"  {'  '.join(values)}", "text"), (note, "dim")]


class NextSetting(TextWidget):
    """What the next trial will try, or why none runs, in one row that is cut where it must be."""

    DEFAULT_CSS = "NextSetting { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[Span] = []

    def show(self, spans: list[Span]) -> None:
        """Show these."""
        self._spans = spans
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The texts, as far as they fit."""
        found, room = [], width
        for text, role in self._spans:
            found.append((fit(text, min(room, cells(text))), role))
            room = max(0, room - cells(text))
        return [found]


def cell_text(value: object) -> str:
    """A value in a cell."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else sanitize(str(value), limit=40)
