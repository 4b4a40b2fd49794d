"""Random keys, clicks, resizes and events on a running app."""

import random
import string
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import numpy as np
from textual.app import App
from textual.errors import NoWidget
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import OutOfBounds, Pilot, WaitForScreenTimeout

from core.run.attached_events import (
    ConfusionLogged,
    Declared,
    Epoch,
    ImagesLogged,
    LayerStatistics,
    MetricsVoided,
    ProgramAlert,
    Supports,
    WeightsLogged,
)
from core.run.events import Alert, Changed, Continued, Event, Paused, Saved, Started, Steps
from tests.helpers.app import Scripted, evaluation, weights
from tests.helpers.attached_app import LR, Program, table
from tui.app import TrainpadApp

KEYS = (
    *"1234512345", *string.ascii_letters, *string.digits, *".,+-=/[]<>",
    "space", "tab", "shift+tab", "enter", "escape", "escape", "up", "down", "left", "right",
    "home", "end", "pageup", "pagedown", "backspace", "delete", "question_mark", "ctrl+p", "ctrl+c",
)  # fmt: skip
FLIP = {"name": "flip", "value": False}
SIZES = ((80, 24), (120, 35), (160, 45), (200, 60), (20, 6), (1, 1), (300, 10))


class Walk:
    """One action after another on an app, the same ones for the same seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
        self._step = 100
        self.done: list[str] = []
        """The actions so far, to reproduce an error."""
        self._was_late = False
        self.left: list[object] = []
        """The results that the app would have exited with; it is kept running."""
        self.app = self._app(folder)
        self.app.exit = lambda how=None, *_more, **_other: self.left.append(how)

    def _app(self, folder: Path) -> App[Any]:
        """The app, on something in `folder`."""
        raise NotImplementedError

    def _happen(self) -> None:
        """Let something happen from outside, where anything can."""

    async def go(self, pilot: Pilot[str], many: int) -> None:
        """Do this many actions."""
        for _ in range(many):
            what = self._random.choices(
                (self._press, self._click, self._scroll, self._resize, self._event),
                (60, 15, 8, 2, 15),
            )[0]
            await what(pilot)

    async def _press(self, pilot: Pilot[str]) -> None:
        await self._do(pilot.press(self._note(self._random.choice(KEYS))))

    async def _click(self, pilot: Pilot[str]) -> None:
        at = self._place()
        if self._random.random() < 0.5:
            await self._do(pilot.click(offset=at))
        else:  # drag
            await self._do(pilot.mouse_down(offset=at))
            await self._do(pilot.hover(offset=self._place()))
            await self._do(pilot.mouse_up(offset=self._place()))

    async def _scroll(self, pilot: Pilot[str]) -> None:
        x, y = self._place()
        kind = self._random.choice((MouseScrollUp, MouseScrollDown))
        self.app.screen._forward_event(
            kind(None, x, y, 0, 0, 0, False, False, False, screen_x=x, screen_y=y)
        )

    async def _resize(self, pilot: Pilot[str]) -> None:
        size = self._random.choice(SIZES)
        self._note(f"{size}")
        await pilot.resize_terminal(*size)

    async def _event(self, _pilot: Pilot[str]) -> None:
        self._happen()

    async def _do(self, what: Awaitable[object]) -> None:
        """Do it. On a busy machine the pilot may wait in vain, but not for two actions in a row.

        It finds no widget on a screen that is not laid out yet; the program itself does not ask.
        """
        try:
            await what
        except (OutOfBounds, NoWidget):
            pass
        except WaitForScreenTimeout:
            if self._was_late:
                raise
            self._was_late = True
            return
        self._was_late = False

    def _note(self, what: str) -> str:
        self.done.append(what)
        return what

    def _place(self) -> tuple[int, int]:
        width, height = self.app.size
        at = self._random.randrange(max(1, width)), self._random.randrange(max(1, height))
        self._note(f"{at}")
        return at


class LiveWalk(Walk):
    """The dashboard on a run of ours that trains."""

    def _app(self, folder: Path) -> App[Any]:
        self.source = self._source(folder)
        return TrainpadApp(iter(self.source), log_dir=folder)

    def _source(self, folder: Path) -> Scripted:
        return Scripted(folder / "run")

    def _happen(self) -> None:
        event = self._made()
        self._note(type(event).__name__)
        self.source.give(event)

    def _made(self) -> Event:
        """Any event of a run."""
        first, self._step = self._step, self._step + self._random.randint(1, 500)
        loss = self._random.choice((0.5, 1e30, float("nan")))
        return self._random.choice(
            (
                Steps(first, np.full(self._step - first, loss, np.float32), 0.1),
                Steps(first, np.full(self._step - first, 0.25, np.float32), 0.1),
                weights(self._step),
                evaluation(self._step),
                Changed(self._step, "learning_rate", 0.01, 0.02),
                Saved(self._step, "step-000100.safetensors"),
                Alert(self._step, "a \x1b[31mwarning[/]"),
                Paused(self._step),
                Continued(self._step),
            )
        )


class AttachedWalk(LiveWalk):
    """The same on a run of another program."""

    def _source(self, folder: Path) -> Scripted:
        source = Program(folder / "run", knobs=[LR, FLIP])
        (folder / "run" / "run.log").write_text("".join(f"line {n}\r\n" for n in range(500)))
        source.give(table(0, 100, loss=2, val_loss=1, **{f"layer{i}/norm": i for i in range(9)}))
        return source

    def _made(self) -> Event:
        first, self._step = self._step, self._step + self._random.randint(1, 500)
        value = self._random.choice((0.5, 1e30, float("nan")))
        matrix = [[self._random.randint(0, 9) for _ in range(3)] for _ in range(3)]
        counts = np.arange(self._random.randint(0, 5))
        layer = LayerStatistics((3, 2), 0.1, value, 1.0, -1.0, 1.0, counts, 0)
        return self._random.choice(
            (
                table(first, self._step - first, loss=value, val_loss=0.25),
                table(first, 1, **{f"more{self._step % 40}/[/x]": value}),
                MetricsVoided(max(0, first - self._random.randint(0, 300))),
                Epoch(self._step, self._step // 300, 40),
                ConfusionLogged(self._step, {"val": matrix}, {}, 0.0),
                WeightsLogged(self._step, {"[/a]": layer, "b": layer}),
                ImagesLogged(self._step, "x", ["images/none.png"], []),
                Declared(self._step, f"knob{self._step % 5}", self._random.choice((1, 0.5, True))),
                Supports(self._step, self._random.choice((["pause"], ["save", "stop"], []))),
                Changed(self._step, "lr", 0.1, 0.05),
                ProgramAlert(self._step, "an \x1b[31malert[/]", "error"),
                Started(self._step - 50, {}, "", 0),
                Paused(self._step),
                Continued(self._step),
            )
        )
