"""`trainpad --version`: the environment for a report of a bug."""

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

import main
from core.cli.version import environment
from trainpad.version import __version__


def test_the_environment_is_complete_and_safe() -> None:
    variables = {"TERM": "xterm-\x1b]0;x\x07", "LANG": "C.UTF-8", "TMUX": "1", "HOME": "/root"}
    lines = list(environment(variables))
    assert [line.split()[0] for line in lines] == [
        "trainpad", "python", "tensorflow", "platform", "terminal",
    ]  # fmt: skip
    assert re.search(r"keras \d.*numpy \d.*textual \d.*click \d", lines[2])
    assert re.search(r"terminal .*TERM=xterm-␛\]0;x␇, LANG=C.UTF-8, in tmux$", lines[4])
    assert "\x1b" not in "".join(lines)


def test_nothing_private_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "t" * 500)
    text = "\n".join(environment())
    assert str(Path.home()) not in text
    assert "t" * 81 not in text


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"trainpad {__version__}\npython ")


def test_the_change_log_has_this_version() -> None:
    assert f"\n## {__version__} " in (REPOSITORY / "CHANGELOG.md").read_text()
