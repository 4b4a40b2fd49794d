"""Signals that come while TensorFlow computes on the very thread that handles them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.process.apart import SYNCHRONOUS, run_with_signals_blocked

COMPUTES = """
import faulthandler, os, signal, sys, threading, time
from pathlib import Path
from core.rundir.control import open_control
from core.run.events import Steps
from core.session.headless import Signals
from core.run.hparams import as_dict, validate_hparams
from core.training.loop import TrainConfig, train
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
events = train(TrainConfig(hparams, load_dataset(fake=True, offline=True), device="cpu"), control)
next(event for event in events if isinstance(event, Steps))
threading.Thread(target=interrupt, daemon=True).start()
until = time.monotonic() + 4
last = next(e for e in events if isinstance(e, Steps) and time.monotonic() > until)
print(last.first, flush=True)
os._exit(0)
"""


def test_they_do_not_write_into_what_is_computed(tmp_path: Path) -> None:
    """Three of four runs of this script crashed where handlers used the stack of what computes."""
    ran = subprocess.run(
        [sys.executable, "-c", COMPUTES, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "PYTHONFAULTHANDLER"},
        cwd=Path(__file__).parent.parent,
    )
    assert ran.returncode == 0, ran.stderr[-300:]
    assert int(ran.stdout) > 0


def test_a_thread_apart_takes_no_signals_and_gives_what_the_call_gives() -> None:
    def call() -> set[signal.Signals]:
        return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))

    blocked = run_with_signals_blocked(call)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH} <= blocked
    assert not blocked & SYNCHRONOUS
    assert signal.SIGTERM not in call()
    with pytest.raises(ZeroDivisionError):
        run_with_signals_blocked(lambda: 1 // 0)
