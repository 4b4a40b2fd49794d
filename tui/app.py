"""The app: one `Run`, folded from one source of events, and the screens that view it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ScreenStackError
from textual.binding import Binding, BindingType
from textual.driver import Driver

from core.process.garbage import leave_out_what_is
from core.process.launcher import Launcher
from core.run.events import ANSWERS, Event, Opened, Steps, Weights
from core.run.hparams import HyperParameters
from core.run.state import Run
from core.rundir.control import open_control
from core.rundir.reader import follow, replay
from core.rundir.resume import Origin
from core.rundir.rundir import RunDir, default_log_dir
from core.session.request import Request
from trainpad.errors import UserError
from tui import modes
from tui.dashboard.screen import View
from tui.dashboard.selection import Subject
from tui.dashboard.shown import Shown
from tui.dashboard.steering import Steering
from tui.dashboard.worker import Ended, Happened, Pump
from tui.terminal.driver import Pace, driver_class
from tui.terminal.telling import TellingApp
from tui.widgets.canvas import Glyphs
from tui.widgets.dialogs import QuitDialog, StopDialog
from tui.widgets.help import PLAIN, Help
from tui.widgets.settings import Settings

MOUNT_PAUSE = 0.5
"""Seconds between two screens that are mounted ahead: each takes the time of a few frames."""
Renew = Callable[[HyperParameters, Origin | None], Iterator[Event]]
Begin = Callable[[Request], Iterator[Event]]


class TrainpadApp(TellingApp[str]):
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
        self._pace = pace or Pace.chosen()
        self._launcher = launcher
        super().__init__()  # asks for the driver's class
        self.viewer = viewer
        self._renew = renew
        self._begin = begin
        self.read_only = read_only
        self.log_dir = log_dir or default_log_dir()
        self._next: tuple[HyperParameters, Origin | None] | None = None
        self.settings = settings or Settings()
        self.run_shown = Run()
        self.steering = Steering(self.run_shown, None)
        self.ascii = ascii_only
        self.set_class(ascii_only, PLAIN)
        self.glyphs = Glyphs.ASCII if ascii_only else Glyphs.BRAILLE
        self.subject: Subject | None = None
        self.error: Exception | None = None
        self.pump = Pump(source, self.post_message, trains=not viewer)
        self._before: Shown | None = None
        self._shown_version = -1
        self._leaving_when_done = False
        self._mounts_ahead = False
        self._clock = time.monotonic
        self._followed_at = 0.0
        self._answers = False
        """Whether something that a key led to is not shown yet."""

    def get_driver_class(self) -> type[Driver]:
        """A driver that outlives its terminal."""
        return driver_class(super().get_driver_class(), self._pace, self._launcher)

    def on_mount(self) -> None:
        """Start pulling, and following."""
        chosen = self.settings.get("theme", self.theme)
        self.theme = chosen if chosen in self.available_themes else self.theme
        self.theme_changed_signal.subscribe(self, lambda t: self.settings.set("theme", t.name))
        self.call_after_refresh(self._begin_to_follow)

    def _begin_to_follow(self) -> None:
        """Once the first screen is up, so that nothing competes with its paint."""
        self.pump.start()
        modes.prepare()
        self.set_interval(1 / self._pace.fps, self._follow)

    @property
    def failure(self) -> Exception | None:
        """What broke the app or its source, if anything did."""
        return self._exception or self.error or self.pump.error

    def _mount_ahead(self) -> None:
        """Mount a screen that nobody has asked for yet, and in a while the next one."""
        if not self.is_running:
            return  # Textual is closing the screens there are
        missing = [name for name in self.MODES if name not in self._screen_stacks]
        if missing:
            self._init_mode(missing[0])
            self.set_timer(MOUNT_PAUSE, self._mount_ahead)
        elif self._mounts_ahead:
            leave_out_what_is()
        self._mounts_ahead = bool(missing)

    def leave(self, how: str) -> bool:
        """Exit with this result, from a signal's handler; whether there is a screen to leave."""
        leave = getattr(self._driver, "leave", None)
        if leave is not None:
            leave(how)
        return leave is not None

    # -- from the source to the screen --------------------------------------------------------

    @on(Happened)
    def _take(self, message: Happened) -> None:
        event = message.event
        if message.pump is not self.pump:
            if self._before is not None and message.pump is self._before.pump:
                self._before.run.fold(event)  # posted while its thread was left
            return
        if isinstance(event, Opened):
            self.steering = Steering(self.run_shown, event.control)
        self.run_shown.fold(event)
        if self._view is not None:
            self._view.take(event)
        if isinstance(event, Steps):
            if not self._mounts_ahead:
                self._mount_ahead()
        elif not isinstance(event, Weights):
            self._answers = self._answers or isinstance(event, ANSWERS)
            self._follow_at_once()

    @on(Ended)
    def _end(self, message: Ended) -> None:
        if message.pump is not self.pump:
            return
        if self._before is not None and message.is_refusal:
            self._go_back(self._before, message.error)
        elif message.error is not None:
            self.error = message.error
            self.exit("error")
        elif self._next is not None and self._renew is not None:
            wanted, self._next = self._next, None
            try:
                self.show_source(self._renew(*wanted), viewer=False)
            except UserError as error:  # the run on the screen is no longer there to begin from
                self.tell(str(error))
        elif self._leaving_when_done:
            self.exit("quit")
        else:
            self.bell()
            self._follow()

    @property
    def _view(self) -> View | None:
        """The screen that shows the run now; none while a dialog is up, or none is yet."""
        try:
            screen = self.screen
        except ScreenStackError:
            return None
        return screen if isinstance(screen, View) and screen.ready else None

    def show_source(self, source: Iterator[Event], *, viewer: bool) -> None:
        """Leave what was shown, which has ended or goes on elsewhere, and show this."""
        self.pump.leave(0.5)
        if self.run_shown.directory:
            self._before = Shown(self.run_shown, self.steering, self.pump, self.viewer)
        self.viewer = viewer
        self.run_shown = Run()
        self.steering = Steering(self.run_shown, None)
        self.pump = Pump(source, self.post_message, trains=not viewer)
        self.pump.start()
        self._leaving_when_done = False
        self._shown_version = -1
        self.action_go("train")
        self._forget_screens()

    def _go_back(self, before: Shown, error: Exception | None) -> None:
        """Say why another run cannot be, and stay with the one before."""
        self.run_shown, self.steering, self.viewer = before.run, before.steering, before.viewer
        self.pump = before.pump.again()
        self._shown_version = -1
        self._follow()
        self.tell(f"{error}")

    def _forget_screens(self) -> None:
        """Have the screens made anew that may remember numbers of the run before."""
        for name, screen in self.MODES.items():
            if name not in ("train", "runs", self.current_mode):
                self.remove_mode(name)
                self.add_mode(name, screen)

    def start_next(self, hparams: HyperParameters, branch: Origin | None) -> None:
        """Train another run as soon as this one has ended; where it still trains, stop it first."""
        if self._renew is None:
            self.tell("this is only a viewer; a new run starts with `trainpad` at the prompt")
            return
        ended = self.pump.ended or self.viewer
        if not ended and self.run_shown.state == "starting":
            self.tell("the run is still starting")
            return
        self._next = hparams, branch
        self._leaving_when_done = False
        if ended:
            self._end(Ended(self.pump, None))
        else:
            problem = self.steering.stop() if self.run_shown.live else ""
            self.tell(problem or "saving, then the next run starts …")

    @property
    def _trains_here(self) -> bool:
        return not self.viewer and not self.pump.ended

    @property
    def can_begin(self) -> bool:
        """Whether this process could train something now."""
        return self._begin is not None and not self._trains_here

    def begin(self, request: Request) -> None:
        """Train this, in place of what is shown; only where `can_begin`."""
        if self._begin is not None and self.can_begin:
            self.show_source(self._begin(request), viewer=False)

    def open_run(self, run: RunDir, speed: float | None = None) -> None:
        """Show another run, live or not; with `speed`, as it was, so many times as fast.

        A run that trains in this process must be left first: its source is not to be lost.

        Raises:
            RunError: it is no run directory, or cannot be read.
        """
        if self._trains_here:
            if run.path == Path(self.run_shown.directory) and speed is None:
                self.action_go("train")
            else:
                name = self.run_shown.name or "a run"
                self.tell(
                    f"{name} trains in this window: d leaves it training, then `trainpad open`"
                )
            return
        run.info()
        control = None if self.read_only else open_control(run.path)
        source = follow(run, control) if speed is None else replay(run, speed)
        self.show_source(source, viewer=True)

    def _follow_at_once(self) -> None:
        """Show what just happened, unless a frame was hardly ago: a long past tells hundreds."""
        now = self._clock()
        if now - self._followed_at >= 1 / self._pace.fps:
            self._followed_at = now
            self._follow()

    def _follow(self) -> None:
        """Bring the screen up to date, unless nothing happened or the terminal is behind.

        What a key led to waits for the terminal alone, and not for the rate.
        """
        self.steering.lapse()
        view = self._view
        if view is None or self.run_shown.version == self._shown_version:
            return
        if getattr(self._driver, "is_stalled" if self._answers else "is_behind", False):
            return
        self._answers = False
        self._shown_version = self.run_shown.version
        view.show(self.run_shown)

    # -- what users can do everywhere ---------------------------------------------------------

    def catch_up(self) -> None:
        """Show at once how things are now."""
        self._shown_version = -1
        self._answers = True
        self._follow()

    def wish(self, problem: str) -> None:
        """Show at once that a wish was heard, or tell why it was not."""
        self.catch_up()
        self.tell(problem)

    def action_go(self, screen: str) -> None:
        """Go to another screen."""
        if isinstance(self.screen, View):
            self.subject = self.screen.subject or self.subject
            self.switch_mode(screen)

    async def take_to_pad(self, subject: Subject) -> None:
        """Show a picture on the pad."""
        await self.switch_mode("pad")
        show_image = getattr(self.screen, "show_image", None)
        if show_image is not None:
            show_image(subject.image, subject.label)

    def action_help(self) -> None:
        """Every key of this screen."""
        if isinstance(self.screen, View):
            self.push_screen(Help(self.screen))

    def action_detach(self) -> None:
        """Give the terminal back; training goes on."""
        if self.viewer:
            self.exit("quit")
        elif self.run_shown.live and not self.pump.ended:
            self.exit("detach")
        else:
            self.tell("nothing is training; q leaves")

    async def action_quit(self) -> None:
        """What Textual's palette calls: ask as `q` does."""
        self.action_ask_quit()

    def action_ask_quit(self) -> None:
        """Leave; while training, ask how."""
        if isinstance(self.screen, QuitDialog):
            self.exit("kill" if self._leaving_when_done else "signal")
        elif self.viewer or self.pump.ended or self.run_shown.state not in ("training", "paused"):
            self.exit("quit")
        else:
            self.push_screen(QuitDialog(), self._quit)

    def action_ask_stop(self) -> None:
        """End the run that is on the screen, if it is meant so."""
        if self.read_only:
            self.tell(self.steering.refusal)
        elif self.run_shown.live and isinstance(self.screen, View):
            self.push_screen(StopDialog(), self._stop)

    def _stop(self, choice: str | None) -> None:
        if choice == "stop":
            self._next = None
            self.tell(self.steering.stop() or "saving …")

    def _quit(self, choice: str | None) -> None:
        if choice == "detach":
            self.action_detach()
        elif choice == "stop" and self.pump.ended:
            self.exit("quit")
        elif choice == "stop":
            self._next = None
            self._leaving_when_done = not (self.viewer or self.steering.refusal)
            self.tell(self.steering.stop() or "saving …")
