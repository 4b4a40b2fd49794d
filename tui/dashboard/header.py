"""The two rows at the top of every screen: which run, its progress, and the current screen.

What changes with every frame is in a narrow widget of its own at the right, since Textual
sends a changed row again from its widget's left edge on.
"""

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message

from core.run.durations import duration
from core.run.state import Run
from core.run.status import RunStatus
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import Span, TextWidget, align_right, fit, justify

PROGRAM = " trainpad  "
NARROW_WIDTH = 50
"""Cells; a narrower header leaves the rate out."""
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


class Identity(TextWidget):
    """Which run this is: its name, data and device; below, the names of the screens."""

    class ScreenChosen(Message):
        """The name of a screen was clicked."""

        def __init__(self, screen: str) -> None:
            super().__init__()
            self.screen_name = screen

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._run = Run()

    def update_run(self, run: Run) -> None:
        """Show this run."""
        self._run = run
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The name, and the screens."""
        run = self._run
        available = max(0, width - len(PROGRAM))
        text, role = _run_summary(run, available), "dim"
        notice = run.info.get("dataset", {}).get("notice", "")
        tabs = self._tabs(width)
        beside = width - sum(len(tab) for tab, _ in tabs)
        if notice and beside < len(notice):
            text, role = notice, "alert"
        else:
            tabs.append((fit(notice, max(0, beside)), "alert"))
        return [[(PROGRAM, "title"), (fit(text, available), role)], tabs]

    def _tabs(self, width: int) -> list[Span]:
        spans: list[Span] = [(" ", "dim")]
        for screen in SCREENS:
            role = "live" if screen.name == self._current else "dim"
            spans += [(f"{screen.key} {screen.title}", role), (" " * _tab_gap(width), "dim")]
        return spans

    def on_click(self, event: Click) -> None:
        """Post the screen whose name was clicked."""
        if event.y != 1:
            return
        start = 1
        for screen in SCREENS:
            end = start + len(screen.title) + 2
            if start <= event.x < end:
                self.post_message(self.ScreenChosen(screen.name))
            start = end + _tab_gap(self.size.width)


def _run_summary(run: Run, width: int) -> str:
    """Name, data and device of a run: as many of them as fit into `width` cells."""
    dataset = run.info.get("dataset", {})
    data = str(dataset.get("name", ""))
    sized = f"{data} {dataset.get('train', 0):,}" if dataset else ""
    device = run.device.removesuffix(":0")
    choices = (run.name, sized, device), (run.name, sized), (run.name, data), (run.name,)
    texts = [" · ".join(part for part in parts if part) for parts in choices]
    return next((text for text in texts if cell_len(text) <= width), texts[-1])


def _tab_gap(width: int) -> int:
    """Cells between the names of two screens."""
    return 3 if width > NARROW_WIDTH else 2


class RunProgress(TextWidget):
    """How far the run is: activity, step of steps, rate, time left; below, a bar."""

    def __init__(self) -> None:
        super().__init__()
        self._run = Run()
        self._activity = ""

    def update_run(self, run: Run, activity: str) -> None:
        """Show this run; `activity` is what it does or is about to do."""
        self._run, self._activity = run, activity
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The numbers, and the bar."""
        run = self._run
        symbol, role = STATE_SYMBOLS[run.status]
        bar = self._bar(width)
        steps = f"{run.step:,} / {run.hparams.max_steps:,}"
        numbers = f"   {steps}"
        if run.status is RunStatus.TRAINING and run.steps_per_second:
            rate, left = f"{run.steps_per_second:,.0f}", duration(run.seconds_left)
            if width <= NARROW_WIDTH:
                return [justify([], self._compact(steps, left, width), width), bar]
            numbers += f"  {align_right(rate, 6)} steps/s  {align_right(left, 12)} left"
        if run.status is RunStatus.STARTING and not run.step:
            numbers = ""
        head: list[Span] = [(f"{symbol} {self._activity}", role), (f"{numbers} ", "text")]
        return [justify([], head, width), bar]

    def _compact(self, steps: str, left: str, width: int) -> list[Span]:
        """Activity, steps and time left, as many of them as fit into `width` cells."""
        symbol, role = STATE_SYMBOLS[self._run.status]
        choices: list[list[Span]] = [
            [(f"{symbol} {self._activity}", role), (f"  {steps}  {left} ", "text")],
            [(f"{symbol} {self._activity}", role), (f"  {steps} ", "text")],
            [(symbol, role), (f" {steps}  {left} ", "text")],
        ]
        fitting = (spans for spans in choices if sum(len(text) for text, _ in spans) <= width)
        return next(fitting, choices[-1])

    def _bar(self, width: int) -> list[Span]:
        run = self._run
        fraction = min(1.0, run.step / max(1, run.hparams.max_steps))
        length = max(0, width - 7)
        done = round(fraction * length)
        role = STATE_SYMBOLS[run.status][1]
        return [
            ("━" * done, "live" if role == "dim" else role),
            ("─" * (length - done), "dim"),
            (align_right(f"{fraction:.0%}", 5) + "  ", "text"),
        ]


class Header(Horizontal):
    """Both rows, in two widgets."""

    DEFAULT_CSS: ClassVar[str] = """
    Header { height: 2; }
    Header Identity { width: 1fr; height: 2; }
    Header RunProgress { width: 72; height: 2; }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        """Identity at the left, progress at the right."""
        yield Identity(self._current)
        yield RunProgress()

    def update_run(self, run: Run, activity: str) -> None:
        """Show this run; `activity` is what it does or is about to do."""
        self.query_one(Identity).update_run(run)
        self.query_one(RunProgress).update_run(run, activity)
