"""The panels of a study in windows of a few rows and columns."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tui.chart.frame import bars
from tui.study.panels import Importance


@pytest.mark.parametrize("height", [0, 1, 2, 3, 9])
def test_the_importance_of_hyperparameters_in_any_number_of_rows(height: int) -> None:
    panel = Importance(id="x")
    shares = {"rate": 0.75, "width": 0.25}
    panel.overview = cast("Any", SimpleNamespace(importance=shares, why_no_importance=""))
    rows = ["".join(text for text, _ in row) for row in panel.lines(40, height)]
    assert rows[0] == "share of the goal's variance"
    names = [row.split()[0] for row in rows[1:]]
    assert names == ["rate", "width"][: max(0, height - 1)]


@pytest.mark.parametrize("width", [0, 1, 3, 30])
def test_no_bars_are_no_rows(width: int) -> None:
    assert bars(width, [], []) == ()
    assert len(bars(width, ["rate"], [0.5])) == 1
