"""Training without a screen that outlives the terminal: when the prompt is given back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.process.launcher import Launcher
from core.run.events import Event, Failed, Finished, Opened, Preparing, Started
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir.control import open_control
from core.session.detached import run_detached
from core.session.headless import Signals
from core.session.request import Request
from tests.conftest import REPOSITORY


def test_a_device_that_is_not_there_is_told_before_the_prompt_comes_back(tmp_path: Path) -> None:
    flags = ("--detach", "--fake_data", "--device", "gpu:7", "--log_dir", str(tmp_path))
    told = subprocess.run(
        [sys.executable, "main.py", *flags],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.splitlines()[-1].startswith("trainpad: there is no device gpu:7")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """The launcher's end of its line, and ours; nobody takes signals over meanwhile."""
    monkeypatch.setattr(Signals, "install", lambda _signals: None)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def status_in_the_foreground(
    monkeypatch: pytest.MonkeyPatch, pipe: tuple[int, int], source: Iterator[Event]
) -> int:
    """The exit status where such a session is to be detached, and the launcher is not let go."""
    monkeypatch.setattr("core.session.detached.session", lambda _request: source)
    request = Request(HyperParameters(), Path("unused"))
    status = run_detached(request, Launcher(pipe[1], 0, can_stop=False))
    with pytest.raises(BlockingIOError):
        os.read(pipe[0], 1)
    return status


def test_what_fails_before_it_trains_fails_at_the_prompt(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = iter([Opened("a run", {}), Preparing("loading"), Failed(0, "it broke")])
    assert status_in_the_foreground(monkeypatch, pipe, source) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("trainpad: it broke\n")


def test_ctrl_c_before_it_trains_is_seen_to_at_the_prompt(
    tmp_path: Path, pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    control = open_control(tmp_path, start={})

    def source() -> Iterator[Event]:
        yield Opened("a run", {}, control)
        signals._on_signal(signal.SIGINT, None)
        yield Started(0, as_dict(HyperParameters()), "CPU:0", 1)
        yield Finished(0, Outcome(control.desired.stop), 0.1)

    signals = Signals()
    monkeypatch.setattr("core.session.detached.Signals", lambda: signals)
    assert status_in_the_foreground(monkeypatch, pipe, source()) == 130
