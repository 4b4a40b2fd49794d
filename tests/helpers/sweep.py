"""A study whose trials are a small script with the library: each takes a tenth of a second."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from core.sweep import plan, runner
from core.sweep.child import Child
from core.sweep.folder import Description, StudyFolder, create_study
from core.sweep.goal import Goal
from core.sweep.runner import Job, Limits, Sweep
from core.sweep.space import Point, Space, parse_dimension
from core.sweep.study import Study

PROGRAM = """
import sys, time, trainpad
x, seed = float(sys.argv[1]), int(sys.argv[2])
if x > 9: sys.exit("no such x")
run = trainpad.init("p")
for step in range(4):
    run.log({"score": -(x - 3) ** 2 - 1 / (step + 1) + seed / 1000, "noise": 1}, step)
    if not run.tick(): break
run.finish()
"""
ROOT = Path(__file__).parent.parent.parent


def description(space: Mapping[str, str], **options: Any) -> Description:
    dimensions = {name: parse_dimension(name, text) for name, text in space.items()}
    options = {"goal": Goal("score"), "program": ("script", "{x}", "{seed}"), **options}
    return Description(Space(dimensions), **options)


@pytest.fixture
def quick_children(monkeypatch: pytest.MonkeyPatch) -> list[Point]:
    """Run the script above in each trial, without the command line around it; what was run."""
    begun: list[Point] = []

    def child_of(about: Description, point: Point, folder: Path, index: int, *_more: Any) -> Child:
        begun.append(point)
        x = point["x"]
        arguments = [str(x), str(about.seed + index)]
        environment = {"TRAINPAD_DIR": str(folder), "PYTHONPATH": str(ROOT), "TRAINPAD_MODE": ""}
        return Child(folder, [sys.executable, "-c", PROGRAM, *arguments], environment)

    monkeypatch.setattr(runner, "child_of", child_of)
    monkeypatch.setattr(runner, "POLL_INTERVAL", 0.01)
    assert plan.child_of is not child_of
    return begun


def study_in(folder: Path, about: Description) -> Study:
    return Study(create_study(folder, about), about)


def sweep(
    study: Study, trials: int, jobs: int = 1, until: Callable[[], bool] = lambda: False
) -> list[str]:
    """Run trials to their end, or until interrupted; what was printed."""
    said: list[str] = []
    Sweep(study, Limits(trials), [Job({}) for _ in range(jobs)], said.append, until).run()
    return said


def folder_of(study: Study) -> StudyFolder:
    return study.folder
