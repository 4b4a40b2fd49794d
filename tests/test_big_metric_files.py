"""Files of numbers that are very big are read in pieces or in parts."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.run.attached_events import MetricPoints
from core.run.state import RunState
from core.rundir.attached_reader import AttachedReader
from core.rundir.metric_tail import MetricTail
from tests.helpers.attached_runs import make_attached
from tests.helpers.runs import BEGAN
from tui.metrics.no_numbers import why_no_numbers


def line(step: int, **values: object) -> bytes:
    return json.dumps({"step": step, "time": BEGAN + step, **values}).encode() + b"\n"


def add(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.writelines(lines)


def test_a_big_file_is_read_in_pieces_and_says_how_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.rundir.metric_tail.FIRST_CHUNK", 500)
    monkeypatch.setattr("core.rundir.metric_tail.CHUNK", 2000)
    path = tmp_path / "metrics.jsonl"
    long = b'{"step": 1, "time": 1, "a": ' + b"1" * 5000 + b"}\n"
    add(path, *(line(step, a=step) for step in range(100)), long, line(100, a=100))
    found = [*MetricTail(path).poll()]
    assert all(isinstance(each, MetricPoints) for each in found)
    assert [step for each in found for step in each.steps.tolist()] == list(range(101))
    fractions = [each.fraction_read for each in found]
    assert len(found) > 3 and fractions == sorted(fractions)
    assert fractions[0] < 0.2 and fractions[-1] == 1


def test_of_a_very_big_file_evenly_spaced_parts_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.rundir.metric_tail.PART", 1000)
    path = tmp_path / "metrics.jsonl"
    add(path, *(line(step, a=step) for step in range(1000)))
    tail = MetricTail(path, max_bytes=10_000)
    steps = [step for each in tail.poll() for step in each.steps.tolist()]
    assert (steps[0], steps[-1]) == (0, 999)
    assert 100 < len(steps) < 250
    assert steps == sorted(steps)
    assert max(np.diff(steps)) < 120
    add(path, line(1000, a=1))
    assert [each.steps.tolist() for each in tail.poll()] == [[1000]]


def test_a_hole_of_a_terabyte_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    add(path, line(0, loss=1.0))
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    add(path, b"\n", line(1, loss=2.0))
    found = [table.values[-1, 0] for table in MetricTail(path).poll()]
    assert found == [1.0, 2.0]


def test_that_nothing_was_logged_is_said_only_once_the_file_was_read(tmp_path: Path) -> None:
    run = make_attached(tmp_path / "p" / "r", [])
    state = RunState()
    state.info = {"kind": "attached"}
    assert why_no_numbers(state, "") == "reading the numbers of this run ..."
    for event in AttachedReader(run).poll():
        assert why_no_numbers(state, "") == "reading the numbers of this run ..."
        state.fold(event)
    assert why_no_numbers(state, "").startswith("no numbers yet: they come with run.log(")


@pytest.mark.parametrize("ending", [b"", b"damaged " * 20_000 + b"\n"])
def test_that_a_long_file_is_being_read_is_said_before_its_first_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: bytes
) -> None:
    monkeypatch.setattr("core.rundir.attached_reader.LONG", 100)
    run = make_attached(tmp_path / "p" / "r", [{"step": step, "a": 1} for step in range(50)])
    add(run.metrics, ending)
    reader, state = AttachedReader(run), RunState()
    state.info = {"kind": "attached"}
    said = []
    for event in reader.poll():
        state.fold(event)
        if isinstance(event, MetricPoints):
            said.append((state.activity, len(state.metrics), why_no_numbers(state, "")))
    assert said[0] == ("reading 0%", 0, "reading the numbers of this run ...")
    assert state.metrics.fraction_read == 1.0
    assert state.step == 50
    assert not any(isinstance(event, MetricPoints) for event in reader.poll())
