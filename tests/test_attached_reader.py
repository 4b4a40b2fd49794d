"""Attached runs are read: numbers by name, events, segments of resumed runs, damaged files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.attached_events import (
    LayerStatistics,
    MetricPoints,
    MetricsVoided,
    ProgramAlert,
    WeightsLogged,
)
from core.run.events import Event, Opened, Tick
from core.run.log import MarkKind
from core.run.program import ProgramState
from core.run.state import RunState
from core.run.status import RunStatus
from core.rundir.attached_reader import AttachedReader
from core.rundir.metric_lines import Segment, Table, rows, tables
from core.rundir.metric_tail import MetricTail
from core.rundir.playback import Playback
from core.rundir.reader import follow, replay
from core.rundir.rundir import RunDir
from tests.helpers.runs import BEGAN, hold, make_run
from trainpad.text import sanitize


def line(step: int, **values: object) -> bytes:
    return json.dumps({"step": step, "time": BEGAN + step, **values}).encode() + b"\n"


def add(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.writelines(lines)


def event(kind: str, step: int = 0, **fields: Any) -> bytes:
    content = {"event": kind, "time": BEGAN + step, "step": step, **fields}
    return json.dumps(content).encode() + b"\n"


def started(step: int = 0) -> bytes:
    return event("started", step, hyperparameters={}, device="", parameters=0)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    about = {"kind": "attached", "project": "cifar", "label": "try", "steps": 50}
    return make_run(tmp_path / "r", **about, versions={"python": "3", "keras": "3.9.0"})


def state_of(events: Any) -> RunState:
    run = RunState()
    for found in events:
        run.fold(found)
    return run


# -- lines -----------------------------------------------------------------------------------


def test_lines_become_a_table_for_each_set_of_names() -> None:
    found = [*tables(b"".join([line(0, a=1, b=2.5), line(0, v=9), line(1, a=3, b=-1)]))]
    assert [(each.names, each.steps.tolist()) for each in found if isinstance(each, Table)] == [
        (("a", "b"), [0, 1]), (("v",), [0]),
    ]  # fmt: skip
    assert isinstance(found[0], Table)
    assert found[0].values.tolist() == [[1, 2.5], [3, -1]]
    assert found[0].times.tolist() == [BEGAN, BEGAN + 1]


def test_an_alert_of_an_unknown_level_is_a_warning(run: RunDir) -> None:
    add(run.events, started(), event("alert", 1, text="x", level="loud"))
    (mark,) = [entry.mark for entry in state_of(replay(run)).log_entries if entry.mark]
    (found,) = [each for each in replay(run) if isinstance(each, ProgramAlert)]
    assert (found.level, mark) == ("warn", MarkKind.WARNING)


def test_null_alone_is_no_point() -> None:
    (found,) = tables(line(0, a=None, b=1))
    assert isinstance(found, Table)
    assert found.names == ("b",)


def test_what_is_no_number_is_left_out_and_numbers_beside_it_are_kept() -> None:
    lines = [
        line(0, a="nan", b=1), line(1, a="inf", b="text"), line(2, a=True, b=None, c=[1]),
        b"{broken\n", b"[]\n", b'{"time": 3, "a": 1}\n', b'{"step": -1, "time": 3, "a": 1}\n',
        b'{"step": 1.5, "time": 3, "a": 1}\n', line(3, a={"b": 1}, b=10**400), b"7\n",
        line(4, a=1e300, b=2), b'{"step": 5}\n', line(6, a="x"), b'{"a": 2, "step": 7}\n',
    ]  # fmt: skip
    found = [*tables(b"".join(lines))]
    assert not any(isinstance(each, Segment) for each in found)
    values = {
        (name, int(step)): value
        for each in found
        if isinstance(each, Table)
        for step, row in zip(each.steps, each.values.tolist(), strict=True)
        for name, value in zip(each.names, row, strict=True)
    }
    assert np.isnan(values.pop(("a", 0)))
    assert values == {
        ("b", 0): 1,
        ("a", 1): float("inf"),
        ("a", 4): pytest.approx(float(np.finfo(np.float32).max)),
        ("b", 4): 2,
        ("a", 7): 2,
    }


def test_booleans_are_no_numbers_where_all_lines_have_the_same_names() -> None:
    lines = [line(step, a=step == 1, b=step) for step in range(3)]
    (found,) = tables(b"".join(lines))
    assert isinstance(found, Table)
    assert (found.names, found.values.tolist()) == (("b",), [[0], [1], [2]])


def test_two_halves_of_a_line_are_not_read_as_one() -> None:
    lines = b'{"step": 1, "time": 2\n"a": 3}\n' + line(4, a=5)
    (found,) = tables(lines)
    assert isinstance(found, Table)
    assert (found.steps.tolist(), found.values.tolist()) == ([4], [[5]])


NUMBERS = st.one_of(
    st.floats(-1e30, 1e30), st.integers(-(2**70), 2**70), st.sampled_from(["nan", "-inf"])
)
NAMES = st.sampled_from(["loss", "val/loss", "ü: 1", 'a "quoted" one', "x\\n", "step2"])


@given(st.lists(st.tuples(st.integers(0, 999), st.dictionaries(NAMES, NUMBERS, min_size=1))))
def test_tables_hold_what_json_reads(logged: list[tuple[int, dict[str, float | str]]]) -> None:
    lines = [line(step, **values) for step, values in logged]  # type: ignore[arg-type]
    found = sorted(
        (name, step, value)
        for each in tables(b"".join(lines))
        if isinstance(each, Table)
        for step, row in zip(each.steps.tolist(), each.values.tolist(), strict=True)
        for name, value in zip(each.names, row, strict=True)
    )
    expected = sorted(
        (sanitize(name, limit=80), step, float(np.float32(float(value))))
        for step, values in logged
        for name, value in values.items()
    )
    assert repr(sorted(found, key=repr)) == repr(sorted(expected, key=repr))


def test_rows_keep_their_order_and_those_without_numbers() -> None:
    content = b"".join([line(0, a=1, b="nan"), line(3), line(2, b=2), b"broken\n", line(5, c="x")])
    content += b'{"step": 6, "c": "x"}\n'
    kept = [{name: row[name] for name in row if name != "time"} for row in rows(content)]
    assert (
        repr(kept) == "[{'step': 0.0, 'a': 1.0, 'b': nan}, {'step': 3.0}, {'step': 2.0, 'b': 2.0}]"
    )


def test_a_line_without_numbers_begins_a_segment() -> None:
    found = [*tables(b"".join([line(0, a=1), line(1, a=2), line(1), line(1, a=3)]))]
    kinds = [each.step if isinstance(each, Segment) else each.values.tolist() for each in found]
    assert kinds == [[[1], [2]], 1, [[3]]]


def test_names_are_sanitized() -> None:
    (found,) = tables(line(0, **{"\x1b]0;evil\x07": 1}))
    assert isinstance(found, Table)
    assert found.names[0].isprintable()


# -- the growing file --------------------------------------------------------------------------


def test_a_torn_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    tail = MetricTail(path)
    assert [*tail.poll()] == []
    whole = line(1, a=2)
    add(path, line(0, a=1), whole[:9])
    assert [found.values.tolist() for found in tail.poll()] == [[[1]]]
    add(path, whole[9:])
    assert [found.values.tolist() for found in tail.poll()] == [[[2]]]
    assert [*tail.poll()] == []


def test_a_file_that_is_no_file_has_no_numbers(tmp_path: Path) -> None:
    assert [*MetricTail(tmp_path).poll()] == []


# -- the run ---------------------------------------------------------------------------------


def test_a_run_is_folded_from_its_files(run: RunDir) -> None:
    add(run.metrics, *(line(step, loss=1 / (step + 1)) for step in range(20)))
    add(
        run.events,
        started(),
        event("supports", requests=["pause", "save", "dance"]),
        event("declared", name="lr", value=0.1, low=1e-4, high=1.0, scale="log", choices=None),
        event("declared", name="bad", value=5, low=7, high=9, scale=None, choices=None),
        event("epoch", 0, epoch=0, epochs=4),
        event("changed", 5, name="lr", old=0.1, new=0.05),
        event("changed", 6, name="unknown", old=0.1, new=0.05),
        event("epoch", 10, epoch=1, epochs=4),
        event("noted", 12, text="half \x1b[31mway"),
        event("alert", 13, text="too slow", level="error"),
        event("alert", 14, text="fyi", level="info"),
        event("answered", 15, request="save"),
        event("saved", 15, file="line.txt", best=False),
    )
    state = state_of(replay(run))
    assert (state.title, state.framework, state.is_attached) == ("cifar / try", "keras 3.9.0", True)
    assert (state.step, state.planned_steps) == (20, 50)
    assert state.metrics["loss"].nearest(3) == (3, 0.25)
    assert (state.program.knobs["lr"].value, list(state.program.knobs)) == (0.05, ["lr"])
    assert state.program.requests == {"pause", "save"}
    assert (state.program.epoch, state.program.planned_epochs) == (1, 4)
    marks = {entry.step: entry.mark for entry in state.log_entries if entry.mark}
    assert marks == {
        5: MarkKind.CHANGE, 6: MarkKind.CHANGE, 12: MarkKind.NOTE, 13: MarkKind.WARNING,
        14: MarkKind.NOTE, 15: MarkKind.CHECKPOINT,
    }  # fmt: skip
    assert all(entry.text.isprintable() for entry in state.log_entries)
    assert state.log_entries[0].text == "lr 0.1 → 0.05"
    assert state.steps_per_second == pytest.approx(1)
    assert state.seconds_left == pytest.approx(30)
    assert state.status is RunStatus.TRAINING


def test_without_planned_steps_the_epochs_say_how_many(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", kind="attached", steps=None)
    add(run.events, started(), event("epoch", 0, epoch=0, epochs=10))
    assert state_of(replay(run)).planned_steps == 0
    add(run.events, event("epoch", 50, epoch=2, epochs=10))
    state = state_of(replay(run))
    assert state.planned_steps == 250
    assert state.program.epochs.seconds_at(np.array([25.0]))[0] == 1


def test_a_resumed_run_replaces_what_it_does_again(run: RunDir) -> None:
    add(run.events, started(), event("declared", name="old", value=1))
    add(run.metrics, *(line(step, loss=1, other=2) for step in range(10)))
    add(run.metrics, line(5), *(line(step, loss=3) for step in range(5, 8)))
    add(run.events, event("noted", 9, text="void"), started(5))
    state = state_of(replay(run))
    _, values = state.metrics["loss"].samples(0, 100)
    assert values.tolist() == [1] * 5 + [3] * 3
    assert state.metrics["other"].last_step == 4
    assert state.program.knobs == {}
    assert [entry.mark for entry in state.log_entries] == [None, MarkKind.BRANCH]


def test_confusion_matrices_of_any_splits_and_classes(run: RunDir) -> None:
    add(
        run.events,
        started(),
        event("evaluated", 5, confusion={"val": [[3, 1], [0, 2]]}, loss={}, seconds=0,
              classes=["cat", "dog\x07"]),
        event("evaluated", 5, confusion={"test": [[1, 0], [0, 1]]}, loss={}, seconds=0,
              classes=None),
        event("evaluated", 6, confusion={"val": [[1, 2]]}, loss={}, seconds=0),
        event("evaluated", 7, confusion={}, loss={}, seconds=0),
    )  # fmt: skip
    state = state_of(replay(run))
    assert [sorted(each.confusion) for each in state.evaluations] == [["test", "val"]]
    assert state.accuracy["val"].nearest(5) == (5, pytest.approx(5 / 6))
    assert state.classes == ("0", "1")
    assert state.best_step == -1


def test_images_and_weights_are_validated(run: RunDir) -> None:
    layer = {"shape": [2, 3], "mean": 0.1, "std": "nan", "norm": 1, "low": 0, "high": 1,
             "counts": [1, 5], "not_finite": 0}  # fmt: skip
    add(
        run.events,
        started(),
        event("images", 3, name="x", files=["images/a.png"], captions=["a cat"]),
        event("images", 3, name="x", files=["../../etc/passwd"], captions=[]),
        event("images", 3, name="x", files=["/etc/passwd"], captions=[]),
        event("weights", 3, layers={"dense": layer}),
        event("weights", 3, layers={"dense": layer | {"counts": "no"}}),
    )
    program = state_of(replay(run)).program
    assert [each.files for each in program.images] == [["images/a.png"]]
    (weights,) = program.weights
    assert weights.layers["dense"].shape == (2, 3)
    assert weights.layers["dense"].counts.tolist() == [1, 5]


def test_of_very_many_weights_some_steps_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.run.program.MAX_LAYERS", 20)
    counts = np.array([1], np.int64)
    layer = LayerStatistics((1,), 0.0, 0.0, 0.0, 0.0, 0.0, counts, 0)
    program = ProgramState()
    for step in range(100):
        program.fold(WeightsLogged(step, {"a": layer, "b": layer}))
    steps = [event.step for event in program.weights]
    assert (steps[0], steps[-1]) == (0, 99)
    assert 5 <= len(steps) <= 10
    assert steps == sorted(steps)


def test_a_live_run_is_followed_until_its_program_is_gone(run: RunDir) -> None:
    add(run.events, started())
    add(run.metrics, line(0, loss=2))
    hold(run, pid=1)
    events = follow(run, None, host="here", sleep=lambda _seconds: None)
    state = RunState()

    def read_until(condition: Any) -> None:
        for found in events:
            state.fold(found)
            if isinstance(found, Tick) and condition():
                return

    read_until(lambda: state.step == 1)
    add(run.metrics, line(1, loss=1))
    add(run.events, event("paused", 2))
    read_until(lambda: state.step == 2 and state.status is RunStatus.PAUSED)
    hold(run, pid=2**22, age=100)
    read_until(lambda: state.status is RunStatus.LOST)
    assert "resume with" not in state.log_entries[-1].text
    add(run.events, event("finished", 2, reason="done", seconds=3))
    assert [*events][-1].time > 0
    assert AttachedReader(run).step == 0


def test_what_the_program_says_of_itself_later_is_shown(run: RunDir) -> None:
    reader = AttachedReader(run)
    state = state_of(reader.opened(None))
    (nothing,) = reader.poll()
    assert isinstance(nothing, MetricPoints) and not nothing.names  # it was read
    assert [*reader.poll()] == []
    content = json.loads((run.path / "run.json").read_text()) | {"label": "other", "steps": 7}
    (run.path / "run.json").write_text(json.dumps(content))
    for found in reader.poll():
        state.fold(found)
    assert (state.title, state.planned_steps) == ("cifar / other", 7)
    (run.path / "run.json").write_text("broken")
    assert [*reader.poll()] == []


def test_a_run_is_replayed_in_the_order_of_its_times(run: RunDir) -> None:
    add(run.metrics, *(line(step, loss=1) for step in range(4)))
    add(run.events, started(), event("noted", 2, text="two"))
    clock = iter(range(10_000))
    playback = Playback(1.0, clock=lambda: float(next(clock)))
    found: list[Event] = [
        each
        for each in replay(run, playback, sleep=lambda _seconds: None)
        if not isinstance(each, Tick | Opened)
    ]
    assert [each.time - BEGAN for each in found] == sorted(each.time - BEGAN for each in found)
    assert [type(each).__name__ for each in found] == [
        "MetricPoints", "Started", "MetricPoints", "MetricPoints", "Notice",
        "MetricPoints", "MetricPoints",
    ]  # fmt: skip
    assert not any(isinstance(each, MetricsVoided) for each in found)
