"""Attached runs: begun by a test, or by a small program of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.repository import REPOSITORY
from tests.helpers.waiting import LONG
from trainpad.attached import Run
from trainpad.control import Control

TRAIN = """
import time, trainpad
run = trainpad.init("p", steps=1000)
for step in range(1000):
    run.log({"loss": 1.0}, step)
    run.tick()
    if step == 5:
        print("trains", flush=True)
"""
"""A program that trains for a thousand steps."""


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that has one a line."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def numbers(path: Path) -> list[dict[str, Any]]:
    """The lines of `metrics.jsonl`, without their times."""
    found = lines(path / "metrics.jsonl")
    assert all(line.pop("time") > 1e9 for line in found)
    return found


def events(path: Path, *names: str) -> list[dict[str, Any]]:
    """The events of a run directory that have one of these names; without any all but one.

    What a program supports is recorded whenever it first calls something: in few tests of interest.
    """
    found = lines(path / "events.jsonl")
    return [e for e in found if e["event"] in names or (not names and e["event"] != "supports")]


def last_event(path: Path) -> dict[str, Any]:
    """The newest event of a run directory."""
    return events(path)[-1]


def directory(run: Run) -> Path:
    """Where a run is recorded."""
    assert run.path is not None
    return run.path


def steer(path: Path, **request: Any) -> None:
    """Request something of a run from outside."""
    Control(path, lambda values: values).request(**request)


def until(condition: Callable[[], object], seconds: float = LONG) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def start_program(code: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a program that finds trainpad, and records below `folder`."""
    script = folder / "program.py"
    script.write_text(code)
    settings = {"PYTHONPATH": str(REPOSITORY), "TRAINPAD_DIR": str(folder / "runs")}
    return subprocess.Popen(
        [sys.executable, str(script)],
        cwd=folder,
        env=os.environ | settings | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_program(code: str, folder: Path, **environment: str) -> tuple[int, str, str]:
    """Run such a program to its end: exit status, output, errors."""
    process = start_program(code, folder, **environment)
    out, errors = process.communicate(timeout=LONG)
    return process.returncode, out, errors


def recorded(folder: Path) -> list[Path]:
    """The run directories that programs left below `folder`, oldest first."""
    return sorted(path.parent for path in folder.glob("runs/*/*/run.json"))
