"""A core that threads which train leave to the screen while a stroke is drawn."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from core.process.free_core import FreeCore, _current_core, use_all_cores
from core.process.hooks import Hooks
from core.process.threads import lower_thread_priority
from core.rundir.occasions import Occasion
from tests.helpers.mouse import move
from tests.helpers.waiting import until, until_true
from tui.pad.app import PadApp
from tui.pad.sketch_pad import SketchPad

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="there is no core to free"
)


class Worker:
    """A thread that does what it is asked to, one call after another."""

    def __init__(self) -> None:
        self._calls: Queue[Callable[[], object] | None] = Queue()
        self._results: Queue[object] = Queue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            self._results.put(call())

    def do(self, call: Callable[[], object]) -> object:
        """Return what the call returns on that thread."""
        self._calls.put(call)
        return self._results.get(timeout=20)

    def cores(self) -> object:
        """The cores that the thread may use."""
        return self.do(lambda: os.sched_getaffinity(0))

    def end(self) -> None:
        """End the thread."""
        self._calls.put(None)
        self._thread.join()


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.end()


async def test_threads_of_lower_priority_leave_a_core_until_it_is_given_back(
    worker: Worker,
) -> None:
    mine, before = os.sched_getaffinity(0), worker.cores()
    worker.do(lower_thread_priority)
    core = FreeCore()
    for _ in range(2):
        core.take()
        core.take()
        reduced = worker.cores()
        assert isinstance(reduced, set)
        assert os.sched_getaffinity(0) == mine - reduced
        assert len(mine - reduced) == 1
        core.give_back()
        core.give_back()
        assert worker.cores() == before
        assert os.sched_getaffinity(0) == mine


@pytest.mark.parametrize("choose", [min, max])
async def test_the_core_is_the_one_that_the_screen_is_on(
    choose: Callable[[set[int]], int], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.sched_getaffinity(0)
    other = worker.do(Worker)
    assert isinstance(other, Worker)
    other.do(lambda: os.sched_setaffinity(0, {choose(mine)}))
    assert other.do(_current_core) == choose(mine)
    other.end()
    monkeypatch.setattr("core.process.free_core._current_core", lambda: choose(mine))
    worker.do(lower_thread_priority)
    core = FreeCore()
    core.take()
    kept = os.sched_getaffinity(0)
    core.give_back()
    assert kept == {choose(mine)}


async def test_what_the_screen_starts_meanwhile_may_use_all_cores(worker: Worker) -> None:
    mine = os.sched_getaffinity(0)
    worker.do(lower_thread_priority)
    core = FreeCore()
    core.take()
    other, command = Worker(), subprocess.Popen(["sleep", "60"])
    try:
        assert len(os.sched_getaffinity(command.pid)) == 1
        use_all_cores(command.pid)
        assert os.sched_getaffinity(command.pid) == mine
        core.give_back()
        assert other.cores() == mine
    finally:
        command.kill()
        command.wait()
        other.end()


async def test_a_command_of_a_hook_may_use_all_cores(worker: Worker, tmp_path: Path) -> None:
    mine = os.sched_getaffinity(0)
    worker.do(lower_thread_priority)
    core, fifo = FreeCore(), tmp_path / "seen"
    os.mkfifo(fifo)
    core.take()
    # It counts its cores once there is a line, after `fire` has returned.
    count = f"{sys.executable} -c 'import os; print(len(os.sched_getaffinity(0)))'"
    command = f"cd '{tmp_path}'; read go < seen; {count} > cores"
    line = os.open(fifo, os.O_RDWR)  # which waits for nobody
    hooks = Hooks({"fail": ("sh", "-c", command)}, dict(os.environ), pytest.fail)
    hooks.fire(Occasion("fail", "failed", "x"), "name", "")
    core.give_back()
    os.write(line, b"go\n")
    hooks.wait()
    os.close(line)
    assert int((tmp_path / "cores").read_text()) == len(mine)


async def test_a_thread_that_such_a_thread_starts_meanwhile_gets_it_too(worker: Worker) -> None:
    mine = os.sched_getaffinity(0)
    worker.do(lower_thread_priority)
    core = FreeCore()
    core.take()
    other = worker.do(Worker)
    assert isinstance(other, Worker)
    try:
        assert other.cores() == worker.cores() != mine
        core.give_back()
        assert other.cores() == mine
    finally:
        other.end()


async def test_threads_of_the_same_priority_keep_theirs(worker: Worker) -> None:
    mine = os.sched_getaffinity(0)
    core = FreeCore()
    core.take()
    assert worker.cores() == mine
    core.give_back()


@pytest.mark.parametrize("choose", [min, max])
async def test_a_thread_with_a_core_of_its_own_keeps_that(
    choose: Callable[[set[int]], int], worker: Worker
) -> None:
    mine = os.sched_getaffinity(0)
    worker.do(lower_thread_priority)
    other = worker.do(Worker)
    assert isinstance(other, Worker)
    try:
        # With two cores `other` has only this one as well, as long as one is taken.
        worker.do(lambda: os.sched_setaffinity(0, {choose(mine)}))
        core = FreeCore()
        core.take()
        assert other.cores() != mine
        assert worker.cores() == {choose(mine)}
        core.give_back()
        assert worker.cores() == {choose(mine)}
        assert other.cores() == mine
    finally:
        other.end()


async def test_a_core_is_given_back_where_nobody_does_so(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.process.free_core.REST_SECONDS", 0.01)
    mine = os.sched_getaffinity(0)
    worker.do(lower_thread_priority)
    core = FreeCore()
    for _ in range(2):
        core.take()
        assert worker.cores() != mine
        await until_true(lambda: worker.cores() == mine)


async def test_without_proc_nothing_happens(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.process.free_core.TASKS", str(tmp_path / "task"))
    mine = os.sched_getaffinity(0)
    worker.do(lower_thread_priority)
    core = FreeCore()
    core.take()
    assert worker.cores() == mine
    core.give_back()


async def test_a_process_with_one_core_leaves_none(worker: Worker) -> None:
    before = os.sched_getaffinity(0)
    worker.do(lower_thread_priority)
    os.sched_setaffinity(0, {min(before)})
    try:
        core = FreeCore()
        core.take()
        assert worker.cores() == before
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize("end", ["release", "blur", "hide", "exit"])
async def test_the_pad_takes_one_while_the_mouse_draws(
    end: str, tmp_path: Path, worker: Worker
) -> None:
    before = worker.cores()
    worker.do(lower_thread_priority)
    app = PadApp(log_dir=tmp_path / "runs")
    async with app.run_test(size=(80, 24)) as pilot:
        pad = app.screen.query_one(SketchPad)
        await pilot.mouse_down(pad, offset=(5, 5))
        assert worker.cores() != before
        pad._free_core.give_back()  # as after a rest
        app.post_message(move(7, 9))
        await until(pilot, lambda: worker.cores() != before)
        if end == "release":
            await pilot.mouse_up(pad, offset=(6, 6))
        elif end == "blur":
            app.screen.set_focus(None)
        elif end == "hide":
            pad.display = False
        if end != "exit":
            await until(pilot, lambda: worker.cores() == before)
    assert worker.cores() == before
