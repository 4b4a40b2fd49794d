"""Values that the program changes by itself: schedules and callbacks that know nothing of us."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trainpad
from core.cli.steer import set_values
from core.run.attached_events import Declared
from core.run.events import Changed
from core.run.log import MarkKind
from core.run.program import ProgramState
from core.run.state import RunState
from core.rundir.attached import read_program
from core.rundir.reader import replay
from core.rundir.rundir import RunDir
from tests.helpers.attached import directory, events, steer, until
from trainpad.attached import Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr("trainpad.attached.POLL_INTERVAL", 0.0)
    monkeypatch.setattr("trainpad.attached.FOLLOW_INTERVAL", 0.0)
    monkeypatch.setattr("trainpad.attached.FOLLOW_SHARE", 0.0)
    yield trainpad.init("p")
    trainpad.finish()


def panel(run: Run) -> dict[str, Any]:
    """The values as a dashboard shows them."""
    return {name: knob.value for name, knob in read_program(RunDir(directory(run))).knobs.items()}


def written(run: Run, count: int) -> None:
    until(lambda: len(events(directory(run), "changed")) == count)


@pytest.mark.parametrize(("value", "wanted"), [(0, "2"), (0.0, "0.9"), (False, "true"), ("", "a")])
def test_a_value_that_counts_as_false_can_be_changed_as_any_other(
    run: Run, value: float | str, wanted: str
) -> None:
    choices = ["", "a"] if isinstance(value, str) else None
    knob = run.live("momentum", value, choices=choices)
    until(lambda: events(directory(run), "declared"))
    assert panel(run) == {"momentum": value}
    assert set_values([f"momentum={wanted}"], None, 0, print) == 0
    assert run.tick()
    assert str(knob.value).lower() == wanted
    written(run, 1)
    assert str(panel(run)["momentum"]).lower() == wanted


@pytest.mark.parametrize(("name", "asked"), [("learning_rate", "lr"), ("lr", "learning_rate")])
def test_the_learning_rate_is_changed_by_either_of_its_names(
    run: Run, name: str, asked: str
) -> None:
    rate = run.live(name, 0.1)
    until(lambda: events(directory(run), "declared"))
    assert set_values([f"{asked}=0.02"], None, 0, print) == 0
    assert run.tick()
    assert rate.value == 0.02
    run.live(asked, 0.5)  # both names: each is its own
    until(lambda: len(panel(run)) == 2)
    assert set_values([f"{asked}=0.03"], None, 0, print) == 0
    assert run.tick()
    assert rate.value == 0.02


def test_a_rate_that_a_scheduler_lowers_is_followed_and_stepped_from_there(run: Run) -> None:
    group = {"lr": 0.003, "initial_lr": 0.003}
    run.attach(SimpleNamespace(param_groups=[group]))
    run.log({"loss": 1.0}, 9)
    group["lr"] = 4e-11  # beyond the limits that were declared
    assert run.tick()
    written(run, 1)
    (changed,) = events(directory(run), "changed")
    assert changed.items() >= {"old": 0.003, "new": 4e-11, "by": "program", "step": 10}.items()
    assert panel(run) == {"lr": 4e-11}
    steer(directory(run), hyperparameters={"lr": 5e-11})
    assert run.tick()
    assert group["lr"] == 5e-11
    assert group["initial_lr"] == pytest.approx(0.003 * 1.25)  # of what it was just now
    written(run, 2)
    assert "by" not in events(directory(run), "changed")[1]
    assert run.tick()  # what was set is not taken for a change of the program's
    run.finish()
    assert len(events(directory(run), "changed")) == 2
    state = RunState()
    for event in replay(RunDir(directory(run))):
        state.fold(event)
    marks = [(entry.text, entry.mark) for entry in state.log_entries if entry.mark]
    assert marks == [
        ("lr 0.003 → 4e-11 by the program", MarkKind.NOTE),
        ("lr 4e-11 → 5e-11", MarkKind.CHANGE),
    ]


def test_a_rate_that_begins_with_0_can_be_changed_once_it_is_above(run: Run) -> None:
    group = {"lr": 0.0, "initial_lr": 0.1}
    run.attach(SimpleNamespace(param_groups=[group]))
    group["lr"] = 0.01
    assert run.tick()
    steer(directory(run), hyperparameters={"lr": 0.02})
    assert run.tick()
    assert group == {"lr": 0.02, "initial_lr": 0.2}


def test_what_is_assigned_with_less_precision_is_no_change_of_the_programs(run: Run) -> None:
    held = [0.5]
    run.live("x", 0.5, on_change=lambda new: held.insert(0, round(new, 2))).track(lambda: held[0])
    steer(directory(run), hyperparameters={"x": 0.123456})
    assert run.tick()
    assert run.tick()
    run.finish()
    assert [event["new"] for event in events(directory(run), "changed")] == [0.123456]


def test_the_same_value_can_be_requested_again_after_the_program_has_changed_it(run: Run) -> None:
    lr = run.live("lr", 0.1)
    for _ in range(2):
        steer(directory(run), hyperparameters={"lr": 0.2})
        assert run.tick()
        assert lr.value == 0.2
        lr.value = 0.05
    steer(directory(run), pause_at=10**6)  # another request does not bring it back
    assert run.tick()
    assert lr.value == 0.05


def test_changes_are_sought_once_a_second_and_less_often_where_there_always_is_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("trainpad.attached.monotonic", lambda: now[0])
    monkeypatch.setattr("trainpad.attached.FOLLOW_INTERVAL", 1.0)
    monkeypatch.setattr("trainpad.attached.FOLLOW_SHARE", 0.01)
    run._began = 0.0
    reads: list[float] = []

    def read() -> float:
        reads.append(now[0])
        return now[0] if now[0] < 1050 else 1.0

    run.live("lr", 1.0).track(read)
    reads.clear()
    while now[0] < 1068:
        run._poll(None)
        now[0] += 0.5
    assert reads == [1000, 1001, 1011.5, 1022, 1032.5, 1043, 1053.5, 1064.5, 1065.5, 1066.5, 1067.5]


def test_a_schedule_has_few_marks() -> None:
    state = RunState()
    state.info = {"kind": "attached"}
    state.program.fold(Declared(0, "lr", 0.1, 0.0, None, "linear", None))
    for step in range(10, 10_000, 10):
        state.fold(Changed(step, "lr", 0.1, 1 / step, "program"))
    assert state.program.knobs["lr"].value == 1 / 9990
    assert sum(entry.mark is not None for entry in state.log_entries) == 20


def test_a_panel_shows_what_the_program_has_beyond_the_limits_but_no_other_type() -> None:
    program = ProgramState()
    program.fold(Declared(0, "lr", 0.1, 0.01, 1.0, "log", None))
    for value, shown in ((2.5, 2.5), ("fast", 2.5), (True, 2.5), (1e-9, 1e-9)):
        program.fold(Changed(1, "lr", 0.1, value, "program"))
        assert program.knobs["lr"].value == shown
