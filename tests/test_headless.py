import io
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import MakeRun

from core.run.events import (
    Alert,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Notice,
    Opened,
    Preparing,
    Snapshot,
    Started,
    Steps,
    Weights,
)
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir.control import open_control
from core.rundir.recorder import record
from core.session.headless import run_headless
from core.session.signals import Signals

START = Started(0, as_dict(HyperParameters()), "CPU:0", 4)


def run_of(*events: Event, json: bool = False) -> tuple[int, list[str]]:
    out = io.StringIO()
    status = run_headless(iter(events), out, json=json)
    return status, out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (Finished(10, Outcome.DONE, 1.0), 0),
        (Finished(10, Outcome.STOPPED, 1.0), 0),
        (Finished(10, Outcome.INTERRUPTED, 1.0), 130),
        (Diverged(10, float("nan")), 3),
        (Failed(10, "training failed"), 1),
        (Steps(0, np.ones(1, np.float32), 0.1), 1),
    ],
)
def test_the_exit_status_follows_from_the_last_event(last: Event, status: int) -> None:
    assert run_of(START, last)[0] == status


def test_only_the_labs_lines_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    info = {"dataset": {"notice": "fake data: 1,000 drawn digits"}}
    matrix = {split: [[3, 1], [0, 4]] for split in ("train", "validation", "test")}
    _, lines = run_of(
        Preparing("reading the data"),
        Opened("runs/a", info),
        START,
        Weights(0, {}),
        Steps(0, np.array([2.25], np.float32), 0.5),
        Alert(1, "recording stopped"),
        Evaluated(1, matrix, dict.fromkeys(matrix, 0.1), 0.1),
        Finished(1, Outcome.DONE, 1.0),
    )
    assert lines == [
        "Step 0: loss = 2.25 (0.500 sec)",
        "Training Data Eval:",
        "Num examples: 8 Num correct: 7 Precision @ 1: 0.8750",
        "Validation Data Eval:",
        "Num examples: 8 Num correct: 7 Precision @ 1: 0.8750",
        "Test Data Eval:",
        "Num examples: 8 Num correct: 7 Precision @ 1: 0.8750",
    ]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "trainpad: writing to runs/a",
        "trainpad: fake data: 1,000 drawn digits",
        "trainpad: recording stopped",
    ]


def test_a_diverged_run_names_its_last_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    run_of(START, Diverged(10, float("nan"), checkpoint="step-000004.safetensors"))
    printed = capsys.readouterr().err
    assert printed == (
        "trainpad: diverged: the loss is nan; last checkpoint step-000004.safetensors; "
        "`trainpad --resume 'the run' --learning_rate 0.003` trains on\n"
    )


def test_the_end_says_why_and_what_became_of_the_profile(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_of(
        Opened("runs/a", {}),
        START,
        Steps(0, np.ones(5, np.float32), 0.1),
        Notice(5, "profile written"),
        Finished(5, Outcome.DONE, 1.0, "precision 0.9800 reached"),
    )
    assert capsys.readouterr().err.splitlines()[1:] == [
        "trainpad: profile written",
        "trainpad: done after 5 steps: precision 0.9800 reached",
    ]


def test_a_resumed_run_that_has_nothing_to_do_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    start = Started(90, as_dict(HyperParameters()), "CPU:0", 4)
    assert run_of(Opened("runs/a", {}), start, Finished(90, Outcome.DONE, 0.1))[0] == 0
    printed = capsys.readouterr().err.splitlines()
    assert printed[-1] == "trainpad: a is done after 90 steps; a larger --max_steps goes on"


def test_notices_are_sanitized_for_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]52;c;aGk=\x07\x9b2J\u202e"
    info = {"dataset": {"notice": evil}}
    run_of(Opened(f"runs/{evil}", info), START, Alert(0, evil), Diverged(9, 9.0, evil, evil))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert "".join(lines).isprintable()


def test_json_prints_the_lines_of_the_log(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run()

    def source() -> Iterator[Event]:
        yield Preparing("reading the data")
        yield Opened(str(run.path), {})
        events: list[Event] = [
            Preparing("loading TensorFlow"),
            START,
            Steps(0, np.ones(3, np.float32), 0.1),
            Snapshot(3, {"layer0/weights": np.ones((2, 2), np.float32)}, {"step": 3}),
            Finished(3, Outcome.DONE, 1.0),
        ]
        yield from record(iter(events), run)

    out = io.StringIO()
    assert run_headless(source(), out, json=True) == 0
    assert out.getvalue() == run.events.read_text()
    assert out.getvalue().count("\n") == 4
    assert capsys.readouterr().err == ""


def test_a_signal_before_the_run_exists_exits_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def exit_with(number: int) -> None:
        raise SystemExit(number)

    monkeypatch.setattr("core.session.signals.exit_by_signal", exit_with)
    with pytest.raises(SystemExit):
        Signals()._on_signal(signal.SIGINT, None)


def test_a_signal_is_only_noted_and_passed_on_after_the_next_event(tmp_path: Path) -> None:
    signals, control = Signals(), open_control(tmp_path, start={})
    signals.on_event(Opened(str(tmp_path), {}, control))
    signals._on_signal(signal.SIGINT, None)
    assert control.poll().stop == ""
    signals.on_event(Steps(0, np.ones(1, np.float32), 0.1))
    assert control.poll().stop == "interrupted"
    assert open_control(tmp_path).poll().stop == "interrupted"


def test_a_headless_run_stops_after_the_event_in_which_a_signal_came(tmp_path: Path) -> None:
    signals, control = Signals(), open_control(tmp_path, start={})
    reasons: list[str] = []

    def source() -> Iterator[Event]:
        yield Opened(str(tmp_path), {}, control)
        signals._on_signal(signal.SIGTERM, None)
        yield Steps(0, np.ones(1, np.float32), 0.1)
        reasons.append(control.poll().stop)
        yield Finished(1, "stopped", 1.0)

    assert run_headless(source(), io.StringIO(), signals=signals) == 0
    assert reasons == ["stopped"]


class Refusing(io.StringIO):
    """A stream that cannot be written."""

    def __init__(self, error: type[OSError]) -> None:
        super().__init__()
        self.error = error
        self.tries = 0

    def write(self, _text: str) -> int:
        self.tries += 1
        raise self.error(1, "no")


@pytest.mark.parametrize("error", [OSError, BrokenPipeError])
def test_a_stream_that_cannot_be_written_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    monkeypatch.setattr("sys.stderr", Refusing(error))
    out = Refusing(error)
    control = open_control(tmp_path, start={})
    seen: list[str] = []

    def source() -> Iterator[Event]:
        yield Opened(str(tmp_path), {}, control)
        yield Steps(0, np.ones(1, np.float32), 0.1)
        yield Steps(1, np.ones(200, np.float32), 0.1)
        seen.append(control.poll().stop)
        yield Finished(201, Outcome.STOPPED, 1.0)

    assert run_headless(source(), out) == 0
    assert seen == ["stopped" if error is BrokenPipeError else ""]
    assert out.tries == (1 if error is BrokenPipeError else 3)


def test_the_second_signal_exits_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr("core.session.signals.exit_by_signal", left.append)
    signals = Signals()
    signals.attach(open_control(tmp_path, start={}))
    signals._on_signal(signal.SIGTERM, None)
    assert left == []
    signals._on_signal(signal.SIGINT, None)
    assert left == [signal.SIGINT]
