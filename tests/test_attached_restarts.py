"""Steps that begin again under the same names, and those of resumed runs."""

import pytest

import trainpad
from core.export.attached import all_numbers
from core.export.export import load_export
from core.run.log import MarkKind
from core.run.state import RunState
from core.rundir.reader import replay
from core.rundir.rundir import RunDir
from tests.helpers.attached import directory, events, numbers
from trainpad.attached import Run

pytestmark = pytest.mark.usefixtures("runs")


def said(run: Run) -> list[str]:
    run.finish()
    return [event["text"] for event in events(directory(run), "warned")]


def test_steps_that_begin_again_are_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    run = trainpad.init("p")
    for loss in (2.0, 1.0, 0.5):
        for step in range(100):
            run.log({"loss": loss, "acc": 0.5}, step)
    (text,) = said(run)
    assert text.startswith(
        "the steps of 'acc' begin again at 0, after 99: charts show the numbers from"
    )
    assert capsys.readouterr().err == f"trainpad: {text}\n"
    assert len(numbers(directory(run))) == 300


@pytest.mark.parametrize(
    "logged",
    [
        [("loss", 0), ("val", 0), ("loss", 1), ("val", 1)],
        [("loss", 0), ("loss", 1), ("loss", 2), ("roc", 0), ("roc", 1)],
        [("loss", 5), ("loss", 9), ("loss", 6), ("loss", 7)],
        [("loss", 0), ("loss", 0)],
    ],
    ids=["two calls a step", "another name", "in any order", "the same step"],
)
def test_what_does_not_begin_again_is_not_said_to(logged: list[tuple[str, int]]) -> None:
    run = trainpad.init("p")
    for name, step in logged:
        run.log({name: 1.0}, step)
    assert said(run) == []


def test_a_resumed_run_that_counts_from_0_again_gets_a_sentence() -> None:
    run = trainpad.init("p", "a")
    for step in range(10):
        run.log({"loss": 1.0}, step)
    run.finish()
    run = trainpad.init("p", "a", resume="must")
    run.log({"loss": 0.5}, 0)
    (text,) = said(run)
    assert text.startswith(
        "the steps of the resumed run begin again at 0: the numbers of its first 10"
    )


def test_csv_has_a_row_for_each_phase() -> None:
    run = trainpad.init("p")
    for loss in (2.0, 1.0):
        for step in range(2):
            run.log({"loss": loss}, step)
    run.finish()
    rows = all_numbers(load_export(RunDir(directory(run)))).decode().split()
    assert [row.split(",")[::2] for row in rows[1:]] == [
        ["0", "2.0"], ["1", "2.0"], ["0", "1.0"], ["1", "1.0"]
    ]  # fmt: skip


@pytest.mark.parametrize("goes_on_from", [0, 60, 100])
def test_a_resumed_run_is_marked_where_it_goes_on(goes_on_from: int) -> None:
    run = trainpad.init("p", "a")
    for step in range(100):
        run.log({"loss": 1.0}, step)
    run.note("before")
    run.finish()
    run = trainpad.init("p", "a", resume="must")
    run.live("lr", 0.1)
    run.log({"loss": 0.5}, goes_on_from)
    run.note("after")
    assert run.step == goes_on_from + 1
    run.finish()
    state = RunState()
    for event in replay(RunDir(directory(run))):
        state.fold(event)
    said = [(entry.step, entry.text) for entry in state.log_entries]
    assert (goes_on_from, "resumed") in said
    assert [text for _, text in said].count("resumed") == 1
    marks = {entry.step: entry.mark for entry in state.log_entries if entry.text != "before"}
    assert marks[goes_on_from] in (MarkKind.BRANCH, MarkKind.WARNING)
    assert (state.step, list(state.program.knobs)) == (goes_on_from + 1, ["lr"])
    assert len(state.metrics["loss"]) == goes_on_from + 1
