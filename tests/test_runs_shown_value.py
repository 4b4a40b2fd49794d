"""What the chart of the Runs screen shows: what the compared runs have."""

from pathlib import Path

from core.run.state import RunState
from core.rundir.entry import RunEntry
from core.rundir.overview import Overview
from core.rundir.reader import reader_of
from tests.helpers.app import Scripted
from tests.helpers.attached_runs import losses, make_attached
from tests.helpers.runs import finished
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.curves.shown_value import LOSS, PRECISION, shown_value, shown_values


def read(entry: RunEntry) -> RunState:
    reader, run = reader_of(entry.run, 8), RunState()
    for event in (*reader.opened(None), *reader.poll()):
        run.fold(event)
    return run


def test_only_what_the_compared_runs_have_is_offered(tmp_path: Path) -> None:
    finished(tmp_path / "ours")
    make_attached(tmp_path / "p" / "x", losses(1.0, 2.0, name="train/loss", acc=0.5, precision=1.0))
    make_attached(tmp_path / "p" / "y", losses(1.0, 2.0, name="acc"))
    make_attached(tmp_path / "p" / "z", losses(1.0, 2.0), summary={"no points": 3.0})
    entries = {entry.summary.name: entry for entry in Overview(tmp_path).poll()}
    ours, x, y, z = (entries[name] for name in ("ours", "x", "y", "z"))
    runs = {entry.run.path: read(entry) for entry in entries.values()}
    assert shown_values([ours], runs) == [LOSS, PRECISION]
    assert shown_values([x], runs) == ["acc", "precision", "train/loss"]
    assert shown_values([z, y], runs) == [LOSS, "acc"]
    assert shown_values([z], {}) == [LOSS, "no points"]  # until its events are read
    assert shown_values([], runs) == []

    assert shown_value(LOSS, [x], runs) == "train/loss"
    assert shown_value(LOSS, [x, y], runs) == "acc"
    assert shown_value(LOSS, [x], runs, ["precision"]) == "precision"
    assert shown_value(LOSS, [x, ours], runs) == LOSS
    assert shown_value(PRECISION, [z], runs) == LOSS
    assert shown_value("acc", [], runs) == "acc"


def test_what_most_runs_have_is_shown_until_a_value_is_chosen(tmp_path: Path) -> None:
    finished(tmp_path / "ours")
    for name, metric in (
        ("a", "train/loss"),
        ("b", "train/loss"),
        ("c", LOSS),
        ("d", "train/loss"),
    ):
        make_attached(tmp_path / "p" / name, losses(1.0, 2.0, name=metric))
    ours, a, b, c, d = sorted(
        Overview(tmp_path).poll(), key=lambda e: (e.summary.is_attached, e.title)
    )
    runs = {entry.run.path: read(entry) for entry in (ours, a, b, c, d)}
    assert shown_value("", [a, b, c], runs) == "train/loss"
    assert shown_value("", [a, c], runs) == shown_value("", [], runs) == LOSS
    assert shown_value("", [ours, a, b, c], runs) == LOSS
    assert shown_value("", [ours, a, b, d], runs) == "train/loss"
    assert shown_value(LOSS, [a, b, c], runs) == LOSS


async def test_the_chart_of_runs_without_our_loss_is_not_empty(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    finished(runs / "20260101-000000-ours")
    make_attached(runs / "p" / "20260101-000001-x", losses(1.0, 2.0, name="train/loss", acc=0.5))
    app = TrainpadApp(iter(Scripted(tmp_path / "other")), viewer=True, log_dir=runs)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "20260101-000001-x", "20260101-000000-ours")
        chart = app.screen.query_one(Chart)
        await pilot.press("home")
        await until(pilot, lambda: chart.title == "train/loss")
        await until(pilot, lambda: [len(line.curve) for line in chart.scene.lines] == [2])
        await pilot.press("v")
        await until(pilot, lambda: chart.title == "acc")
        await pilot.press("down")
        await until(pilot, lambda: chart.title == LOSS)
        await pilot.press("v")
        await until(pilot, lambda: chart.title == PRECISION)
