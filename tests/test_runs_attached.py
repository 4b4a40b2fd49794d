"""The Runs screen with runs of other programs: their curves, and what cannot be done with them."""

import json
from pathlib import Path

from tests.helpers.app import Scripted
from tests.helpers.runs import BEGAN, finished, make_run
from tests.helpers.waiting import shown, text_of, toasts_of, until
from tui.app import TrainpadApp
from tui.chart.chart import Chart


def attached(path: Path, slope: float) -> None:
    run = make_run(path, kind="attached", project="cifar", label=path.name, steps=50)
    lines = [
        {"step": step, "time": BEGAN + step, "loss": 5 - slope * step, "val/acc": step / 100}
        for step in range(50)
    ]
    run.metrics.write_text("".join(json.dumps(line) + "\n" for line in lines))
    started = {"event": "started", "step": 0, "time": BEGAN, "hyperparameters": {}}
    ended = {"event": "finished", "step": 50, "time": BEGAN + 50, "reason": "done", "seconds": 50}
    events = [started | {"device": "", "parameters": 0}, ended]
    run.events.write_text("".join(json.dumps(event) + "\n" for event in events))


async def test_runs_of_other_programs_are_compared_opened_and_not_resumed(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    attached(runs / "cifar" / "20260101-000001-slow", 0.01)
    attached(runs / "cifar" / "20260101-000002-fast", 0.09)
    finished(runs / "20260101-000000-ours")
    app = TrainpadApp(iter(Scripted(tmp_path / "other")), viewer=True, log_dir=runs)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("4")
        await shown(pilot, app, "20260101-000002-fast", "20260101-000000-ours")
        await pilot.press("home", "space", "space", "space")
        chart = app.screen.query_one(Chart)
        await until(pilot, lambda: [len(line.curve) for line in chart.scene.lines] == [50, 50, 4])
        await shown(pilot, app, "0.5900", "4.510")
        await pilot.press("v", "v")
        await until(pilot, lambda: chart.title == "val/acc")
        await shown(pilot, app, "0.4900")
        await pilot.press("home", "r")
        await until(pilot, lambda: any("another program" in toast for toast in toasts_of(app)))
        await pilot.press("enter")
        await shown(pilot, app, "cifar / 20260101-000002-fast", "done", "val/acc")
        await until(pilot, lambda: app.current_mode == "metrics" and "50 / 50" in text_of(app))
