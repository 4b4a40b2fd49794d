"""The run on the screen and where its events come from, as one value that is replaced whole."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from core.run.events import Event
from core.run.state import RunState
from core.rundir.playback import Playback
from core.rundir.reader import replay
from core.rundir.rundir import RunDir
from tui.dashboard.steering import Steering
from tui.dashboard.worker import EventWorker


@dataclass(frozen=True, slots=True, eq=False)
class RunContext:
    """A run, the way to steer it, and the thread that reads its events."""

    run: RunState
    steering: Steering
    worker: EventWorker
    viewer: bool
    """Whether another process trains the run, or none: leaving it needs no question."""
    playback: Playback | None = None
    """The pace of a recorded run that is played again."""

    @classmethod
    def from_events(
        cls,
        events: Iterator[Event],
        post: Callable[[Message], object],
        *,
        viewer: bool,
        run: RunState | None = None,
        playback: Playback | None = None,
    ) -> "RunContext":
        """The context of a new run, or of `run`, with events to come; its worker is not started."""
        run = run or RunState()
        run.is_replay = playback is not None
        worker = EventWorker(events, post, trains=not viewer)
        return cls(run, Steering(run), worker, viewer, playback)

    def resumed(
        self, run: RunDir, events: Iterator[Event], post: Callable[[Message], object]
    ) -> "RunContext":
        """The context of a session that resumes `run`: its chart begins with what was recorded.

        Raises:
            RunError: it is not the run of this context, and cannot be read.
        """
        is_shown = not self.run.is_replay and Path(self.run.directory) == run.path
        past = self.run.reopened() if is_shown else past_of(run)
        return RunContext.from_events(events, post, viewer=False, run=past)

    @property
    def activity(self) -> str:
        """What the run does, or was just asked to do, in a word or a few."""
        if self.playback is not None and self.run.is_live:
            return self.playback.label
        return self.steering.activity

    @property
    def trains_in_process(self) -> bool:
        """Whether this process trains the run: its events must not be lost."""
        return not self.viewer and not self.worker.ended

    @property
    def replay_keys(self) -> Mapping[str, str]:
        """What the keys of the pace of a replay are called now."""
        if self.playback is None:
            return {}
        pause = "Play" if self.playback.is_paused else "Pause"
        return {"pause": pause, "nudge(-1)": "Slower", "nudge(1)": "Faster"}

    def toggle_pause(self) -> str:
        """Pause or resume the run, or its replay; returns why that is impossible, or ""."""
        if self.playback is None:
            return self.steering.toggle_pause()
        self.playback.toggle_pause()
        return ""

    def nudge(self, name: str, presses: int) -> str:
        """Change a value, or the pace of a replay; returns why that is impossible, or ""."""
        if self.playback is None:
            return self.steering.nudge(name, presses)
        self.playback.change_speed(presses)
        return ""

    def fold(self, event: Event) -> None:
        """Update the run, and what is pending, from the next event."""
        self.run.fold(event)
        self.steering.on_event(event)


def past_of(run: RunDir) -> RunState:
    """The state of a run that is about to be resumed, from what it recorded.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    past = RunState()
    for event in replay(run):
        past.fold(event)
    return past.reopened()
