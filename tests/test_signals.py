"""Every signal that a batch system sends saves the run, which resumes to the same bytes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, FakeClock

from core.process.signals import SIGNALS, install_handlers
from core.rundir.control import open_control
from core.session.signals import FollowerSignals, Signals
from tests.helpers.waiting import LONG

FLAGS = [
    "--no-xla", "--device", "cpu", "--fake_data", "--hidden", "16", "--batch_size", "50",
    "--max_steps", "1200", "--eval_every", "200", "--optimizer", "momentum", "--dropout", "0.2",
]  # fmt: skip
SIGNALLED = """
import os, sys
import tensorflow, keras
import core.training.engine, core.training.loop, core.session.session, main
from core.run.events import Steps
from core.process.signals import SIGNALS, install_handlers

train = core.training.loop.train
sent = 0
def signalled(config, control):
    global sent
    for event in train(config, control):
        yield event
        if sent and isinstance(event, Steps):
            os.kill(os.getpid(), sent)
            sent = 0
core.training.loop.train = signalled

def child(number, *arguments):
    global sent
    if (pid := os.fork()) == 0:
        sent = number
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        main.main(["--headless", *arguments])
    print(number, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)

folder, *flags = sys.argv[1:]
child(0, *flags, "--log_dir", folder + "/whole")
for number in SIGNALS:
    log_dir = f"{folder}/{number}"
    child(number, *flags, "--log_dir", log_dir)
    name, = os.listdir(log_dir)
    os.rename(f"{log_dir}/{name}", f"{log_dir}/run")
    os.link(f"{log_dir}/run/loss.f32", f"{log_dir}/before")
    print(os.path.getsize(f"{log_dir}/before"))
    child(0, "--log_dir", log_dir, "--resume", "run")
"""


@pytest.mark.timeout(300)
def test_a_run_resumes_to_the_same_bytes_after_each_signal(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SIGNALLED, str(tmp_path), *FLAGS],
        capture_output=True, text=True, timeout=LONG * 4, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    (whole,) = (tmp_path / "whole").iterdir()
    lines = iter(ran.stdout.splitlines())
    assert next(lines) == "0 0"
    for number in SIGNALS:
        status = 130 if number == signal.SIGINT else 0
        assert next(lines) == f"{number} {status}", ran.stderr
        assert 0 < int(next(lines)) < 4800
        assert next(lines) == "0 0"
        run = tmp_path / str(number) / "run"
        assert (run / "loss.f32").read_bytes() == (whole / "loss.f32").read_bytes()
        for path in (whole / "checkpoints").iterdir():
            assert (run / "checkpoints" / path.name).read_bytes() == path.read_bytes()
        assert f"trainpad: {signal.Signals(number).name}: saving and stopping" in ran.stderr


def receive(signals: Signals, *numbers: int) -> None:
    for number in numbers:
        signals._on_signal(number, None)


@pytest.mark.parametrize(
    ("numbers", "seconds", "exits"),
    [
        ((signal.SIGTERM, signal.SIGTERM), 0.1, False),  # sent to the group, and forwarded
        ((signal.SIGTERM, signal.SIGTERM), 2.0, True),
        ((signal.SIGUSR1, signal.SIGTERM), 90.0, False),  # Slurm at the time limit
        ((signal.SIGXCPU, signal.SIGXCPU), 1.0, False),  # once a second
        ((signal.SIGUSR1, signal.SIGINT), 0.1, True),
        ((signal.SIGINT, signal.SIGTERM), 0.0, True),
    ],
)
def test_only_a_person_who_insists_ends_a_run_that_is_being_saved(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    numbers: tuple[int, int],
    seconds: float,
    exits: bool,
) -> None:
    left: list[int] = []
    monkeypatch.setattr("core.session.signals.exit_by_signal", left.append)
    clock = FakeClock()
    signals = Signals(clock)
    signals.attach(open_control(tmp_path, start={}))
    receive(signals, numbers[0])
    clock.now += seconds
    receive(signals, numbers[1])
    assert left == [numbers[1]] * exits


def test_a_worker_waits_for_its_chief(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr("core.session.signals.exit_by_signal", left.append)
    receive(FollowerSignals(), signal.SIGUSR1, signal.SIGTERM)
    assert left == []


def test_a_signal_that_the_parent_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `nohup` ignores a hangup, and a shell ctrl+c for what it starts in the background."""
    ignored = {signal.SIGHUP, signal.SIGINT}
    handlers = {
        number: signal.SIG_IGN if number in ignored else signal.SIG_DFL for number in SIGNALS
    }
    monkeypatch.setattr("signal.getsignal", handlers.get)
    monkeypatch.setattr("signal.signal", handlers.__setitem__)
    install_handlers(print)
    assert {number for number, handler in handlers.items() if handler is print} == (
        set(SIGNALS) - ignored
    )
