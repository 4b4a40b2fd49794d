"""How many bytes a frame of the Train screen is while a run trains at full speed."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from textual.app import App

from core.run.events import Opened, Started, Steps
from core.run.hparams import HyperParameters, as_dict
from core.rundir.control import open_control
from tests.helpers.app import evaluation
from tests.helpers.runs import BEGAN
from tui.app import TrainpadApp
from tui.terminal.compact import compact
from tui.terminal.settings import Settings
from tui.terminal.textual_private import PartialUpdate, partial_update

STEPS_PER_FRAME = 325
"""As at 2,600 steps a second and eight frames."""
FRAMES = 16
MAX_BYTES = 400
"""A frame, on average: 3.2 KB/s at eight frames a second."""


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The frames as they would be sent to a terminal of 256 colours."""
    found: list[str] = []
    console = Console(
        file=io.StringIO(), force_terminal=True, color_system="256", legacy_windows=False
    )

    def display(_app: object, _screen: object, update: object) -> None:
        changes = partial_update(update)  # type: ignore[arg-type]
        if isinstance(changes, PartialUpdate):
            found.append(compact(changes.render_segments(console)))

    monkeypatch.setattr(App, "_display", display)
    return found


async def test_a_frame_has_few_bytes(tmp_path: Path, frames: list[str]) -> None:
    hparams = as_dict(replace(HyperParameters(), max_steps=1_000_000))
    info = {"name": "a-run", "hyperparameters": hparams}
    dataset = {"name": "mnist", "train": 55_000, "notice": "", "classes": list("0123456789")}
    control = open_control(tmp_path, start=hparams)
    app = TrainpadApp(iter(()), settings=Settings(tmp_path / "settings.json"))
    noise = np.random.default_rng(0).lognormal(0, 0.6, 60_000)
    losses = ((0.02 + 2 * np.exp(-np.arange(60_000) / 4000)) * noise).astype(np.float32)

    def train(steps: int) -> None:
        run = app.run_state
        at = BEGAN + (run.step + steps) / 2600
        run.fold(Steps(run.step, losses[run.step : run.step + steps], steps / 2600, time=at))
        if not run.evaluations or run.step - run.evaluations[-1].step >= 1000:
            run.fold(replace(evaluation(run.step), loss={"validation": 0.1 + 500 / run.step}))

    async with app.run_test(size=(160, 45)) as pilot:
        app.run_state.fold(Opened(str(tmp_path), info | {"dataset": dataset}, control))
        app.run_state.fold(Started(0, hparams, "CPU:0", 12_730, time=BEGAN))
        for _ in range(30):
            train(1000)
        app.refresh_now()
        await pilot.pause()
        frames.clear()
        for _ in range(FRAMES):
            train(STEPS_PER_FRAME)
            app.refresh_now()
            await pilot.pause()
    sent = sum(len(frame.encode()) for frame in frames)
    assert 20 < sent / FRAMES < MAX_BYTES
