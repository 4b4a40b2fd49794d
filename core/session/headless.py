"""A run without a screen: the same source of events, printed as the lab's lines or as JSON."""

import faulthandler
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import TextIO

from core.run.events import (
    RECORDED_NAMES,
    Alert,
    Diverged,
    Event,
    Failed,
    Finished,
    Opened,
    to_json,
)
from core.run.status import Outcome
from core.session.lab_output import LabPrinter
from trainpad.control import Control
from trainpad.errors import UserError
from trainpad.text import sanitize

DONE, FAILED, DIVERGED, INTERRUPTED = 0, 1, 3, 130


class Signals:
    """SIGINT and SIGTERM as wishes: save and stop. A second one leaves at once."""

    def __init__(self) -> None:
        self.reason = ""
        self._control: Control | None = None

    def install(self) -> None:
        """Take both signals over; only the main thread can."""
        install_signal_stack()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def attach(self, control: Control) -> None:
        """Tell `control` of what was wanted before it existed, and from now on."""
        self._control = control
        if self.reason:
            self._ask()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.reason or self._control is None:
            exit_by_signal(number)
        self.reason = self.reason_of(number)
        self._ask()

    @staticmethod
    def reason_of(number: int) -> str:
        """Why a run ends that this signal ends."""
        return "interrupted" if number == signal.SIGINT else "stopped"

    def _ask(self) -> None:
        assert self._control is not None  # noqa: S101 - both callers have seen to it
        try:
            self._control.request(stop=self.reason)
        except UserError as error:
            _print_error(f"{error}; stopping all the same")


def install_signal_stack() -> None:
    """Have signals handled on a stack of their own, and a crash traced to descriptor 2.

    The fault handler gives this thread, the main one, another stack, which Python's handlers use:
    what it computes may keep the stack pointer in the heap (`core.process.apart`).
    """
    if not faulthandler.is_enabled():
        faulthandler.enable(2)


def exit_by_signal(number: int) -> None:
    """End this process as the signal would have ended it."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def run_headless(
    source: Iterator[Event], out: TextIO, *, json: bool = False, signals: Signals | None = None
) -> int:
    """Pull `source` to its end, printing; returns the exit status.

    Where whoever reads the lines has left, the run is saved and stopped; a line that finds no
    room on the disk is dropped.

    Raises:
        UserError: from the source, before anything was trained.
    """
    printer: Callable[[Event], Iterator[str]] = JsonPrinter().lines if json else LabPrinter().lines
    status, control, has_reader = FAILED, None, True
    for event in source:
        for line in printer(event):
            if has_reader and not _try_print(line, out):
                has_reader = False
                _stop(control)
        if isinstance(event, Opened) and event.control is not None:
            control = event.control
            if signals is not None:
                signals.attach(control)
        if not json:
            _print_notice(event)
        status = exit_status(event, status)
    return status


def _stop(control: Control | None) -> None:
    if control is not None:
        with suppress(UserError):
            control.request(stop="stopped")


def exit_status(event: Event, before: int = FAILED) -> int:
    """The exit status that `event` ends a run with, or the one `before` it."""
    match event:
        case Finished(outcome=Outcome.INTERRUPTED):
            return INTERRUPTED
        case Finished():
            return DONE
        case Diverged():
            return DIVERGED
        case Failed():
            return FAILED
    return before


class JsonPrinter:
    """Turns events into the lines of `events.jsonl`, which begins when the run has a directory."""

    def __init__(self) -> None:
        self._opened = False

    def lines(self, event: Event) -> Iterator[str]:
        """The line for one event, if it is recorded at all."""
        self._opened |= isinstance(event, Opened)
        if self._opened and type(event) in RECORDED_NAMES:
            yield to_json(event)


def _print_notice(event: Event) -> None:
    """What the lab's script has no line for goes to standard error."""
    match event:
        case Opened(directory=directory, info=info):
            notice = info.get("dataset", {}).get("notice")
            _print_error(f"writing to {directory}")
            if notice:
                _print_error(notice)
        case Alert(text=text) | Failed(text=text):
            _print_error(text)
        case Diverged(why=why, checkpoint=checkpoint):
            kept = f"the last checkpoint is {checkpoint}" if checkpoint else "nothing was saved yet"
            _print_error(f"diverged: {why}; {kept}; try a smaller --learning_rate")
        case Finished() if sys.stderr.isatty():
            with suppress(OSError):
                sys.stderr.write("\a")


def _print_error(text: str) -> None:
    _try_print(f"trainpad: {sanitize(text)}", sys.stderr)


def _try_print(line: str, file: TextIO) -> bool:
    """Print a line, if that can be; False where nobody reads it any more."""
    try:
        print(line, file=file, flush=True)
    except BrokenPipeError:
        return False
    except OSError:
        pass
    return True
