"""Leaving the dashboard: what becomes of the run."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from app_made import Scripted

from core.events import Finished, Opened, Preparing
from core.headless import Signals
from core.launcher import Launcher
from tui import dashboard
from tui.pump import Pump


class LeftError(Exception):
    """The process would have ended with this status."""


@pytest.fixture(autouse=True)
def stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(status: int) -> int:
        raise LeftError(status)

    monkeypatch.setattr(dashboard, "_leave", leave)
    for name in ("divert", "forget_terminal"):
        monkeypatch.setattr(dashboard, name, lambda _run: None)
    monkeypatch.setattr(Launcher, "let_go", lambda _self: None)


def app_over(source: Scripted) -> Any:
    pump = Pump(iter(source), lambda _message: None)
    return SimpleNamespace(pump=pump, error=None, viewer=False)


def wait_for_start(pump: Pump) -> None:
    pump.start()
    while not pump.started:
        pump.join(0.01)


def test_ctrl_c_as_a_key_stops_the_run_like_the_signal(tmp_path: Path) -> None:
    source = Scripted(tmp_path)
    app, signals = app_over(source), Signals()
    wait_for_start(app.pump)
    source.give(Finished(100, "interrupted", 1.0), None)
    with pytest.raises(LeftError, match="130"):
        dashboard._afterwards(app, "signal", Launcher(-1, 0, False), signals)
    assert source.wanted["stop"] == "interrupted"


def test_signals_reach_a_run_that_opened_only_after_it_was_left(tmp_path: Path) -> None:
    source = Scripted(tmp_path, opened=False)
    app, signals = app_over(source), Signals()
    signals.reason = "stopped"  # as if one had come before there was a run to tell
    source.give(Preparing("reading the data"))
    app.pump.start()
    assert app.pump.leave(5)
    source.give(Opened(str(tmp_path), {}, source.control), Finished(0, "stopped", 1.0), None)
    with pytest.raises(LeftError, match="0"):
        dashboard._afterwards(app, "detach", Launcher(-1, 0, False), signals)
    assert source.wanted["stop"] == "stopped"
