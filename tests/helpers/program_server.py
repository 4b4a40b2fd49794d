"""A process that has imported TensorFlow, and forks the programs that tests start.

    python program_server.py SOCKET OWNER

A program begins in a child that has imported everything, so it starts in a fraction of the time.
TensorFlow starts no thread before it computes. The server ends with the process `OWNER`.
"""

import array
import atexit
import fcntl
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import termios
import threading
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

POLL_SECONDS = 1.0


def main() -> None:
    """Serve until the owner is gone; return in a child, after its program was set up."""
    path, owner = sys.argv[1], int(sys.argv[2])
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    _import_all()
    gc.freeze()  # what is not looked at in a child need not be copied for it
    while _is_alive(owner):
        if not select.select([listener], [], [], POLL_SECONDS)[0]:
            _reap()
            continue
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _run(connection)
            return
        connection.close()
        _reap()
    shutil.rmtree(Path(path).parent, ignore_errors=True)
    os._exit(0)


def _import_all() -> None:
    """Import what any training imports, and draw the digits of `--fake_data`."""
    import_module("core.process.threads").limit_blas_threads()
    with import_module("core.process.libraries").clean_imports():
        for name in ("core.training.engine", "core.training.distributed", "keras"):
            import_module(name)
    for name in (
        "core.rundir.resume", "core.session.headless", "core.session.session",
        "core.session.summaries", "main", "safetensors.numpy",
    ):  # fmt: skip
        import_module(name)
    sources = import_module("data.sources")
    fake, draw = sources.load_dataset(fake=True), sources._fake
    sources._fake = lambda request: draw(request) if request.variation or request.seed else fake


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _run(connection: socket.socket) -> None:
    """Fork the program; return in it, and report its id and exit status from here."""
    content, ancillary, _, _ = connection.recvmsg(1 << 20, socket.CMSG_SPACE(3 * 4))
    descriptors = array.array("i")
    for _level, _kind, given in ancillary:
        descriptors.frombytes(given)
    while more := connection.recv(1 << 20):
        content += more
    if (pid := os.fork()) == 0:
        connection.close()
        _set_up(json.loads(content), list(descriptors))
        return
    for descriptor in descriptors:
        os.close(descriptor)
    connection.sendall(f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    connection.sendall(f"{status}\n".encode())
    os._exit(0)


def _set_up(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be as a process that was just started with these arguments."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if request["terminal"]:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    sys.argv = request["arguments"]
    for number in request["closed"]:
        os.close(number)
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)
    globals()["code"] = request["code"]


def _status_of(code: str) -> int:
    """Run the program; return its exit status."""
    try:
        exec(code, {"__name__": "__main__"})  # noqa: S102 - the program that a test asked for
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - as Python does
        traceback.print_exc()
        return 1
    return 0


code = ""
if __name__ == "__main__":
    main()
    status = _status_of(code)
    # To end as Python does would take a second: it takes all modules apart.
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status)
