"""The band from the least to the greatest value of each column."""

import numpy as np
import pytest

from core.run.series import Series
from tests.helpers.scene import scene_of
from tui.chart.chart import Glyphs, Line
from tui.chart.palette import ChartStyle

STEPS = np.arange(4000)


def banded_cells(values, *, tinted=True):
    """Which cells of a chart a band is in, its edges as well: bool ``[height, width]``."""
    scene = scene_of(Line("loss", Series(values)), glyphs=Glyphs.BRAILLE)
    scene.tinted = tinted
    canvas = scene.layout(107, 24).canvas
    rows = canvas.cells()
    styles = np.array([np.frombuffer(row, np.int16) for _, row in rows])
    drawn = np.array([[character != " " for character in text] for text, _ in rows])
    banded = np.isin(styles, (ChartStyle.INSIDE, ChartStyle.UNDER))
    banded |= drawn & np.isin(styles, (ChartStyle.BAND, ChartStyle.SHADE))
    return banded, scene.shown_range(100)[1]


@pytest.mark.parametrize("tinted", [True, False])
@pytest.mark.parametrize("curve", [2 * 0.999**STEPS + 0.2, np.cos(STEPS / 500), STEPS / 7000])
def test_a_curve_without_noise_has_no_band_but_where_it_jumps(curve, tinted):
    banded, _ = banded_cells(curve, tinted=tinted)
    assert not banded.any()
    spiked = curve.copy()
    spiked[1500] = curve.max() if curve[1500] < curve.mean() else curve.min()
    banded, end = banded_cells(spiked, tinted=tinted)
    columns = np.flatnonzero(banded.any(axis=0))
    assert len(columns) == 1
    assert abs(columns[0] - int(1500 / end * 100)) <= 1


@pytest.mark.parametrize("tinted", [True, False])
def test_noise_is_a_band_in_every_column(tinted):
    noise = np.random.default_rng(0).normal(0, 0.3, len(STEPS))
    banded, end = banded_cells(2 * 0.999**STEPS + noise, tinted=tinted)
    last = int(len(STEPS) / end * 100)
    assert banded[:, : last - 1].any(axis=0).all()
    assert not banded[:, last + 1 :].any()
