"""Directories of attached runs as the library would have left them, without running it."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.rundir.rundir import RunDir
from tests.helpers.runs import BEGAN, VERSIONS


def make_attached(
    path: Path,
    lines: Sequence[Mapping[str, Any]] = (),
    *,
    state: str = "finished",
    config: Mapping[str, Any] | None = None,
    **info: Any,
) -> RunDir:
    """An attached run below its project's folder, which logged `lines`.

    `state` is its last event: ``finished``, ``failed`` or ``started``.
    """
    path.mkdir(parents=True, mode=0o700)
    summary: dict[str, Any] = {}
    for line in lines:
        summary |= {name: value for name, value in line.items() if name not in ("step", "time")}
    content = {
        "kind": "attached", "name": path.name, "project": path.parent.name, "created": BEGAN,
        "host": os.uname().nodename, "config": dict(config or {}), "steps": 100,
        "command": ["python", "train.py"], "folder": "/home/u", "versions": VERSIONS,
        "summary": summary if state == "finished" else {},
    } | info  # fmt: skip
    (path / "run.json").write_text(json.dumps(content))
    os.utime(path / "run.json", (BEGAN, BEGAN))
    events = [{"event": "started", "step": 0, "hyperparameters": {}, "device": "", "parameters": 0}]
    if state == "finished":
        events.append({"event": "finished", "step": len(lines), "reason": "done", "seconds": 60.0})
    elif state == "failed":
        events.append({"event": "failed", "step": len(lines), "text": "no", "seconds": 60.0})
    (path / "events.jsonl").write_text(
        "".join(json.dumps({**event, "time": BEGAN + i}) + "\n" for i, event in enumerate(events))
    )
    (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return RunDir(path)


def losses(*values: float, name: str = "loss", **more: float) -> list[dict[str, Any]]:
    """A line for each value."""
    return [
        {"step": step, "time": BEGAN + step, name: value, **more}
        for step, value in enumerate(values)
    ]
