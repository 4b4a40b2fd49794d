"""Check that a run survives a killed connection of a real `sshd`, and `tmux kill-server`.

Starts Debian's `sshd` (package openssh-server) on a free port of the loopback, with temporary
keys, logs in, trains in the dashboard, kills the connection, logs in again, opens the run and
stops it; then does the same in a separate tmux server:

    python benchmarks/sshd.py [--seconds 3]
"""

import argparse
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.rundir.rundir import RunDir
from core.rundir.status import RunSummary, read_status
from tests.helpers.terminal import Terminal, only_run, training, trainpad, wait_until

ENDLESS = ("--max_steps", "100000000", "--eval_every", "100000")


def state(log_dir: Path) -> RunSummary:
    """The status of the only run."""
    return read_status(RunDir(only_run(log_dir)))


def report(text: str) -> None:
    """Print and flush one line."""
    print(text, flush=True)


class Sshd:
    """A daemon on the loopback that this user can log in to with one key."""

    def __init__(self, folder: Path) -> None:
        """Make keys and a configuration in `folder`, and start the daemon."""
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
            )
        shutil.copy(folder / "user.pub", folder / "authorized")
        (folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized\nPidFile none\nStrictModes no\n"
            "PasswordAuthentication no\nUsePAM no\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        program = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
        if program is None:
            raise SystemExit("there is no sshd here: apt-get install openssh-server")
        self.daemon = subprocess.Popen([program, "-D", "-e", "-f", folder / "config"],
                                       stderr=(folder / "log").open("w"))  # fmt: skip
        wait_until(self._answers, 10)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def login(self) -> list[str]:
        """Return the command line that logs in."""
        options = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={self.folder}/known",
                   "LogLevel=ERROR", "IdentitiesOnly=yes"]  # fmt: skip
        return [
            "ssh", "-tt", "-p", str(self.port), "-i", str(self.folder / "user"),
            *(part for option in options for part in ("-o", option)),
            f"{getpass.getuser()}@127.0.0.1",
        ]  # fmt: skip


def children(pid: int) -> list[int]:
    """Return the child processes of `pid`: of a daemon, one for each connection."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def check_survival(title: str, log_dir: Path, cut: Callable[[], None], seconds: float) -> None:
    """Cut the connection, and report the status of the run before and after."""
    before = state(log_dir)
    report(f"{title}: {before.steps:,} steps, process {before.pid}, "
        f"session {os.getsid(before.pid)}")  # fmt: skip
    cut()
    wait_until(lambda: os.getsid(before.pid) == before.pid)
    steps = state(log_dir).steps
    time.sleep(seconds)
    after = state(log_dir)
    report(f"  cut; {seconds:.0f} s later: {after.state}, {after.steps:,} steps "
        f"({(after.steps - steps) / seconds:,.0f} a second), a session of its own, "
        f"descriptors {descriptors(after.pid)}")  # fmt: skip


def descriptors(pid: int) -> str:
    """Return the targets of standard input, output and error."""
    links = (Path(f"/proc/{pid}/fd/{number}").readlink() for number in range(3))
    return ", ".join(link.name for link in links)


def reattach_and_stop(terminal: Terminal, log_dir: Path) -> None:
    """Steer the run from the terminal that opened it, and stop it."""
    began = time.monotonic()
    terminal.wait_for(r"training +[1-9]")
    report(f"  reattached after {time.monotonic() - began:.1f} s, startup included")
    terminal.type(" ")
    terminal.wait_for("paused")
    terminal.type("]")
    terminal.wait_for("0.01 → 0.0125")
    terminal.type(" ")
    terminal.wait_for("training")
    terminal.type("Q")
    terminal.wait_for(r"(End|Stop) this run")
    terminal.type("s")
    wait_until(lambda: state(log_dir).state == "stopped")
    report("  paused, learning rate changed, resumed, stopped: " + state(log_dir).state)


def over_ssh(folder: Path, seconds: float) -> None:
    """Kill a connection of a real sshd."""
    sshd = Sshd(folder)
    terminals = []
    try:
        log_dir = folder / "runs"
        # A shell with job control, as after any login.
        terminals.append(Terminal(sshd.login()))
        terminals[0].wait_for(r"[$#] *$|[$#] \s*\n")
        terminals[0].type(f"cd {Path.cwd()}; {' '.join(training(log_dir, *ENDLESS))}\r")
        terminals[0].wait_for(r"training +[1-9][\d,]* / 100,000,000")
        report(f"sshd: {len(terminals[0].sent) / 1000:.0f} KB sent until it trains")

        def cut() -> None:
            for child in children(sshd.daemon.pid):
                os.kill(child, signal.SIGKILL)

        check_survival("sshd, connection killed", log_dir, cut, seconds)
        terminals.append(Terminal([*sshd.login(), *trainpad("open", "--log_dir", log_dir)]))
        reattach_and_stop(terminals[1], log_dir)
    finally:
        for terminal in terminals:
            terminal.end()
        sshd.daemon.send_signal(signal.SIGTERM)
        sshd.daemon.wait(10)


def in_tmux(folder: Path, seconds: float) -> None:
    """Kill a tmux server."""
    tmux = ["tmux", "-f", "/dev/null", "-S", str(folder / "socket")]
    log_dir = folder / "tmux-runs"
    terminal = Terminal([*tmux, "new-session", "bash --norc -i"])
    terminal.wait_for(r"[$#]|shell>")
    terminal.type(f"cd {Path.cwd()}; {' '.join(training(log_dir, *ENDLESS))}\r")
    terminal.wait_for(r"training +[1-9][\d,]* / 100,000,000")

    def cut() -> None:
        subprocess.run([*tmux, "kill-server"], check=True)

    check_survival("tmux kill-server", log_dir, cut, seconds)
    terminal.end()
    back = Terminal(trainpad("open", "--log_dir", log_dir))
    reattach_and_stop(back, log_dir)
    back.end()


def main() -> None:
    """Run both checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        over_ssh(folder, seconds)
        in_tmux(folder, seconds)


if __name__ == "__main__":
    main()
