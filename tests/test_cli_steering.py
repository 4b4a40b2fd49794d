"""Runs are steered and followed from the shell: our own and attached ones."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import trainpad
from core.cli.report import status_line, status_values, tail, watch_status
from core.cli.steer import VERBS, set_values, steer
from core.run.events import Changed, Continued, Event, Finished, Paused, Saved, Started
from core.run.hparams import HyperParameters, as_dict
from core.rundir.attached import line_values, read_program
from core.rundir.control import open_control
from core.rundir.json_tail import TAIL_BYTES, JsonTail
from core.rundir.rundir import RunDir
from main import main
from tests.helpers.attached import directory, events, until
from tests.helpers.attached_runs import make_attached
from tests.helpers.runs import add_events, add_losses, finished, hold, make_run
from trainpad.attached import Run
from trainpad.errors import UserError

pytestmark = pytest.mark.usefixtures("runs")


@contextmanager
def training(run: Run) -> Iterator[None]:
    """A program that trains in another thread until it is stopped."""

    def train() -> None:
        step = 0
        while run.tick():
            run.log({"loss": 1.0}, step)
            if run.save_requested:
                run.saved("model")
            step += 1
            time.sleep(0.002)
        run.finish()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)


def shell(*arguments: str) -> int:
    """The exit status of a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    code = ended.value.code
    return code if isinstance(code, int) else 0


def test_a_request_that_is_refused_is_answered_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    run = trainpad.init("p", "x")
    run.live("lr", 0.1)
    is_over = threading.Event()

    def train() -> None:
        while not is_over.is_set():
            run.tick()
            time.sleep(0.01)

    until(lambda: events(directory(run), "declared"))
    thread = threading.Thread(target=train)
    thread.start()
    try:
        assert shell("set", "lr=0.2", "--wait", "60") == 1
        assert shell("stop", "--wait", "60") == 1
    finally:
        is_over.set()
        thread.join()
    said = capsys.readouterr().out
    assert "x: not changed: 2 processes train together" in said
    assert "x: not stopped: 2 processes train together" in said


def test_an_attached_run_answers_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    run = trainpad.init("p", "x")
    run.live("lr", 0.1, low=0.001, high=1.0)
    run.live("mode", "a", choices=["a", "b"])
    run.live("on", value=True)
    run.live("layers", 3)
    run.live("a=b", 1.0)
    with training(run):
        until((directory(run) / "metrics.jsonl").exists)
        assert shell("pause", "--wait", "5") == 0
        assert shell("pause", "--wait", "5") == 0
        assert (
            shell(
                "set",
                run.path.name,
                "lr=0.5",
                "mode=b",
                "on=no",
                "layers=4",
                "a=b=2",
                "--wait",
                "5",
            )
            == 0
        )  # type: ignore[union-attr]
        assert shell("save", "--wait", "5") == 0
        assert shell("resume", "--wait", "5") == 0
        assert shell("evaluate") == 0
        assert shell("save") == 0
        assert shell("set", "lr=7") == 2
        assert shell("set", "layers=1.5") == 2
        assert shell("set", "nothing=7") == 2
        assert shell("set", "lr=0.1", run.name) == 2
        assert shell("set") == 2
        assert shell("pause", "--wait", "x") == 2
        assert shell("stop", "--wait", "5") == 0
    assert shell("stop") == 2
    said = capsys.readouterr()
    assert "paused at step" in said.out
    assert "lr=0.5, mode=b, on=False, layers=4, a=b=2.0 at step" in said.out
    assert "evaluate requested" in said.out
    assert ": save requested\n" in said.out
    assert "lr must be from 0.001 to 1, not 7" in said.err
    assert "there is: lr, mode, on, layers, a=b" in said.err
    assert "layers must be a whole number, not 1.5" in said.err
    assert "give the run, if any, then NAME=VALUE, such as: trainpad set lr=0.001" in said.err
    assert "'x' is not a valid number of seconds" in said.err
    assert "is stopped; only a live run can be steered" in said.err
    knobs = read_program(RunDir(directory(run))).knobs
    assert [knob.value for knob in knobs.values()] == [0.5, "b", False, 4, 2.0]


def test_a_program_that_does_not_use_the_library_is_not_asked_to_save(
    capsys: pytest.CaptureFixture[str], runs: Path
) -> None:
    make_attached(runs / "p" / "plain", state="started", supervised=True)
    run = RunDir(runs / "p" / "plain")
    hold(run, host=os.uname().nodename, pid=os.getpid())
    for verb in ("save", "evaluate"):
        assert shell(verb, "plain") == 2
        assert f"plain cannot be asked to {verb}: its program does not" in capsys.readouterr().err
    assert not (run.path / "control.json").exists()
    info = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(info | {"adopted": os.getpid()}))
    assert shell("save", "plain") == 0


def test_a_run_that_does_not_answer_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    run = trainpad.init("p")
    run.live("lr", 0.1)
    until(lambda: events(directory(run), "declared"))
    assert shell("pause", "--wait", "0.1") == 1
    assert shell("set", "lr=0.2", "--wait", "0.3") == 1
    assert shell("save", "--wait", "0.1") == 1
    said = capsys.readouterr().out
    assert shell("save") == 0
    assert capsys.readouterr().out == (
        f"{directory(run).name}: save requested, but its program has not read "
        "`run.save_requested` yet; it may never save\n"
    )
    assert said.splitlines()[1:] == [
        f"{directory(run).name}: no answer within {text}, which it may do rarely or never; "
        "the request stays"
        for text in (
            "0.3 seconds: its program answers when it calls `run.tick()`",
            "0.1 seconds: its program answers when it reads `run.save_requested`",
        )
    ]


@contextmanager
def own_run(runs: Path) -> Iterator[RunDir]:
    """A run of our own whose trainer is a thread that applies requests."""
    hparams = as_dict(HyperParameters())
    run = make_run(runs / "our-run", losses=[2.0, 1.5], hyperparameters=hparams)
    add_events(run, Started(0, hparams, "CPU:0", 10))
    hold(run)
    control, ended = open_control(run.path, hparams), threading.Event()

    def answers() -> Iterator[Event]:
        now = control.poll()
        paused, rate, saved = False, now.hyperparameters["learning_rate"], 0
        while not ended.wait(0.02):
            now = control.poll()
            if now.stop:
                yield Finished(2, "stopped", 1.0)
                return
            if (now.pause_at is not None) is not paused:
                paused = not paused
                yield Paused(2) if paused else Continued(2)
            if now.hyperparameters["learning_rate"] != rate:
                old, rate = rate, now.hyperparameters["learning_rate"]
                yield Changed(2, "learning_rate", old, rate)
            if now.checkpoint > saved:
                saved = now.checkpoint
                yield Saved(2, "step-000001.safetensors")

    def train() -> None:
        for event in answers():
            add_events(run, event)

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield run
    finally:
        ended.set()
        thread.join(5)


def test_our_own_run_answers_too(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rundir.status.socket.gethostname", lambda: "elsewhere")
    with own_run(runs):
        assert shell("pause", "--wait", "5") == 0
        assert shell("resume", "--wait", "5") == 0
        assert shell("set", "our", "learning_rate=0.5", "--wait", "5") == 0
        assert shell("set", "our", "learning_rate=0.5", "--wait", "5") == 0
        assert shell("set", "learning_rate=-1") == 2
        assert shell("set", "network=3") == 2
        assert shell("save", "our-run", "--wait", "5") == 0
        assert shell("stop", "--wait", "5") == 0


def test_the_status_of_both_kinds(runs: Path) -> None:
    run = trainpad.init("p", "x", steps=5000)
    run.live("lr", 0.1)
    run.log({"loss": float("nan"), "val": {"acc": 0.5}}, 1233)
    run.finish()
    values = status_values(RunDir(directory(run)))
    assert values["values"] == {"loss": "nan", "val/acc": 0.5}
    assert values["knobs"] == {"lr": 0.1}
    assert status_line(values).endswith("done  step 1,234 of 5,000  loss nan  val/acc 0.5")
    ours = status_values(finished(runs / "ours"))
    assert ours["values"] == {"loss": 2.0}
    assert ours["knobs"]["learning_rate"] == HyperParameters().learning_rate
    assert json.loads(json.dumps(ours))["state"] == "done"


def test_status_is_watched_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cli.report.STATUS_INTERVAL", 0.01)
    run = trainpad.init("p")
    until((directory(run) / "events.jsonl").exists)
    threading.Timer(0.3, run.finish).start()
    shown = [
        json.loads(line)["state"]
        for line in watch_status(RunDir(directory(run)), as_json=True, watch=True)
    ]
    assert shown == ["training", "done"]


def test_tail_shows_the_last_lines_and_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cli.report.TAIL_INTERVAL", 0.01)
    run = trainpad.init("p")
    for step in range(10):
        run.log({"loss": step / 2}, step)
    path = directory(run)
    until(
        lambda: path.joinpath("metrics.jsonl").exists() and path.joinpath("events.jsonl").exists()
    )
    until(lambda: "4.5" in (path / "metrics.jsonl").read_text())
    until(lambda: "started" in (path / "events.jsonl").read_text())
    follow = tail(RunDir(path), 3, follow=True)
    assert [next(follow) for _ in range(3)] == [f"step {n}  loss {n / 2:g}" for n in (7, 8, 9)]
    run.note("half\x1b[2J")
    assert next(follow) == "step 10  [noted]  text half␛[2J"
    run.finish()
    assert next(follow).startswith("step 10  [finished]  reason done")
    assert list(follow) == []


def test_tail_shows_the_losses_of_our_own_runs(runs: Path) -> None:
    run = finished(runs / "ours")
    lines = list(tail(run, 10, follow=True))
    assert "step 3  loss 2" in lines
    assert any("[finished]" in line for line in lines)
    add_losses(run, [1.0])
    assert shell("tail", "ours", "--no-follow", "-n", "1") == 0


def test_lines_wait_for_their_rest_and_garbage_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    lines = JsonTail(path)
    assert lines.poll() == []
    path.write_bytes(b'{"a": 1}\n\xff\n[2]\n{"b"')
    assert lines.poll() == [{"a": 1}]
    assert lines.poll() == []
    with path.open("ab") as file:
        file.write(b": 2}\n")
    assert lines.poll() == [{"b": 2}]
    path.write_bytes(b"")
    assert lines.poll() == []
    path.write_bytes(b'{"c": 3}\n')
    assert lines.poll() == [{"c": 3}]


def test_a_long_file_is_read_from_near_its_end(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(f'{{"step": {step}}}\n' for step in range(100_000)))
    found = JsonTail(path, TAIL_BYTES).poll()
    assert found[-1] == {"step": 99_999}
    assert 1000 < len(found) < 50_000
    assert JsonTail(path, last=0).poll() == []


@pytest.mark.parametrize("value", [True, None, [1], {"a": 1}, "x", 10**400])
def test_what_is_no_number_is_left_out_of_a_line(value: object) -> None:
    assert line_values({"step": 1, "time": 2, "loss": value, "ok\x1b": "inf"}) == {
        "ok␛": float("inf")
    }


def test_knobs_that_anybody_may_have_written(runs: Path) -> None:
    run = make_run(runs / "r", kind="attached")
    garbage = [
        {"name": "a"}, {"name": 1, "value": 2}, {"name": "b", "value": [1]},
        {"name": "c", "value": 1, "low": "x", "scale": "cubic"},
        {"name": "d", "value": 1.0, "low": 2},
        {"name": "e", "value": 1.0, "high": True},
        {"name": "f", "value": 1.0, "choices": {"x": 1}},
        {"name": "ok", "value": 1.0, "low": 0, "high": None, "choices": None},
        {"name": "bad\x1b", "value": "text"},
    ]  # fmt: skip
    for event in garbage:
        add_events(run, json.dumps({"event": "declared", "step": 0} | event).encode() + b"\n")
    add_events(run, b'{"event": "changed", "step": 0, "name": "ok", "old": 1, "new": "x"}\n')
    knobs = read_program(run).knobs
    assert {name: knob.value for name, knob in knobs.items()} == {"ok": 1.0, "bad␛": "text"}


def test_a_run_that_has_ended_is_not_steered(runs: Path) -> None:
    finished(runs / "ours")
    with pytest.raises(UserError, match="ours is done; only a live run"):
        steer(VERBS[0], "ours", runs, 0, print)
    with pytest.raises(UserError, match="there is no run called 'x'"):
        set_values(["x", "a=1"], runs, 0, print)
