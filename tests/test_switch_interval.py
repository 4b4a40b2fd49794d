"""Threads take turns sooner while there is a screen."""

import gc
import sys
from types import SimpleNamespace
from typing import cast

import pytest

from core.process.launcher import Launcher
from tui import launch
from tui.app import TrainpadApp
from tui.terminal.exit_result import ExitResult
from tui.terminal.switch_interval import (
    ANSWER_SECONDS,
    SWITCH_SECONDS,
    keep_interpreter,
    share_interpreter,
    short_switch_interval,
)


def test_it_is_restored_after_an_error() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(ValueError, match="wrong"), short_switch_interval():
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
        raise ValueError("wrong")
    assert sys.getswitchinterval() == before


def test_other_threads_wait_longer_while_a_key_is_answered() -> None:
    before = sys.getswitchinterval()
    keep_interpreter()
    assert sys.getswitchinterval() == before  # nothing trains here
    with short_switch_interval():
        keep_interpreter()
        assert sys.getswitchinterval() == pytest.approx(ANSWER_SECONDS)
        share_interpreter()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
        keep_interpreter()
    assert sys.getswitchinterval() == before


def test_garbage_is_not_collected_while_a_key_is_answered() -> None:
    keep_interpreter()
    assert gc.isenabled()  # there is no screen here
    with short_switch_interval():
        keep_interpreter()
        assert not gc.isenabled()
        share_interpreter()
        assert gc.isenabled()
        keep_interpreter()
    assert gc.isenabled()


def test_garbage_is_collected_while_a_mouse_moves_that_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("tui.terminal.switch_interval.monotonic", lambda: now[0])
    with short_switch_interval():
        states = []
        for _ in range(8):
            now[0] += 0.2
            keep_interpreter()
            states.append(gc.isenabled())
    assert states == [False, False, False, True, False, False, False, True]


def test_the_dashboard_runs_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def run() -> ExitResult:
        seen.append(sys.getswitchinterval())
        return ExitResult.QUIT

    monkeypatch.setattr(launch.ScreenSignals, "install", lambda _: None)
    monkeypatch.setattr(launch, "_finish", lambda *_: 0)
    app = cast("TrainpadApp", SimpleNamespace(run=run))
    assert launch._run(app, cast("Launcher", None)) == 0
    assert seen == [pytest.approx(SWITCH_SECONDS)]
