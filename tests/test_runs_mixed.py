"""The Runs table mixes runs of ours with those of other programs."""

import json
from pathlib import Path

import pytest

from core.rundir.entry import RunEntry
from core.rundir.groups import group_runs, spread_of
from core.rundir.overview import Overview
from tests.helpers.attached_runs import losses, make_attached
from tests.helpers.runs import three_runs
from tui.runs import columns, value_columns
from tui.runs.differences import HparamDifferences
from tui.runs.filter import filtered_runs
from tui.runs.listing import RunListing


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    """Three runs of ours, and three of other programs, of which two differ in their seed."""
    three_runs(tmp_path / "runs")
    for number, last in enumerate((0.5, 0.7)):
        config = {"lr": 0.1, "seed": number, "model": {"depth": 2}}
        lines = [{**line, "val/acc": 1 - line["loss"]} for line in losses(0.2, 0.9, last)]
        make_attached(tmp_path / "runs" / "cifar" / f"x-{number}", lines, config=config)
    make_attached(
        tmp_path / "runs" / "gpt" / "y", losses(3.0, 2.0), state="failed",
        config={"lr": 0.2, "opt": "adam"},
    )  # fmt: skip
    return tmp_path / "runs"


def polled(log_dir: Path) -> dict[str, RunEntry]:
    return {entry.summary.name: entry for entry in Overview(log_dir).poll()}


def test_settings_and_metrics_are_read_from_the_files(log_dir: Path) -> None:
    found = polled(log_dir)
    values = found["x-1"].values
    assert values.settings == {"lr": 0.1, "seed": 1.0, "model/depth": 2.0}
    assert (values.command, values.folder) == ("python train.py", "/home/u")
    loss, accuracy = values.metrics["loss"], values.metrics["val/acc"]
    assert (loss.last, loss.best("loss")) == (0.7, 0.2)
    assert accuracy.best("val/acc") == pytest.approx(0.8)
    failed = found["y"].values.metrics["loss"]  # without a summary: read from the end of the file
    assert (failed.last, failed.least, failed.greatest) == (2.0, 2.0, 3.0)
    ours = found["c-run"].values
    assert (ours.metrics["loss"].last, ours.metrics["validation/accuracy"].greatest) == (2.0, 0.9)


def test_what_a_running_program_logs_changes_its_entry_alone(log_dir: Path) -> None:
    overview = Overview(log_dir)
    before = overview.poll()
    again = overview.poll()
    assert all(a is b for a, b in zip(before, again, strict=True))
    with (log_dir / "gpt" / "y" / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"step": 9, "time": 1.7e9, "loss": "nan", "extra": 1}) + "\n")
    after = {entry.summary.name: entry for entry in overview.poll()}
    metrics = after["y"].values.metrics
    assert metrics["loss"].last != metrics["loss"].last
    assert (metrics["loss"].least, metrics["extra"].last) == (2.0, 1.0)


def test_a_label_of_the_settings_panel_uses_the_room_beside_a_short_value(tmp_path: Path) -> None:
    lines = [{**line, "val/accuracy_top_5": 0.5} for line in losses(0.2, 0.9)]
    make_attached(tmp_path / "runs" / "cifar" / "x", lines)
    panel, entry = HparamDifferences(), polled(tmp_path / "runs")["x"]
    panel.show([("", entry)])
    rows = ["".join(text for text, _ in row) for row in panel.lines(36, 20)]
    (row,) = (row for row in rows if "top_5" in row)
    assert row.startswith("best val/accuracy_top_5 ") and row.endswith(" 0.5000") and len(row) == 36
    panel.show([("a", entry)] * 3)
    assert all(len("".join(text for text, _ in row)) <= 46 for row in panel.lines(46, 20))


def test_columns_of_mixed_runs(log_dir: Path) -> None:
    entries = list(polled(log_dir).values())
    names = [column.name for column in value_columns.columns_for(entries)]
    assert names[:4] == ["state", "name", "project", "network"]
    assert {"lr", "opt", "seed", "learning rate", "best loss", "loss", "best", "last"} <= set(names)
    assert "best val/acc" not in names, "it is in the columns of the accuracies of all"
    texts = {e.summary.name: (columns.BEST.text(e), columns.LAST.text(e)) for e in entries}
    assert texts["x-1"] == ("0.8000", "0.3000") and texts["y"] == (columns.NONE, columns.NONE)
    assert texts["c-run"][0] == "0.9000"
    every = {column.id: column for column in value_columns.all_columns(entries)}
    assert {"setting:lr", "best:loss", "last:loss", "steps", "tags"} <= every.keys()
    chosen = value_columns.columns_for(entries, ["best:loss", "nothing", "setting:lr"])
    assert [column.name for column in chosen] == ["state", "name", "best loss", "lr"]
    for entry in entries:
        assert all(column.text(entry) for column in every.values() if column.id != "tags")


@pytest.mark.parametrize("ident", ["setting:lr", "best:loss", "last:val/acc", "project", "network"])
def test_any_column_sorts_mixed_runs(log_dir: Path, ident: str) -> None:
    entries = list(polled(log_dir).values())
    column = next(c for c in value_columns.all_columns(entries) if c.id == ident)
    for reverse in (False, True):
        rows = columns.sorted_rows(entries, column, reverse=reverse)
        keys = [column.sort_key(row) for row in rows]
        known = [key for key in keys if key is not None]
        assert keys == known + [None] * (len(keys) - len(known))
        assert known == sorted(known, reverse=column.descending != reverse)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("lr=0.1", "x-0 x-1"),
        ("lr=0.10", "x-0 x-1"),
        ("lr!=0.1", "a-run b-run c-run y"),
        ("opt=ADAM", "y"),
        ("loss<0.6", "x-0"),
        ("best:loss<=0.2", "x-0 x-1"),
        ("best:val/acc>0.9", ""),
        ("best:val/acc>0.7 seed=1", "x-1"),
        ("project=cifar", "x-0 x-1"),
        ("project=trainpad steps>=4", "a-run b-run c-run"),
        ("best>0.8", "c-run"),
        ("best>0.7", "c-run x-0 x-1"),
        ("model/depth=2 x-0", "x-0"),
        ("state=failed", "y"),
        ("loss>", "a-run b-run c-run x-0 x-1 y"),
        ("nothing=1", ""),
    ],
)
def test_the_filter_compares(log_dir: Path, words: str, names: str) -> None:
    found = filtered_runs(list(polled(log_dir).values()), words)
    assert sorted(entry.summary.name for entry in found) == names.split()


def test_groups_have_mean_and_spread(log_dir: Path) -> None:
    entries = list(polled(log_dir).values())
    groups = group_runs(entries)
    assert sorted(len(group.entries) for group in groups) == [1, 1, 1, 1, 2]
    group = next(group for group in groups if len(group.entries) == 2)
    assert value_columns.last_column("loss").text(group) == "0.6000 ±0.14"
    assert value_columns.setting_column("lr").text(group) == "0.1"
    assert columns.PROJECT.text(group) == "cifar"
    spread = spread_of([1.0, None, 3.0, float("nan")])
    assert spread is not None
    assert (spread.mean, spread.count) == (2.0, 2)
    assert spread.deviation == pytest.approx(2**0.5)
    assert spread_of([None]) is None


def test_the_listing_opens_a_group_and_hides_runs(log_dir: Path) -> None:
    listing = RunListing()
    listing.entries = list(polled(log_dir).values())
    listing.is_grouped = True
    listing.arrange("")
    assert len(listing.shown) == 5
    listing.point(next(i for i, row in enumerate(listing.shown) if len(row.entries) == 2))
    assert listing.selected is None
    (line,) = listing.groups
    assert len(line.members) == 2
    assert listing.toggle_mark()
    assert (len(listing.groups[0].members), listing.groups[0].letter) == (2, "a")
    assert listing.toggle_mark()
    assert not listing.marked
    assert listing.open_group()
    listing.arrange("")
    assert sorted(row.summary.name for row in listing.shown) == ["x-0", "x-1"]
    assert listing.close_group()
    listing.is_grouped = False
    (log_dir / "cifar" / "x-0" / "notes.json").write_text('{"hidden": true, "tags": ["a"]}')
    listing.entries = list(polled(log_dir).values())
    listing.arrange("")
    assert (len(listing.shown), listing.hidden) == (5, 1)
    listing.shows_hidden = True
    listing.arrange("")
    assert (len(listing.shown), listing.hidden) == (6, 0)


def test_hostile_values_are_listed(tmp_path: Path) -> None:
    config = {
        "a\x1b]0;x\x07": "\x1b[31m",
        "deep": {"b": {"c": [1, "x\n"]}},
        "n": 10**400,
        "z": None,
    }
    run = make_attached(tmp_path / "p" / "r", losses(1.0), config=config, command="\x1b[2J")
    (run.path / "metrics.jsonl").write_text('{"step": 1, "loss": "x"}\n[]\n{"l\\u001b": 1}\n{')
    entries = list(polled(tmp_path).values())
    for column in value_columns.all_columns(entries):
        assert column.name.isprintable()
        assert column.text(entries[0]).isprintable()
    assert entries[0].values.command.isprintable()
    assert filtered_runs(entries, "deep/b/c=1,x") or filtered_runs(entries, "deep")
