"""The least and greatest loss of a run of ours, of which the file grows, or is cut by a resume."""

import math
from pathlib import Path

import numpy as np
import pytest

from core.rundir import loss_tail
from core.rundir.metric_scan import MetricScans
from core.rundir.overview import Overview
from core.rundir.run_values import MetricValues
from core.rundir.rundir import RunDir
from tests.helpers.runs import add_losses, finished, make_run
from tui.runs import value_columns


def loss_of(scans: MetricScans, run: RunDir) -> MetricValues:
    scans.poll([run])
    return scans.metrics(run)["loss"]


def test_the_least_loss_follows_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_tail, "PIECE", 3)
    run, scans = make_run(tmp_path / "r", losses=[2.5, 0.25, math.nan, 1.5, 3.5]), MetricScans()
    assert loss_of(scans, run) == MetricValues(3.5, 0.25, 3.5)
    add_losses(run, [0.125])
    with run.losses.open("ab") as file:
        file.write(b"\x00\x00")  # the first half of a number
    assert loss_of(scans, run) == MetricValues(0.125, 0.125, 3.5)


def test_what_a_resume_cut_off_counts_no_more(tmp_path: Path) -> None:
    run, scans = make_run(tmp_path / "r", losses=[2.0, 1.0, 0.125, 9.0]), MetricScans()
    assert loss_of(scans, run).least == 0.125
    run.losses.write_bytes(np.asarray([2.0, 1.0], "<f4").tobytes())
    assert loss_of(scans, run) == MetricValues(1.0, 1.0, 2.0)
    run.losses.write_bytes(np.asarray([2.0, 1.5, 1.25, 0.75], "<f4").tobytes())
    assert loss_of(scans, run) == MetricValues(0.75, 0.75, 2.0)


def test_the_runs_table_has_the_least_loss(tmp_path: Path) -> None:
    run = finished(tmp_path / "r", steps=4)
    run.losses.write_bytes(np.asarray([2.0, 0.5, 1.0, 1.5], "<f4").tobytes())
    (entry,) = Overview(tmp_path).poll()
    assert entry.values.metrics["loss"] == MetricValues(1.5, 0.5, 2.0)
    assert value_columns.best_column("loss").text(entry) == "0.5000"
    assert entry.values.metrics["validation/accuracy"].greatest == 0.9
