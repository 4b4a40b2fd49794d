"""Who goes first where cores are few."""

import os
import sys
import threading

import pytest

from core.priority import yield_to_others

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows it of a thread")


def rank() -> int:
    """How far this thread stands back."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_a_thread_that_yields_stands_back_with_those_that_it_starts_and_no_other() -> None:
    before, found = rank(), []

    def helper() -> None:
        found.append(rank())

    def train() -> None:
        yield_to_others()
        found.append(rank())
        other = threading.Thread(target=helper)
        other.start()
        other.join()

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [max(before, 10)] * 2
    assert rank() == before
