"""The two rows that every screen begins with: which run, how far, and where one is.

What changes with every frame stands in a narrow widget of its own at the right, since Textual
sends a changed row again from its widget's left edge on.
"""

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message

from core.run.state import Run
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import Span, TextWidget, align_right, duration, fit, justify

PROGRAM = " trainpad  "
NARROW_WIDTH = 50
"""Cells; a narrower header leaves the rate out."""
STATE_SYMBOLS = {
    "starting": ("○", "dim"),
    "training": ("▶", "live"),
    "paused": ("‖", "alert"),
    "done": ("■", "text"),
    "stopped": ("■", "text"),
    "diverged": ("✗", "alert"),
    "failed": ("✗", "alert"),
    "lost": ("✗", "alert"),
}


class Identity(TextWidget):
    """Which run this is: its name, data and device; below, the screens to go to."""

    class ScreenChosen(Message):
        """Somebody clicked on the name of a screen."""

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
        room = max(0, width - len(PROGRAM))
        told = _run_summary(run, room)
        notice = run.info.get("dataset", {}).get("notice", "")
        tabs = self._tabs(width)
        beside = width - sum(len(text) for text, _ in tabs)
        if notice and beside < len(notice):
            told, role = notice, "alert"
        else:
            tabs.append((fit(notice, max(0, beside)), "alert"))
            role = "dim"
        return [[(PROGRAM, "title"), (fit(told, room), role)], tabs]

    def _tabs(self, width: int) -> list[Span]:
        parts: list[Span] = [(" ", "dim")]
        for place in SCREENS:
            role = "live" if place.name == self._current else "dim"
            parts += [(f"{place.key} {place.title}", role), (" " * _tab_gap(width), "dim")]
        return parts

    def on_click(self, event: Click) -> None:
        """Go to the screen whose name was clicked."""
        if event.y != 1:
            return
        start = 1
        for place in SCREENS:
            end = start + len(place.title) + 2
            if start <= event.x < end:
                self.post_message(self.ScreenChosen(place.name))
            start = end + _tab_gap(self.size.width)


def _run_summary(run: Run, room: int) -> str:
    """Name, data and device of a run: as many of them as there is room for."""
    dataset = run.info.get("dataset", {})
    data = str(dataset.get("name", ""))
    sized = f"{data} {dataset.get('train', 0):,}" if dataset else ""
    device = run.device.removesuffix(":0")
    choices = (run.name, sized, device), (run.name, sized), (run.name, data), (run.name,)
    told = [" · ".join(fact for fact in facts if fact) for facts in choices]
    return next((text for text in told if cell_len(text) <= room), told[-1])


def _tab_gap(width: int) -> int:
    """Cells between the names of two screens."""
    return 3 if width > NARROW_WIDTH else 2


class RunProgress(TextWidget):
    """How far the run is: state, step of steps, rate, time left; below, a bar."""

    def __init__(self) -> None:
        super().__init__()
        self._run = Run()

    def update_run(self, run: Run) -> None:
        """Show this run."""
        self._run = run
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The figures, and the bar."""
        run = self._run
        sign, role = STATE_SYMBOLS[run.status]
        state = f"{sign} {run.activity}"
        bar = self._bar(width)
        steps = f"{run.step:,} / {run.hparams.max_steps:,}"
        figures = f"   {steps}"
        if run.status == "training" and run.steps_per_second:
            rate, left = f"{run.steps_per_second:,.0f}", duration(run.seconds_left)
            if width <= NARROW_WIDTH:
                return [justify([], _compact_progress(run, steps, left, width), width), bar]
            figures += f"  {align_right(rate, 6)} steps/s  {align_right(left, 12)} left"
        if run.status == "starting" and not run.step:
            figures = ""
        head: list[Span] = [(state, role), (f"{figures} ", "text")]
        return [justify([], head, width), bar]

    def _bar(self, width: int) -> list[Span]:
        run = self._run
        share = min(1.0, run.step / max(1, run.hparams.max_steps))
        length = max(0, width - 7)
        done = round(share * length)
        role = STATE_SYMBOLS[run.status][1]
        return [
            ("━" * done, "live" if role == "dim" else role),
            ("─" * (length - done), "dim"),
            (align_right(f"{share:.0%}", 5) + "  ", "text"),
        ]


def _compact_progress(run: Run, steps: str, left: str, width: int) -> list[Span]:
    """State, steps and time left, as far as there is room for them."""
    sign, role = STATE_SYMBOLS[run.status]
    choices: list[list[Span]] = [
        [(f"{sign} {run.activity}", role), (f"  {steps}  {left} ", "text")],
        [(f"{sign} {run.activity}", role), (f"  {steps} ", "text")],
        [(sign, role), (f" {steps}  {left} ", "text")],
    ]
    fitting = (parts for parts in choices if sum(len(text) for text, _ in parts) <= width)
    return next(fitting, choices[-1])


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

    def update_run(self, run: Run) -> None:
        """Show this run in both."""
        self.query_one(Identity).update_run(run)
        self.query_one(RunProgress).update_run(run)
