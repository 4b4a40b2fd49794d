"""`trainpad run` on the command line: headless, detached, and in the dashboard."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

from core.program.start import exit_status_of
from core.rundir.rundir import RunDir, list_runs
from core.rundir.status import read_status
from main import main
from tests.helpers.attached import events
from tests.helpers.programs import kept_signals
from tests.helpers.terminal import Terminal, trainpad
from tests.helpers.waiting import wait_until


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path / "runs"))
    return tmp_path / "runs"


def only_run(runs: Path) -> RunDir:
    (run,) = list_runs(runs)
    return run


def shell(*arguments: str) -> int:
    """The exit status of a command."""
    with kept_signals(), pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_without_a_terminal_it_prints_what_the_program_prints(
    runs: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    program = "echo step 1 loss=0.5 --name; echo $OPENBLAS_NUM_THREADS; umask; exit 3"
    mask = os.umask(0o022)
    try:
        assert shell("run", "--project", "p", "sh", "-c", program, "--name", "x") == 3
    finally:
        os.umask(mask)
    said = capfd.readouterr()
    assert said.out == "step 1 loss=0.5 --name\n\n0022\n"
    run = only_run(runs)
    assert said.err == f"trainpad: the run is {run.path}\n"
    assert run.path.parent.name == "p"
    assert run.info()["label"] is None


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["no-such-program"], 127, "there is no program called 'no-such-program'"),
        (["--parse", "x", "true"], 2, "--parse 'x' names no metric"),
        (["--on-nan", "'", "true"], 2, "cannot be split into words"),
        (["--detach", "--on-fail", "bell", "true"], 2, "--on-fail bell needs a terminal"),
        (["--log_dir", "/dev/null/x", "true"], 2, "choose another folder with --log_dir"),
        ([], 2, "Missing argument 'PROGRAM [ARGUMENT]...'"),
    ],
)
def test_what_cannot_be_started_is_a_sentence(
    runs: Path, arguments: list[str], status: int, sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert shell("run", *arguments) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line
    assert list_runs(runs) == []


def test_a_reader_that_is_gone_stops_the_program(runs: Path) -> None:
    program = "while true; do echo line; sleep 0.01; done"
    done = subprocess.run(
        ["sh", "-c", f'{sys.executable} main.py run sh -c "{program}" | head -n 1'],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "line\n"
    assert read_status(only_run(runs)).state == "stopped"


def test_detached_it_goes_on_and_the_prompt_returns(runs: Path) -> None:
    program = "sleep 0.3; echo step 1 loss=2; test -t 0 || echo no input; exit 4"
    done = subprocess.run(
        [sys.executable, "main.py", "run", "--detach", "sh", "-c", program],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    run = only_run(runs)
    assert done.returncode == 0
    assert done.stdout == f"{run.name}\n"
    wait_until(lambda: read_status(run).state == "failed")
    assert run.log.read_text() == "step 1 loss=2\nno input\n"
    assert json.loads(run.metrics.read_text())["loss"] == 2
    assert events(run.path, "exited")[0]["status"] == 4


def test_the_status_of_a_supervisor_that_has_ended() -> None:
    process = subprocess.Popen(["sh", "-c", "read x; exit 5"], stdin=subprocess.PIPE)
    assert exit_status_of(process.pid) is None
    assert process.stdin is not None
    process.stdin.close()
    status: list[int | None] = []
    wait_until(lambda: status.append(exit_status_of(process.pid)) or status[-1] is not None)
    assert status[-1] == 5
    process.wait()


@pytest.mark.terminal
def test_in_the_dashboard_q_leaves_it_running(runs: Path) -> None:
    program = "i=0; while sleep 0.1; do i=$((i+1)); echo step $i loss=0.5; done"
    terminal = Terminal(trainpad("run", "--name", "mine", "sh", "-c", program))
    try:
        terminal.wait_for(r"training")
        terminal.type("q")
        terminal.wait_for(r"keeps running; `trainpad open \S+-mine`")
        assert terminal.process.wait(30) == 75
    finally:
        terminal.end()
    run = only_run(runs)
    steps = read_status(run).steps
    wait_until(lambda: read_status(run).steps > steps)
    assert shell("stop", run.name, "--wait", "30") == 0
    assert events(run.path, "exited")[0]["signal"] == "SIGTERM"
