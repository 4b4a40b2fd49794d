"""Makes the README's pictures: `python docs/pictures.py FOLDER`, from runs recorded in FOLDER.

The pictures are what the app draws for real runs, which are trained first where FOLDER holds none
(some minutes). MNIST has to be found, by `$TRAINPAD_DATA` or as the README says: the
pictures show its digits.
"""

import asyncio
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from textual.pilot import Pilot
from textual.strip import Strip

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.run.events import Event, Steps, Tick  # noqa: E402
from core.rundir.playback import Playback  # noqa: E402
from core.rundir.reader import replay  # noqa: E402
from core.rundir.rundir import RunDir, list_runs  # noqa: E402
from tests.helpers.mouse import drag_to  # noqa: E402
from tui.app import TrainpadApp  # noqa: E402
from tui.pad.sketch_pad import SketchPad  # noqa: E402
from tui.terminal.settings import Settings  # noqa: E402
from tui.terminal.textual_private import screen_strips  # noqa: E402
from tui.widgets.picture import as_png, as_text  # noqa: E402

os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}

RUNS = (
    "--max_steps 12000 --change 4000:learning_rate=0.02 --change 8000:learning_rate=0.05",
    "--preset mnist_softmax_xla --max_steps 3000",
    "--optimizer adam --learning_rate 0.001 --max_steps 6000 --eval_every 500",
    "--optimizer momentum --learning_rate 0.02 --dropout 0.2 --max_steps 6000 --eval_every 500",
)
"""The flags of the runs; the first is the one that the pictures show."""
SHOWN_AT = 9_300
"""The step at which the picture of the Train screen is taken."""
SIZE = 140, 46
COLOURS = 256
"""So few keep a picture small; they are chosen to cover rare colours too."""
UNSETTLED = "reading", "classifying", "computing"
"""What is on a screen that is not ready."""
SEVEN = ((0.25, 0.22), (0.75, 0.2), (0.62, 0.42), (0.5, 0.62), (0.42, 0.85))
"""The corners of a drawn digit, in the unit square of the pad."""


def record(folder: Path) -> list[RunDir]:
    """The runs in `folder`, trained first where there are none."""
    if not list_runs(folder):
        for flags in RUNS:
            command = [sys.executable, "main.py", "--headless", "--log_dir", str(folder)]
            subprocess.run([*command, *flags.split()], cwd=ROOT, check=True)
    return list_runs(folder)


def until(run: RunDir, step: int) -> Iterator[Event]:
    """What happened in `run` before `step`; then nothing, as if the trainer were at work."""
    for event in replay(run, Playback(1e9), sleep=lambda _: None):
        if isinstance(event, Steps) and event.first >= step:
            break
        yield event
    while True:
        yield Tick()
        time.sleep(0.05)


async def draw(pilot: Pilot[Any]) -> None:
    """Draw a seven on the pad with the mouse."""
    field = pilot.app.screen.query_one(SketchPad)
    width, height = field.content_size
    cells = [(round(x * width), round(y * height)) for x, y in SEVEN]
    await pilot.mouse_down(field, offset=cells[0])
    for cell in cells[1:]:
        await drag_to(pilot, SketchPad, cell)
    await pilot.mouse_up(field, offset=cells[-1])


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until the screen shows the same for a while, as it does when all is read."""
    before = ""
    for _ in range(60):
        await pilot.pause(1.5)
        shown = as_text(screen_strips(pilot.app.screen))
        if shown == before and not any(word in shown for word in UNSETTLED):
            return
        before = shown


async def taken(source: Iterator[Event], folder: Path, keys: str, name: str) -> list[Strip]:
    """The rows of the screen, after these keys."""
    with tempfile.TemporaryDirectory() as home:
        app = TrainpadApp(source, viewer=True, log_dir=folder, settings=Settings(Path(home) / "s"))
        async with app.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await pilot.press(*keys.split())
            await settled(pilot)
            if name == "pad":
                await draw(pilot)
                await settled(pilot)
            rows = screen_strips(app.screen)
            app.exit("quit")
            return rows


def picture(rows: Sequence[Strip]) -> Image.Image:
    """The rows of a screen as an image."""
    return Image.open(io.BytesIO(as_png(rows)))


def write(rows: Sequence[Strip], path: Path) -> None:
    """A PNG of the rows of a screen."""
    fewer = picture(rows).quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    fewer.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB")


def main(folder: Path) -> None:
    """Take all pictures."""
    run, *_ = record(folder)
    pictures = {
        "train": (until(run, SHOWN_AT), "1"),
        "evaluate": (replay(run), "2"),
        "weights": (replay(run), "3"),
        "runs": (replay(run), "4 home space down space"),
        "pad": (replay(run), "5"),
    }
    names = sys.argv[2:] or list(pictures)
    for name in names:
        source, keys = pictures[name]
        write(asyncio.run(taken(source, folder, keys, name)), ROOT / "docs" / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
