"""The examples run as they are, and can be steered while they do."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import REPOSITORY

from tests.helpers.attached import events, last_event, numbers, recorded, steer, until
from tests.helpers.program import Program
from tests.helpers.waiting import LONG

EXAMPLES = REPOSITORY / "examples"


RUN = """
import runpy, sys
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""What `python FILE` does."""


def start(name: str, folder: Path, *arguments: str) -> "subprocess.Popen[str] | Program":
    """An example that records below `folder`."""
    path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    settings = {"PYTHONPATH": path, "TRAINPAD_DIR": str(folder / "runs")}
    if name.startswith("keras"):
        environment = os.environ | settings
        return Program(
            EXAMPLES / name, *arguments, code=RUN, folder=folder, environment=environment
        )
    return subprocess.Popen(
        [sys.executable, str(EXAMPLES / name), *arguments],
        cwd=folder,
        env=os.environ | settings | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "knob", "value", "request_"),
    [
        ("loop.py", "lr", 0.01, "evaluate"),
        ("keras_fit.py", "dropout", 0.1, "evaluate"),
        ("torch_loop.py", "lr_scale", 0.5, "checkpoint"),
        ("torch_processes.py", "lr", 0.01, "checkpoint"),
        ("jax_loop.py", "lr", 0.01, "checkpoint"),
        ("lightning_loop.py", "lr", 0.01, "checkpoint"),
        ("transformers_loop.py", "lr_scale", 0.5, "evaluate"),
    ],
)
def test_an_example_is_changed_asked_and_stopped(
    tmp_path: Path, name: str, knob: str, value: float, request_: str
) -> None:
    framework = name.partition("_")[0]
    if framework != "loop.py" and not find_spec(framework):
        pytest.skip(f"{framework} is not installed")
    process = start(name, tmp_path, "100000")
    try:
        until(lambda: any((path / "metrics.jsonl").exists() for path in recorded(tmp_path)))
        (path,) = recorded(tmp_path)
        steer(path, hyperparameters={knob: value})
        until(lambda: events(path, "changed"))
        steer(path, pause_at=0)
        until(lambda: events(path, "paused"))
        steer(path, pause_at=None)
        until(lambda: events(path, "continued"))
        steer(path, increment=request_)
        until(lambda: events(path, "answered"))
        if request_ == "evaluate":
            until(lambda: any("val" in key for line in numbers(path) for key in line))
        steer(path, increment="checkpoint")
        until(lambda: events(path, "saved"))
        steer(path, stop="stopped")
        _, errors = process.communicate(timeout=LONG)
        assert process.returncode == 0, errors
        assert "trainpad:" not in errors
        assert last_event(path)["reason"] == "stopped"
        assert (path / events(path, "saved")[0]["file"]).stat().st_size
        assert not events(path, "warned")
    finally:
        process.kill()
        process.communicate()


def test_the_five_lines_of_the_readme_are_steered(tmp_path: Path) -> None:
    process = start("five_lines.py", tmp_path)
    try:
        until(lambda: any((path / "metrics.jsonl").exists() for path in recorded(tmp_path)))
        (path,) = recorded(tmp_path)
        steer(path, hyperparameters={"lr": 0.01})
        until(lambda: events(path, "changed"))
        steer(path, stop="stopped")
        assert process.wait(LONG) == 0
    finally:
        process.kill()
        process.communicate()
    assert last_event(path)["reason"] == "stopped"
    assert numbers(path)[0].keys() == {"step", "loss"}


def test_an_example_without_a_reader_ends_by_itself(tmp_path: Path) -> None:
    process = start("loop.py", tmp_path, "30")
    assert process.wait(LONG) == 0
    process.communicate()
    (path,) = recorded(tmp_path)
    assert last_event(path)["reason"] == "done"
    assert numbers(path)[-1]["step"] == 29
