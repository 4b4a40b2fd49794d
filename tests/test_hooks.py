"""Notifications come once for each occasion, with what happened in the command's environment."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import FakeClock

from core.process.hooks import Hooks, parse_hook
from core.run.events import Continued, Event, Lost, Opened, Paused, Tick
from core.rundir.occasions import Occasion, RunWatch
from core.rundir.rundir import RunDir
from core.session.notifications import Notifications, notified
from tests.helpers.programs import run_program
from trainpad.errors import UserError
from trainpad.lines import event_line
from tui.terminal.base_app import notify_through


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    (tmp_path / "events.jsonl").write_bytes(event_line("finished", {"reason": "done"}))
    return RunDir(tmp_path)


def add_event(run: RunDir, event: str, **fields: object) -> None:
    with run.events.open("ab") as file:
        file.write(event_line(event, {"step": 1, **fields}))


def add_numbers(run: RunDir, **values: object) -> None:
    with run.metrics.open("a") as file:
        file.write(json.dumps({"step": 7, "time": 1.0, **values}) + "\n")


Kinds = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def kinds(run: RunDir, clock: FakeClock) -> Kinds:
    watch = RunWatch(run, 60, clock())
    return lambda: [(found.kind, found.reason) for found in watch.poll(clock())]


def test_only_what_is_new_is_an_occasion(run: RunDir, kinds: Kinds) -> None:
    assert kinds() == []
    add_event(run, "finished", reason="stopped")
    assert kinds() == [("finish", "stopped")]
    add_event(run, "failed", text="exit status 3\x1b[0m")
    assert kinds() == [("fail", "exit status 3␛[0m")]
    add_event(run, "diverged", loss="nan", why="the loss is not finite")
    assert kinds() == [("nan", "the loss is nan"), ("fail", "the loss is not finite")]
    assert kinds() == []


def test_a_number_that_is_nan_is_an_occasion_until_it_is_finite_again(
    run: RunDir, kinds: Kinds
) -> None:
    add_numbers(run, loss=1, acc="nan")
    assert kinds() == [("nan", "acc is nan at step 7")]
    add_numbers(run, acc="nan")
    assert kinds() == []
    add_numbers(run, acc=0.5)
    add_numbers(run, acc="inf")
    assert kinds() == [("nan", "acc is inf at step 7")]


def test_a_stall_comes_once_and_not_while_the_run_is_paused(
    run: RunDir, kinds: Kinds, clock: FakeClock
) -> None:
    clock.now += 59
    assert kinds() == []
    clock.now += 2
    assert kinds() == [("stall", "no progress for 60 seconds")]
    clock.now += 100
    assert kinds() == []
    add_numbers(run, loss=1)
    assert kinds() == []
    add_event(run, "paused")
    assert kinds() == []
    clock.now += 100
    assert kinds() == []
    add_event(run, "continued")
    assert kinds() == []
    clock.now += 61
    assert [kind for kind, _ in kinds()] == ["stall"]


def test_a_command_gets_the_run_in_its_environment_and_no_shell_reads_it(tmp_path: Path) -> None:
    code = "import os, sys; open(sys.argv[1], 'w').write(str(sorted(os.environ.items())))"
    words = [sys.executable, "-c", code, str(tmp_path / "a b;$HOME")]
    hooks = Hooks({"fail": tuple(words)}, {"TRAINPAD_RUN": "/x", "KEPT": "1"}, pytest.fail)
    hooks.fire(Occasion("finish", "done", "done"), "name", "/path")
    hooks.fire(Occasion("fail", "failed", "exit status 3"), "name", "/path")
    hooks.wait()
    given = dict(eval((tmp_path / "a b;$HOME").read_text()))  # noqa: S307 - what this test wrote
    given.pop("LC_CTYPE", None)
    assert given == {
        "KEPT": "1",
        "TRAINPAD_EVENT": "fail",
        "TRAINPAD_NAME": "name",
        "TRAINPAD_PATH": "/path",
        "TRAINPAD_REASON": "exit status 3",
        "TRAINPAD_STATE": "failed",
    }


@pytest.mark.parametrize(
    ("words", "why"),
    [(("false",), "exit status 1"), (("/no/such",), "No such file"), (("a\0b",), "null byte")],
)
def test_a_command_that_fails_is_one_warning(words: tuple[str, ...], why: str) -> None:
    said: list[str] = []
    hooks = Hooks({"nan": words}, {"PATH": "/usr/bin:/bin"}, said.append)
    for _ in range(2):
        hooks.fire(Occasion("nan", "training", "loss is nan"), "name", "/path")
        hooks.wait()
    assert len(said) == 1
    assert said[0].startswith(f"the notification {words[0]} failed: ")
    assert why in said[0]


def test_a_bell_and_a_message_go_to_the_terminal() -> None:
    rung: list[str] = []
    hooks = Hooks({"finish": ("bell",), "fail": ("osc9",)}, {}, pytest.fail, rung.append)
    hooks.fire(Occasion("finish", "done", "done"), "name", "")
    hooks.fire(Occasion("fail", "failed", "\x1b]0;evil\x07"), "name", "")
    assert rung == ["\a", "\x1b]9;name: ␛]0;evil␇\x1b\\"]


@pytest.mark.parametrize(("text", "why"), [("", "is empty"), ("a 'b", "No closing quotation")])
def test_what_is_no_command_is_a_sentence(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        parse_hook("--on-fail", text)


def test_a_program_notifies_of_its_end_once(tmp_path: Path) -> None:
    note = f"sh -c 'echo $TRAINPAD_EVENT: $TRAINPAD_REASON >> {tmp_path}/said'"
    hooks = {kind: parse_hook("", note) for kind in ("finish", "fail", "nan")}
    run_program(["sh", "-c", "echo step 1 loss=nan; exit 3"], tmp_path / "runs", hooks=hooks)
    said = (tmp_path / "said").read_text().splitlines()
    assert sorted(said) == ["fail: exit status 3; step 1 loss=nan", "nan: loss is nan at step 1"]


def fired_by(run: RunDir, clock: FakeClock, script: Callable[[], Iterator[Event]]) -> list[str]:
    """What a reader of these events is notified of, as `kind: reason`."""
    fired: list[str] = []

    class Fired(Hooks):
        def fire(self, occasion: Occasion, name: str, path: str) -> None:
            assert (name, path) == (run.name, str(run.path))
            fired.append(f"{occasion.kind}: {occasion.reason}")

    hooks = Fired({"fail": ("true",)}, {}, pytest.fail)
    source = list[Event]()
    for event in notified(script(), hooks, 60, clock):
        source.append(event)
    assert isinstance(source[0], Opened)
    return fired


def test_a_reader_is_notified_of_what_happens_after_it_began(run: RunDir, clock: FakeClock) -> None:
    def script() -> Iterator[Event]:
        yield Opened(str(run.path), {})
        yield Paused(3)
        for _ in range(3):
            clock.now += 100
            yield Tick()
        yield Continued(3)
        clock.now += 100
        yield Tick()
        yield Lost(3)
        add_event(run, "failed", text="no memory")

    assert fired_by(run, clock, script) == [
        "stall: no progress for 60 seconds",
        "fail: its process is gone",
        "fail: no memory",
    ]


def test_without_hooks_the_events_are_those_of_before() -> None:
    events = iter([Tick()])
    assert Notifications({}, {}).wrap(events) is events


def test_an_app_rings_its_own_terminal_and_toasts_what_fails() -> None:
    sent, toasts = [], []

    class App:
        terminal = SimpleNamespace(write=sent.append)
        is_running = True
        toast = staticmethod(toasts.append)

        def call_later(self, call: Callable[[str], None], text: str) -> None:
            call(text)

    hooks = Hooks({"fail": ("bell",), "nan": ("false",)}, {"PATH": "/usr/bin:/bin"}, pytest.fail)
    notify_through(App(), hooks)  # type: ignore[arg-type]
    hooks.fire(Occasion("fail", "failed", "x"), "name", "")
    hooks.fire(Occasion("nan", "training", "x"), "name", "")
    hooks.wait()
    assert sent == ["\a"]
    assert toasts == ["the notification false failed: exit status 1"]
