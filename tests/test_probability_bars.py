"""The probability bars."""

import numpy as np
from textual.app import App

from tests.helpers.waiting import strips_of
from tui.widgets.probability_bars import ProbabilityBars


class BarsApp(App[None]):
    def compose(self):
        yield ProbabilityBars()


async def test_the_best_bar_is_the_longest_and_only_changed_rows_are_sent():
    app = BarsApp()
    async with app.run_test(size=(30, 12)) as pilot:
        bars = app.query_one(ProbabilityBars)
        likely = np.full(10, 0.02)
        likely[7] = 0.82
        bars.show(likely)
        await pilot.pause()
        rows = [strip.text for strip in strips_of(app)][:10]
        assert rows[7].startswith("7 ████")
        assert rows[7].rstrip().endswith("82 %")
        assert max(row.count("█") for row in rows[:7] + rows[8:]) == 0
        painted = []
        bars.refresh = lambda *regions: painted.extend(region.y for region in regions)
        bars.show(likely)
        assert painted == []
        likely[[7, 9]] = likely[[9, 7]]
        bars.show(likely)
        assert painted == [7, 9]


async def test_only_bars_that_round_to_nothing_are_quiet():
    app = BarsApp()
    async with app.run_test(size=(30, 12)):
        bars = app.query_one(ProbabilityBars)
        bars.show(np.array([0.9, 0.006, 0.004, *[0.0] * 7]))
        kinds = [bars._bar_content(number)[0] for number in range(4)]
        assert kinds == ["best", "other", "quiet", "quiet"]
