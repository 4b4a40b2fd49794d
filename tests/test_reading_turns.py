"""The pauses of a thread that reads while a key is answered."""

import threading
import time

import pytest

from core.rundir import reading_turns
from core.rundir.reading_turns import begin_answer, end_answer, give_way
from tests.helpers.waiting import wait_until


def reading() -> threading.Thread:
    thread = threading.Thread(target=give_way, daemon=True)
    thread.start()
    return thread


def test_reading_goes_on_once_a_key_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_turns, "MAX_ANSWER", 1000.0)
    begin_answer()
    thread = reading()
    thread.join(0.01)
    assert thread.is_alive()
    end_answer()
    wait_until(lambda: not thread.is_alive())


def test_reading_goes_on_where_the_answer_is_never_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_turns, "MAX_ANSWER", 0.001)
    begin_answer()
    try:
        wait_until(lambda: time.monotonic() > reading_turns._until)
        give_way()
    finally:
        end_answer()
