"""What the environment says about the terminal."""

import pytest

from tui.terminal.environment import (
    MAX_SHARE,
    REMOTE_BYTES_PER_SECOND,
    REMOTE_FPS,
    Pace,
    needs_ascii,
)


def test_over_ssh_fewer_updates_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert Pace.resolve().bytes_per_second is None
    assert Pace.resolve().fps > REMOTE_FPS
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    assert Pace.resolve() == Pace(REMOTE_FPS, REMOTE_BYTES_PER_SECOND, MAX_SHARE)
    assert Pace.resolve(2.0, 500.0) == Pace(2.0, 500.0)
    assert Pace.resolve(fps=30.0) == Pace(30.0, REMOTE_BYTES_PER_SECOND)


@pytest.mark.parametrize(
    ("variables", "ascii_only"),
    [
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "en_US.utf8", "LANG": "C"}, False),
        ({}, False),
    ],
)
def test_ascii_is_needed_on_the_console_and_without_utf8(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], ascii_only: bool
) -> None:
    for name in ("TERM", "LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert needs_ascii() is ascii_only
