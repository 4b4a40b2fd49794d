"""Makes the README's moving picture: `python docs/demo.py [--data FOLDER]`.

A real session, driven by keys and the mouse: a network is trained while the learning rate is
turned, its mistakes are shown, and a digit is drawn for it. Each frame is what the app draws then.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from PIL import Image
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "docs"))

from pictures import SEVEN, picture, settled  # noqa: E402

from core.run.hparams import validate_hparams  # noqa: E402
from core.rundir.data_source import DataSource  # noqa: E402
from core.session.request import Request  # noqa: E402
from core.session.session import session  # noqa: E402
from tests.helpers.mouse import drag_to  # noqa: E402
from tui.app import TrainpadApp  # noqa: E402
from tui.pad.sketch_pad import SketchPad  # noqa: E402
from tui.terminal.settings import Settings  # noqa: E402
from tui.terminal.textual_private import screen_strips  # noqa: E402

SIZE = 120, 36
COLOURS = 64
"""Of all frames together: few keep the file small, and nothing flickers between two palettes."""
STEPS = 100_000
"""More than the film is long."""
SHORT, LONG = 180, 1800
"""Milliseconds that a frame of what moves is shown, and one to look at."""
PATIENCE = 600
"""How often a tenth of a second is waited for something to happen."""
SAYS = Style.parse("bold #f0f0f0 on #303050")


@dataclass
class Film:
    """The frames so far, each with its time in milliseconds."""

    pilot: Pilot[int]
    frames: list[tuple[Image.Image, int]] = field(default_factory=list)
    caption: str = ""

    def take(self, milliseconds: int) -> None:
        """Add what is on the screen now, with the caption below it."""
        text = f"  {self.caption}".ljust(SIZE[0])
        rows = [*screen_strips(self.pilot.app.screen), Strip([Segment(text, SAYS)])]
        self.frames.append((picture(rows), milliseconds))

    async def watch(self, steps: int, count: int) -> None:
        """Take some frames while the training goes on for so many steps."""
        first = steps_of(self.pilot)
        for number in range(1, count + 1):
            at = first + steps * number // count
            await happens(self.pilot, lambda at=at: steps_of(self.pilot) >= at)
            self.take(SHORT)

    async def press(self, caption: str, *keys: str) -> None:
        """Say what is done, and press the keys."""
        self.caption = caption
        await self.pilot.press(*keys)
        await self.pilot.pause(0.3)
        self.take(SHORT)


def steps_of(pilot: Pilot[int]) -> int:
    """The steps that are done."""
    return cast("TrainpadApp", pilot.app).run_state.step


async def happens(pilot: Pilot[int], what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(PATIENCE):
        if what():
            return
        await pilot.pause(0.1)
    raise TimeoutError("what the film waits for did not happen")


async def film(pilot: Pilot[int]) -> list[tuple[Image.Image, int]]:
    """Play the session, and return its frames."""
    made = Film(pilot, caption="trainpad: a network on handwritten digits, while it trains")
    await happens(pilot, lambda: steps_of(pilot) > 100)
    await made.watch(2400, 10)
    await made.press("]  turns the learning rate up", *["right_square_bracket"] * 7)
    await made.watch(4000, 10)
    await made.press("space  pauses", "space")
    made.take(LONG)
    for caption, key in (("2  what it gets wrong", "2"), ("3  what its units have learnt", "3")):
        await made.press(caption, key)
        await settled(pilot)
        made.take(LONG)
    await made.press("5  draw a digit", "5")
    await settled(pilot)
    made.take(SHORT)
    await draw(made)
    await settled(pilot)
    made.caption = "5  draw a digit: the network that is learning classifies it"
    made.take(LONG)
    await made.press("1  space  and on it goes", "1", "space")
    await made.watch(3000, 8)
    made.take(LONG)
    return made.frames


async def draw(made: Film) -> None:
    """Draw a seven with the mouse, a frame for each stroke of it."""
    pad = made.pilot.app.screen.query_one(SketchPad)
    width, height = pad.content_size
    cells = [(round(x * width), round(y * height)) for x, y in SEVEN]
    await made.pilot.mouse_down(pad, offset=cells[0])
    for cell in cells[1:]:
        await drag_to(made.pilot, SketchPad, cell)
        await made.pilot.pause(0.3)
        made.take(SHORT)
    await made.pilot.mouse_up(pad, offset=cells[-1])


def write(frames: list[tuple[Image.Image, int]], path: Path) -> None:
    """Write the frames as a GIF that is played again and again."""
    width, height = frames[0][0].size
    every = [image for image, _ in frames[::3]]
    sheet = Image.new("RGB", (width, height * len(every)))
    for number, image in enumerate(every):
        sheet.paste(image, (0, height * number))
    palette = sheet.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    first, *others = (
        image.quantize(palette=palette, dither=Image.Dither.NONE) for image, _ in frames
    )
    times = [milliseconds for _, milliseconds in frames]
    first.save(path, save_all=True, append_images=others, duration=times, loop=0, optimize=True)
    print(f"{path.name}: {len(frames)} frames, {path.stat().st_size / 1024:.0f} KB")


async def play(data: str) -> list[tuple[Image.Image, int]]:
    """Train in the app, and film it."""
    with tempfile.TemporaryDirectory() as folder:
        source = DataSource(input_data_dir=data) if data else DataSource(fake_data=True)
        hparams = validate_hparams({"max_steps": STEPS})
        request = Request(hparams, Path(folder) / "runs", source)
        settings = Settings(Path(folder) / "settings")
        app = TrainpadApp(session(request), log_dir=request.log_dir, settings=settings)
        async with app.run_test(size=SIZE) as pilot:
            frames = await film(pilot)
            app.exit("quit")
        return frames


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="", help="MNIST's folder; else drawn digits")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "demo.gif")
    options = parser.parse_args()
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    write(asyncio.run(play(options.data)), options.to)


if __name__ == "__main__":
    main()
