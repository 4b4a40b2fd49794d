"""Programs under a supervisor, in the test's own process."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.process.inherited import Inherited
from core.program.foreground import Foreground
from core.program.start import ProgramRequest, make_run, supervise
from core.program.supervisor import Supervisor
from core.rundir.rundir import RunDir
from tests.helpers.repository import REPOSITORY


@dataclass
class Supervised:
    """A program that has ended."""

    run: RunDir
    status: int
    printed: bytes
    said: list[str] = field(default_factory=list)

    @property
    def info(self) -> dict[str, Any]:
        """The contents of `run.json`."""
        return json.loads((self.run.path / "run.json").read_text())


@contextmanager
def kept_signals() -> Iterator[None]:
    """The handlers of before, after a block that installs others."""
    numbers = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)


def request_of(command: Sequence[str], folder: Path, **options: Any) -> ProgramRequest:
    """A request to start a program, with its run below `folder`."""
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), **options.pop("environ", {})}
    inherited = Inherited(environ, options.pop("umask", 0o22))
    return ProgramRequest(command=command, inherited=inherited, log_dir=folder, **options)


def run_program(command: Sequence[str], folder: Path, **options: Any) -> Supervised:
    """Supervise a program to its end."""
    printed, said = bytearray(), list[str]()
    on_start = options.pop("on_start", lambda _run, _supervisor: None)
    request = request_of(command, folder, **options)
    run = make_run(request)

    def begin(supervisor: Supervisor) -> None:
        Foreground().begin(supervisor)
        on_start(run, supervisor)

    with kept_signals():
        status = supervise(request, run, say=said.append, echo=printed.extend, on_start=begin)
    return Supervised(run, status, bytes(printed), said)
