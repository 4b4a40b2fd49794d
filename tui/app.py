"""The dashboard: one `RunState`, folded from the events of a worker thread, and its screens."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Unpack

from textual import on

from core.process.threads import freeze_gc
from core.run.attached_events import Described, MetricPoints
from core.run.events import Event, Opened, Steps, Weights
from core.run.hparams import HyperParameters, Value
from core.run.state import RunState
from core.run.status import RunStatus
from core.rundir.attached import control_of, is_attached
from core.rundir.playback import Playback
from core.rundir.reader import follow, replay
from core.rundir.resume import ResumePoint
from core.rundir.rundir import RunDir, default_log_dir
from core.session.request import Request
from trainpad.errors import UserError
from tui import modes
from tui.dashboard.earlier import earlier_run
from tui.dashboard.header import ScreenTabs
from tui.dashboard.leaving import LeavingApp
from tui.dashboard.pacing import UpdatePacer
from tui.dashboard.run_context import RunContext, past_of
from tui.dashboard.screen import RunScreen
from tui.dashboard.selection import PickedImage
from tui.dashboard.sessions import Sessions
from tui.dashboard.worker import EventReceived, SourceEnded
from tui.terminal.base_app import AppOptions
from tui.terminal.exit_result import ExitResult
from tui.widgets.help import HelpScreen

if TYPE_CHECKING:
    from tui.dashboard.host import DashboardHost

READ_ONLY = "this window is read-only"


class TrainpadApp(LeavingApp):
    """The dashboard."""

    CSS_PATH = "trainpad.tcss"
    TITLE = "trainpad"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar = modes.MODES  # type: ignore[assignment]
    DEFAULT_MODE = "train"

    def __init__(
        self,
        events: Iterator[Event],
        *,
        sessions: Sessions | None = None,
        viewer: bool = False,
        attached: bool = False,
        read_only: bool = False,
        log_dir: Path | None = None,
        resumed: RunDir | None = None,
        **options: Unpack[AppOptions],
    ) -> None:
        """Show the run of these events.

        Args:
            events: The events of a session in this process, or of a run directory.
            sessions: Starts other sessions in this process; without it, none can be started.
            viewer: The events come from a run directory: quitting needs no question.
            attached: Another program trains the run.
            read_only: Change no run.
            log_dir: Where other runs are found.
            resumed: The run that the events resume: what it recorded is shown as well.
            options: See `AppOptions`.
        """
        self.DEFAULT_MODE = modes.mode_of("train", attached=attached)  # type: ignore[misc]
        super().__init__(**options)
        self.read_only = read_only
        self.log_dir = log_dir or default_log_dir()
        self.run_context = RunContext.from_events(
            events, self.post_message, viewer=viewer, run=past_of(resumed) if resumed else None
        )
        self.picked_image: PickedImage | None = None
        self.error: Exception | None = None
        self._sessions = sessions
        self._previous: RunContext | None = None
        """What was shown before, to return to if the next run cannot start."""
        self._queued_run: Callable[[], RunContext] | None = None
        """Starts the run that was requested, once the one on the screen has ended."""
        self._exit_when_done = False
        self._followed: set[Path] = set()
        """The earlier runs that were shown since their programs went on in them."""
        self._mount_ahead = modes.MountAhead(self, self._is_reading)
        self._pacer = UpdatePacer(self.pace)

    def on_mount(self) -> None:
        """Start reading events once the first screen is painted: nothing competes with that."""
        self.call_after_refresh(self._start_updates)

    def _start_updates(self) -> None:
        freeze_gc()  # what the screen consists of; the first collection would delay its first chart
        self.run_context.worker.start()
        modes.import_in_background()
        self.set_interval(1 / self.pace.fps, self._update_screen)

    @property
    def run_state(self) -> RunState:
        """The run on the screen."""
        return self.run_context.run

    def _is_reading(self) -> bool:
        """Whether a long file of numbers is still being read: mounting would delay its frames."""
        return self.run_state.metrics.fraction_read < 1.0

    @property
    def activity(self) -> str:
        """What the run does, or was just asked to do, in a word or a few."""
        return self.run_context.activity

    @property
    def failure(self) -> Exception | None:
        """The error that ended the app or its events, if there was one."""
        return self.unhandled_exception or self.error or self.run_context.worker.error

    def exit_on_signal(self, result: ExitResult) -> bool:
        """Exit with this result, from a signal's handler; return whether there is a screen."""
        if self.terminal is not None:
            self.terminal.exit_app(result)
        return self.terminal is not None

    # -- from events to the screen ------------------------------------------------------------

    @on(EventReceived)
    def _receive_event(self, message: EventReceived) -> None:
        event, previous = message.event, self._previous
        if message.worker is not self.run_context.worker:
            if previous is not None and message.worker is previous.worker:
                previous.fold(event)  # posted while the worker was being stopped
            return
        self.run_context.fold(event)
        message.worker.note_handled()
        if (screen := self._current_screen) is not None:
            screen.on_run_event(event)
        if isinstance(event, Opened):
            self._show_kind()
        if isinstance(event, Opened | Described):
            self._follow_program()
        if isinstance(event, Steps | MetricPoints):
            self._mount_ahead.start(attached=self.run_state.is_attached)
        if not isinstance(event, Steps | MetricPoints | Weights) and self._pacer.take_event(event):
            self._update_screen()

    @on(SourceEnded)
    def _handle_source_end(self, message: SourceEnded) -> None:
        if message.worker is not self.run_context.worker:
            return
        if self._previous is not None and message.is_refusal:
            self._restore_previous(self._previous, message.error)
        elif message.error is not None:
            self.error = message.error
            self.exit(ExitResult.ERROR)
        elif self._queued_run is not None:
            self._start_queued_run(self._queued_run)
        elif self._exit_when_done:
            self.exit(ExitResult.QUIT)
        else:
            self.bell()
            self._update_screen()

    @property
    def _current_screen(self) -> RunScreen | None:
        """The screen that shows the run now, also behind a dialog; None before the first."""
        try:
            stack = self.screen_stack
        except KeyError:
            return None
        screen = next((screen for screen in reversed(stack) if not screen.is_modal), None)
        return screen if isinstance(screen, RunScreen) and screen.is_ready else None

    def _update_screen(self) -> None:
        if self.run_context.steering.expire():
            self._pacer.invalidate()
        screen = self._current_screen
        if screen and self._pacer.begin_draw(self.run_state.version, self.terminal):
            screen.update_run(self.run_state)

    def refresh_now(self) -> None:
        """Update the screen without waiting for the next frame."""
        self._pacer.invalidate(urgent=True)
        self._update_screen()

    def report(self, problem: str) -> None:
        """Show at once that a request was made, or toast why it was not; charts are drawn next."""
        screen = self._current_screen
        can_answer = screen is not None and not (self.terminal and self.terminal.is_stalled)
        self._pacer.invalidate(urgent=not can_answer)
        if screen is not None and can_answer:
            screen.update_controls(self.run_state)
        self.toast(problem)

    # -- from run to run ----------------------------------------------------------------------

    def show_events(self, events: Iterator[Event], *, viewer: bool) -> None:
        """Show the run of these events; the one before has ended or continues elsewhere."""
        self._show(RunContext.from_events(events, self.post_message, viewer=viewer))

    def _show(self, context: RunContext, *, attached: bool = False) -> None:
        self.run_context.worker.stop(0.5)
        if self.run_state.directory:
            self._previous = self.run_context
        self.run_context = context
        self.run_context.worker.start()
        self._queued_run = None
        self._exit_when_done = False
        self._pacer.invalidate()
        self._go("train", attached=attached)

    def _restore_previous(self, previous: RunContext, error: Exception | None) -> None:
        """Show the run before again, and toast why the next one could not start."""
        self.run_context = replace(previous, worker=previous.worker.restarted())
        self._pacer.invalidate()
        self._update_screen()
        self.toast(f"{error}")

    def start_next(
        self, hparams: HyperParameters, branch: ResumePoint | None, own: Mapping[str, Value]
    ) -> None:
        """Train another run as soon as the current one has ended; stop that one first."""
        if (sessions := self._sessions) is None:
            self.toast(READ_ONLY)
            return

        def start() -> RunContext:
            events = sessions.next(self.run_context, hparams, branch, own)
            return RunContext.from_events(events, self.post_message, viewer=False)

        self._start_or_queue(start)

    def resume_run(self, run: RunDir, values: Mapping[str, Value]) -> None:
        """Train a run that is over on from its newest checkpoint, with these values changed."""
        if (sessions := self._sessions) is None:
            self.toast(READ_ONLY)
            return

        def start() -> RunContext:
            events = sessions.resume(run, values)
            context = self.run_context.resumed(run, events, self.post_message)
            self.toast(f"resuming {context.run.title}; Q asks and stops it")
            return context

        self._start_or_queue(start)

    def _start_or_queue(self, start: Callable[[], RunContext]) -> None:
        """Start a run as soon as the current one has ended; stop that one first."""
        if not self.run_context.trains_in_process:
            self._start_queued_run(start)
        elif self.run_state.status is RunStatus.STARTING:
            self.toast("the run is still starting")
        else:
            self._queued_run = start
            self._exit_when_done = False
            problem = self.run_context.steering.stop() if self.run_state.is_live else ""
            self.toast(problem or "saving, then the next run starts …")

    def _start_queued_run(self, start: Callable[[], RunContext]) -> None:
        self._queued_run = None
        try:
            context = start()
        except UserError as error:  # its directory is gone, or it has done all its steps
            self.toast(str(error))
        else:
            self._show(context)

    @property
    def can_start_training(self) -> bool:
        """Whether this process can train something now."""
        return self._sessions is not None and not self.run_context.trains_in_process

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions of all screens that can do nothing now."""
        is_live, shown = self.run_state.is_live, self.run_context
        can_detach = shown.viewer or (is_live and shown.trains_in_process)
        possible = {"app.ask_stop": is_live and not shown.playback, "app.detach": can_detach}
        return frozenset(action for action, can in possible.items() if not can)

    def start_training(self, request: Request) -> None:
        """Train this in place of what is shown; only where `can_start_training`."""
        if self._sessions is not None and self.can_start_training:
            self.show_events(self._sessions.start(request), viewer=False)

    def open_run(self, run: RunDir, speed: float | None = None) -> None:
        """Show another run; with `speed`, replay it that many times as fast as it was.

        A run that trains in this process is not replaced: its events must not be lost.

        Raises:
            RunError: it is not a run directory, or cannot be read.
        """
        if self.run_context.trains_in_process:
            if run.path == Path(self.run_state.directory) and speed is None:
                self.action_go("train")
            else:
                name = self.run_state.name or "a run"
                self.toast(f"{name} trains in this window: detach (d), then `trainpad open`")
            return
        control = None if self.read_only else control_of(run)
        playback = None if speed is None else Playback(speed)
        events = follow(run, control) if playback is None else replay(run, playback)
        post = self.post_message
        context = RunContext.from_events(events, post, viewer=True, playback=playback)
        self._show(context, attached=is_attached(run))

    def _follow_program(self) -> None:
        """Show the earlier run that the program of the run on the screen goes on in, once."""
        earlier = earlier_run(self.run_state)
        if earlier is None or earlier.path in self._followed or self.run_context.playback:
            return
        self._followed.add(earlier.path)
        with suppress(UserError):  # it is gone again
            self.open_run(earlier)
            self.toast(f"the program goes on in its earlier run {earlier.name}")

    # -- screens ------------------------------------------------------------------------------

    @on(ScreenTabs.ScreenChosen)
    def _go_to_chosen(self, message: ScreenTabs.ScreenChosen) -> None:
        self.action_go(message.screen_name)

    def action_go(self, screen: str) -> None:
        """Go to another screen, by its name."""
        self._go(screen, attached=self.run_state.is_attached)

    def _go(self, screen: str, *, attached: bool) -> None:
        if isinstance(self.screen, RunScreen):
            self.picked_image = self.screen.picked_image or self.picked_image
            self.switch_mode(modes.mode_of(screen, attached=attached))

    def _show_kind(self) -> None:
        """Show a run that has opened on the screen for runs of its kind."""
        screen = self.screen
        if isinstance(screen, RunScreen):
            mode = modes.mode_of(screen.NAME, attached=self.run_state.is_attached)
            if mode != self.current_mode:
                self.switch_mode(mode)

    async def show_on_pad(self, picked: PickedImage) -> None:
        """Show an image on the pad."""
        from tui.pad.screen import PadScreen

        await self.switch_mode("pad")
        if isinstance(self.screen, PadScreen):
            self.screen.show_image(picked.image, picked.label)

    def action_help(self) -> None:
        """Show every key of this screen."""
        if isinstance(self.screen, RunScreen):
            self.push_screen(HelpScreen(self.screen))


if TYPE_CHECKING:

    def _check_host(app: TrainpadApp) -> DashboardHost:
        return app
