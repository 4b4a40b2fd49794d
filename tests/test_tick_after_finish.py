"""What `tick` returns once a run has ended."""

from pathlib import Path

import pytest

import trainpad


def test_the_end_of_a_run_is_no_request_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path))
    run = trainpad.init("p")
    run.finish()
    assert run.tick() and not run.should_stop
    monkeypatch.setattr(run, "_due", 0.0)
    assert run.tick()
