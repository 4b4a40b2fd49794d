"""An attached run with scripted events, for the screens that show it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.run.attached_events import Declared, MetricPoints, Supports
from core.run.events import Opened, Started
from core.rundir.attached import open_attached_control
from core.rundir.rundir import RunDir
from tests.helpers.app import Scripted
from tui.app import TrainpadApp

BEGAN = 1_700_000_000.0
LR: dict[str, Any] = {"name": "lr", "value": 0.1, "low": 1e-4, "high": 1.0, "scale": "log"}
INFO: dict[str, Any] = {
    "kind": "attached", "name": "a-run", "project": "cifar", "label": "first try", "steps": 1000,
    "versions": {"python": "3.11", "keras": "3.9.0"}, "hyperparameters": {}, "dataset": {},
}  # fmt: skip


def table(first: int, rows: int, **values: Sequence[float] | float) -> MetricPoints:
    """Numbers of `rows` steps from `first` on, ten steps a second."""
    steps = np.arange(first, first + rows)
    columns = [np.broadcast_to(np.asarray(value, np.float32), rows) for value in values.values()]
    numbers = np.array(columns, np.float32).reshape(len(columns), rows).T
    return MetricPoints(tuple(values), steps, BEGAN + steps / 10, numbers)


class Program(Scripted):
    """The events of an attached run: a test gives them one by one."""

    def __init__(
        self,
        folder: Path,
        *,
        requests: Sequence[str] = ("pause", "stop", "save", "evaluate"),
        knobs: Sequence[dict[str, Any]] = (LR,),
        steered: bool = True,
        **info: Any,
    ) -> None:
        super().__init__(folder, opened=False)
        self.control.path.unlink()
        self.folder = folder
        (folder / "run.json").write_text(json.dumps(INFO | info))
        declared = [json.dumps({"event": "declared", "step": 0, "time": 0, **k}) for k in knobs]
        (folder / "events.jsonl").write_text("\n".join(declared) + "\n")
        self.control = open_attached_control(RunDir(folder))
        self.give(
            Opened(str(folder), INFO | info, self.control if steered else None),
            Started(0, {}, "", 0, time=BEGAN),
            *(Declared(0, **knob) for knob in knobs),
            Supports(0, list(requests)),
        )


def app_of(program: Program, **options: Any) -> TrainpadApp:
    """The dashboard as a viewer of this program's run."""
    return TrainpadApp(iter(program), viewer=True, attached=True, **options)
