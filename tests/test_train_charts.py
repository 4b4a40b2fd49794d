"""The two charts of the Train screen."""

from pathlib import Path

import numpy as np

from core.run.events import Steps
from tests.helpers.app import Scripted, evaluation
from tests.helpers.waiting import shown
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.train.screen import TrainScreen


async def test_precision_follows_the_x_range_of_the_loss_without_a_new_evaluation(
    tmp_path: Path,
) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        run, screen = app.run_state, app.screen
        assert isinstance(screen, TrainScreen)
        charts = [screen.query_one(name, Chart) for name in ("#loss", "#precision")]
        run.fold(evaluation(50))
        screen.update_run(run)
        labels = []
        for first, count in ((100, 300), (400, 800)):
            run.fold(Steps(first, np.full(count, 0.5, np.float32), 0.05))
            screen.update_run(run)
            await pilot.pause()
            loss, precision = (chart.render_line(chart.size.height - 1).text for chart in charts)
            assert loss.split() == precision.split()
            labels.append(precision.split()[-1])
        assert labels == ["500", "1,500"]
