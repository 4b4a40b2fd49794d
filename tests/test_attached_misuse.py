"""What a program may give wrongly: nothing is raised, and what can be kept is kept."""

import copy
import pickle
import threading
from argparse import Namespace
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import trainpad
from tests.helpers.attached import directory, events, numbers, steer
from trainpad.attached import Run
from trainpad.lines import NumberLines
from trainpad.records import Record

pytestmark = pytest.mark.usefixtures("polled_runs")


class Unprintable:
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class Size(IntEnum):
    SMALL = 3


def warned(run: Run) -> list[str]:
    run.finish()
    return [event["text"] for event in events(directory(run), "warned")]


def test_numbers_of_every_kind_are_recorded_and_the_rest_is_said() -> None:
    run = trainpad.init("p")
    given = {
        "decimal": Decimal("0.5"), "fraction": Fraction(1, 4), "bool": True, "enum": Size.SMALL,
        "huge": 2**200, "numpy": np.float32(0.5), "infinite": float("inf"), 5: 1.0, "größe": 2,
        "complex": 1j, "text": "0.5", "none": None, "list": [1], "far": 10**5000,
        "odd": Unprintable(), "x" * 300: 1, "array": np.zeros(3),
    }  # fmt: skip
    run.log(given, 0)  # type: ignore[arg-type]
    texts = warned(run)
    assert numbers(directory(run)) == [
        {"step": 0, "decimal": 0.5, "fraction": 0.25, "bool": 1, "enum": 3, "huge": 2.0**200,
         "numpy": 0.5, "infinite": "inf", "5": 1.0, "größe": 2}
    ]  # fmt: skip
    refused = ("complex", "text", "none", "list", "far", "odd", "x" * 40, "array")
    assert sorted(text.split("'")[1] for text in texts) == sorted(refused)


@pytest.mark.parametrize("values", [None, 0.5, "loss", [1, 2], Unprintable(), {1, 2}])
def test_what_is_no_dict_is_said(values: Any) -> None:
    run = trainpad.init("p")
    run.log(values, 0)
    assert "must be a dict of numbers by name, not " in warned(run)[0]


@pytest.mark.parametrize(
    ("step", "recorded"), [(-3, [0]), (2.0, [2]), (np.int64(4), [4]), ("x", []), (float("nan"), [])]
)
def test_steps_of_every_kind(step: Any, recorded: list[int]) -> None:
    run = trainpad.init("p")
    run.log({"loss": 1}, step)
    texts = warned(run)
    assert [line["step"] for line in numbers(directory(run))] == recorded
    assert bool(texts) is (step not in (2.0, 4))


def test_a_step_that_goes_backwards_is_recorded() -> None:
    run = trainpad.init("p")
    for step in (5, 2, 9):
        run.log({"loss": step}, step)
    run.finish()
    assert [line["step"] for line in numbers(directory(run))] == [5, 2, 9]
    assert run.step == 10


def test_there_are_not_more_names_than_a_dashboard_can_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainpad.lines.MAX_NAMES", 3)
    refused: list[str] = []
    lines = NumberLines(lambda name, why: refused.append(f"{name} {why}"))
    for step in range(5):
        lines.encode(step, 0.0, {f"loss_{step}": 1.0, "always": 1.0})
    assert list(lines.last) == ["loss_0", "always", "loss_1"]
    assert refused == ["loss_2 there are 3 names already; no new one is"]


def test_after_the_end_it_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    run = trainpad.init("p", "first")
    run.finish()
    for _ in range(3):
        run.log({"loss": 1})
    assert capsys.readouterr().err == (
        "trainpad: the run first has ended: what is logged now is not recorded\n"
    )


def test_marks_and_ends_take_anything() -> None:
    run = trainpad.init("p")
    run.note(Unprintable())  # type: ignore[arg-type]
    run.alert(Unprintable(), Unprintable(), "loud")  # type: ignore[arg-type]
    run.alert("memory", level="loud")
    run.saved(Unprintable())
    run.epoch("first")  # type: ignore[arg-type]
    run.log_weights(5)
    run.attach(5)
    run.finish(exit_code="x")  # type: ignore[arg-type]
    (alert,) = events(directory(run), "alert")
    assert (alert["text"], alert["level"]) == ("memory", "warn")


@pytest.mark.parametrize("value", [(3, 3), None, 1j, Unprintable(), [1], np.zeros(2)])
def test_a_value_that_cannot_be_changed_from_outside_stays_as_it_is(value: Any) -> None:
    run = trainpad.init("p")
    knob = run.live("shape", value)
    assert knob.value is value
    steer(directory(run), hyperparameters={"shape": 5})
    assert run.tick()
    assert knob.value is value
    assert warned(run)
    assert not events(directory(run), "declared")


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        (5, "5"),
        (None, "None"),
        ([], "[]"),
        ("\x1b[2J lr\n", "␛[2J lr"),
        ("a" * 300, "a" * 191 + "…89971909"),
    ],
)
def test_a_name_of_any_kind_is_made_printable(name: Any, declared: str) -> None:
    run = trainpad.init("p")
    assert run.live(name, 0.5).value == 0.5
    assert run.live(Unprintable(), 0.5).value == 0.5  # type: ignore[arg-type]
    run.finish()
    assert [event["name"] for event in events(directory(run), "declared")] == [declared]


def test_limits_of_every_kind() -> None:
    run = trainpad.init("p")
    knob = run.live("x", Decimal("0.5"), low=np.float32(0), high=float("inf"))
    assert (knob.value, knob.low, knob.high) == (0.5, 0.0, None)
    assert run.live("on", np.bool_(True)).value is True
    assert run.live("y", 1.0, choices=5).choices is None  # type: ignore[arg-type]
    assert run.live("z", 1.0, on_change=5).value == 1.0  # type: ignore[arg-type]


def test_declared_again_the_limits_are_new_and_what_was_set_from_outside_stays() -> None:
    run = trainpad.init("p")
    got: list[float] = []
    first = run.live("lr", 0.1, low=0.01, high=1.0)
    assert run.live("lr", 0.2, low=0.01, high=1.0) is first
    assert first.value == 0.2  # the program's own
    steer(directory(run), hyperparameters={"lr": 0.5})
    run.tick()
    assert run.live("lr", 0.2, low=0.01, high=2.0, on_change=got.append).value == 0.5
    assert got == [0.5]  # the program has 0.2 otherwise
    assert run.live("lr", 0.2, low=0.01, high=0.3).value == 0.2  # not allowed any more
    assert run.live("lr", 0.2, low=0.01, high=0.3).value == 0.2  # nothing new to record
    run.finish()
    declared = events(directory(run), "declared")
    assert [(event["value"], event["high"]) for event in declared] == [
        (0.1, 1.0), (0.2, 1.0), (0.5, 2.0), (0.2, 0.3)
    ]  # fmt: skip


def test_configurations_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    @dataclass(slots=True)
    class Settings:
        rate: float = 0.1

    Pair = namedtuple("Pair", "a b")  # noqa: PYI024
    loop: dict[str, Any] = {"a": 1, "odd": Unprintable(), "far": 10**5000, "text": "x" * 10**6}
    loop["self"] = loop
    loop["long"] = list(range(50_000))
    for config, expected in (
        (Settings(), {"rate": 0.1}), (Pair(1, 2), {"a": 1, "b": 2}), (Namespace(c=1), {"c": 1}),
        ("x.yaml", {}), (5, {}), ([1], {}),
    ):  # fmt: skip
        assert trainpad.init("p", config=config).config == expected
    assert capsys.readouterr().err.count("config is not recorded: ") == 3
    run = trainpad.init("p", config=loop)
    run.config.update(5)
    assert "update: '5' is no dict" in capsys.readouterr().err
    kept = run.config.take()
    assert (kept["a"], kept["odd"], kept["far"]) == (1, "<Unprintable>", "<int>")
    assert kept["text"].startswith("<too large to be recorded: 1,0")
    assert kept["long"][-1] == "… and 40,000 more"
    assert run.path
    assert run.is_open


def test_a_copy_is_the_run_and_in_another_process_records_nothing() -> None:
    run = trainpad.init("p", config={"lr": 1})
    lr = run.live("lr", 0.1, on_change=lambda _: None)
    assert copy.deepcopy({"run": run})["run"] is run
    assert copy.copy(run) is run
    other = pickle.loads(pickle.dumps(run))  # noqa: S301
    other.log({"loss": 1})
    assert other.path is None
    assert pickle.loads(pickle.dumps(lr)).value == 0.1  # noqa: S301
    config = copy.deepcopy(run.config)
    assert isinstance(config, Record)
    assert config.lr == 1


def test_a_signal_handler_may_steer_while_the_program_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from trainpad import control

    run = trainpad.init("p")
    parse = control.parse

    def interrupted(content: bytes, check: Any) -> Any:
        run.note("signal")
        assert not run.should_stop
        assert not run.save_requested
        assert run.tick()
        return parse(content, check)

    monkeypatch.setattr(control, "parse", interrupted)
    steer(directory(run), hyperparameters={})
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(run.tick()), daemon=True)
    thread.start()
    thread.join(10)
    assert done == [True]


def test_wandbs_way_to_log_without_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    run = trainpad.init("p")
    for _ in range(2):
        trainpad.log({"loss": 1}, commit=None, sync=True)
    run.finish()
    assert [line["step"] for line in numbers(directory(run))] == [0, 1]
    assert capsys.readouterr().err == "trainpad: log: 'sync' has no effect\n"


def test_dicts_that_are_nested_too_deeply_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    loop: dict[str, Any] = {"a": 1.0}
    loop["x"] = loop
    loop["y"] = loop
    deep: dict[str, Any] = {"z": 1.0}
    for _ in range(2000):
        deep = {"d": deep}
    run = trainpad.init("p")
    run.log({"loss": 1.0, "loop": loop, "deep": deep}, 0)
    run.finish()
    assert numbers(directory(run)) == [{"step": 0, "loss": 1.0, "loop/a": 1.0}]
    said = [event["text"] for event in events(directory(run), "warned")]
    assert "'loop/x' is not recorded: is nested too deeply" in said
    assert any(text.startswith("'deep/d/d") and "nested too deeply" in text for text in said)
