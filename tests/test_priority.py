"""Who goes first where cores are few."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.process.priority import lower_thread_priority
from core.run.events import Tick
from tui.dashboard.worker import EventWorker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows it of a thread")


def rank() -> int:
    """How far this thread stands back."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_a_thread_that_yields_stands_back_with_those_that_it_starts_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, found = rank(), []
    monkeypatch.setattr("core.process.priority.NICE", before + 3)

    def helper() -> None:
        found.append(rank())

    def train() -> None:
        lower_thread_priority()
        found.append(rank())
        other = threading.Thread(target=helper)
        other.start()
        other.join()

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [min(before + 3, 19)] * 2
    assert rank() == before


def test_a_thread_that_stands_back_already_is_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rank()
    monkeypatch.setattr("core.process.priority.NICE", before - 3)
    lower_thread_priority()
    assert rank() == before


@pytest.mark.parametrize(("trains", "calls"), [(True, 1), (False, 0)])
def test_a_thread_that_trains_yields_to_the_screen_and_one_that_looks_does_not(
    trains: bool, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    yielded = []
    monkeypatch.setattr("tui.dashboard.worker.lower_thread_priority", lambda: yielded.append(1))
    pump = EventWorker(iter([Tick()]), lambda _message: None, trains=trains)
    pump.start()
    pump.join()
    assert len(yielded) == calls


def test_numpy_multiplies_on_one_thread_here() -> None:
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
