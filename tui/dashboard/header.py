"""The two rows at the top of every screen: which run, its progress, and the current screen.

What changes with every frame is in widgets of its own at the right, since Textual sends a changed
row again from its widget's left edge on. On a narrow screen the rate and the time left stay: the
device, the data set and the name of the program give way to them.
"""

import time
from collections.abc import Callable, Iterator
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Click
from textual.message import Message

from core.run.durations import duration
from core.run.info import notice_in
from core.run.plan_text import steps_of_plan
from core.run.state import RunState
from core.run.status import RunStatus
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import Span, TextWidget, align_right, fit, justify

PROGRAM = " trainpad  "
STATE_SYMBOLS = {
    RunStatus.STARTING: ("○", "dim"),
    RunStatus.TRAINING: ("▶", "live"),
    RunStatus.PAUSED: ("‖", "alert"),
    RunStatus.DONE: ("■", "text"),
    RunStatus.STOPPED: ("■", "text"),
    RunStatus.DIVERGED: ("✗", "alert"),
    RunStatus.FAILED: ("✗", "alert"),
    RunStatus.LOST: ("✗", "alert"),
}
"""Symbol and style role by the run's status."""
ESTIMATE_SECONDS = 1.0
"""How long a rate and the time left are shown: their last digits change all the time."""
TAB_GAP = 2
TABS_WIDTH = 1 + sum(len(screen.title) + 2 + TAB_GAP for screen in SCREENS)
"""Cells of the names of all screens."""


class Identity(TextWidget):
    """Which run this is: its name, parent, data and device, as many of them as fit."""

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()

    def update_run(self, run: RunState) -> None:
        """Show this run."""
        self._run = run
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The name of the program, unless the run's needs its room, the run, and a blank."""
        texts = _run_summaries(self._run)
        room = width - len(PROGRAM)
        text = next((text for text in texts if cell_len(text) < room), "")
        if text:
            return [[(PROGRAM, "title"), (fit(text, room), "dim")]]
        return [[(fit(f" {texts[-1]}", width - 1), "dim"), (" ", "dim")]]


def _run_summaries(run: RunState) -> list[str]:
    """Name, parent, data and device of a run, the fullest first."""
    if run.is_attached:
        return [f"{run.title} · {run.framework}", run.title] if run.framework else [run.title]
    dataset = run.info.get("dataset", {})
    data = str(dataset.get("name", ""))
    sized = f"{data} {dataset.get('train', 0):,}" if dataset else ""
    device = run.device.removesuffix(":0")
    parent = f"from {run.parent}" if run.parent else ""
    choices = (
        (run.name, parent, sized, device), (run.name, parent, sized), (run.name, parent, data),
        (run.name, parent), (run.name, data), (run.name,),
    )  # fmt: skip
    return [" · ".join(part for part in parts if part) for parts in choices]


class ScreenTabs(TextWidget):
    """The names of the screens, and as much of a notice about the data as fits beside them."""

    class ScreenChosen(Message):
        """The name of a screen was clicked."""

        def __init__(self, screen: str) -> None:
            super().__init__()
            self.screen_name = screen

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._notice = ""

    def update_run(self, run: RunState) -> None:
        """Show the notice of this run."""
        self._notice = notice_in(run.info)
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The names, or the numbers alone where these have no room."""
        spans: list[Span] = [(" ", "dim")]
        for screen, label in zip(SCREENS, self._labels(width), strict=True):
            role = "live" if screen.name == self._current else "dim"
            spans += [(label, role), (" " * TAB_GAP, "dim")]
        room = max(0, width - sum(len(text) for text, _ in spans))
        return [[*spans, (fit(_leading_part(self._notice, room), room), "alert")]]

    def _labels(self, width: int) -> list[str]:
        is_narrow = width < TABS_WIDTH - TAB_GAP
        return [
            screen.key if is_narrow and screen.name != self._current
            else f"{screen.key} {screen.title}"
            for screen in SCREENS
        ]  # fmt: skip

    def on_click(self, event: Click) -> None:
        """Post the screen of which the name was clicked."""
        start = 1
        for screen, label in zip(SCREENS, self._labels(self.size.width), strict=True):
            if start <= event.x < start + len(label):
                self.post_message(self.ScreenChosen(screen.name))
            start += len(label) + TAB_GAP


def _leading_part(notice: str, room: int) -> str:
    """A notice, or its first clauses, as many of them as fit; the messages have the whole."""
    parts = (notice, notice.split("; ", maxsplit=1)[0], notice.split(": ", maxsplit=1)[0])
    return next((part for part in parts if cell_len(part) <= room), "")


class RunNumbers(TextWidget):
    """How far the run is: activity, step of steps, rate, time left."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._run = RunState()
        self._activity = ""
        self._clock = clock
        self._rate, self._seconds_left = 0.0, 0.0
        self._estimated_for: object = None
        """The run and its status that rate and time left are of."""
        self._estimated_at = 0.0

    def update_run(self, run: RunState, activity: str) -> None:
        """Show this run; `activity` is what it does or is about to do."""
        self._run, self._activity = run, activity
        current, now = (run, run.status), self._clock()
        is_new = current != self._estimated_for or not self._rate
        if is_new or now - self._estimated_at >= ESTIMATE_SECONDS:
            self._estimated_for, self._estimated_at = current, now
            self._rate, self._seconds_left = run.steps_per_second, run.seconds_left
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """As much as fits; the activity's symbol, the rate and the time left stay longest."""
        symbol, role = STATE_SYMBOLS[self._run.status]
        choices: list[list[Span]] = [
            [(f"{symbol} {self._activity}" if with_activity else symbol, role), (text, "text")]
            for with_activity, text in self._choices()
        ]
        fitting = (spans for spans in choices if sum(cell_len(text) for text, _ in spans) <= width)
        return [justify([], next(fitting, choices[-1]), width)]

    def _choices(self) -> Iterator[tuple[bool, str]]:
        """Whether the activity is named, and the numbers, the fullest first."""
        run = self._run
        step = f"{run.step:,}"
        of = steps_of_plan(run.step, run.planned_steps, " / ")
        epoch = _epoch_text(run)
        if run.status is RunStatus.TRAINING and self._rate and not run.is_replay:
            rate, left = _rate_text(self._rate), duration(self._seconds_left)
            if not _is_within_plan(run):
                yield from _without_end(epoch, of, step, rate)
                return
            if epoch:
                yield True, f"   {epoch}   {of}  {align_right(rate, 6)} steps/s  {left} left "
                yield True, f"  {epoch}  {of}  {rate}/s  {left} left "
            yield True, f"   {of}  {align_right(rate, 6)} steps/s  {align_right(left, 12)} left "
            yield True, f"  {of}  {rate}/s  {left} left "
            yield True, f"  {of}  {rate}/s  {left} "
            yield False, f" {of}  {rate}/s  {left} "
            yield False, f" {step}  {rate}/s  {left} "
            yield False, f" {rate}/s  {left} "
        elif run.status is RunStatus.STARTING and not run.step:
            yield True, " "
        else:
            if epoch:
                yield True, f"   {epoch}   {of} "
            yield True, f"   {of} "
            yield True, f"  {step} "
            yield False, f" {of} "


def _is_within_plan(run: RunState) -> bool:
    """Whether a run has a plan and did not go on beyond it."""
    return 0 < run.planned_steps >= run.step


def _without_end(epoch: str, of: str, step: str, rate: str) -> Iterator[tuple[bool, str]]:
    """The choices of `RunNumbers` for a run of which nobody knows when it ends."""
    if epoch:
        yield True, f"   {epoch}   {of}  {align_right(rate, 6)} steps/s "
    yield True, f"   {of}  {align_right(rate, 6)} steps/s "
    yield True, f"  {step}  {rate}/s "
    yield False, f" {step}  {rate}/s "
    yield False, f" {rate}/s "


def _rate_text(rate: float) -> str:
    """Steps per second, with as many digits as are of use."""
    return f"{float(f'{rate:.3g}'):,.0f}" if rate >= 10 else f"{rate:.2g}"


def _epoch_text(run: RunState) -> str:
    """The epoch that runs, counted from 1, of those planned; empty without epochs."""
    epoch, planned = run.program.epoch, run.program.planned_epochs
    if epoch is None:
        return ""
    return f"epoch {epoch + 1:,}/{planned:,}" if planned else f"epoch {epoch + 1:,}"


class ProgressBar(TextWidget):
    """The share of the planned steps that are done."""

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()

    def update_run(self, run: RunState) -> None:
        """Show this run."""
        self._run = run
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The bar, and the share in percent."""
        run = self._run
        if not _is_within_plan(run):  # nobody knows how far it is
            return [[("─" * max(0, width - 2) + "  ", "dim")]]
        fraction = run.step / run.planned_steps
        length = max(0, width - 7)
        done = round(fraction * length)
        role = STATE_SYMBOLS[run.status][1]
        bar: list[Span] = [
            ("━" * done, "live" if role == "dim" else role),
            ("─" * (length - done), "dim"),
            (align_right(f"{fraction:.0%}", 5) + "  ", "text"),
        ]
        return [bar]


class Header(Vertical):
    """Both rows: run and numbers, screens and progress."""

    DEFAULT_CSS: ClassVar[str] = """
    Header { height: 2; }
    Header Horizontal, Header TextWidget { height: 1; width: 1fr; }
    Header RunNumbers, Header ProgressBar { width: 72; }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        """Identity and screens at the left, numbers and progress at the right."""
        with Horizontal():
            yield Identity()
            yield RunNumbers()
        with Horizontal():
            yield ScreenTabs(self._current)
            yield ProgressBar()

    def update_run(self, run: RunState, activity: str) -> None:
        """Show this run; `activity` is what it does or is about to do."""
        self.query_one(Identity).update_run(run)
        self.query_one(ScreenTabs).update_run(run)
        self.query_one(ProgressBar).update_run(run)
        self.query_one(RunNumbers).update_run(run, activity)
