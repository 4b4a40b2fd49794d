"""Train without a screen: print the events as the lab's lines or as JSON."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from core.output.counted import counted
from core.process.stdio import print_message
from core.run.events import (
    RECORDED_NAMES,
    Alert,
    Changed,
    Diverged,
    Event,
    Failed,
    Finished,
    Notice,
    Opened,
    Started,
    to_json,
)
from core.run.hparams import Value
from core.run.status import Outcome
from core.rundir.rundir import RunDir
from core.session.diverged import how_to_go_on
from core.session.lab_output import LabPrinter
from core.session.signals import Signals
from trainpad.control import Control
from trainpad.errors import UserError

DONE, FAILED, DIVERGED, INTERRUPTED, GOES_ON = 0, 1, 3, 130, 75
NO_READER = "nothing reads the output any more: the run is saved and stopped"


def run_headless(
    source: Iterator[Event], out: TextIO, *, json: bool = False, signals: Signals | None = None
) -> int:
    """Pull `source` to its end, printing; return the exit status.

    When the reader of the lines is gone, the run saves and stops; a line for which the disk has
    no room is dropped.

    Raises:
        UserError: from the source, before training started.
    """
    lines: Callable[[Event], Iterator[str]] = JsonPrinter().lines if json else LabPrinter().lines
    status, control, has_reader, notices = FAILED, None, True, NoticePrinter()
    for event in source:
        for line in lines(event):
            if has_reader and not _try_print(line, out):
                has_reader = False
                print_message(NO_READER)
                _request_stop(control)
        if isinstance(event, Opened):
            control = event.control
        if signals is not None:
            signals.on_event(event)
        if not json:
            notices.print(event)
        status = exit_status(event, status)
    return status


def _request_stop(control: Control | None) -> None:
    if control is not None:
        with suppress(UserError):
            control.request(stop=Outcome.STOPPED)


def exit_status(event: Event, before: int = FAILED) -> int:
    """Return the exit status after `event`; `before` where it is not one that ends a run."""
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
    """Prints events as `events.jsonl` holds them, from the moment the run has a directory."""

    def __init__(self) -> None:
        self._opened = False

    def lines(self, event: Event) -> Iterator[str]:
        """Yield the line for `event`, if it is one that is recorded."""
        self._opened |= isinstance(event, Opened)
        if self._opened and type(event) in RECORDED_NAMES:
            yield to_json(event)


class NoticePrinter:
    """Prints on standard error what the lab's script has no line for."""

    def __init__(self) -> None:
        self._run, self._first = RunDir(Path("the run")), 0
        self._rate: Value = 0.0

    def print(self, event: Event) -> None:
        """Print the notice for `event`, if it has one."""
        match event:
            case Opened(directory=directory, info=info):
                self._run = RunDir(Path(directory))
                print_message(f"writing to {directory}")
                if notice := info.get("dataset", {}).get("notice"):
                    print_message(notice)
            case Started(step=step, hyperparameters=hyperparameters):
                self._first, self._rate = step, hyperparameters.get("learning_rate", 0.0)
            case Changed(name="learning_rate", new=new):
                self._rate = new
            case Alert(text=text) | Notice(text=text) | Failed(text=text):
                print_message(text)
            case Diverged():
                print_message(f"diverged: {event.reason}; {how_to_go_on(self._run, self._rate)}")
            case Finished():
                self._print_end(event)

    def _print_end(self, event: Finished) -> None:
        if event.outcome is Outcome.DONE and event.step == self._first:
            steps = counted(event.step, "step")
            print_message(f"{self._run.name} is done after {steps}; a larger --max_steps goes on")
        elif event.detail:
            print_message(f"done after {counted(event.step, 'step')}: {event.detail}")
        if sys.stderr.isatty():
            with suppress(OSError):
                sys.stderr.write("\a")


def _try_print(line: str, file: TextIO) -> bool:
    """Print a line; return False when the reader is gone, and ignore other errors."""
    try:
        print(line, file=file, flush=True)
    except BrokenPipeError:
        return False
    except OSError:
        pass
    return True
