"""The process that has imported TensorFlow, and forks those that train.

It reads requests, a JSON object a line, from standard input, and writes which process it has forked
and which has ended to standard output. It ends when its standard input does.
"""

import gc
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from core.process.libraries import clean_imports
from core.process.threads import limit_blas_threads
from core.sweep.process import end_with_parent

POLL_SECONDS: Final = 0.05


def serve() -> None:
    """Serve until standard input ends; in a child, run `trainpad` and exit."""
    limit_blas_threads()
    with clean_imports():
        for name in ("core.training.engine", "core.training.distributed", "keras"):
            import_module(name)
    import_module("core.session.session")
    gc.freeze()  # what is not changed in a child need not be copied for it
    rest = b""
    while True:
        _report_ended()
        if not select.select([0], [], [], POLL_SECONDS)[0]:
            continue
        more = os.read(0, 1 << 16)
        if not more:
            return
        *lines, rest = (rest + more).split(b"\n")
        for line in lines:
            _fork(json.loads(line))


def _fork(request: Mapping[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        _set_up(request)
        _run()
    _report({"started": pid})


def _report_ended() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _report({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _report(values: Mapping[str, int]) -> None:
    os.write(1, json.dumps(values).encode() + b"\n")


def _set_up(request: Mapping[str, Any]) -> None:
    """Be as a process that was just started with this command."""
    os.setsid()
    end_with_parent()
    output = os.open(request["output"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    null = os.open(os.devnull, os.O_RDWR)
    for number, descriptor in enumerate((null, output, output)):
        os.dup2(descriptor, number)
    os.close(output)
    os.close(null)
    os.environ.clear()
    os.environ.update(request["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["trainpad", *request["arguments"]]


def _run() -> None:
    """Run the command line, and end at once: Python would take a second to clear its modules."""
    status = 1
    try:
        import_module("main").main()
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - as Python does
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)
