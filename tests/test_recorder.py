import errno
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import FakeClock, MakeRun

from core.run.events import (
    Alert,
    Event,
    Failed,
    Finished,
    Opened,
    Saved,
    Snapshot,
    Started,
    Steps,
    Tick,
    Weights,
    to_json,
)
from core.rundir import checkpoint
from core.rundir.recorder import HEARTBEAT, record
from core.rundir.validation import parse_event
from tests.helpers.records import LOSSES, a_run, lines, losses, names, record_all, snapshot
from trainpad.errors import RunError


def test_events_are_on_disk_before_they_are_yielded(make_run: MakeRun) -> None:
    run = make_run()
    seen: list[str] = []
    done = 0
    for event in record(iter(a_run()), run):
        if isinstance(event, Steps):
            done += len(event.losses)
        elif not isinstance(event, Snapshot):
            seen.append(to_json(event))
        assert lines(run)[: len(seen)] == seen
        assert losses(run) == LOSSES[:done].tolist()
    assert lines(run) == seen


def test_saved_is_yielded_after_the_checkpoint_is_written(make_run: MakeRun) -> None:
    run = make_run()
    for event in record(iter(a_run()), run):
        if isinstance(event, Saved):
            saved = checkpoint.read(run.checkpoints / event.file)
            assert saved.step == event.step
            assert event.best
    assert [path.name for path in checkpoint.list_checkpoints(run.checkpoints)] == [
        "step-000049.safetensors",
        "step-000099.safetensors",
    ]


def test_transient_events_are_not_recorded(make_run: MakeRun) -> None:
    run = make_run()
    passing: list[Event] = [Opened(str(run.path), {}), Weights(0, {}), Tick()]
    assert names(record_all(run, passing)) == names(passing)
    assert lines(run) == []


def test_the_clock_file_gets_one_record_a_second(make_run: MakeRun, clock: FakeClock) -> None:
    run = make_run()

    def source() -> Iterator[Event]:
        for event in a_run():
            clock.now += HEARTBEAT / 4
            yield event

    list(record(source(), run, clock=clock))
    marks = np.fromfile(run.clock, "<f8").reshape(-1, 2)
    assert len(marks) == pytest.approx(len(a_run()) / 4, abs=1)
    assert (np.diff(marks[:, 0]) >= 0).all()
    assert run.path.joinpath("lock").stat().st_mtime == pytest.approx(marks[-1, 1], abs=60)


class Disk:
    """`os.pwrite` of a disk with `room` bytes left."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        self.refused = 0
        self._pwrite = os.pwrite
        monkeypatch.setattr(os, "pwrite", self.pwrite)

    def pwrite(self, descriptor: int, content: Any, offset: int) -> int:
        if self.room <= 0:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._pwrite(descriptor, content[: self.room], offset)
        self.room -= written
        return written


@pytest.mark.parametrize("room", [200, 201, 219, 230, 333, 500, 1000, 1500])
@pytest.mark.parametrize("pause", [0, 3, 100])
def test_a_full_disk_loses_and_tears_nothing(
    make_run: MakeRun, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, room: int, pause: int
) -> None:
    run = make_run()

    def source(disk: Disk) -> Iterator[Event]:
        since = 0
        for event in a_run():
            if disk.refused:
                since += 1
            if since > pause:
                disk.room = 10**9
            clock.now += 0.3
            yield event
        disk.room = 10**9

    seen: list[Event] = []
    with run.writer_lock():
        pass
    disk = Disk(monkeypatch, room)
    for event in record(source(disk), run, clock=clock):
        seen.append(event)
        lines(run), losses(run)
    assert disk.refused
    assert losses(run) == LOSSES.tolist()
    kept = [type(parse_event(line)).__name__ for line in lines(run)]
    assert [name for name in kept if name not in ("Alert", "Saved")] == [
        name for name in names(a_run()) if name not in ("Steps", "Snapshot")
    ]
    assert checkpoint.newest(run.checkpoints).step == 100
    warnings = [event.text for event in seen if isinstance(event, Alert)]
    assert warnings[0] == (
        "recording stopped: No space left on device; training continues; what is pending is "
        "written as soon as the disk accepts it"
    )
    assert "Alert" in kept
    assert len(warnings) <= 2
    if len(warnings) == 2:
        assert warnings[1] == "recording resumed; nothing was lost"


def test_a_disk_that_stays_full_does_not_end_the_run(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    with run.writer_lock():
        pass
    disk = Disk(monkeypatch, 150)
    seen = record_all(run, a_run())
    assert disk.refused
    assert [name for name in names(seen) if name != "Alert"] == [*names(a_run()), "Failed"]
    assert len([event for event in seen if isinstance(event, Alert)]) == 1
    lines(run), losses(run)


def test_a_run_fails_only_if_its_end_could_not_be_written(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(record_all(make_run(), a_run())[-1], Finished)

    def refused(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint, "write", refused)
    run = make_run()
    last = record_all(run, a_run())[-1]
    assert isinstance(last, Failed)
    assert isinstance(parse_event(lines(run)[-1]), Failed)
    assert last.step == 100
    assert "No space left on device" in last.text


def test_a_checkpoint_that_does_not_fit_is_retried(
    make_run: MakeRun, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    write, refusals = checkpoint.write, iter([True, True, False])

    def crowded(folder: Path, made: checkpoint.Checkpoint) -> Path:
        if next(refusals, False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(folder, made)

    def source() -> Iterator[Event]:
        for event in [*a_run()[:-1], *(Tick() for _ in range(9))]:
            clock.now += 0.6
            yield event

    monkeypatch.setattr(checkpoint, "write", crowded)
    seen = list(record(source(), run, clock=clock))
    texts = [event.text.split(":")[0] for event in seen if isinstance(event, Alert)]
    assert texts == ["recording stopped", "recording resumed; nothing was lost"]
    assert [event.step for event in seen if isinstance(event, Saved)][-1] == 100


def test_a_pending_checkpoint_replaced_by_a_newer_one_is_reported_missing(
    make_run: MakeRun, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    write, refusing = checkpoint.write, True

    def crowded(folder: Path, made: checkpoint.Checkpoint) -> Path:
        if refusing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(folder, made)

    def source() -> Iterator[Event]:
        nonlocal refusing
        for event in (Started(0, {}, "CPU:0", 4), snapshot(5), snapshot(10), Tick()):
            refusing = not isinstance(event, Tick)
            clock.now += 2 * HEARTBEAT
            yield event

    monkeypatch.setattr(checkpoint, "write", crowded)
    seen = list(record(source(), run, clock=clock))
    texts = [event.text for event in seen if isinstance(event, Alert)]
    assert texts[1:] == ["recording resumed; a checkpoint is missing"]
    assert [event.step for event in seen if isinstance(event, Saved)] == [10]


def test_a_failed_deletion_does_not_hide_a_new_checkpoint(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(checkpoint, "prune", refused)
    seen = record_all(make_run(), [Started(0, {}, "CPU:0", 4), snapshot(5)])
    assert names(seen) == ["Started", "Snapshot", "Saved"]


def test_a_second_writer_is_rejected_and_writes_nothing(make_run: MakeRun) -> None:
    run = make_run()
    first = record(iter(a_run()), run)
    next(first)
    before = run.events.read_bytes()
    with pytest.raises(RunError, match="another process is training"):
        record_all(run, a_run())
    assert run.events.read_bytes() == before
    first.close()
    assert names(record_all(run, a_run()[:1])) == ["Started"]


def test_closing_early_leaves_all_events_so_far_on_disk(make_run: MakeRun) -> None:
    run = make_run()
    source = record(iter(a_run()), run)
    seen = [next(source) for _ in range(6)]
    source.close()
    assert len(losses(run)) == 30
    assert lines(run) == [to_json(event) for event in seen if not isinstance(event, Steps)]


def test_every_prefix_of_the_files_is_readable(make_run: MakeRun) -> None:
    run = make_run()
    record_all(run, a_run())
    content = run.events.read_bytes()
    sizes = []
    for cut in range(0, len(content), 7):
        run.events.write_bytes(content[:cut])
        events = [parse_event(line) for line in content[:cut].split(b"\n")]
        sizes.append(len([event for event in events if event is not None]))
    assert all(later - earlier in (0, 1) for earlier, later in pairwise(sizes))
