"""Every signal that a batch system sends saves the run, which resumes to the same bytes."""

import json
import signal
from pathlib import Path

import pytest
from conftest import FakeClock

from core.process.signals import SIGNALS, install_handlers
from core.rundir.control import open_control
from core.session.signals import FollowerSignals, Signals
from tests.helpers.program import run_program
from tests.helpers.terminal import only_run

STEPS = 800
FLAGS = [
    "--no-xla", "--device", "cpu", "--fake_data", "--hidden", "16", "--batch_size", "50",
    "--max_steps", str(STEPS), "--eval_every", "200", "--optimizer", "momentum", "--dropout", "0.2",
]  # fmt: skip
ALL_SIGNALLED = """
import contextlib, io, json, os, signal, sys
import core.training.loop, main
from core.process.signals import SIGNALS
from core.run.events import Steps

for number in SIGNALS:  # nohup ignores one, which trainpad leaves as it is
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

train, sent = core.training.loop.train, 0
def signalled(config, control):
    global sent
    for event in train(config, control):
        yield event
        if sent and isinstance(event, Steps):
            os.kill(os.getpid(), sent)
            sent = 0
core.training.loop.train = signalled

make_engine, kept = core.training.loop._make_engine, []
def same_engine(config):
    if not kept:
        kept.append(make_engine(config))
        kept.append(kept[0].state())
    kept[0].restore(kept[1])
    return kept[0]
core.training.loop._make_engine = same_engine

def status(number, *arguments):
    global sent
    sent = number
    try:
        main.main(["--headless", *arguments])
    except SystemExit as left:
        return left.code

folder, *flags = sys.argv[1:]
whole = status(0, *flags, "--log_dir", folder + "/whole")
found = {number: status(number, *flags, "--log_dir", f"{folder}/{number}") for number in SIGNALS}
sizes = {number: os.path.getsize(f"{folder}/{number}/{name}/loss.f32")
         for number in SIGNALS for name in os.listdir(f"{folder}/{number}")}
resumed = {status(0, "--resume", f"{folder}/{number}/{name}")
           for number in SIGNALS for name in os.listdir(f"{folder}/{number}")}
print(json.dumps([whole, list(found.items()), list(sizes.values()), list(resumed)]))
"""
"""Trains whole, once for each signal, and resumes each; one process, which compiles once."""


def test_a_run_resumes_to_the_same_bytes_after_each_signal(tmp_path: Path) -> None:
    ran = run_program(tmp_path, *FLAGS, code=ALL_SIGNALLED)
    assert ran.returncode == 0, ran.stderr
    whole_status, statuses, sizes, resumed = json.loads(ran.stdout.splitlines()[-1])
    assert (whole_status, resumed) == (0, [0])
    assert statuses == [[n, 130 if n == signal.SIGINT else 0] for n in SIGNALS]
    assert len(sizes) == len(SIGNALS)
    assert [size for size in sizes if not 0 < size < 4 * STEPS] == []
    whole = only_run(tmp_path / "whole")
    for number in SIGNALS:
        assert f"trainpad: {signal.Signals(number).name}: saving and stopping" in ran.stderr
        run = only_run(tmp_path / str(number))
        assert (run / "loss.f32").read_bytes() == (whole / "loss.f32").read_bytes()
        for path in (whole / "checkpoints").iterdir():
            assert (run / "checkpoints" / path.name).read_bytes() == path.read_bytes()


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
