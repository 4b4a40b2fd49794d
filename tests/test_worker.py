"""The worker thread that pulls events for an app."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from core.run.attached_events import MetricPoints
from core.run.events import Event, Finished, Opened, Started, Steps, Tick
from core.run.status import Outcome
from core.session.headless import DONE, FAILED
from tests.helpers.waiting import wait_until
from tui.dashboard import worker
from tui.dashboard.worker import EventWorker


def steps() -> Iterator[Event]:
    yield Opened("/runs/a", {})
    yield Started(0, {}, "CPU:0", 1)
    for _ in range(100):
        yield Tick()
        time.sleep(0.001)
    yield Finished(0, Outcome.DONE, 1.0)


def test_a_source_left_in_the_middle_is_pulled_to_its_end() -> None:
    posted: list[object] = []
    pump = EventWorker(steps(), posted.append)
    pump.start()
    wait_until(lambda: pump.started)
    assert pump.stop(None)
    assert not pump.ended
    assert pump.status == FAILED
    pump.drain()
    assert pump.status == DONE
    assert pump.opened is not None
    assert pump.opened.directory == "/runs/a"


def test_what_was_posted_to_nobody_still_counts() -> None:
    def source() -> Iterator[Event]:
        yield Finished(0, Outcome.DONE, 1.0)

    pump = EventWorker(source(), lambda _message: None)
    pump.start()
    pump.join(10)
    assert pump.ended
    assert pump.status == DONE


def test_what_breaks_is_kept() -> None:
    def source() -> Iterator[Event]:
        yield Tick()
        raise OSError("the disk is gone")

    pump = EventWorker(source(), lambda _message: None)
    pump.start()
    pump.join(10)
    assert isinstance(pump.error, OSError)


def test_a_source_that_was_never_pulled_can_be_left() -> None:
    pump = EventWorker(iter([Steps(0, None, 0.0)]), lambda _message: None)  # type: ignore[arg-type]
    assert pump.stop(None)


def points(fraction: float) -> MetricPoints:
    step = np.zeros(1, np.int64)
    values = np.zeros((1, 1), np.float32)
    return MetricPoints(("loss",), step, np.zeros(1), values, fraction, time=0.0)


def test_a_long_file_is_read_on_once_its_numbers_are_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "MAX_WAIT", 1000.0)
    posted: list[object] = []
    pump = EventWorker(iter([points(0.5), points(0.9), points(1.0)]), posted.append)
    pump.start()
    wait_until(lambda: len(posted) == 1)
    pump.note_handled()
    wait_until(lambda: len(posted) == 2)
    assert pump.stop(10)
    assert (len(posted), pump.ended) == (2, False)
    pump.drain()


def test_reading_goes_on_where_nothing_handles_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MAX_WAIT", 0.001)
    pump = EventWorker(iter([points(0.5), points(1.0)]), lambda _message: None)
    pump.start()
    pump.join(10)
    assert pump.ended
