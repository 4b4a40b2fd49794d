"""Hang-up, detach, reattach, signals, crashes: the real program on a pseudo-terminal."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.run.events import (
    Alert,
    Changed,
    Diverged,
    Evaluated,
    Failed,
    Finished,
    Preparing,
    Saved,
    Started,
)
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from tests.helpers.program import Program, run_program
from tests.helpers.runs import add_events, confusion, hold, make_run
from tests.helpers.terminal import Terminal, only_run, slow_training, training, trainpad
from tests.helpers.waiting import LONG, wait_until

pytestmark = pytest.mark.terminal

Start = Callable[..., Terminal]


@pytest.fixture
def start() -> Iterator[Start]:
    terminals: list[Terminal] = []

    def begin(command: list[str], **options: Any) -> Terminal:
        terminals.append(Terminal(command, **options))
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.end()


@pytest.fixture
def ended(tmp_path: Path) -> Iterator[None]:
    """Kill the processes of runs that are still live after a test."""
    yield
    for folder in tmp_path.glob("*/*/run.json"):
        state = read_status(RunDir(folder.parent))
        if state.is_live:
            with contextlib.suppress(ProcessLookupError):
                os.kill(state.pid, signal.SIGKILL)


def state_of(log_dir: Path) -> str:
    return read_status(RunDir(only_run(log_dir))).state


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def assert_restored(terminal: Terminal) -> None:
    """The terminal has its settings back, and all modes that were enabled are disabled."""
    assert terminal.attributes() == terminal.before
    sent = bytes(terminal.sent)
    for on, off in [
        (b"\x1b[?1049h", b"\x1b[?1049l"),
        (b"\x1b[?25l", b"\x1b[?25h"),
        *((b"\x1b[?%dh" % mode, b"\x1b[?%dl" % mode) for mode in (1000, 1003, 1004, 1006, 2004)),
    ]:
        assert on in sent
        assert sent.rfind(off) > sent.rfind(on), off


@pytest.mark.usefixtures("ended")
@pytest.mark.timeout(300)
def test_a_hangup_does_not_change_the_run(tmp_path: Path, start: Start) -> None:
    flags = ("--max_steps", "2500", "--eval_every", "1000", "--seed", "7")
    terminal = start(training(tmp_path / "dropped", *flags), forked=True)
    with Program(*training(tmp_path / "alone", "--headless", *flags)[2:]) as alone:
        terminal.wait_for(r"[1-9][\d,]* / 2,500")
        process = read_status(RunDir(only_run(tmp_path / "dropped"))).pid
        terminal.hang_up()
        wait_until(lambda: state_of(tmp_path / "dropped") == "done")
        assert alone.wait(LONG) == 0
    dropped, left_alone = only_run(tmp_path / "dropped"), only_run(tmp_path / "alone")
    assert (dropped / "loss.f32").read_bytes() == (left_alone / "loss.f32").read_bytes()
    assert b"Traceback" not in (dropped / "run.log").read_bytes()
    wait_until(lambda: not Path(f"/proc/{process}").exists())


@pytest.mark.usefixtures("ended")
@pytest.mark.timeout(300)
def test_detach_reattach_steer_and_stop(tmp_path: Path, start: Start) -> None:
    shell = start(["bash", "--norc", "-i"])
    shell.wait_for("shell>")
    log_dir = tmp_path / "runs"
    command = training(log_dir, "--max_steps", "100000000", "--seed", "7")
    shell.type(f"{' '.join(command)}\r")
    shell.wait_for(r"[1-9][\d,]* / 100,000,000")

    # ctrl+z gives the prompt back, and training goes on; fg brings the dashboard back.
    shell.type("\x1a")
    shell.wait_for(r"Stopped(.|\n)*shell>")
    steps = (only_run(log_dir) / "loss.f32").stat().st_size
    wait_until(lambda: (only_run(log_dir) / "loss.f32").stat().st_size > steps)
    shell.type("fg\r")
    shell.wait_for(r"[1-9][\d,]* / 100,000,000")

    # d detaches for good.
    shell.type("d")
    shell.wait_for(r"keeps training(.|\n)*shell>")
    shell.type("jobs; echo the end of $((1 + 1)) jobs; exit\r")
    shell.wait_for("the end of 2 jobs")
    assert "Stopped" not in shell.text.rpartition("keeps training")[2]
    assert shell.process.wait(10) == 0

    viewer = start(trainpad("open", "--log_dir", log_dir))
    viewer.wait_for(r"[1-9][\d,]* / 100,000,000")
    viewer.type(" ")
    viewer.wait_for("paused")
    viewer.type("]")
    viewer.wait_for("learning rate 0.01 → 0.0125")
    second = start(trainpad("open", "--log_dir", log_dir))
    second.wait_for("paused")
    steps = (only_run(log_dir) / "loss.f32").stat().st_size
    second.type("s")
    wait_until(lambda: (only_run(log_dir) / "loss.f32").stat().st_size == steps + 4)
    viewer.type(" ")
    second.wait_for("▶")
    second.type("q")
    assert second.process.wait(LONG) == 0
    assert_restored(second)
    assert state_of(log_dir) == "training"
    # An invalid file is reported and ignored.
    (only_run(log_dir) / "control.json").write_text('{"stop": ')
    viewer.wait_for("control.json is not JSON; it is ignored")
    assert state_of(log_dir) == "training"
    viewer.type("Q")
    viewer.wait_for("Stop this run")
    viewer.type("s")
    viewer.wait_for("stopped")
    wait_until(lambda: state_of(log_dir) == "stopped")
    viewer.type("q")
    assert viewer.process.wait(LONG) == 0


@pytest.mark.usefixtures("ended")
@pytest.mark.timeout(300)
def test_a_signal_saves_the_run_and_restores_the_terminal(tmp_path: Path, start: Start) -> None:
    terminal = start(slow_training(tmp_path / "runs"), forked=True)
    terminal.wait_for(r"[1-9][\d,]* / 100,000,000")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(LONG) == 0
    assert_restored(terminal)
    run = only_run(tmp_path / "runs")
    assert state_of(tmp_path / "runs") == "stopped"
    steps = (run / "loss.f32").stat().st_size // 4
    assert (run / "checkpoints" / f"step-{steps - 1:06d}.safetensors").is_file()


BREAKS = """
import sys
import core.training.loop, main
from core.run.events import Evaluated
train = core.training.loop.train
def broken(job, control):
    for event in train(job, control):
        yield event
        if isinstance(event, Evaluated):
            raise RuntimeError("the \\x1b[31mbelt\\x1b[0m snapped")
core.training.loop.train = broken
main.main(sys.argv[1:])
"""


@pytest.mark.timeout(300)
def test_a_crash_in_training_is_reported(tmp_path: Path, start: Start) -> None:
    command = training(tmp_path / "runs", "--eval_every", "50")
    terminal = start([command[0], "-c", BREAKS, *command[2:]], forked=True)
    terminal.wait_for(r"failed +50 / 2,000")
    terminal.wait_for("belt")
    terminal.type("q")
    assert terminal.process.wait(LONG) == 1
    assert_restored(terminal)
    ending = bytes(terminal.sent).decode().rpartition("\x1b[?1004l")[2]
    assert "snapped" in ending
    assert "\x1b[31m" not in ending
    assert "RuntimeError" in (only_run(tmp_path / "runs") / "run.log").read_text()
    assert state_of(tmp_path / "runs") == "failed"


@pytest.mark.usefixtures("ended")
@pytest.mark.timeout(300)
def test_a_killed_launcher_leaves_the_terminal_to_the_shell(tmp_path: Path, start: Start) -> None:
    shell = start(["bash", "--norc", "-i"])
    shell.wait_for("shell>")
    log_dir = tmp_path / "runs"
    shell.type(f"{shlex.join(slow_training(log_dir))}\r")
    shell.wait_for(r"[1-9][\d,]* / 100,000,000")
    state = read_status(RunDir(only_run(log_dir)))
    os.kill(parent_of(state.pid), signal.SIGKILL)
    shell.wait_for(r"Killed(.|\n)*shell>")
    wait_until(lambda: os.getsid(state.pid) == state.pid)
    # The terminal's reply to the dashboard's last probe may have gone to the shell.
    shell.type("\x15echo typed $((40 + 2)) times\r")
    shell.wait_for("typed 42 times")
    assert bytes(shell.sent).rfind(b"\x1b[?1003l") > bytes(shell.sent).rfind(b"\x1b[?1003h")
    assert state_of(log_dir) == "training"
    os.kill(state.pid, signal.SIGTERM)
    wait_until(lambda: state_of(log_dir) == "stopped")


@pytest.mark.usefixtures("ended")
@pytest.mark.timeout(300)
def test_detached_from_the_start(tmp_path: Path) -> None:
    log_dir = tmp_path / "runs"
    command = training(log_dir, "--max_steps", "100000000", "--detach")
    result = run_program(*command[2:])
    run = only_run(log_dir)
    assert result.stdout == f"{run.name}\n"
    wait_until(lambda: read_status(RunDir(run)).steps > 0)
    state = read_status(RunDir(run))
    assert os.getsid(state.pid) == state.pid
    for descriptor in range(3):
        target = Path(f"/proc/{state.pid}/fd/{descriptor}").readlink()
        assert target in (Path(os.devnull), run / "run.log")
    os.kill(state.pid, signal.SIGINT)
    wait_until(lambda: read_status(RunDir(run)).state == "stopped")
    assert '"interrupted"' in (run / "events.jsonl").read_text()
    assert "Step 0: loss = " in (run / "run.log").read_text()


def test_bad_data_is_reported_before_detaching(tmp_path: Path) -> None:
    command = trainpad("--detach", "--input_data_dir", tmp_path / "none", "--offline")
    result = subprocess.run(
        [*command, "--log_dir", str(tmp_path / "runs")],
        capture_output=True, text=True, timeout=LONG, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.startswith("trainpad: ")
    assert result.stdout == ""
    assert not (tmp_path / "runs").exists()


EVIL = "\x1b]0;title\x07\x1b]52;c;Zm9v\x07\x1b[2J\x9b2J\u202e\u2066[@click=app.quit]FF[/][/nope]"


def test_text_from_a_run_directory_is_sanitized(tmp_path: Path, start: Start) -> None:
    run = make_run(
        tmp_path / f"20260101-{EVIL.replace('/', '|')}",
        losses=[2.0, 1.0, 0.5],
        name=EVIL,
        notes=EVIL,
        host=EVIL,
        dataset={"name": EVIL, "notice": EVIL, "train": 100, "source": EVIL},
        parent={"run": EVIL, "step": 1},
    )
    hparams = as_dict(HyperParameters())
    add_events(
        run,
        Started(0, {**hparams, EVIL: EVIL}, EVIL, 10),
        Alert(1, EVIL),
        Preparing(EVIL),
        Saved(2, EVIL),
        Changed(2, EVIL, EVIL, EVIL),
        Evaluated(3, confusion(3, 1), {}, 0.1),
        Diverged(3, float("nan"), EVIL),
        Failed(3, EVIL),
        Finished(3, Outcome.STOPPED, 1.0, EVIL),
    )
    hold(run, host=EVIL)
    terminal = start(trainpad("open", "--log_dir", tmp_path))
    terminal.wait_for("stopped +3 /")
    terminal.wait_for("FF")
    for row, line in enumerate(terminal.text.splitlines(), 1):
        for found in re.finditer("FF", line):
            column = found.start() + 1
            terminal.type(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
    terminal.type("?")
    terminal.wait_for("╭")
    terminal.type("\x1b")
    wait_until(lambda: "╭" not in terminal.text)
    terminal.type("5")
    terminal.wait_for("draw a digit")
    terminal.type("1")
    terminal.wait_for("stopped +3 /")
    assert terminal.process.poll() is None
    terminal.type("q")
    assert terminal.process.wait(LONG) == 0
    text = bytes(terminal.sent).decode()
    # Textual sets the shape of the pointer; any other such sequence would be from a file.
    text = re.sub("\x1b]22;[a-z]+\x07", "", text)
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert not [c for c in text if not c.isprintable() and c not in "\x1b\r\n\x0f\x0e"]
    assert_restored(terminal)
