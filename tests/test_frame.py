import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tui.chart import ticks
from tui.chart.frame import Ticks, frame


def test_labels_are_at_their_cells_and_outside_the_plot():
    x = Ticks((0, 10, 19), ("0", "1,000", "2,000"))
    found = frame(24, 6, x, Ticks((0, 2, 4), ("0.0 ", "0.5 ", "1.0 ")))
    assert [row[:4] for row in found] == ["1.0 ", "    ", "0.5 ", "    ", "0.0 ", "    "]
    assert all(not row[4:].strip() for row in found[:5])
    assert found[5].index("1,000") in (4 + 8, 4 + 7)
    assert found[5].strip().startswith("0")
    assert all(len(row) == 24 for row in found)


def test_a_frame_is_laid_out_once_for_each_size_and_labels():
    x, y = Ticks((0,), ("0",)), Ticks((0, 3), ("0 ", "1 "))
    assert frame(30, 5, x, y) is frame(30, 5, Ticks((0,), ("0",)), y)


@pytest.mark.parametrize("size", [(6, 3), (24, 5), (200, 60), (400, 3)])
def test_frames_of_any_size_have_that_size(size):
    found = frame(*size, Ticks((0, 1), ("0", "10")), Ticks((0, 1), ("0 ", "1 ")))
    assert [len(row) for row in found] == [size[0]] * size[1]


def test_labels_that_would_overlap_are_left_out():
    crowded = Ticks(tuple(range(16)), tuple(f"{1000 * i:,}" for i in range(16)))
    labels = frame(20, 4, crowded, Ticks((0,), ("0 ",)))[-1].split()
    assert 2 <= len(labels) < 16
    assert set(labels) <= set(crowded.labels)


def test_plotext_is_not_imported_before_it_is_needed():
    code = "import sys, tui.chart.chart; print('plotext' in sys.modules)"
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 20000, [0, 5000, 10000, 15000, 20000]),
        (0.28, 0.97, [0.4, 0.6, 0.8]),
        (-1e30, 1e30, [-1e30, -5e29, 0, 5e29, 1e30]),
        (0.861, 0.893, [0.87, 0.88, 0.89]),
    ],
)
def test_ticks_are_round_numbers_inside_the_limits(low, high, expected):
    assert ticks.linear(low, high, 4) == pytest.approx(expected)


def test_narrow_logarithmic_limits_still_get_labels():
    found = ticks.logarithmic(np.log10(0.31), np.log10(0.36), 4)
    assert len(found) >= 2
    assert ticks.log_labels(ticks.logarithmic(-1, 1, 7)) == [
        "0.1",
        "0.2",
        "0.5",
        "1",
        "2",
        "5",
        "10",
    ]
    assert ticks.log_labels(ticks.logarithmic(-30, 30, 4))[0] == "1e-30"


def test_labels_of_one_axis_have_the_same_decimals():
    assert ticks.value_labels([0.0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert ticks.value_labels([0, 5e29, 1e30]) == ["0", "5e29", "1e30"]
    assert ticks.step_labels([0, 2500, 5000]) == ["0", "2,500", "5,000"]
    assert ticks.step_labels([0, 500_000, 1_000_000]) == ["0", "0.5M", "1M"]


def test_times_have_the_units_of_clocks():
    assert ticks.clock(0, 3600, 4) == [0, 900, 1800, 2700, 3600]
    assert ticks.clock(0, 10 * 86400, 4) == [0, 259200, 518400, 777600]
