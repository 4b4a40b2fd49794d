"""Signals, priorities and garbage collection of threads that train behind a screen."""

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.process.threads import (
    SYNCHRONOUS,
    freeze_gc,
    lower_thread_priority,
    relax_gc,
    run_with_signals_blocked,
)
from core.run.events import Tick
from tests.helpers.program import run_program
from tui.dashboard.worker import EventWorker

INTERRUPTED_TRAINING = """
import faulthandler, os, signal, sys, threading, time
from pathlib import Path
from core.rundir.control import open_control
from core.run.events import Steps
from core.session.signals import Signals
from core.run.hparams import as_dict, validate_hparams
from core.training.config import TrainConfig
from core.training.loop import train
from data.sources import load_dataset

def interrupt():
    while True:
        time.sleep(0.0001)
        os.kill(os.getpid(), signal.SIGWINCH)

Signals().install()
assert faulthandler.is_enabled()
signal.signal(signal.SIGWINCH, lambda number, frame: None)
hparams = validate_hparams({"max_steps": 10**9, "eval_every": 10**9})
control = open_control(Path(sys.argv[1]), start=as_dict(hparams))
dataset = load_dataset(fake=True, offline=True)
events = train(TrainConfig(hparams, dataset, device="cpu"), control)
next(event for event in events if isinstance(event, Steps))
threading.Thread(target=interrupt, daemon=True).start()
until = time.monotonic() + 2
last = next(e for e in events if isinstance(e, Steps) and time.monotonic() > until)
print(last.first, flush=True)
os._exit(0)
"""


def test_signal_handlers_do_not_overwrite_what_is_being_computed(tmp_path: Path) -> None:
    """Three of four runs of this script crashed where handlers used the same stack."""
    ran = run_program(tmp_path, code=INTERRUPTED_TRAINING)
    assert ran.returncode == 0, ran.stderr[-300:]
    assert int(ran.stdout) > 0


def test_a_call_with_signals_blocked_returns_or_raises_as_it_would_without() -> None:
    def call() -> set[signal.Signals]:
        return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))

    blocked = run_with_signals_blocked(call)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH} <= blocked
    assert not blocked & SYNCHRONOUS
    assert signal.SIGTERM not in call()
    with pytest.raises(ZeroDivisionError):
        run_with_signals_blocked(lambda: 1 // 0)


linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has a niceness for each thread"
)


def niceness() -> int:
    """The niceness of this thread."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@linux_only
def test_a_lower_priority_holds_for_a_thread_and_those_that_it_starts_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, found = niceness(), []
    monkeypatch.setattr("core.process.threads.NICE", 3)

    def helper() -> None:
        found.append(niceness())

    def train() -> None:
        lower_thread_priority()
        found.append(niceness())
        other = threading.Thread(target=helper)
        other.start()
        other.join()
        lower_thread_priority()
        found.append(niceness())

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [min(before + 3, 19)] * 3
    assert niceness() == before


@linux_only
def test_a_priority_that_is_lower_already_is_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    before = niceness()
    monkeypatch.setattr("core.process.threads.NICE", -3)
    lower_thread_priority()
    assert niceness() == before


@pytest.mark.parametrize(("trains", "calls"), [(True, 1), (False, 0)])
def test_a_worker_that_trains_lowers_its_priority_and_one_that_follows_does_not(
    trains: bool, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lowered = []
    monkeypatch.setattr("tui.dashboard.worker.lower_thread_priority", lambda: lowered.append(1))
    worker = EventWorker(iter([Tick()]), lambda _message: None, trains=trains)
    worker.start()
    worker.join()
    assert len(lowered) == calls


@linux_only
def test_numpy_multiplies_on_one_thread() -> None:
    """Its other threads would spin, after each call, on cores that train."""
    code = (
        "import os, sys, main\n"
        "assert 'numpy' not in sys.modules\n"
        "try: main.main(['--version'])\n"
        "except SystemExit: pass\n"
        "import numpy\n"
        "matrix = numpy.ones((600, 600)); matrix @ matrix\n"
        "print(len(os.listdir('/proc/self/task')))"
    )
    kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=kept,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "1"


@pytest.fixture
def collections() -> Iterator[list[int]]:
    """The generations that were collected; the settings are restored afterwards."""
    before, generations = gc.get_threshold(), []

    def on_collection(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            generations.append(info["generation"])

    gc.callbacks.append(on_collection)
    yield generations
    gc.callbacks.remove(on_collection)
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_garbage_collection_rarely_delays_a_frame(collections: list[int]) -> None:
    relax_gc()
    kept = [[number] for number in range(100_000)]  # what some hundred frames allocate
    assert len(kept) == 100_000
    assert 1 <= len(collections) <= 11
    assert 2 not in collections


@pytest.mark.usefixtures("collections")
def test_frozen_objects_are_not_collected_again() -> None:
    kept = [[number] for number in range(1000)]
    freeze_gc()
    assert not any(entry is kept[500] for entry in gc.get_objects())
