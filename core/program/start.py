"""Start a program under a supervisor: here, or in a process that outlives the terminal."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from core.output.pattern import Pattern
from core.process.hooks import Hooks
from core.process.inherited import Inherited
from core.process.launcher import new_session
from core.process.redirect import redirect_to_log
from core.process.signals import SIGNALS
from core.program.command import check_program, project_of
from core.program.notify import Notifier
from core.program.output import Output
from core.program.processes import Processes
from core.program.record import ProgramRecord
from core.program.requests import Requests
from core.program.supervisor import Supervisor
from core.program.terminal import start_program
from core.rundir.attached import open_attached_control
from core.rundir.occasions import STALL_SECONDS
from core.rundir.rundir import RunDir
from trainpad import about, place
from trainpad.errors import RunError, UserError
from trainpad.lock import take_run_lock
from trainpad.probe import check_log_dir
from trainpad.supervised import VARIABLE
from trainpad.text import sanitize

STARTED = b"+"
"""What the supervisor's process writes when the program has started; else the sentence."""
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRequest:
    """A program to be started, and how its run is recorded."""

    command: Sequence[str]
    inherited: Inherited
    log_dir: Path
    """The folder of all runs."""
    name: str = ""
    project: str = ""
    patterns: Sequence[Pattern] = ()
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stall_seconds: float = STALL_SECONDS


def make_run(request: ProgramRequest) -> RunDir:
    """Make the run directory of a program that can be started.

    Raises:
        UserError: there is no such program, or no run can be recorded there.
    """
    check_program(request.command[0], request.inherited.environ.get("PATH"))
    check_log_dir(request.log_dir)
    project = place.project_name(request.project or project_of(request.command))
    described = about.describe_program()
    given = {"label": request.name, "project": request.project}
    info: dict[str, Any] = {
        **described,
        "project": project,
        "label": sanitize(request.name, limit=200) or None,
        "config": {},
        "steps": None,
        "epochs": None,
        "command": about.hidden_secrets(request.command),
        "versions": {"trainpad": described["versions"]["trainpad"]},
        "supervised": True,
        "given": [key for key, value in given.items() if value],
    }
    try:
        path = place.make_run_dir(
            request.log_dir / project, place.file_name(request.name, project), info
        )
    except OSError as error:
        raise RunError(
            f"no run can be made in {request.log_dir}: {error.strerror}; "
            "choose another folder with --log_dir"
        ) from error
    return RunDir(path)


def supervise(
    request: ProgramRequest,
    run: RunDir,
    *,
    say: Say,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    size: tuple[int, int] | None = None,
    echo: Callable[[bytes], None] | None = None,
    on_start: Callable[[Supervisor], None] = lambda _: None,
    ring: Callable[[str], object] | None = None,
) -> int:
    """Start the program and watch it to its end, in this process; return its exit status.

    Args:
        request: The program.
        run: Its run.
        say: Says one sentence to who waits for it.
        stdin: What the program reads.
        size: Rows and columns of its terminal.
        echo: Gets what it prints.
        on_start: Called once it runs.
        ring: Writes control characters to the terminal.

    Raises:
        UserError: it cannot be started; nothing of the run is left.
    """
    environ = {**request.inherited.environ, VARIABLE: str(run.path)}
    try:
        lock = take_run_lock(run.path)
        record = ProgramRecord(run.path, say)
        # Before the program starts: it may record its run itself from its first moment on.
        record.event("started", hyperparameters={}, device="", parameters=0)
        record.event("supports", requests=["pause", "stop"])
        record.flush()
        control = open_attached_control(run)
        process, terminal = start_program(
            request.command, environ, umask=request.inherited.umask, stdin=stdin, size=size
        )
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    output = Output(terminal, run.log, record, request.patterns, echo)
    record.set_info(pid=process.pid)
    requests = Requests(control, Processes(process.pid), record, say)

    def warn(text: str) -> None:
        record.event("warned", text=text)
        say(text)

    hooks = Hooks(request.hooks, request.inherited.environ, warn, ring)
    notifier = Notifier(run, hooks, request.stall_seconds, time.monotonic())
    supervisor = Supervisor(process, output, record, requests, notifier, lock)
    on_start(supervisor)
    return supervisor.run()


def supervise_in_background(
    request: ProgramRequest, run: RunDir, size: tuple[int, int] | None
) -> int:
    """Start the program in a process of its own that outlives the terminal; return its id.

    Raises:
        UserError: the program cannot be started; nothing of the run is left.
    """
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        os._exit(_supervisor_process(request, run, size, write_end))
    os.close(write_end)
    with os.fdopen(read_end, "rb") as answer:
        said = answer.read()
    if said != STARTED:
        os.waitpid(child, 0)
        raise UserError(said.decode("utf-8", "replace") or f"{run.name} was not started")
    return child


def exit_status_of(supervisor: int) -> int | None:
    """Return the exit status of a program by its supervisor's process; None while it runs."""
    ended, status = os.waitpid(supervisor, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _supervisor_process(
    request: ProgramRequest, run: RunDir, size: tuple[int, int] | None, answer: int
) -> int:
    """The whole life of that process; return its exit status."""
    new_session()
    _close_inherited(answer)

    def on_start(supervisor: Supervisor) -> None:
        pass_on_signals(supervisor)
        redirect_to_log(run)
        os.write(answer, STARTED)
        os.close(answer)

    try:
        return supervise(request, run, say=_say_nothing, size=size, on_start=on_start)
    except UserError as error:
        with suppress(OSError):
            os.write(answer, str(error).encode())
        return 2
    except BaseException:  # noqa: BLE001 - the traceback goes to run.log; nothing may unwind further
        sys.excepthook(*sys.exc_info())
        return 1


def _close_inherited(kept: int) -> None:
    """Close what the parent has open, but for descriptors 0 to 2: a launcher's pipe, above all."""
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def pass_on_signals(supervisor: Supervisor) -> None:
    """Send the program what this process gets from now on; SIGHUP stays ignored where it is."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda got, _frame: supervisor.pass_on(got))


def _say_nothing(_text: str) -> None:
    """The dashboard shows the events."""
