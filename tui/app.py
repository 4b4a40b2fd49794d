"""The app: one `Run`, folded from one source of events, and the screens that view it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ScreenStackError
from textual.binding import Binding, BindingType
from textual.driver import Driver

from core.process.garbage import freeze_gc
from core.process.launcher import Launcher
from core.run.events import IMMEDIATE, Event, Opened, Steps, Weights
from core.run.hparams import HyperParameters
from core.run.state import Run
from core.rundir.control import open_control
from core.rundir.reader import follow, replay
from core.rundir.resume import ResumePoint
from core.rundir.rundir import RunDir, default_log_dir
from core.session.request import Request
from trainpad.errors import UserError
from tui import modes
from tui.dashboard.screen import RunScreen
from tui.dashboard.selection import PickedImage
from tui.dashboard.shown import RunContext
from tui.dashboard.steering import Steering
from tui.dashboard.worker import EventReceived, EventWorker, SourceEnded
from tui.terminal.driver import Pace, driver_class
from tui.terminal.telling import ToastApp
from tui.widgets.canvas import Glyphs
from tui.widgets.dialogs import QuitDialog, StopDialog
from tui.widgets.help import ASCII_CLASS, HelpScreen
from tui.widgets.settings import Settings

MOUNT_INTERVAL = 0.5
"""Seconds between two screens that are mounted ahead: each takes the time of a few frames."""
Renew = Callable[[HyperParameters, ResumePoint | None], Iterator[Event]]
Begin = Callable[[Request], Iterator[Event]]


class TrainpadApp(ToastApp[str]):
    """The dashboard. Its result is how it was left.

    ``quit``, ``detach``, ``lost`` (the terminal is gone), ``signal``, ``error`` or ``kill``.
    """

    CSS_PATH = "trainpad.tcss"
    TITLE = "trainpad"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar = modes.MODES  # type: ignore[assignment]
    DEFAULT_MODE = "train"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "ask_quit", "Quit", show=False, priority=True, id="app.interrupt"),
        Binding("ctrl+q", "ask_quit", "Quit", show=False, priority=True, id="app.quit_too"),
    ]

    def __init__(
        self,
        source: Iterator[Event],
        *,
        ascii_only: bool = False,
        pace: Pace | None = None,
        launcher: Launcher | None = None,
        viewer: bool = False,
        renew: Renew | None = None,
        settings: Settings | None = None,
        log_dir: Path | None = None,
        begin: Begin | None = None,
        read_only: bool = False,
    ) -> None:
        """Show what `source` gives; a `viewer` is left without a question, and the run goes on.

        `renew` makes the source of another run, from its hyperparameters and where it branches,
        and raises a `UserError` where it cannot;
        `begin` that of any training that is asked for. Runs are looked for in `log_dir`; with
        `read_only`, those that are opened from there are not steered.
        """
        self._pace = pace or Pace.resolve()
        self._launcher = launcher
        super().__init__()  # asks for the driver's class
        self.viewer = viewer
        self._renew = renew
        self._begin = begin
        self.read_only = read_only
        self.log_dir = log_dir or default_log_dir()
        self._queued_run: tuple[HyperParameters, ResumePoint | None] | None = None
        self.settings = settings or Settings()
        self.run_shown = Run()
        self.steering = Steering(self.run_shown, None)
        self.ascii = ascii_only
        self.set_class(ascii_only, ASCII_CLASS)
        self.glyphs = Glyphs.ASCII if ascii_only else Glyphs.BRAILLE
        self.picked_image: PickedImage | None = None
        self.error: Exception | None = None
        self.worker = EventWorker(source, self.post_message, trains=not viewer)
        self._previous: RunContext | None = None
        self._shown_version = -1
        self._exit_when_done = False
        self._screens_missing = False
        self._clock = time.monotonic
        self._updated_at = 0.0
        self._has_urgent_update = False
        """Whether something that a key led to is not shown yet."""

    def get_driver_class(self) -> type[Driver]:
        """A driver that outlives its terminal."""
        return driver_class(super().get_driver_class(), self._pace, self._launcher)

    def on_mount(self) -> None:
        """Start pulling, and following."""
        chosen = self.settings.get("theme", self.theme)
        self.theme = chosen if chosen in self.available_themes else self.theme
        self.theme_changed_signal.subscribe(self, lambda t: self.settings.set("theme", t.name))
        self.call_after_refresh(self._start_updates)

    def _start_updates(self) -> None:
        """Once the first screen is up, so that nothing competes with its paint."""
        self.worker.start()
        modes.import_in_background()
        self.set_interval(1 / self._pace.fps, self._update_screen)

    @property
    def failure(self) -> Exception | None:
        """What broke the app or its source, if anything did."""
        return self._exception or self.error or self.worker.error

    def _mount_next_screen(self) -> None:
        """Mount a screen that nobody has asked for yet, and in a while the next one."""
        if not self.is_running:
            return  # Textual is closing the screens there are
        missing = [name for name in self.MODES if name not in self._screen_stacks]
        if missing:
            self._init_mode(missing[0])
            self.set_timer(MOUNT_INTERVAL, self._mount_next_screen)
        elif self._screens_missing:
            freeze_gc()
        self._screens_missing = bool(missing)

    def exit_on_signal(self, how: str) -> bool:
        """Exit with this result, from a signal's handler; whether there is a screen to leave."""
        leave = getattr(self._driver, "leave", None)
        if leave is not None:
            leave(how)
        return leave is not None

    # -- from the source to the screen --------------------------------------------------------

    @on(EventReceived)
    def _receive_event(self, message: EventReceived) -> None:
        event = message.event
        if message.worker is not self.worker:
            if self._previous is not None and message.worker is self._previous.worker:
                self._previous.run.fold(event)  # posted while its thread was left
            return
        if isinstance(event, Opened):
            self.steering = Steering(self.run_shown, event.control)
        self.run_shown.fold(event)
        if self._current_screen is not None:
            self._current_screen.on_run_event(event)
        if isinstance(event, Steps):
            if not self._screens_missing:
                self._mount_next_screen()
        elif not isinstance(event, Weights):
            self._has_urgent_update = self._has_urgent_update or isinstance(event, IMMEDIATE)
            self._update_screen_soon()

    @on(SourceEnded)
    def _handle_source_end(self, message: SourceEnded) -> None:
        if message.worker is not self.worker:
            return
        if self._previous is not None and message.is_refusal:
            self._restore_previous(self._previous, message.error)
        elif message.error is not None:
            self.error = message.error
            self.exit("error")
        elif self._queued_run is not None and self._renew is not None:
            wanted, self._queued_run = self._queued_run, None
            try:
                self.show_events(self._renew(*wanted), viewer=False)
            except UserError as error:  # the run on the screen is no longer there to begin from
                self.toast(str(error))
        elif self._exit_when_done:
            self.exit("quit")
        else:
            self.bell()
            self._update_screen()

    @property
    def _current_screen(self) -> RunScreen | None:
        """The screen that shows the run now; none while a dialog is up, or none is yet."""
        try:
            screen = self.screen
        except ScreenStackError:
            return None
        return screen if isinstance(screen, RunScreen) and screen.is_ready else None

    def show_events(self, source: Iterator[Event], *, viewer: bool) -> None:
        """Leave what was shown, which has ended or goes on elsewhere, and show this."""
        self.worker.stop(0.5)
        if self.run_shown.directory:
            self._previous = RunContext(self.run_shown, self.steering, self.worker, self.viewer)
        self.viewer = viewer
        self.run_shown = Run()
        self.steering = Steering(self.run_shown, None)
        self.worker = EventWorker(source, self.post_message, trains=not viewer)
        self.worker.start()
        self._exit_when_done = False
        self._shown_version = -1
        self.action_go("train")
        self._forget_screens()

    def _restore_previous(self, before: RunContext, error: Exception | None) -> None:
        """Say why another run cannot be, and stay with the one before."""
        self.run_shown, self.steering, self.viewer = before.run, before.steering, before.viewer
        self.worker = before.worker.restarted()
        self._shown_version = -1
        self._update_screen()
        self.toast(f"{error}")

    def _forget_screens(self) -> None:
        """Have the screens made anew that may remember numbers of the run before."""
        for name, screen in self.MODES.items():
            if name not in ("train", "runs", self.current_mode):
                self.remove_mode(name)
                self.add_mode(name, screen)

    def start_next(self, hparams: HyperParameters, branch: ResumePoint | None) -> None:
        """Train another run as soon as this one has ended; where it still trains, stop it first."""
        if self._renew is None:
            self.toast("this is only a viewer; a new run starts with `trainpad` at the prompt")
            return
        ended = self.worker.ended or self.viewer
        if not ended and self.run_shown.status == "starting":
            self.toast("the run is still starting")
            return
        self._queued_run = hparams, branch
        self._exit_when_done = False
        if ended:
            self._handle_source_end(SourceEnded(self.worker, None))
        else:
            problem = self.steering.stop() if self.run_shown.live else ""
            self.toast(problem or "saving, then the next run starts …")

    @property
    def _trains_in_process(self) -> bool:
        return not self.viewer and not self.worker.ended

    @property
    def can_start_training(self) -> bool:
        """Whether this process could train something now."""
        return self._begin is not None and not self._trains_in_process

    def start_training(self, request: Request) -> None:
        """Train this, in place of what is shown; only where `can_begin`."""
        if self._begin is not None and self.can_start_training:
            self.show_events(self._begin(request), viewer=False)

    def open_run(self, run: RunDir, speed: float | None = None) -> None:
        """Show another run, live or not; with `speed`, as it was, so many times as fast.

        A run that trains in this process must be left first: its source is not to be lost.

        Raises:
            RunError: it is no run directory, or cannot be read.
        """
        if self._trains_in_process:
            if run.path == Path(self.run_shown.directory) and speed is None:
                self.action_go("train")
            else:
                name = self.run_shown.name or "a run"
                self.toast(
                    f"{name} trains in this window: d leaves it training, then `trainpad open`"
                )
            return
        run.info()
        control = None if self.read_only else open_control(run.path)
        source = follow(run, control) if speed is None else replay(run, speed)
        self.show_events(source, viewer=True)

    def _update_screen_soon(self) -> None:
        """Show what just happened, unless a frame was hardly ago: a long past tells hundreds."""
        now = self._clock()
        if now - self._updated_at >= 1 / self._pace.fps:
            self._updated_at = now
            self._update_screen()

    def _update_screen(self) -> None:
        """Bring the screen up to date, unless nothing happened or the terminal is behind.

        What a key led to waits for the terminal alone, and not for the rate.
        """
        self.steering.expire()
        view = self._current_screen
        if view is None or self.run_shown.version == self._shown_version:
            return
        if getattr(self._driver, "is_stalled" if self._has_urgent_update else "is_behind", False):
            return
        self._has_urgent_update = False
        self._shown_version = self.run_shown.version
        view.update_run(self.run_shown)

    # -- what users can do everywhere ---------------------------------------------------------

    def refresh_now(self) -> None:
        """Show at once how things are now."""
        self._shown_version = -1
        self._has_urgent_update = True
        self._update_screen()

    def report(self, problem: str) -> None:
        """Show at once that a wish was heard, or tell why it was not."""
        self.refresh_now()
        self.toast(problem)

    def action_go(self, screen: str) -> None:
        """Go to another screen."""
        if isinstance(self.screen, RunScreen):
            self.picked_image = self.screen.picked_image or self.picked_image
            self.switch_mode(screen)

    async def show_on_pad(self, subject: PickedImage) -> None:
        """Show a picture on the pad."""
        await self.switch_mode("pad")
        show_image = getattr(self.screen, "show_image", None)
        if show_image is not None:
            show_image(subject.image, subject.label)

    def action_help(self) -> None:
        """Every key of this screen."""
        if isinstance(self.screen, RunScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_detach(self) -> None:
        """Give the terminal back; training goes on."""
        if self.viewer:
            self.exit("quit")
        elif self.run_shown.live and not self.worker.ended:
            self.exit("detach")
        else:
            self.toast("nothing is training; q leaves")

    async def action_quit(self) -> None:
        """What Textual's palette calls: ask as `q` does."""
        self.action_ask_quit()

    def action_ask_quit(self) -> None:
        """Leave; while training, ask how."""
        if isinstance(self.screen, QuitDialog):
            self.exit("kill" if self._exit_when_done else "signal")
        elif (
            self.viewer or self.worker.ended or self.run_shown.status not in ("training", "paused")
        ):
            self.exit("quit")
        else:
            self.push_screen(QuitDialog(), self._on_quit_choice)

    def action_ask_stop(self) -> None:
        """End the run that is on the screen, if it is meant so."""
        if self.read_only:
            self.toast(self.steering.blocked_reason)
        elif self.run_shown.live and isinstance(self.screen, RunScreen):
            self.push_screen(StopDialog(), self._on_stop_choice)

    def _on_stop_choice(self, choice: str | None) -> None:
        if choice == "stop":
            self._queued_run = None
            self.toast(self.steering.stop() or "saving …")

    def _on_quit_choice(self, choice: str | None) -> None:
        if choice == "detach":
            self.action_detach()
        elif choice == "stop" and self.worker.ended:
            self.exit("quit")
        elif choice == "stop":
            self._queued_run = None
            self._exit_when_done = not (self.viewer or self.steering.blocked_reason)
            self.toast(self.steering.stop() or "saving …")
