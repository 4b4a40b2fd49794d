"""Attached runs in a notebook: cells that begin, interrupt and go on with a run."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trainpad
from tests.helpers.attached import directory, last_event
from trainpad import api, ending


class Shell:
    """IPython's shell, as far as events of cells are concerned."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list[Callable[[Any], None]]] = {}
        self.events = self

    def register(self, event: str, callback: Callable[[Any], None]) -> None:
        self.callbacks.setdefault(event, []).append(callback)

    def run_cell(self, cell: Callable[[], object]) -> None:
        """Run a cell as IPython does: what it raises is shown, and does not end the kernel."""
        result = SimpleNamespace(error_in_exec=None)
        for callback in self.callbacks.get("pre_run_cell", []):
            callback(result)
        try:
            cell()
        except BaseException as error:  # noqa: BLE001
            result.error_in_exec = error
        for callback in self.callbacks.get("post_run_cell", []):
            callback(result)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(api, "_unknown_seen", set())
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    yield shell
    trainpad.finish()


def begin() -> None:
    trainpad.init("nb")


def interrupted() -> None:
    trainpad.log({"loss": 1.0})
    raise KeyboardInterrupt


def end_of_kernel() -> dict[str, Any]:
    """What is recorded of the current run once the kernel is shut down."""
    assert trainpad.run is not None
    ending._at_exit()
    return last_event(directory(trainpad.run))


def test_two_cells_that_begin_a_run_end_the_first_one(shell: Shell) -> None:
    shell.run_cell(begin)
    first = trainpad.run
    shell.run_cell(begin)
    assert first is not None
    assert last_event(directory(first))["reason"] == "done: another run was begun"
    assert trainpad.run is not None
    assert trainpad.run.is_open
    assert [len(found) for found in shell.callbacks.values()] == [1, 1]


def test_a_run_whose_last_cell_was_interrupted_ends_so(shell: Shell) -> None:
    shell.run_cell(begin)
    shell.run_cell(interrupted)
    assert trainpad.run is not None
    assert trainpad.run.is_open
    shell.run_cell(lambda: None)  # looking at it records nothing
    assert end_of_kernel()["reason"] == "interrupted"


def test_a_new_run_after_an_interrupted_cell_ends_the_first_one_so(shell: Shell) -> None:
    shell.run_cell(begin)
    first = trainpad.run
    shell.run_cell(interrupted)
    shell.run_cell(begin)
    assert first is not None
    assert last_event(directory(first))["reason"] == "interrupted"
    assert end_of_kernel()["reason"] == "done"


def test_a_run_that_goes_on_after_an_interrupted_cell_is_done(shell: Shell) -> None:
    shell.run_cell(begin)
    shell.run_cell(interrupted)
    shell.run_cell(lambda: trainpad.log({"loss": 0.5}))
    assert end_of_kernel()["reason"] == "done"


def test_a_cell_that_fails_while_it_records_is_why_the_run_failed(shell: Shell) -> None:
    def failing() -> None:
        trainpad.init("nb").log({"loss": 1.0})
        raise ValueError("no such column")

    shell.run_cell(failing)
    event = end_of_kernel()
    assert event["event"] == "failed"
    assert event["text"].startswith("ValueError: no such column")


def test_a_cell_that_fails_beside_the_run_does_not_end_it(shell: Shell) -> None:
    def failing() -> None:
        raise NameError("plot")

    shell.run_cell(begin)
    shell.run_cell(lambda: trainpad.log({"loss": 0.5}))
    shell.run_cell(failing)
    assert end_of_kernel()["reason"] == "done"
