import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.tfevents import logdir, records
from core.tfevents.items import Scalars
from core.tfevents.logdir import Logdir, Update, poll_forever
from core.tfevents.run_files import FolderStatus
from core.tfevents.store import RunData
from tests.helpers.tfevents import NAME, add, event, old, points, put, start
from trainpad.errors import UserError


class Clock:
    """A clock that advances by `tick` seconds at each call."""

    def __init__(self, tick: float = 0.0) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


class Watcher:
    """Polls a log directory and folds the items."""

    def __init__(self, *paths: Path, clock: Callable[[], float] | None = None) -> None:
        self.logdir = Logdir(paths, clock=clock or Clock())
        self.runs: dict[str, RunData] = {}
        self.statuses: dict[str, FolderStatus] = {}

    def poll(self) -> list[Update]:
        updates = list(self.logdir.poll())
        for change in itertools.chain.from_iterable(update.changes for update in updates):
            if change.reset:
                self.runs.pop(change.run)
            run = self.runs.setdefault(change.run, RunData())
            self.statuses[change.run] = change.status
            for item in change.items:
                run.fold(item)
        return updates

    def steps(self, run: str, tag: str = "loss") -> list[int]:
        steps: list[int] = self.runs[run].scalars[tag].curve.steps.tolist()
        return steps

    def problems(self, run: str) -> list[str]:
        return list(self.statuses[run].problems)


def test_runs_are_named_by_their_folder_below_the_root(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for folder in (".", "a/train", "a/validation", "b"):
        put(root / folder, points(range(2)))
    watcher = Watcher(root)
    watcher.poll()
    assert sorted(watcher.runs) == ["a/train", "a/validation", "b", "logs"]


def test_several_roots_go_before_the_names(tmp_path: Path) -> None:
    for folder in ("x/one", "y/one", "z/two/run"):
        put(tmp_path / folder, points(range(2)))
    watcher = Watcher(tmp_path / "x/one", tmp_path / "y/one", tmp_path / "z/two")
    watcher.poll()
    x, y = (tmp_path / folder for folder in ("x/one", "y/one"))
    assert sorted(watcher.runs) == sorted([x.as_posix(), y.as_posix(), "two/run"])


def test_a_root_may_be_one_file(tmp_path: Path) -> None:
    path = put(tmp_path / "run", points(range(3)))
    put(tmp_path / "run", points(range(9)), name="events.out.tfevents.2")
    watcher = Watcher(path)
    watcher.poll()
    assert watcher.steps("run") == [0, 1, 2]


@pytest.mark.parametrize("path", ["s3://bucket/logs", "gs://bucket/x", "hdfs://host/x"])
def test_a_url_raises_an_error(path: str) -> None:
    with pytest.raises(UserError, match=r"is an address: mount it, or copy it"):
        Logdir([path])


def test_a_missing_path_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no␛\[2J cannot be opened: No such file"):
        Logdir([tmp_path / "no\x1b[2J"])


def test_an_unreadable_folder_raises_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # root may read everything
    with pytest.raises(UserError, match=r"cannot be opened: Permission denied"):
        Logdir([tmp_path])


def test_an_empty_folder_yields_an_empty_update_and_new_files_later(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path)
    (update,) = watcher.poll()
    assert (update.changes, update.caught_up) == ((), True)
    put(tmp_path / "late", points(range(2)))
    watcher.poll()
    assert watcher.steps("late") == [0, 1]


@pytest.mark.parametrize(
    "name",
    [f".{NAME}.ab12cd", f"{NAME}.profile-empty", "checkpoint", "events.out.tfevents.d/x"],
)
def test_other_files_are_ignored(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    put(path.parent, points(range(2)), name=path.name)
    watcher = Watcher(tmp_path)
    watcher.poll()
    assert watcher.runs == {}


def test_hidden_folders_pipes_and_broken_links_are_ignored(tmp_path: Path) -> None:
    put(tmp_path / ".trash", points(range(2)))
    os.mkfifo(tmp_path / "pipe.tfevents")
    (tmp_path / "broken.tfevents").symlink_to("nowhere")
    watcher = Watcher(tmp_path)
    watcher.poll()
    assert watcher.runs == {}


def test_a_link_to_itself_does_not_affect_other_entries(tmp_path: Path) -> None:
    for name in ("loop", "loop.tfevents"):
        (tmp_path / name).symlink_to(name)
    put(tmp_path / "a", points(range(2)))
    put(tmp_path, points(range(2)))
    watcher = Watcher(tmp_path)
    watcher.poll()
    assert len(watcher.runs) == 2


def test_a_linked_folder_is_found_once(tmp_path: Path) -> None:
    put(tmp_path / "runs/z", points(range(2)))
    (tmp_path / "a_latest").symlink_to(tmp_path / "runs/z")
    (tmp_path / "runs/z/loop").symlink_to(tmp_path)
    watcher = Watcher(tmp_path, tmp_path / "runs")
    watcher.poll()
    assert list(watcher.runs) == [f"{tmp_path.name}/runs/z"]


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", points(range(2)))
    (tmp_path / "root").mkdir()
    (tmp_path / "root/here").symlink_to(tmp_path / "elsewhere")
    watcher = Watcher(tmp_path / "root")
    watcher.poll()
    assert list(watcher.runs) == ["here"]


def test_names_that_are_equal_after_sanitizing_get_numbers(tmp_path: Path) -> None:
    for name in ("run\x80", "run\x81"):
        put(tmp_path / name, points(range(2)))
    watcher = Watcher(tmp_path)
    watcher.poll()
    assert sorted(watcher.runs) == ["run\ufffd", "run\ufffd (2)"]


def test_a_growing_file_yields_only_new_points(tmp_path: Path) -> None:
    path = put(tmp_path / "run", points(range(5)))
    watcher = Watcher(tmp_path)
    watcher.poll()
    (update,) = watcher.poll()
    assert update.changes == ()
    whole = event(5, old(b"loss", 1))
    add(path, whole[:-3])
    watcher.poll()
    assert watcher.steps("run") == list(range(5))
    add(path, whole[-3:])
    (update,) = watcher.poll()
    ((item,),) = (change.items for change in update.changes)
    assert isinstance(item, Scalars) and item.steps.tolist() == [5]
    assert watcher.statuses["run"].last_wall_time == 1.7e9 + 5
    assert update.read_bytes == update.total_bytes == path.stat().st_size


def test_a_restarted_run_replaces_the_steps_it_repeats(tmp_path: Path) -> None:
    # The file of the restart is found first, but files are read in the order of their names.
    later = points(range(50, 150), late=1000)
    put(tmp_path / "run", later, name="events.out.tfevents.1700000002.v2")
    put(tmp_path / "run", points(range(100)), name="events.out.tfevents.1700000001.v2")
    watcher = Watcher(tmp_path)
    watcher.poll()
    assert watcher.steps("run") == list(range(150))
    (overlap,) = watcher.runs["run"].scalars["loss"].replaced
    assert overlap.steps.tolist() == list(range(50, 100))


def test_a_session_start_discards_later_steps_of_earlier_files(tmp_path: Path) -> None:
    put(tmp_path / "run", points(range(100)), name="events.out.tfevents.1.v2")
    put(tmp_path / "run", start(50), points(range(60, 70)), name="events.out.tfevents.2.v2")
    watcher = Watcher(tmp_path)
    watcher.poll()
    assert watcher.steps("run") == [*range(50), *range(60, 70)]


@pytest.mark.parametrize("size", [2, 5, 9])
def test_a_replaced_file_is_read_from_the_start(tmp_path: Path, size: int) -> None:
    path = put(tmp_path / "run", points(range(5)))
    put(tmp_path / "run", points(range(3), b"other"), name="events.out.tfevents.2")
    watcher = Watcher(tmp_path)
    watcher.poll()
    path.write_bytes(points(range(100, 100 + size)))
    watcher.poll()
    assert watcher.steps("run") == list(range(100, 100 + size))
    assert watcher.steps("run", "other") == [0, 1, 2]


def test_a_longer_copy_is_read_from_the_end_of_the_old_file(tmp_path: Path) -> None:
    path = put(tmp_path / "run", points(range(5)))
    watcher = Watcher(tmp_path)
    watcher.poll()
    put(tmp_path / "run", points(range(8)), name=".partial").replace(path)
    (update,) = watcher.poll()
    assert not update.changes[0].reset
    assert watcher.steps("run") == list(range(8))


def test_a_run_without_its_files_stays_and_reports_the_problem(tmp_path: Path) -> None:
    put(tmp_path / "run", points(range(5)))
    watcher = Watcher(tmp_path)
    watcher.poll()
    shutil.rmtree(tmp_path / "run")
    watcher.poll()
    assert watcher.steps("run") == list(range(5))
    assert watcher.problems("run") == [f"{NAME}: cannot be read: No such file or directory"]
    assert watcher.statuses["run"].fault == "gone"
    put(tmp_path / "run", points(range(6)))
    watcher.poll()
    assert watcher.steps("run") == list(range(6))
    assert watcher.problems("run") == []
    assert watcher.statuses["run"].fault == ""


def test_a_deleted_file_is_discarded_if_another_exists(tmp_path: Path) -> None:
    old = put(tmp_path / "run", points(range(9)), points(range(3), b"only/here"))
    watcher = Watcher(tmp_path)
    watcher.poll()
    old.unlink()
    put(tmp_path / "run", points(range(4)), name="events.out.tfevents.1800000000.host")
    watcher.poll()
    assert watcher.steps("run") == [0, 1, 2, 3]
    assert list(watcher.runs["run"].scalars) == ["loss"]
    assert watcher.problems("run") == []
    assert watcher.statuses["run"].files == 1


def test_a_damaged_file_is_reported_and_read_after_its_repair(tmp_path: Path) -> None:
    path = put(tmp_path / "run", points(range(5)), bytes(40))
    watcher = Watcher(tmp_path)
    watcher.poll()
    end = path.stat().st_size - 40
    problem = f"{NAME}: damaged at byte {end}: no record starts there"
    assert watcher.problems("run") == [problem]
    put(tmp_path / "run", points(range(7)))
    watcher.poll()
    assert watcher.steps("run") == list(range(7))
    assert watcher.problems("run") == []


def test_a_long_file_is_read_in_batches_paced_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "CHUNK", 500)
    for run in "ab":
        put(tmp_path / run, points(range(200)))
    watcher = Watcher(tmp_path, clock=Clock(tick=logdir.FIRST_BATCH_INTERVAL / 2))
    updates = watcher.poll()
    assert len(updates) > 5
    assert [update.caught_up for update in updates] == [False] * (len(updates) - 1) + [True]
    read = [update.read_bytes for update in updates]
    assert read == sorted(read)
    assert 0 < read[0] < updates[0].total_bytes
    # Both runs appear long before either is complete.
    assert {change.run for update in updates[:3] for change in update.changes} == {"a", "b"}
    assert watcher.steps("a") == watcher.steps("b") == list(range(200))


def test_an_interrupted_poll_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "CHUNK", 500)
    put(tmp_path / "run", points(range(100)))
    watched = Logdir([tmp_path], clock=Clock(tick=1.0))
    first = next(watched.poll())
    items = [item for change in first.changes for item in change.items]
    items += [item for update in watched.poll() for c in update.changes for item in c.items]
    steps = np.concatenate([item.steps for item in items if isinstance(item, Scalars)])
    assert steps.tolist() == list(range(100))


def test_slow_searches_are_rare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searches = 0

    def slow(roots: object, *, every_file: bool) -> Iterator[object]:
        nonlocal searches
        searches += 1
        clock.now += 3.0
        return iter(())

    monkeypatch.setattr(logdir, "search", slow)
    clock = Clock()
    watched = Logdir([tmp_path], clock=clock)
    for _ in range(10):
        list(watched.poll())
        clock.now += 13.0
    assert searches == 2


def test_poll_forever_polls_and_sleeps_in_turn(tmp_path: Path) -> None:
    path = put(tmp_path / "run", points(range(2)))
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        add(path, event(10 + len(naps), old(b"loss", 1)))

    updates = poll_forever([tmp_path], interval=0.5, clock=Clock(), sleep=nap)
    counts = [len(next(updates).changes[0].items[0].steps) for _ in range(3)]  # type: ignore[union-attr]
    assert counts == [2, 1, 1]
    assert naps == [0.5, 0.5]
