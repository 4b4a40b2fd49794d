"""Values and steps that are none cost no other number, and each failure is seen."""

import sys
import threading
import time

import pytest

import trainpad
from tests.helpers.attached import directory, events, last_event, numbers, until
from trainpad import ending, writer

pytestmark = pytest.mark.usefixtures("runs")


class Panic(BaseException):
    """What extensions in Rust raise."""


class Raises:
    """A value that cannot be converted."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __float__(self) -> float:
        raise self.error


class Interrupted:
    """A value during whose conversion the user presses Ctrl-C, once."""

    is_pressed = True

    def __float__(self) -> float:
        if self.is_pressed:
            self.is_pressed = False
            raise KeyboardInterrupt
        return 5.0


class Slow:
    """A value of a device that does not return."""

    def __init__(self) -> None:
        self.waited_for, self.returns = threading.Event(), threading.Event()

    def __float__(self) -> float:
        self.waited_for.set()
        self.returns.wait(60)
        return 1.0


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), Panic("gone")])
def test_a_value_that_ends_its_thread_costs_no_other_number(error: BaseException) -> None:
    run = trainpad.init("p")
    run.log({"loss": 1.0}, 0)
    run.log({"bad": Raises(error), "loss": 2.0}, 1)
    run.log({"loss": 3.0}, 2)
    run.finish()
    found = numbers(directory(run))
    assert found == [{"step": step, "loss": step + 1.0} for step in range(3)]
    (warning,) = events(directory(run), "warned")
    assert warning["text"].startswith("'bad' is not recorded: ")
    assert str(error) or type(error).__name__ in warning["text"]
    assert last_event(directory(run))["event"] == "finished"
    assert run.summary == {"loss": 3.0}


@pytest.mark.parametrize("at_end", [True, False])
def test_ctrl_c_while_values_are_converted_costs_no_number(
    monkeypatch: pytest.MonkeyPatch, *, at_end: bool
) -> None:
    monkeypatch.setattr(writer, "INTERVAL", 60.0)
    run = trainpad.init("p")
    run.log({"loss": 0.0}, 0)
    until(lambda: numbers(directory(run)))  # from here on only the main thread converts
    run.log({"loss": 1.0, "bad": Interrupted()}, 1)
    run.log({"loss": 2.0}, 2)
    with pytest.raises(KeyboardInterrupt):
        if at_end:
            run.finish()
        else:
            _ = run.summary
    run.finish()
    assert [line["loss"] for line in numbers(directory(run))] == [0.0, 1.0, 2.0]
    assert numbers(directory(run))[1]["bad"] == 5.0
    assert last_event(directory(run))["event"] == "finished"


def test_numbers_before_a_value_that_is_waited_for_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainpad.recording.EXIT_TIMEOUT", 0.05)
    monkeypatch.setattr(writer, "HELP_TIMEOUT", 0.05)
    run = trainpad.init("p")
    slow = Slow()
    for step in range(100):
        run.log({"loss": 0.5}, step)
    run.log({"loss": slow}, 100)
    assert slow.waited_for.wait(60)
    run.finish()
    try:
        assert len(numbers(directory(run))) == 100
    finally:
        slow.returns.set()
    until(lambda: events(directory(run), "finished"))
    assert len(numbers(directory(run))) == 101


def test_times_in_nanoseconds_are_no_steps_and_their_numbers_are_kept() -> None:
    run = trainpad.init("p")
    began = time.time_ns()
    for number in range(4):
        run.log({"price": number}, began + number)
        run.log({"volume": 2 * number}, began + number)
    run.finish()
    assert numbers(directory(run)) == [
        {"step": step, name: value}
        for step in range(4)
        for name, value in (("price", step), ("volume", 2 * step))
    ]
    (warning,) = events(directory(run), "warned")
    assert "steps are below 2**53" in warning["text"]


def test_what_ended_the_program_is_known_where_another_hook_printed_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    earlier = ValueError("of an earlier cell")
    monkeypatch.setattr(sys, "last_value", earlier, raising=False)
    first = trainpad.init("p")
    ending._at_exit()
    assert last_event(directory(first))["event"] == "finished"
    second = trainpad.init("p")
    sys.last_value = RuntimeError("out of memory")  # as Python does before it calls the hook
    monkeypatch.setattr(ending, "_hook", sys.excepthook)
    ending._at_exit()  # ours was not called: a window's callback failed, say
    assert last_event(directory(second))["event"] == "finished"
    third = trainpad.init("p")
    sys.last_value = RuntimeError("out of memory")
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    ending._at_exit()
    failed = last_event(directory(third))
    assert (failed["event"], failed["text"]) == ("failed", "RuntimeError: out of memory")
