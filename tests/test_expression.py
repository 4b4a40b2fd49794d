"""Regular expressions that people type have a time limit: no screen waits for one."""

import io
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from core.output.pattern import Pattern
from core.run.seeds import compiled, without_seed
from trainpad import expression
from trainpad.errors import UserError
from trainpad.expression import Expression, TooSlowError
from tui.chart.tags import Matcher
from tui.metrics.output import OutputPane
from tui.watch.once import print_once

HOSTILE = "a" * 60 + "!"
SLOW = ["(a+)+$", "(a|aa)+$", r"(\w+\s?)*$", ".*.*.*.*.*.*x"]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression, "LIMIT", 0.02)


@pytest.mark.parametrize("pattern", SLOW)
def test_a_match_that_takes_too_long_is_ended(pattern: str) -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    slow = Expression(pattern)
    began = time.thread_time()
    for match in (slow.search, slow.find_all, slow.remove):
        with pytest.raises(TooSlowError, match="takes too long to match"):
            match(HOSTILE * 3)
    assert time.thread_time() - began < 1.0
    assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] == 0
    assert signal.getsignal(signal.SIGVTALRM) == before
    assert slow.search("x aaa") is not None  # another text is still matched


def test_many_texts_that_take_nearly_too_long_use_up_the_time() -> None:
    slow = Expression("(a+)+$", budget=0.05)
    for _ in range(20):
        with pytest.raises(TooSlowError):
            slow.search(HOSTILE)
    began = time.thread_time()
    with pytest.raises(TooSlowError):
        slow.search("short")
    assert time.thread_time() - began < 0.01
    slow._at -= 1000.0  # time goes by
    assert slow.search("short") is None


def test_the_time_of_other_threads_does_not_count() -> None:
    is_over = threading.Event()
    busy = [threading.Thread(target=_use_a_core, args=(is_over,)) for _ in range(3)]
    for thread in busy:
        thread.start()
    try:
        with expression.time_limit(0.05):
            time.sleep(0.3)  # without any time of this thread
    finally:
        is_over.set()
        for thread in busy:
            thread.join()


def _use_a_core(is_over: threading.Event) -> None:
    while not is_over.is_set():
        sum(range(1000))


def test_each_line_of_an_output_has_its_own_time() -> None:
    pattern = Pattern(r"(a+)+ loss (?P<loss>\S+)$")
    for _ in range(60):
        with pytest.raises(TooSlowError):
            pattern.find(HOSTILE)
    assert pattern.find("aaa loss 0.5") == {"loss": 0.5}


def test_a_signal_that_saves_the_run_is_not_taken_by_the_limit() -> None:
    got: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: got.append(number))
    try:
        with expression.time_limit(10.0):
            os.kill(os.getpid(), signal.SIGALRM)
        assert got == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_other_threads_match_without_a_limit() -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(Expression("b+").search("abb")))
    thread.start()
    thread.join()
    assert found[0] is not None


def test_a_filter_that_takes_too_long_is_used_as_text_and_says_so() -> None:
    matches = Matcher("(a+)+$")
    assert not matches(HOSTILE)
    assert matches.note == " (takes too long, used as text)"
    assert matches("x(a+)+$")
    assert not matches("aaa")
    assert [*matches.spans("x(a+)+$")] == [(1, 7)]
    pane = OutputPane()
    pane._lines = [HOSTILE, "loss 1"]
    pane._pattern, pane._matches = "(a+)+$", Matcher("(a+)+$")
    assert "takes too long" in pane.lines(100, 5)[0][1][0]


def test_watch_once_says_that_its_filter_or_group_takes_too_long(tmp_path: Path) -> None:
    for name in (HOSTILE, HOSTILE + "!"):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(json.dumps({"step": 1, HOSTILE: 1.0}) + "\n")
    for as_json in (False, True):
        with pytest.raises(UserError, match=r"--filter '.*takes too long"):
            print_once([str(tmp_path)], io.StringIO(), "(a+)+$", as_json=as_json)
    out = io.StringIO()
    with pytest.raises(UserError, match=r"--group '.*takes too long"):
        print_once([str(tmp_path)], out, group="(a+)+$")
    assert HOSTILE in out.getvalue()


def test_names_stay_whole_where_the_pattern_of_groups_takes_too_long() -> None:
    pattern = compiled("(a+)+$")
    assert without_seed(HOSTILE, pattern) == HOSTILE
    assert pattern.problem


def test_a_line_that_takes_too_long_leaves_the_next_ones_alone() -> None:
    pattern = Pattern(r"(a+)+ loss (?P<loss>\S+)$")
    with pytest.raises(TooSlowError):
        pattern.find(HOSTILE)
    assert pattern.find("aaa loss 0.5") == {"loss": 0.5}
