"""The entries of runs that have ended, kept in the user's cache folder."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.rundir import notes
from core.rundir.entry import RunEntry
from core.rundir.overview import Overview
from core.rundir.rundir import RunDir
from tests.helpers.attached_runs import make_attached
from tests.helpers.runs import finished


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of two runs that ended an hour ago, one ours, one attached."""
    finished(tmp_path / "runs" / "own", right=5)
    made = make_attached(tmp_path / "runs" / "project" / "other", config={"lr": 0.1, "net": "big"})
    (made.path / "metrics.jsonl").write_text(
        '{"step": 0, "time": 1.0, "loss": 3.5}\n{"step": 1, "time": 2.0, "loss": "nan"}\n'
    )
    for path in (tmp_path / "runs").rglob("*"):
        os.utime(path, (1.7e9, 1.7e9))
    return tmp_path / "runs"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def polled(runs: Path, cache: Path | None) -> list[RunEntry]:
    """The entries of a new overview, once the ranges of all metrics are read."""
    overview = Overview(runs, cache)
    entries = overview.poll()
    while overview.pending or not overview.complete:
        entries = overview.poll()
    return overview.poll() or entries


def without_ranges(entries: list[RunEntry]) -> list[str]:
    return [repr(entry).replace("has_ranges=True", "has_ranges=False") for entry in entries]


def test_runs_that_have_not_changed_are_not_read_again(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = polled(runs, cache)
    assert {entry.summary.state for entry in before} == {"done"}
    with monkeypatch.context() as patched:
        patched.setattr("core.rundir.overview.read_entry", lambda *_: pytest.fail("read again"))
        assert without_ranges(polled(runs, cache)) == without_ranges(before)
    notes.write(RunDir(runs / "own"), notes.make_note("Better", ["lab"], ""))
    assert [entry.title for entry in polled(runs, cache)] == ["Better", "other"]


def test_a_run_with_infinite_numbers_is_not_read_again(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"clip": float("inf"), "floor": float("-inf"), "name": "inf"}
    made = make_attached(runs / "project" / "diverged", config=settings)
    (made.path / "metrics.jsonl").write_text(
        '{"step": 0, "time": 1.0, "loss": -1e999, "acc": 0.5}\n'
        '{"step": 1, "time": 2.0, "loss": 1e999, "acc": "nan"}\n'
    )
    for path in made.path.rglob("*"):
        os.utime(path, (1.7e9, 1.7e9))
    before = polled(runs, cache)
    (diverged,) = (entry for entry in before if entry.title == "diverged")
    assert "inf" in repr(diverged.values.metrics["loss"])
    monkeypatch.setattr("core.rundir.overview.read_entry", lambda *_: pytest.fail("read again"))
    assert without_ranges(polled(runs, cache)) == without_ranges(before)


def damage(content: bytes) -> bytes:
    head, first, *rest = content.splitlines(keepends=True)
    return b"".join([head, first[:-9] + b"\n", *rest])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.replace(b'"format":', b'"format":9'),
        lambda content: content.replace(b'"steps":', b'"steps":"x","y":'),
        lambda content: content.replace(b'"done"', b'"gone"'),
        lambda content: content.replace(b'"tags":[]', b'"tags":7'),
        lambda content: b"\xff\0" + content,
        lambda content: b"",
        damage,
    ],
)
def test_a_cache_that_is_wrong_is_ignored(
    runs: Path, cache: Path, spoil: Callable[[bytes], bytes]
) -> None:
    right = without_ranges(polled(runs, cache))
    (path,) = (cache / "runs").iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    assert without_ranges(polled(runs, cache)) == right


def test_a_cache_that_others_may_write_is_not_read(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled(runs, cache)
    (path,) = (cache / "runs").iterdir()
    path.chmod(0o666)
    read: list[object] = []
    monkeypatch.setattr("core.rundir.overview.read_entry", lambda run, _events: read.append(run))
    polled(runs, cache)
    assert len(read) == 2


def test_a_run_that_changed_just_now_is_not_kept(runs: Path, cache: Path) -> None:
    os.utime(runs / "own" / "events.jsonl")
    polled(runs, cache)
    (path,) = (cache / "runs").iterdir()
    assert [b"/own" in line for line in path.read_bytes().splitlines()] == [False, False]


def test_a_cache_that_cannot_be_written_changes_nothing(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert without_ranges(polled(runs, tmp_path / "file")) == without_ranges(polled(runs, None))
