"""Standard streams that are closed or full."""

import errno
import io
import os
import subprocess
from pathlib import Path

import pytest
from conftest import REPOSITORY, MakeRun

import main
from core.process.stdio import OutputError
from tests.helpers.program import run_program
from tests.helpers.terminal import trainpad
from tests.helpers.waiting import LONG
from trainpad.errors import UserError

FULL = "trainpad: standard output cannot be written: No space left on device\n"
CLOSED = "trainpad: standard output cannot be written: Bad file descriptor\n"


def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run trainpad in a shell that redirects its streams."""
    line = f'exec "$@" {command}'
    return subprocess.run(
        ["bash", "-c", line, "bash", *trainpad(*arguments)],
        capture_output=True, text=True, timeout=LONG, check=False, cwd=REPOSITORY,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("to", "sentence"), [(">/dev/full", FULL), (">&-", CLOSED), (">&- 2>&-", ""), ("| true", "")]
)
@pytest.mark.parametrize("name", ["runs", "--help", "losses"])
def test_output_that_cannot_be_written_is_one_sentence(
    make_run: MakeRun, to: str, sentence: str, name: str
) -> None:
    folder = make_run(network=[784, 10]).path.parent
    arguments = {
        "runs": ["runs", "--log_dir", str(folder)],
        "--help": ["--help"],
        "losses": ["export", "--losses", "-", "--log_dir", str(folder)],
    }
    done = run(to, *arguments[name])
    assert "Traceback" not in done.stderr
    assert done.stderr == sentence
    if to != "| true":
        assert done.returncode == 1


def flags(log_dir: Path) -> list[str]:
    small = ["--fake_data", "--hidden", "8", "--max_steps", "10", "--no-xla"]
    return [*small, "--log_dir", str(log_dir)]


def assert_trained(log_dir: Path) -> None:
    (folder,) = log_dir.iterdir()
    assert (folder / "loss.f32").stat().st_size == 40


def test_training_needs_no_standard_streams(tmp_path: Path) -> None:
    done = run("<&- >&- 2>&-", *flags(tmp_path))
    assert done.returncode == 0, done.stderr
    assert_trained(tmp_path)


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_training_needs_none_of_the_standard_streams(tmp_path: Path, closed: list[int]) -> None:
    done = run_program(*flags(tmp_path), closed=closed)
    assert done.returncode == 0, done.stderr
    assert_trained(tmp_path)


def test_training_goes_on_where_its_output_cannot_be_written(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        streams = {"stdout": full.fileno(), "stderr": full.fileno()}
        assert run_program(*flags(tmp_path), **streams).returncode == 0
    assert_trained(tmp_path)


def test_what_standard_error_cannot_take_is_dropped(tmp_path: Path) -> None:
    assert run("2>/dev/full", "runs", "--log_dir", str(tmp_path)).returncode == 0
    assert run("2>&-", "runs", "--log_dir", str(tmp_path)).returncode == 0


class Full(io.StringIO):
    """Standard output whose buffer cannot be written."""

    def flush(self) -> None:
        raise OutputError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_failed_command_whose_output_is_still_buffered_has_two_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise UserError("no such data")

    monkeypatch.setattr(main.cli, "main", fail)
    monkeypatch.setattr(main, "discard_stdout", lambda: None)
    monkeypatch.setattr(main, "repair_stdio", lambda: monkeypatch.setattr("sys.stdout", Full()))
    with pytest.raises(SystemExit, match="1"):
        main.main([])
    assert capsys.readouterr().err == f"trainpad: no such data\n{FULL}"
