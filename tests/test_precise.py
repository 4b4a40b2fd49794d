import numpy as np
import pyte
from rich.console import Console
from textual._compositor import ChopsUpdate
from textual.containers import Horizontal

from core.run.series import Series
from tui.chart.chart import Chart, Line
from tui.terminal.precise import PartialUpdateApp, partial_update

WIDTH, HEIGHT = 100, 24


class Charts(PartialUpdateApp):
    def __init__(self):
        super().__init__()
        self.updates = []

    def compose(self):
        with Horizontal():
            yield Chart("left")
            yield Chart("right")

    def _display(self, screen, renderable):
        self.updates.append(renderable)
        super()._display(screen, renderable)


def terminal_rows(updates, console):
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for update in updates:
        stream.feed(update.render_segments(console).replace("\n", ""))
    return screen.display


async def test_the_terminal_shows_what_the_app_does_for_a_fraction_of_the_bytes():
    app, console = Charts(), Console(force_terminal=True, color_system="256", width=WIDTH)
    series = [Series(), Series()]
    rng = np.random.default_rng(0)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        for part in range(40):
            for chart, curve in zip(app.query(Chart), series, strict=True):
                curve.extend(np.exp(-part / 10) + 0.3 + rng.normal(0, 0.05, 50))
                chart.show([Line("train", curve)], planned_steps=2000)
            await pilot.pause()
        shown = [strip.text for strip in app.screen._compositor.render_strips()]
    updates = [update for update in app.updates if hasattr(update, "render_segments")]
    assert terminal_rows([partial_update(update) for update in updates], console) == shown
    chops = [update for update in updates if type(update) is ChopsUpdate][5:]
    usual = sum(len(update.render_segments(console).encode()) for update in chops)
    sent = sum(len(partial_update(update).render_segments(console).encode()) for update in chops)
    assert sent < usual / 2
