"""The overview of all runs of a folder, and their rows in the table."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from core.run.events import Changed, Evaluated, Finished, Started
from core.run.hparams import as_dict, validate_hparams
from core.run.status import Outcome
from core.rundir import notes
from core.rundir.entry import RunEntry
from core.rundir.entry_cache import EntryCache
from core.rundir.overview import MAX_NEW_RUNS, Overview
from core.rundir.rundir import RunDir
from tests.helpers.runs import BEGAN, add_events, confusion, finished, hold, make_run, three_runs
from tui.runs import columns as run_columns
from tui.runs import value_columns
from tui.runs.filter import filtered_runs


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return three_runs(tmp_path / "runs")


@pytest.mark.parametrize("created", ["1e300", "1" + "0" * 400, "NaN", "-1", "[]", '"now"'])
def test_a_run_with_an_invalid_time_is_listed(log_dir: Path, created: str) -> None:
    file = log_dir / "b-run" / "run.json"
    file.write_text(file.read_text().replace(str(BEGAN), created))
    entries = {entry.summary.name: entry for entry in polled(log_dir)}
    assert len(entries) == 3
    assert entries["b-run"].created == 0.0
    assert run_columns.STARTED.format(entries["b-run"])


def polled(log_dir: Path) -> list[RunEntry]:
    return Overview(log_dir).poll()


def test_an_entry_is_read_from_the_files(log_dir: Path) -> None:
    newest, *_ = polled(log_dir)
    assert (newest.title, newest.summary.state, newest.network) == ("c-run", "done", "softmax")
    assert (newest.summary.best, newest.last_accuracy, newest.seconds) == (0.9, 0.9, 90.0)
    assert newest.hyperparameters["learning_rate"] == 0.5


def test_a_resume_voids_evaluations_and_the_gap_before_it_does_not_count(tmp_path: Path) -> None:
    run = finished(tmp_path / "r", steps=4)
    values = as_dict(validate_hparams({"learning_rate": 0.3}))
    add_events(
        run,
        Evaluated(5, confusion(10, 0), {}, 0.1, time=BEGAN + 95),
        Started(4, values, "CPU:0", 10, time=BEGAN + 1000),
        Changed(4, "learning_rate", 0.3, 0.7, time=BEGAN + 1001),
        Finished(4, Outcome.STOPPED, 1.0, time=BEGAN + 1010),
    )
    (entry,) = polled(tmp_path)
    assert (entry.last_accuracy, entry.seconds) == (0.9, 100.0)
    assert (entry.summary.state, entry.hyperparameters["learning_rate"]) == ("stopped", 0.7)


def test_only_changed_runs_are_read_again(log_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overview = Overview(log_dir)
    before = overview.poll()
    again = overview.poll()
    assert all(a is b for a, b in zip(before, again, strict=True))
    notes.write(RunDir(log_dir / "b-run"), notes.make_note("Better", ["lab"], ""))
    after = overview.poll()
    assert [a is b for a, b in zip(before, after, strict=True)] == [True, False, True]
    assert after[1].title == "Better"


def test_live_runs_are_read_at_each_poll_and_damaged_ones_skipped(tmp_path: Path) -> None:
    run = make_run(tmp_path / "live", losses=[1.0])
    add_events(run, Started(0, {}, "CPU:0", 10))
    hold(run, host=os.uname().nodename, pid=os.getpid())
    damaged = make_run(tmp_path / "damaged")
    (damaged.path / "run.json").write_bytes(b"{")
    overview = Overview(tmp_path)
    (entry,) = overview.poll()
    assert entry.summary.state == "training"
    hold(run, host=os.uname().nodename, age=1000)
    assert overview.poll()[0].summary.state == "lost"


def test_many_new_runs_are_read_over_several_polls(tmp_path: Path) -> None:
    for number in range(MAX_NEW_RUNS + 5):
        make_run(tmp_path / f"run-{number:04}")
    overview = Overview(tmp_path)
    assert (len(overview.poll()), overview.complete) == (MAX_NEW_RUNS, False)
    assert (len(overview.poll()), overview.complete) == (MAX_NEW_RUNS + 5, True)


def test_many_new_runs_are_listed_before_their_metrics_are_searched(tmp_path: Path) -> None:
    for number in range(2 * MAX_NEW_RUNS + 5):
        make_run(tmp_path / f"run-{number:04}")
    attached = tmp_path / "zzz"
    attached.mkdir()
    (attached / "run.json").write_text('{"kind": "attached", "name": "zzz"}')
    (attached / "metrics.jsonl").write_text('{"step": 0, "time": 1.0, "loss": 2}\n')
    overview = Overview(tmp_path)
    while not overview.complete:
        entries = overview.poll()
    assert overview.pending
    assert np.isnan(entries[0].values.metrics["loss"].least)
    assert overview.poll()[0].values.metrics["loss"].least == 2
    assert not overview.pending


def test_columns_show_differences_and_are_dropped_by_priority(log_dir: Path) -> None:
    entries = polled(log_dir)
    columns = value_columns.columns_for(entries)
    names = [column.name for column in columns]
    assert "learning rate" in names
    assert "batch size" not in names
    wide = run_columns.columns_that_fit(columns, 200)
    narrow = run_columns.columns_that_fit(columns, 60)
    assert wide == columns
    assert {"name", "best"} <= {column.name for column in narrow} < set(names)
    for given, width in ((wide, 200), (narrow, 60)):
        text = "".join(text for _, text in run_columns.cells(entries[0], given, width))
        assert len(text) <= width - run_columns.LEAD_WIDTH


def test_the_sort_arrow_is_always_visible(log_dir: Path) -> None:
    columns = value_columns.columns_for(polled(log_dir))
    for by in columns:
        parts = run_columns.header(columns, 200, by, "▼")
        (named,) = [text for text, role in parts if role == "title"]
        assert named.strip() == f"{by.name} ▼"


@pytest.mark.parametrize("backward", [False, True])
def test_runs_without_a_value_are_always_last(tmp_path: Path, backward: bool) -> None:
    finished(tmp_path / "a", right=5)
    finished(tmp_path / "b", right=8)
    make_run(tmp_path / "c")
    entries = polled(tmp_path)
    best = next(column for column in value_columns.columns_for(entries) if column.name == "best")
    names = [entry.title for entry in run_columns.sorted_rows(entries, best, reverse=backward)]
    assert names == (["a", "b", "c"] if backward else ["b", "a", "c"])


@pytest.mark.parametrize(
    ("words", "names"),
    [("", "cba"), ("LEARNING_rate=0.1", "b"), ("softmax", "c"), ("done run", "cba"), ("zzz", "")],
)
def test_the_filter_requires_every_word(log_dir: Path, words: str, names: str) -> None:
    found = filtered_runs(polled(log_dir), words)
    assert "".join(entry.title[0] for entry in found) == names


def test_the_time_of_an_ended_run_is_not_that_of_its_files(tmp_path: Path) -> None:
    run = finished(tmp_path / "r", steps=4)
    os.utime(run.losses, (BEGAN + 5000, BEGAN + 5000))  # as `cp -r` leaves it
    (entry,) = polled(tmp_path)
    assert entry.seconds == 90.0


@pytest.mark.parametrize(("width", "shown"), [(100, 12), (109, 12), (117, 20), (160, 32)])
def test_the_network_takes_the_cells_that_the_name_leaves(width: int, shown: int) -> None:
    every = [run_columns.STATE, run_columns.NAME, run_columns.NETWORK, run_columns.STEPS,
             run_columns.BEST, run_columns.LAST, run_columns.TIME]  # fmt: skip
    visible = run_columns.columns_that_fit(every, width)
    ends = [run_columns.column_at(visible, width, x) for x in range(width)]
    assert ends.count(run_columns.NETWORK) == shown
    assert (
        len("".join(text for text, _ in run_columns.header(visible, width, every[0], "^"))) <= width
    )


def test_a_run_of_which_a_file_has_just_changed_is_not_kept(log_dir: Path, tmp_path: Path) -> None:
    entry, *_ = polled(log_dir)
    cache = EntryCache(tmp_path / "cache", log_dir)
    for age, kept in ((1.5, 0), (2.5, 1)):
        stamp = (1, time.time_ns() - int(age * 1e9))
        cache.save([((stamp, None), entry)])
        assert len(cache.load()) == kept
