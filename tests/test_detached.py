"""`--detach`: when the prompt returns."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.process.launcher import Launcher
from core.run.events import Event, Failed, Finished, Opened, Preparing, Started
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir.control import open_control
from core.session.detached import run_detached
from core.session.request import Request
from core.session.signals import Signals
from tests.helpers.program import run_program


def test_a_missing_device_is_reported_before_the_prompt_returns(tmp_path: Path) -> None:
    flags = ("--detach", "--fake_data", "--device", "gpu:7", "--log_dir", tmp_path)
    done = run_program(*flags)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("trainpad: there is no device gpu:7")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """The launcher's end of its pipe, and ours; no signal handlers are installed."""
    monkeypatch.setattr(Signals, "install", lambda _signals: None)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def status_in_the_foreground(
    monkeypatch: pytest.MonkeyPatch, pipe: tuple[int, int], source: Iterator[Event]
) -> int:
    """Run a detached session that stays in the foreground; return its exit status."""
    monkeypatch.setattr("core.session.detached.session", lambda _request: source)
    request = Request(HyperParameters(), Path("unused"))
    status = run_detached(request, Launcher(pipe[1], 0, can_stop=False))
    with pytest.raises(BlockingIOError):
        os.read(pipe[0], 1)
    return status


def test_a_failure_before_training_is_reported_in_the_foreground(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = iter([Opened("a run", {}), Preparing("loading"), Failed(0, "the disk failed")])
    assert status_in_the_foreground(monkeypatch, pipe, source) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("trainpad: the disk failed\n")


def test_ctrl_c_before_training_is_handled_in_the_foreground(
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
